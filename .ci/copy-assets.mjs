// Copies what the compiler leaves behind (templates, the Python client, lists of expected failures) beside the compiled files.
import { cpSync } from 'node:fs';

const copied = /\.(hbs|css|js|woff2|txt|py|mjs|cc|sh|hpp|cpp|json|yaml|yml|sbatch|md|dat|gz)$/;

// Of the assignments only what students may have: their solutions stay in the repository.
for (const room of ['backends', 'cli', 'fixtures', 'reports', 'suites/grading/assignments', 'suites/grading/autograders', 'suites/grading/hostile', 'suites/starters']) {
  cpSync(room, `dist/${room}`, {
    recursive: true,
    filter: (source) => !/(^|\/)(testing|__pycache__|__snapshots__)(\/|$)/.test(source) && (!/\.\w+$/.test(source) || copied.test(source) || source.includes('starters')),
  });
}
