/**
 * Runs what needs long, root or packages of the system: the tests named *.system.test.ts, the hostile corpus, and every backend that this
 * machine can be made to run:
 * npm run test:system -- [--minutes N]
 *
 * A step that cannot run here, or for which no time is left, is skipped with its reason. The exit code is 1 when a step failed.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { formatTable } from '../cli/table.ts';
import { selfTestParts } from '../suites/selftest/index.ts';

interface Verdict {
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly remark: string;
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '22' } } });
const ends = performance.now() + Number(values.minutes) * 60_000;
const minutesLeft = () => (ends - performance.now()) / 60_000;

/** Runs a command with its output shown, and ends it when the time is up. */
function run(command: string, ...rest: readonly string[]): Verdict {
  console.log(`\n$ ${[command, ...rest].join(' ')}`);
  const timeout = Math.max(1, Math.floor(ends - performance.now()));
  const { status, error } = spawnSync(command, rest, {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout,
    killSignal: 'SIGINT',
  });
  if (minutesLeft() <= 0) return { status: 'skipped', remark: `stopped: no time is left of ${values.minutes} minutes` };
  if (error) return { status: 'failed', remark: error.message };
  return status === 0 ? { status: 'passed', remark: '' } : { status: 'failed', remark: `exit code ${status}` };
}

/** Debian packages that some of the tests use; without them those tests skip themselves and say so. */
const packages = ['bubblewrap', 'slurmctld', 'slurmd', 'slurm-client', 'munge'];

function installPackages(): Verdict {
  const missing = packages.filter((name) => spawnSync('dpkg', ['-s', name]).status !== 0);
  if (missing.length === 0) return { status: 'passed', remark: 'all there' };
  if (process.getuid?.() !== 0) return { status: 'skipped', remark: `needs root: apt-get install ${missing.join(' ')}` };
  if (spawnSync('apt-get', ['--version']).error) return { status: 'skipped', remark: 'there is no apt-get here' };
  spawnSync('apt-get', ['update', '-q'], { stdio: 'ignore', timeout: 120_000 });
  const options = ['install', '-q', '-y', '--no-install-recommends'];
  const { status } = spawnSync('apt-get', [...options, ...missing], { stdio: 'ignore', timeout: 300_000 });
  return status === 0
    ? { status: 'passed', remark: missing.join(' ') }
    : { status: 'skipped', remark: `apt-get could not install ${missing.join(' ')}` };
}

const steps: Readonly<Record<string, () => Verdict>> = {
  packages: installPackages,
  tests: () => run('npx', 'vitest', 'run', '--config', 'vitest.system.config.ts'),
  hostile: () =>
    selfTestParts.some(({ name }) => name === 'hostile')
      ? run(process.execPath, '--import', 'tsx', 'cli/main.ts', 'selftest', '--only', 'hostile')
      : { status: 'skipped', remark: 'etalon selftest has no part hostile' },
  backends: () =>
    run('npm', 'run', '--silent', 'test:backends', '--', '--minutes', String(Math.floor(Math.min(12, minutesLeft())))),
};

const rows = Object.entries(steps).map(([name, step]) => {
  const { status, remark } = minutesLeft() > 1 ? step() : ({ status: 'skipped', remark: 'no time is left' } as const);
  return [name, status, remark];
});
console.log(`\n${formatTable(['step', 'status', ''], rows)}`);
process.exitCode = rows.some(([, status]) => status === 'failed') ? 1 : 0;
