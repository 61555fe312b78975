/** What `npm run pace` says to a wrong argument; its timings are no test. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it.each([
  [['tensorflow'], 'pace: tensorflow is not one of js, tfjs-cpu, tfjs-wasm'],
  [['--rounds', '0'], 'pace: --rounds 0: a whole number from 1 on'],
  [['--jsn'], "pace: Unknown option '--jsn': there are --json, --rounds N and names of backends"],
])('%s is refused in one line', (given, message) => {
  const file = fileURLToPath(new URL('pace.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', file, ...given], { encoding: 'utf8' });
  expect([status, stdout, stderr]).toEqual([2, '', `${message}\n`]);
});
