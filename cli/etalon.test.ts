/** The command line: usage, exit codes, what is written where. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../suites/runReport.ts';
import { command, etalon, etalonIn, root } from './testing/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const report = (name: string): RunReport => JSON.parse(readFileSync(join(folder, name, 'run.json'), 'utf8'));

describe('wrong usage: one line that says what is allowed, exit code 2, no stack trace', () => {
  const notAReport = join(folder, 'not-a-report.json');
  writeFileSync(notAReport, '{"hello": 1}');
  const readOnly = join(folder, 'a-file');
  writeFileSync(readOnly, '');

  it.each([
    ['a misspelt operation', ['check', '--operation', 'mat-mul'], 'operation "mat-mul" does not exist; did you mean matmul'],
    ['a misspelt backend', ['check', '--backend', 'tfjs-cpuu'], 'backend "tfjs-cpuu" does not exist; did you mean tfjs-cpu'],
    ['a misspelt flag', ['check', '--bakend', 'js'], "unknown option '--bakend'"],
    ['a misspelt command', ['chek'], "unknown command 'chek'"],
    ['a file that is not a report', ['report', notAReport], 'is not a run report: it has no schemaVersion'],
    ['a file that is not there', ['report', join(folder, 'absent.json')], 'cannot read'],
    [
      'a reporter that does not exist',
      ['report', notAReport, '--report', 'pdf'],
      'reporter "pdf" does not exist; known: html, json, junit',
    ],
    [
      'a reporter of a check that does not exist',
      ['check', '--report', 'html,xml'],
      'reporter "xml" does not exist; known: html, json',
    ],
    [
      'an unwritable folder',
      ['check', '--backend', 'js', '--operation', 'relu', '--output', join(readOnly, 'below')],
      'cannot write to',
    ],
    ['a misspelt algorithm', ['check', '--algorithm', 'digit'], 'algorithm "digit" does not exist; did you mean digits'],
    ['a malformed case id', ['check', '--case', 'relu'], 'case id "relu" is malformed; it has the form operation/recipe/tier'],
    [
      'a case that does not exist',
      ['check', '--case', 'relu/plein/exact'],
      'case "relu/plein/exact" does not exist; did you mean relu/plain/exact',
    ],
    ['a seed that is no number', ['check', '--seed', 'x'], 'A whole number, 0 or more.'],
    ['a part of selftest that does not exist', ['selftest', '--only', 'precison'], 'did you mean precision'],
    [
      'a worker that does not exist',
      ['check', '--worker', 'no-such-program', '--operation', 'relu', '--output', join(folder, 'none')],
      'no such command: no-such-program',
    ],
  ])('%s', (_, words, says) => {
    const { status, stderr } = etalon(...words);
    expect(stderr).toContain(says);
    expect(status).toBe(2);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

it('ends quietly when its reader has seen enough', () => {
  const words = [process.execPath, command, 'operations', '--json'].map((word) => `'${word}'`);
  const { stdout, stderr } = spawnSync('bash', ['-c', `${words.join(' ')} | head -c 10; echo " ${'$'}{PIPESTATUS[0]}"`], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^[\s\S]{10} 0\n$/);
});

describe('help', () => {
  it.each(['check', 'bench', 'backends', 'operations', 'coverage', 'selftest', 'report'])(
    'etalon %s --help has examples',
    (name) => {
      const { status, stdout } = etalon(name, '--help');
      expect(status).toBe(0);
      expect(stdout).toContain('Examples:');
    },
  );

  it('documents the exit codes', () => {
    expect(etalon('--help').stdout).toMatch(/Exit codes:[\s\S]*2 {2}the command line/);
  });
});

describe('etalon operations', () => {
  it('prints the whole table into a pipe that is read slowly', () => {
    const words = [process.execPath, command, 'operations', '--json'].map((word) => `'${word}'`);
    const { stdout } = spawnSync('sh', ['-c', `${words.join(' ')} | { sleep 1; cat; }`], { cwd: root, encoding: 'utf8' });
    expect(stdout.length).toBeGreaterThan(100_000);
    expect(() => JSON.parse(stdout)).not.toThrow();
  });
  it('lists what is asked and why', () => {
    const { status, stdout } = etalon('operations', 'relu', '--cases');
    expect(status).toBe(0);
    expect(stdout).toMatch(/relu\/plain\/exact +batch 3, features 7 +plain; integers/);
    expect(stdout).toMatch(/relu\/boundary-batch-65537-\w+\/exact +batch 65537, features 3 +sizes: batch 65537/);
    const records = JSON.parse(etalon('operations', 'relu', '--cases', '--json').stdout);
    expect(records).toContainEqual({
      id: 'relu/special-values/random',
      sizes: 'batch 2, features 5',
      why: 'special values, with given numbers; real numbers',
    });
  });
  it('shows one whole', () => {
    const { status, stdout } = etalon('operations', 'conv2d');
    expect(status).toBe(0);
    expect(stdout).toContain('weights [outputChannels, inputChannelsPerGroup, kernelHeight, kernelWidth]');
    expect(stdout).toContain('(C1)');
  });
});

describe('etalon backends', () => {
  it('says of each whether it runs and which operations it lacks', () => {
    const { status, stdout } = etalon('backends', 'js', 'onnxruntime-cpu', '--json');
    const records = JSON.parse(stdout);
    expect(status).toBe(0);
    expect(records.map(({ name, status: state }: { name: string; status: string }) => `${name} ${state}`)).toEqual([
      'js ran',
      'onnxruntime-cpu ran',
    ]);
    expect(etalon('backends', 'js').stdout).toMatch(/matmul +yes/);
  });
});

it('leaves nothing in the home of whoever runs it', () => {
  const home = mkdtempSync(join(folder, 'home-'));
  // ONNX Runtime's telemetry makes a database there; it is off by itself where CI is set.
  const environment: NodeJS.ProcessEnv = { ...process.env, HOME: home, XDG_CACHE_HOME: join(home, '.cache') };
  delete environment.CI;
  const words = ['check', '--backend', 'onnxruntime-cpu', '--case', 'relu/plain/exact', '--output', join(folder, 'homeless')];
  expect(etalonIn(environment, ...words).status).toBe(0);
  expect(readdirSync(home)).toEqual([]);
});

describe('etalon coverage', () => {
  it('finds all 93 rows implemented, executed and shown', () => {
    const { status, stdout } = etalon('coverage', '--json');
    expect(stdout).toBe('{"rows":93,"implemented":93,"executed":93,"shown":93,"missing":[],"failed":[]}\n');
    expect(status).toBe(0);
  }, 60_000);
});

describe('etalon check', () => {
  it('checks, reports and exits with 0 when all is as expected', () => {
    const { status, stdout } = etalon('check', '--backend', 'js', '--operation', 'relu*', '--output', join(folder, 'relu'));
    expect(status).toBe(0);
    expect(stdout).toMatch(/^✓ js {2}(\d+) of \1 passed/m);
    expect(stdout).toMatch(
      /time: js: its calls took .+: \d+ cases, [\d,]+ elements\nthroughput: \d+ answers of [\d,]+ elements judged in /,
    );
    expect(stdout).toContain(`report: ${join(folder, 'relu', 'index.html')}`);
    for (const file of ['index.html', 'run.json', 'junit.xml']) expect(existsSync(join(folder, 'relu', file))).toBe(true);
    expect(existsSync(join(folder, 'relu', 'run.jsonl'))).toBe(false);
    expect(report('relu').outcomes.length).toBeGreaterThan(10);
  });

  it('loses nothing but a backend whose native part is missing, of another version, broken, or dies while loading', () => {
    const cache = join(folder, 'cache');
    const install = (name: string, versions: object) => {
      mkdirSync(join(cache, name), { recursive: true });
      writeFileSync(join(cache, name, 'installed.json'), JSON.stringify({ versions }));
    };
    const addon = '@tensorflow/tfjs-node-gpu';
    install('tfjs-node', { [addon]: createRequire(import.meta.url)(`${addon}/package.json`).version });
    writeFileSync(join(cache, 'tfjs-node', 'tfjs_binding.node'), 'not a library');
    install('onnxruntime-cuda', { 'onnxruntime-node': '1.0.0' });
    const backends = 'tfjs-node,onnxruntime-cuda,tfjs-cuda,js';
    const words = ['--operation', 'relu', '--properties', '0', '--no-documents', '--json'];
    const options = { cwd: root, encoding: 'utf8', env: { ...process.env, ETALON_CACHE: cache } } as const;
    const { stdout, status: code } = spawnSync(
      process.execPath,
      [command, 'check', '--backend', backends, '--worker', 'node -e process.abort()', ...words],
      options,
    );
    // They were named.
    expect(code).toBe(1);
    const { backends: records, outcomes }: RunReport = JSON.parse(stdout);
    expect(Object.fromEntries(records.map(({ name, status, reason }) => [name, reason ?? status]))).toEqual({
      js: 'ran',
      'tfjs-node': expect.stringMatching(/the addon does not load: .*run: etalon setup tfjs-node$/),
      'onnxruntime-cuda': expect.stringMatching(/^set up for onnxruntime-node 1\.0\.0, .*run: etalon setup onnxruntime-cuda$/),
      'tfjs-cuda': expect.stringMatching(/^not set up: .*run: etalon setup tfjs-cuda$/),
      'node -e process.abort()': expect.stringContaining('the worker was ended by SIGABRT without a reply to hello'),
    });
    expect(new Set(outcomes.map(({ backend, status }) => `${backend} ${status}`))).toEqual(new Set(['js passed']));
  });

  it('replays a case with the command that its outcome carries', () => {
    const { replay, caseId } = report('relu').outcomes[0];
    const { status, stdout } = etalon(...replay.split(' ').slice(1), '--json');
    const replayed: RunReport = JSON.parse(stdout);
    expect(status).toBe(0);
    expect(replayed.outcomes.map((outcome) => outcome.caseId)).toEqual([caseId]);
  });

  it('looks for the rows in a run that executed none, and misses them all', () => {
    const { status, stdout } = etalon('coverage', join(folder, 'relu', 'run.json'));
    expect(status).toBe(1);
    expect(stdout).toMatch(/^R22 +NO +NO +NO +missing +0.00$/m);
    expect(stdout).toContain('93 rows: 0 implemented, 0 executed, 0 shown');
  });

  it('makes reports again from run.json', () => {
    const { status, stdout } = etalon(
      'report',
      join(folder, 'relu', 'run.json'),
      '--output',
      join(folder, 'again'),
      '--report',
      'html,markdown',
    );
    expect(status).toBe(0);
    expect(stdout).toContain('index.html');
    expect(readFileSync(join(folder, 'again', 'index.html'), 'utf8')).toBe(
      readFileSync(join(folder, 'relu', 'index.html'), 'utf8'),
    );
  });
});

describe('etalon check --algorithm', () => {
  const adapter = join(folder, 'doubled-step.ts');
  writeFileSync(
    adapter,
    `import createJs from ${JSON.stringify(join(root, 'dist/backends/js/index.js'))};
export default async () => {
  const js = await createJs();
  return { ...js, describe: async () => ({ ...(await js.describe()), name: 'mine' }), prepare: async (operation, attributes, shapes) => {
    const kernel = await js.prepare(operation, attributes, shapes);
    if (operation !== 'gradientStep') return kernel;
    return { ...kernel, read: async () => {
      const { weights } = await kernel.read();
      return { weights: { ...weights, data: weights.data.map((value) => 2 * value) } };
    } };
  } };
};
`,
  );

  it('runs one on the reference and on a backend, in its own process, and replays', () => {
    const { status, stdout } = etalon('check', '--backend', 'js', '--algorithm', 'batch-perceptron', '--json');
    const { algorithms, outcomes, rows }: RunReport = JSON.parse(stdout);
    expect(status).toBe(0);
    expect([outcomes, rows]).toEqual([[], []]);
    expect(algorithms?.map(({ backend, status: own }) => `${backend} ${own}`)).toEqual(['reference passed', 'js passed']);
    const replayed = etalon(...algorithms![1].replay.split(' ').slice(1));
    expect(replayed.status).toBe(0);
    expect(replayed.stdout).toMatch(/batch-perceptron +passed +passed, \d+ calls judged/);
  });

  it('names the operation that is wrong, and exits with 1', () => {
    const { status, stdout } = etalon('check', '--adapter', adapter, '--algorithm', 'batch-perceptron');
    expect(stdout).toMatch(
      /mine algorithm batch-perceptron: failed[\s\S]*gradientStep, call \d+, step 1 [\s\S]*weights\[\d\] should be/,
    );
    expect(status).toBe(1);
  });
});

describe('a newcomer’s worker of three operations, one of them wrong', () => {
  it('is told which, where and with what', () => {
    const example = join(root, 'backends/process/example.py');
    expect(readFileSync(example, 'utf8').split('\n').length).toBeLessThanOrEqual(40);
    const { status, stdout } = etalon(
      'check',
      '--worker',
      `python3 ${example}`,
      '--no-documents',
      '--boundaries',
      '0.05',
      '--output',
      join(folder, 'example'),
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/✗ example tanh\.derivative: failed, \d+ of \d+ cases/);
    expect(stdout).toContain('tanh²');
    const { outcomes } = report('example');
    const statuses = (operation: string) =>
      new Set(outcomes.filter((outcome) => outcome.operation === operation).map((outcome) => outcome.status));
    expect(statuses('relu')).toEqual(new Set(['passed']));
    expect(statuses('matmul')).toEqual(new Set(['passed']));
    const atBoundary = outcomes.find(({ caseId }) => caseId.startsWith('relu/boundary-'));
    expect(atBoundary?.outputs[0].worst?.inputs).toEqual({});
    // At NaN, and where both formulas round to the same, the mistake cannot be seen; everywhere else it is.
    const derivative = outcomes.filter(({ operation }) => operation === 'tanh.derivative');
    expect(derivative.filter(({ status: own }) => own === 'failed').length).toBeGreaterThanOrEqual(derivative.length - 2);
    expect(derivative[0].status).toBe('failed');
    expect(statuses('conv2d')).toEqual(new Set(['unsupported']));
    const wrong = outcomes.find(({ operation }) => operation === 'tanh.derivative');
    expect(wrong?.outputs[0].worst).toMatchObject({
      expected: expect.any(Number),
      actual: expect.any(Number),
      inputs: { x: expect.any(Number) },
    });
  });
});

describe('an interrupted run', () => {
  it('writes what has been measured, says so, and leaves no process behind', async () => {
    const output = join(folder, 'stopped');
    const hanging = join(folder, 'slow.py');
    writeFileSync(
      hanging,
      `import sys\nsys.path.insert(0, ${JSON.stringify(join(root, 'backends/process'))})\nimport time, etalon\n\n@etalon.operation("relu")\ndef relu(x):\n    time.sleep(0.3)\n    return x.map(lambda v: max(v, 0.0))\n\netalon.serve(name="slow", version="1")\n`,
    );
    chmodSync(hanging, 0o755);
    const child = spawn(
      process.execPath,
      [command, 'check', '--worker', `python3 ${hanging}`, '--operation', 'relu', '--output', output],
      { cwd: root },
    );
    const journal = join(output, 'run.jsonl');
    while (!existsSync(journal) || !readFileSync(journal, 'utf8').includes('"outcome"'))
      await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(code).toBe(130);
    const stopped = report('stopped');
    expect(stopped.stopped).toBe('interrupted (SIGINT)');
    // The journal had the first answer before the operation's others were there.
    expect(stopped.outcomes.length).toBeGreaterThan(0);
    expect(stopped.outcomes.length).toBeLessThan(40);
    expect(readFileSync(join(output, 'index.html'), 'utf8')).toContain('interrupted');
    const left = spawnSync('pgrep', ['-f', hanging], { encoding: 'utf8' }).stdout;
    expect(left).toBe('');
  });

  it('that was killed outright leaves a journal to report from', async () => {
    const output = join(folder, 'killed');
    const child = spawn(process.execPath, [command, 'check', '--backend', 'js', '--output', output], { cwd: root });
    const journal = join(output, 'run.jsonl');
    while (!existsSync(journal) || readFileSync(journal, 'utf8').split('\n').length < 20)
      await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const { status } = etalon('report', journal, '--output', join(folder, 'recovered'));
    expect(status).toBe(0);
    expect(report('recovered').outcomes.length).toBeGreaterThan(5);
    expect(report('recovered').stopped).toBe('killed before its end');
  });
});

describe('etalon selftest', () => {
  it('prints a part as JSON, or as a table', () => {
    const json = etalon('selftest', '--only', 'precision', '--draws', '2', '--json');
    expect(json.status).toBe(0);
    const { effectivePrecision, problems } = JSON.parse(json.stdout);
    expect(problems).toEqual([]);
    expect(effectivePrecision).toEqual({ injected: 11, draws: 2, asked: 22, right: 22 });
    const table = etalon('selftest', '--only', 'precision', '--draws', '1');
    expect(table.stdout).toMatch(/TF32 inputs +1 .*consistent with TF32 inputs/);
    expect(table.stdout).toContain('selftest: everything as it must be');
  });
});
