// Copies what the compiler leaves behind (templates, the Python client, lists of expected failures) beside the compiled files.
import { cpSync } from 'node:fs';

const copied = /\.(hbs|css|py|cc|sh|hpp|cpp|json|dat|gz)$/;

for (const room of ['backends', 'cli', 'fixtures', 'reports']) {
  cpSync(room, `dist/${room}`, {
    recursive: true,
    filter: (source) => !/(^|\/)(testing|__pycache__|__snapshots__)(\/|$)/.test(source) && (!/\.\w+$/.test(source) || copied.test(source) || source.includes('starters/')),
  });
}
