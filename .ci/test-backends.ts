/**
 * Sets up every backend that this machine can be made to run, checks each on the whole table, runs a bundle where there is no network,
 * and runs the tests that need a setup:
 * npm run test:backends -- [--minutes N] [--megabytes N] [NAME…]
 *
 * A backend that cannot run here is skipped, with the reason; so is what the time (30 minutes) or the limit of its download (1000 MB)
 * leaves no room for. The exit code is 1 when a backend that runs was found wrong or a test failed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { embeddedBackends } from '../backends/index.ts';
import { defaultBackends } from '../cli/backends.ts';
import { setups } from '../cli/setup/index.ts';
import { fetchedBytes, isInstalled } from '../cli/setup/setup.ts';
import { formatTable } from '../cli/table.ts';
import type { RunReport } from '../suites/runReport.ts';

interface Verdict {
  readonly status: 'right' | 'wrong' | 'skipped';
  readonly remark: string;
}

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, megabytes: { type: 'string', default: '1000' } },
  allowPositionals: true,
});
const ends = performance.now() + Number(values.minutes) * 60_000;
const output = 'etalon-report/backends';

/** Runs a command, shows what it prints, and returns its exit code and the end of what it printed; none of it outlives the time. */
function run(command: string, ...rest: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  console.log(`\n$ ${[command, ...rest].join(' ')}`);
  return new Promise((resolve) => {
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    // The command writes what it had measured and ends.
    const timer = setTimeout(() => child.kill('SIGINT'), Math.max(0, ends - performance.now()));
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        process.stdout.write(chunk);
        text = (text + chunk).slice(-4000);
      });
    }
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 130, text });
    });
  });
}

const etalon = (...rest: readonly string[]) => run(process.execPath, '--import', 'tsx', 'cli/main.ts', ...rest);
const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';
const timeIsUp = () => performance.now() >= ends;
const outOfTime: Verdict = { status: 'skipped', remark: `no time is left of ${values.minutes} minutes` };

/** Why the setup is not made here; nothing when it is done. */
async function setUp(name: string): Promise<string | undefined> {
  try {
    const setup = setups[name]({ cudaLibraries: 'fetch' });
    if (isInstalled(name, setup)) return undefined;
    const { parts } = setup;
    const megabytes = parts.filter((part) => !part.unneeded?.()).reduce((sum, part) => sum + fetchedBytes(part), 0) / 1e6;
    if (megabytes > Number(values.megabytes)) {
      return `its setup downloads ${Math.round(megabytes)} MB, more than ${values.megabytes}; run: etalon setup ${name}`;
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { code, text } = await etalon('setup', name);
  return code === 0 ? undefined : `etalon setup ${name} ended with ${code}: ${lastLine(text)}`;
}

async function check(name: string): Promise<Verdict> {
  if (timeIsUp()) return outOfTime;
  const { setup } = embeddedBackends[name];
  const missing = setup === undefined ? undefined : await setUp(setup);
  if (missing !== undefined) return { status: 'skipped', remark: missing };
  const { code, text } = await etalon(
    ...['check', '--backend', name, '--timeout', '120', '--no-documents', '--output', join(output, name)],
  );
  const report = join(output, name, 'index.html');
  if (code === 0) return { status: 'right', remark: report };
  if (code === 1) return { status: 'wrong', remark: report };
  if (timeIsUp()) return outOfTime;
  return { status: code === 2 ? 'skipped' : 'wrong', remark: lastLine(text) };
}

/** Tests that ask what is set up, and skip without it. */
async function test(): Promise<Verdict> {
  if (timeIsUp()) return outOfTime;
  const files = ['backends', 'cli']
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
    .filter((file) => file.endsWith('.test.ts') && readFileSync(file, 'utf8').includes('readInstalled('));
  const { code } = await run('npx', 'vitest', 'run', ...files);
  return { status: code === 0 ? 'right' : 'wrong', remark: files.join(' ') };
}

/** Packs a backend, puts it together in an empty folder where there is no network and no environment, and runs it there. */
async function bundle(name: string): Promise<Verdict> {
  if (timeIsUp()) return outOfTime;
  if (!isInstalled(name, setups[name]({ cudaLibraries: 'fetch' })))
    return { status: 'skipped', remark: `${name} is not set up` };
  if (spawnSync('unshare', ['--net', 'true']).status !== 0) {
    return { status: 'skipped', remark: 'unshare --net, which takes the network away, is not allowed here' };
  }
  const folder = mkdtempSync(join(tmpdir(), 'etalon-bundle-'));
  try {
    const [parts, there] = [join(folder, 'parts'), join(folder, 'there')];
    const packed = await etalon('setup', name, '--bundle', parts, '--part-size', '64M');
    if (packed.code !== 0) return { status: 'wrong', remark: lastLine(packed.text) };
    const unpacked = await run(
      ...(['unshare', '--net', 'env', '-i', 'PATH=/usr/bin:/bin', 'HOME=/nonexistent', join(parts, 'run.sh'), there] as const),
      ...['--operation', 'matmul', '--no-documents'],
    );
    const { backends, timings } = JSON.parse(readFileSync(join(there, 'report/run.json'), 'utf8')) as RunReport;
    const ran = backends.some((backend) => backend.name === name && backend.status === 'ran');
    const timed = timings.some((timing) => timing.backend === name && timing.status === 'valid');
    if (unpacked.code === 0 && ran && timed) return { status: 'right', remark: `${name} without a network` };
    return { status: 'wrong', remark: `run.sh ended with ${unpacked.code}` };
  } catch (error) {
    return { status: 'wrong', remark: error instanceof Error ? error.message : String(error) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const others = Object.keys(embeddedBackends).filter((name) => !defaultBackends.includes(name));
const rows: string[][] = [];
for (const name of positionals.length > 0 ? positionals : others) {
  const { status, remark } = await check(name);
  rows.push([name, status, remark]);
}
for (const [name, task] of [
  ['bundle', () => bundle('tfjs-node')],
  ['tests', test],
] as const) {
  const { status, remark } = await task();
  rows.push([name, status, remark]);
}
console.log(`\n${formatTable(['backend', 'status', ''], rows)}`);
process.exitCode = rows.some(([, status]) => status === 'wrong') ? 1 : 0;
