// Makes reports/templates/math.woff2: the glyphs that formulas use, of a font that has them all. `node .ci/math-font.mjs [--check]`
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import subsetFont from 'subset-font';

const ranges = [
  [0xb0, 0xb7], [0xd7, 0xd7], [0xf7, 0xf7], [0x177, 0x177], [0x2c6, 0x2c6], [0x302, 0x302], [0x391, 0x3c9], [0x3d5, 0x3f6],
  [0x1d40, 0x1d40], [0x1d57, 0x1d57], [0x1d62, 0x1d6a], [0x2016, 0x2016], [0x2020, 0x2026], [0x2032, 0x2034], [0x203e, 0x203e],
  [0x2070, 0x209c], [0x2102, 0x2102], [0x2113, 0x2115], [0x211d, 0x211d], [0x2124, 0x2124], [0x2190, 0x2199], [0x21a6, 0x21a6],
  [0x21d0, 0x21d4], [0x2200, 0x22ff], [0x2308, 0x230b], [0x2715, 0x2717], [0x27e8, 0x27e9], [0x27f5, 0x27fa], [0x2c7c, 0x2c7c],
];
const target = new URL('../reports/templates/math.woff2', import.meta.url);
const folder = dirname(createRequire(import.meta.url).resolve('@fontsource/noto-sans-math/package.json'));
const characters = ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)));
const whole = readFileSync(join(folder, 'files/noto-sans-math-latin-400-normal.woff2'));
const subset = await subsetFont(whole, characters.join(''), { targetFormat: 'woff2' });
if (!process.argv.includes('--check')) {
  writeFileSync(target, subset);
  writeFileSync(new URL('../reports/templates/math.LICENSE.txt', import.meta.url), readFileSync(join(folder, 'LICENSE')));
} else if (!readFileSync(target).equals(subset)) {
  console.error('reports/templates/math.woff2 is not what .ci/math-font.mjs makes');
  process.exitCode = 1;
}
console.log(`${characters.length} characters, ${subset.length} bytes`);
