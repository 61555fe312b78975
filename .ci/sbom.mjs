// Writes dist/sbom.cdx.json: what a user receives with the package, as CycloneDX, from the lock file.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const words = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
const sbom = JSON.parse(execFileSync('npm', words, { encoding: 'utf8', maxBuffer: 2 ** 26 }));

// npm's own --omit dev also leaves out what is both used and needed for development.
const isForDevelopment = ({ properties }) => properties.some(({ name }) => name === 'cdx:npm:package:development');
sbom.components = sbom.components.filter((component) => !isForDevelopment(component));
const kept = new Set([sbom.metadata.component['bom-ref'], ...sbom.components.map((component) => component['bom-ref'])]);
sbom.dependencies = sbom.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }));

// npm calls the project by its folder, and draws a number and the time: the same sources are to give the same file.
sbom.metadata.component.name = JSON.parse(readFileSync('package.json', 'utf8')).name;
delete sbom.serialNumber;
delete sbom.metadata.timestamp;
writeFileSync('dist/sbom.cdx.json', `${JSON.stringify(sbom, null, 2)}\n`);
