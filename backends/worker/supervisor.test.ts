/** Hostile workers: each costs its own case, with a reason that says which; the next case runs on a fresh worker; none is left. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { tensor } from '../../reference/tensor.ts';
import type { SupervisorOptions } from './supervisor.ts';
import { isAlive, isGone } from './testing/processes.ts';
import { createWorkerSupervisor, type RunResult, type WorkerSupervisor } from './worker.ts';

const hostile = fileURLToPath(new URL('./testing/hostile.mjs', import.meta.url));
const x = tensor([3], [1, 2.5, -3]);
const timeoutMs = 10_000;
const directory = mkdtempSync(join(tmpdir(), 'etalon-test-'));

/** Goes through all the faults one after the other, as a run does. */
const lastingDirectory = join(directory, 'lasting');
mkdirSync(lastingDirectory);
const lasting = createWorkerSupervisor({
  command: process.execPath,
  arguments: [hostile],
  timeoutMs,
  directory: lastingDirectory,
});
afterAll(() => lasting.close());

let supervisors: WorkerSupervisor[] = [];
function supervise(options: Partial<SupervisorOptions> = {}, hello: object = {}): WorkerSupervisor {
  const supervisor = createWorkerSupervisor({
    command: process.execPath,
    arguments: [hostile, JSON.stringify(hello)],
    timeoutMs,
    directory,
    ...options,
  });
  supervisors.push(supervisor);
  return supervisor;
}
afterEach(async () => {
  for (const supervisor of supervisors) await supervisor.close();
  supervisors = [];
  expect(readdirSync(directory).filter((name) => name.startsWith('etalon-'))).toEqual([]);
});
afterAll(() => rmSync(directory, { recursive: true }));

const ask = (supervisor: WorkerSupervisor, operation: string) => supervisor.run(operation, {}, { x }, { timeoutMs });

/** Asks something sound, then the operation, then something sound again, and looks for what is left of the first worker. */
async function misbehave(supervisor: WorkerSupervisor, operation: string): Promise<RunResult> {
  expect(await ask(supervisor, 'identity')).toMatchObject({ kind: 'outputs' });
  const first = supervisor.pid()!;
  expect(isAlive(first)).toBe(true);
  const result = await ask(supervisor, operation);
  expect(isAlive(first)).toBe(false);
  expect(await ask(supervisor, 'identity')).toMatchObject({ kind: 'outputs' });
  expect(supervisor.pid()).not.toBe(first);
  return result;
}

const faults: [operation: string, kind: string, reason: string][] = [
  ['crash', 'crashed', 'the worker was ended by SIGSEGV without a reply to crash'],
  ['exit', 'crashed', 'the worker exited with code 0 without a reply to exit'],
  ['exitWithWords', 'crashed', 'exited with code 3 without a reply to exitWithWords (log: first words | last words)'],
  ['twice', 'protocol', 'a second reply to twice'],
  ['wrongId', 'protocol', 'the reply to wrongId has the id "guessed", not that of the request'],
  ['notJson', 'protocol', 'a line that is not JSON: "Epoch 1/10 loss 0.5"'],
  ['notObject', 'protocol', 'the line is "[1, 2]"'],
  ['neither', 'protocol', 'reply:'],
  ['both', 'protocol', 'reply:'],
  ['strangeError', 'protocol', 'reply:'],
  ['noOutputs', 'protocol', 'run: outputs: Invalid input: expected record, received undefined'],
  ['negativeShape', 'protocol', 'run: outputs.y.shape.0'],
  [
    'hugeShape',
    'protocol',
    'outputs.y: with shape [1000000000, 1000000000] they hold 1,000,000,000,000,000,000 numbers, 2,097,164 are the most',
  ],
  ['deepReply', 'protocol', 'a reply with more than 16384 lists and objects'],
  ['deepShortReply', 'protocol', 'run: outputs: Invalid input: expected record'],
  ['manyValues', 'protocol', 'parts; the line is'],
  ['manyOutputs', 'protocol', 'run: outputs: at most 64 tensors are allowed'],
  ['manyAxes', 'protocol', 'run: outputs.y.shape: Too big: expected array to have <=32 items'],
  ['folderAsFile', 'protocol', 'outputs.y: folder.bin is not a plain file'],
  ['pipeAsFile', 'protocol', 'outputs.y: pipe.bin is not a plain file'],
  ['sparseFile', 'protocol', 'outputs.y: with shape [2147483648] they hold 2,147,483,648 numbers'],
  ['longFileName', 'protocol', 'the bare name of a file of the directory is allowed'],
  ['removedFolder', 'protocol', 'outputs.y: the file y.bin cannot be read: ENOENT'],
  ['tooFew', 'protocol', 'outputs.y: shape [2, 2] holds 4 float32 values (16 bytes), 12 bytes were sent'],
  ['tooMany', 'protocol', 'outputs.y: shape [2] holds 2 float32 values (8 bytes), 12 bytes were sent'],
  ['wrongDtype', 'protocol', 'outputs.y: dtype is float64, the hello declared float32'],
  ['notBase64', 'protocol', 'outputs.y: "data" is not base64'],
  ['nowhere', 'protocol', 'outputs.y: needs one of "data", "values" and "file", has 0'],
  ['everywhere', 'protocol', 'outputs.y: needs one of "data", "values" and "file", has 2'],
  ['tooManyValues', 'protocol', 'outputs.y: shape [2] holds 2 values, 3 were sent'],
  ['wordValue', 'protocol', 'outputs.y: value 1 is "NaN"; numbers of float32, "nan", "inf", "-inf" and "-0" are allowed'],
  ['tooLargeValue', 'protocol', 'outputs.y: value 1 is 1e+300'],
  ['missingFile', 'protocol', 'outputs.y: the file nothing.bin cannot be read'],
  ['foreignFile', 'protocol', 'outputs.y: "file" is "../../etc/hostname"; the bare name'],
  ['linkedFile', 'protocol', 'outputs.y: the file link.bin cannot be read'],
  ['closesChannel', 'protocol', 'the worker closed its reply channel'],
];

it.each(faults)('%s costs its own case: %s, %s', async (operation, kind, reason) => {
  const result = await misbehave(lasting, operation);
  expect(result).toMatchObject({ kind, message: expect.stringContaining(reason) });
});

it('kills a worker that hangs and ignores every signal that it can', async () => {
  const supervisor = supervise();
  await ask(supervisor, 'identity');
  const first = supervisor.pid()!;
  const result = await supervisor.run('hang', {}, { x }, { timeoutMs: 300 });
  expect(result).toEqual({ kind: 'timedOut', message: 'no reply to hang within 0.3 s (log: counting)' });
  expect(isAlive(first)).toBe(false);
  expect(await ask(supervisor, 'identity')).toMatchObject({ kind: 'outputs' });
});

it('stops reading a line of 1 GiB at the limit', async () => {
  const before = process.memoryUsage().rss;
  let largest = before;
  const watch = setInterval(() => {
    largest = Math.max(largest, process.memoryUsage().rss);
  }, 5);
  const result = await misbehave(supervise(), 'endlessLine');
  clearInterval(watch);
  // 1 MiB and 32 bytes for each of the numbers that may be there: 2²¹ and four times the inputs.
  expect(result).toEqual({ kind: 'protocol', message: 'a line of more than 68,157,824 bytes' });
  expect(largest - before).toBeLessThan(2 ** 28);
});

it.each(['grandchild', 'daemon'])('leaves no %s that holds the pipes', async (operation) => {
  const result = await misbehave(lasting, operation);
  expect(result.kind).toBe('crashed');
  const pid = Number(/grandchild (\d+)/.exec(result.kind === 'crashed' ? result.message : '')?.[1]);
  expect(pid).toBeGreaterThan(0);
  expect(await isGone(pid)).toBe(true);
});

it.each([
  ['twiceLate', { kind: 'protocol', message: 'after the reply to twiceLate, before this call: a second reply to twiceLate' }],
  ['unasked', { kind: 'protocol', message: 'after the reply to unasked, before this call: a reply when nothing was asked' }],
  [
    'answerThenExit',
    { kind: 'crashed', message: 'after the reply to answerThenExit, before this call: the worker exited with code 7' },
  ],
])('charges the next call with what %s does after its reply', async (operation, fault) => {
  const supervisor = supervise();
  expect(await ask(supervisor, operation)).toMatchObject({ kind: 'outputs' });
  const first = supervisor.pid()!;
  expect(await isGone(first)).toBe(true);
  await setTimeout(50);
  expect(await ask(supervisor, 'identity')).toEqual(fault);
  expect(await ask(supervisor, 'identity')).toMatchObject({ kind: 'outputs' });
});

it('charges the next call also when its inputs travel as files, into a folder that is gone', async () => {
  const supervisor = supervise();
  await ask(supervisor, 'twiceLate');
  expect(await isGone(supervisor.pid()!)).toBe(true);
  const large = tensor([2 ** 19], new Float64Array(2 ** 19));
  const result = await supervisor.run('identity', {}, { x: large }, { timeoutMs });
  expect(result).toMatchObject({ kind: 'protocol', message: expect.stringContaining('a second reply to twiceLate') });
  expect(await supervisor.run('nan', {}, { x: large }, { timeoutMs })).toMatchObject({ kind: 'outputs' });
});

it('reports at the end what showed after the last call', async () => {
  const supervisor = supervise();
  await ask(supervisor, 'twiceLate');
  await setTimeout(400);
  expect(await supervisor.close()).toEqual({ kind: 'protocol', message: 'a second reply to twiceLate' });
});

it('lets through what is strange but not against the protocol', async () => {
  const supervisor = supervise();
  expect(await ask(supervisor, 'nan')).toMatchObject({ outputs: { y: { data: new Float32Array(3).fill(Number.NaN) } } });
  expect(await ask(supervisor, 'wrongShape')).toMatchObject({ outputs: { y: { shape: [1, 3] } } });
  const first = supervisor.pid();
  expect(await ask(supervisor, 'values')).toMatchObject({
    outputs: { y: { dtype: 'float32', data: Float32Array.of(Number.NaN, Infinity, -Infinity, -0, 0.1) } },
  });
  expect(await ask(supervisor, 'failure')).toEqual({ kind: 'failed', message: 'singular', link: 'https://example.org/' });
  expect(supervisor.pid()).toBe(first);
});

it('refuses what the hello does not list without asking', async () => {
  const supervisor = supervise();
  const refusal = { kind: 'unsupported', message: 'conv2d is not among the operations that hostile lists' };
  expect(await ask(supervisor, 'conv2d')).toEqual(refusal);
  expect(await supervisor.supports('conv2d', {}, { timeoutMs })).toEqual(refusal);
  expect(await supervisor.supports('identity', {}, { timeoutMs })).toEqual({ kind: 'supported' });
});

it('refuses timings that are not those that were asked for', async () => {
  const result = await supervise().bench('shortBench', {}, { x }, { timeoutMs, warmup: 0, iterations: 2 });
  expect(result).toEqual({ kind: 'protocol', message: 'bench: loadMs has 1 samples, 2 iterations were asked for' });
});

it('answers calls that are made at the same time one after the other', async () => {
  const supervisor = supervise();
  const results = await Promise.all(['identity', 'crash', 'identity'].map((operation) => ask(supervisor, operation)));
  expect(results.map(({ kind }) => kind)).toEqual(['outputs', 'crashed', 'outputs']);
});

describe('a worker that several requests may be on their way to', () => {
  const kinds = async (supervisor: WorkerSupervisor, operations: readonly string[], limitMs = timeoutMs) => {
    await supervisor.start();
    const results = await Promise.all(operations.map((name) => supervisor.run(name, {}, { x }, { timeoutMs: limitMs })));
    return results.map((result) => (result.kind === 'outputs' ? 'outputs' : `${result.kind}: ${result.message}`));
  };

  it('gets them before it has answered the first', async () => {
    const [together, apart] = [supervise({}, { inFlight: 3 }), supervise()];
    const sent = async (supervisor: WorkerSupervisor) => {
      await supervisor.start();
      const results = await Promise.all(['received', 'received', 'received', 'received'].map((name) => ask(supervisor, name)));
      return results.map((result) => (result.kind === 'outputs' ? Array.from(result.outputs.y.data) : []));
    };
    expect(await sent(together)).toEqual([[3], [3], [3], [1]]);
    expect(await sent(apart)).toEqual([[1], [1], [1], [1]]);
  });

  it.each([
    ['crash', 'crashed: the worker was ended by SIGSEGV without a reply to crash'],
    ['notJson', 'protocol: a line that is not JSON: "Epoch 1/10 loss 0.5"'],
    ['tooFew', 'protocol: outputs.y: shape [2, 2] holds 4 float32 values (16 bytes), 12 bytes were sent'],
    ['wrongId', 'protocol: the reply to wrongId has the id "guessed", not that of the request'],
    ['hang', 'timedOut: no reply to hang within 0.4 s (log: counting)'],
  ])('is charged for %s alone: what was asked behind it is asked again', async (operation, fault) => {
    const supervisor = supervise({}, { inFlight: 8 });
    const asked = ['identity', operation, 'identity', 'identity', operation, 'identity'];
    const found = await kinds(supervisor, asked, 400);
    expect(found.map((result) => result.slice(0, fault.length))).toEqual(
      asked.map((name) => (name === operation ? fault : 'outputs')),
    );
  });

  it('that replies twice is noticed, and every question has its answer or the fault', async () => {
    const found = await kinds(supervise({}, { inFlight: 8 }), ['identity', 'twice', 'identity', 'identity']);
    expect(found.filter((result) => result === 'protocol: a second reply to twice')).toHaveLength(1);
    expect(found.filter((result) => result === 'outputs')).toHaveLength(3);
  });
});

describe('a private folder', () => {
  it('that a link took the place of leads nowhere: nothing outside is read or removed', async () => {
    const outside = join(directory, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'y.bin'), Buffer.alloc(4));
    const result = await misbehave(supervise({ environment: { OUTSIDE: outside } }), 'replacedFolder');
    expect(result).toMatchObject({
      kind: 'protocol',
      message: expect.stringContaining('the file y.bin cannot be read: ENOENT'),
    });
    expect(readdirSync(outside)).toEqual(['y.bin']);
    for (const name of readdirSync(directory).filter((name) => name.endsWith('.moved')))
      rmSync(join(directory, name), { recursive: true });
  });

  it('that is gone when inputs are written costs that case', async () => {
    const supervisor = supervise();
    const large = tensor([2 ** 19], new Float64Array(2 ** 19));
    expect(await ask(supervisor, 'answerThenRemoveFolder')).toMatchObject({ kind: 'outputs' });
    await setTimeout(100);
    const result = await supervisor.run('identity', {}, { x: large }, { timeoutMs });
    expect(result).toMatchObject({ kind: 'protocol', message: expect.stringContaining('ENOENT') });
    expect(await supervisor.run('nan', {}, { x: large }, { timeoutMs })).toMatchObject({ kind: 'outputs' });
  });

  it.each(['lockedFolder', 'deepFolder', 'fullFolder'])('is removed, %s or not', async (operation) => {
    await misbehave(supervise(), operation);
  });
});

describe('words of a worker', () => {
  it.each([
    ['longMessage', `${'m'.repeat(2000)}… 898,000 more characters`],
    ['actingMessage', 'red | : :error::owned \ufffd # #[error]x'],
  ])('reach nobody as they are: %s', async (operation, message) => {
    expect(await ask(supervise(), operation)).toEqual({ kind: 'failed', message, link: undefined });
  });

  it('in its hello are cut and cleaned', async () => {
    const supervisor = supervise(
      {},
      { name: '\u001b[31mn\n::error::x', version: 'v'.repeat(10_000), device: 'd\u0007', notes: ['a\nb'], inFlight: 1e9 },
    );
    const start = await supervisor.start();
    expect(start).toMatchObject({
      hello: {
        name: 'n | : :error::x',
        version: `${'v'.repeat(300)}… 9,700 more characters`,
        device: 'd\ufffd',
        notes: ['a | b'],
        inFlight: 256,
      },
    });
  });

  it('in its log are kept to their end', async () => {
    const supervisor = supervise();
    const started = performance.now();
    const result = await supervisor.run('floodsLog', {}, { x }, { timeoutMs: 1000 });
    expect(result).toMatchObject({ kind: 'timedOut' });
    expect(result.kind === 'timedOut' && result.message.length).toBeLessThan(2100);
    expect(performance.now() - started).toBeLessThan(4000);
  });
});

describe('a backend that hangs or crashes', () => {
  it('is given up after so many calls in a row, and then is not asked', async () => {
    const supervisor = supervise({ giveUpAfter: 3 });
    const kinds: string[] = [];
    for (const operation of ['crash', 'exit', 'identity', 'crash', 'exit', 'crash', 'identity', 'crash'])
      kinds.push((await ask(supervisor, operation)).kind);
    expect(kinds).toEqual(['crashed', 'crashed', 'outputs', 'crashed', 'crashed', 'crashed', 'notAsked', 'notAsked']);
    expect(await ask(supervisor, 'identity')).toEqual({
      kind: 'notAsked',
      message: 'given up after 3 calls in a row at which it crashed or hung',
    });
    expect(supervisor.stopped()).toBe(
      'given up after 3 calls in a row at which it crashed or hung; the last: the worker was ended by SIGSEGV without a reply to crash',
    );
    expect(supervisor.pid()).toBeUndefined();
  });

  it('is given up also where several requests are on their way', async () => {
    const supervisor = supervise({ giveUpAfter: 2 }, { inFlight: 8 });
    await supervisor.start();
    const results = await Promise.all(
      ['identity', 'crash', 'crash', 'identity', 'crash', 'identity'].map((operation) => ask(supervisor, operation)),
    );
    expect(results.map(({ kind }) => kind)).toEqual(['outputs', 'crashed', 'crashed', 'notAsked', 'notAsked', 'notAsked']);
  });

  it('is not given up for wrong answers, refusals or breaches of the protocol', async () => {
    const supervisor = supervise({ giveUpAfter: 2 });
    for (const operation of [
      'tooFew',
      'failure',
      'conv2d',
      'tooFew',
      'notJson',
      'tooFew',
      'crash',
      'tooFew',
      'failure',
      'crash',
      'identity',
    ]) {
      expect((await ask(supervisor, operation)).kind).not.toBe('notAsked');
    }
  });

  it('has a time limit as a whole', async () => {
    const supervisor = supervise({ timeLimitMs: 700 });
    expect(await ask(supervisor, 'identity')).toMatchObject({ kind: 'outputs' });
    const started = performance.now();
    expect(await ask(supervisor, 'hang')).toEqual({ kind: 'notAsked', message: 'its time limit of 0.7 s was reached' });
    expect(performance.now() - started).toBeLessThan(3000);
    expect(await ask(supervisor, 'identity')).toMatchObject({ kind: 'notAsked' });
  });
});

describe('stopping', () => {
  const silent = { arguments: ['-e', 'setInterval(() => {}, 9)'] };
  it.each([
    ['a call', {}, (supervisor: WorkerSupervisor) => ask(supervisor, 'hang')],
    ['a hello', silent, (supervisor: WorkerSupervisor) => ask(supervisor, 'identity')],
    ['supports', {}, (supervisor: WorkerSupervisor) => supervisor.supports('identity', {}, { timeoutMs })],
  ] as const)('does not wait for %s', async (what, options, hang) => {
    const supervisor = supervise(options, what === 'supports' ? { supports: true } : {});
    const hanging = hang(supervisor);
    await setTimeout(300);
    const started = performance.now();
    supervisor.stop('interrupted');
    expect(await hanging).toEqual({ kind: 'notAsked', message: 'interrupted' });
    await supervisor.close();
    expect(performance.now() - started).toBeLessThan(1000);
    if (what === 'a hello') expect(supervisor.stopped()).toBe('interrupted');
  });
});

it('stops with the signal that it was given, whatever the worker is at', async () => {
  const controller = new AbortController();
  const supervisor = supervise({ signal: controller.signal });
  const hanging = ask(supervisor, 'hang');
  await setTimeout(300);
  controller.abort('interrupted (SIGINT)');
  expect(await hanging).toEqual({ kind: 'notAsked', message: 'interrupted (SIGINT)' });
  expect(await ask(supervise({ signal: controller.signal }), 'identity')).toMatchObject({ kind: 'notAsked' });
});

describe('timings', () => {
  it.each([
    ['zeroBench', 'impossible timing: a sample of 0 ms; less than a nanosecond (0.000001 ms) cannot be measured'],
    ['tinyBench', 'impossible timing: a sample of 5e-324 ms'],
    ['hugeBench', /impossible timing: the samples are 3.000e\+305 ms together, the whole call took \d/],
    [
      'longBench',
      /impossible timing: the samples are 60000.000 ms together, the whole call took \d+\.\d{3} ms by the clock of Etalon/,
    ],
    ['longFirstCall', /impossible timing/],
  ])('that cannot be are refused: %s', async (operation, message) => {
    const supervisor = supervise();
    const expected = typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message);
    expect(await supervisor.bench(operation, {}, { x }, { timeoutMs, warmup: 0, iterations: 1 })).toEqual({
      kind: 'invalid',
      message: expected,
    });
  });
  it('that fit into the call are believed', async () => {
    const timed = await supervise().bench('soundBench', {}, { x }, { timeoutMs, warmup: 0, iterations: 1 });
    expect(timed).toMatchObject({ kind: 'timed', executeMs: [20], milliseconds: expect.closeTo(40, -2) });
  });
});

it('gives each worker a folder of its own and removes it', async () => {
  const supervisor = supervise();
  expect(await ask(supervisor, 'where')).toMatchObject({ outputs: { y: { data: Float32Array.of(1, supervisor.pid()!) } } });
  expect(readdirSync(directory).filter((name) => name.startsWith('etalon-'))).toHaveLength(1);
});

const unavailable: [what: string, options: Partial<SupervisorOptions>, hello: object, message: string][] = [
  ['the command is missing', { command: 'no-such-program', arguments: [] }, {}, 'no such command: no-such-program'],
  ['the command is a folder', { command: tmpdir(), arguments: [] }, {}, 'EACCES'],
  ['the command leads through a file', { command: `${hostile}/program`, arguments: [] }, {}, 'ENOTDIR'],
  [
    'the program ends',
    { arguments: ['-e', 'console.error("no libcuda"); process.exit(9)'] },
    {},
    'the worker exited with code 9 without a reply to hello (log: no libcuda)',
  ],
  ['it says nothing', { arguments: ['-e', 'setInterval(() => {}, 9)'], timeoutMs: 300 }, {}, 'no reply to hello within 0.3 s'],
  ['the protocol is another', {}, { protocol: 2 }, 'hello: protocol: Invalid input: expected 1'],
  [
    'the dtype is unknown',
    {},
    { dtype: 'float8' },
    'hello: dtype: Invalid option: expected one of "float32"|"float64"|"int32"',
  ],
  [
    'it declares an algorithm that nobody knows',
    {},
    { algorithms: ['winograd2x2', 'fft'] },
    'hello: algorithms.1: Invalid option: expected one of "winograd2x2"|"winograd4x4"',
  ],
  [
    'it declares another way with subnormals',
    {},
    { subnormals: 'kept' },
    'hello: subnormals: Invalid input: expected "flushed"',
  ],
  ['it has no name', {}, { name: '' }, 'hello: name'],
  ['it lists no operations', {}, { operations: null }, 'hello: operations: a list of names is needed'],
];

it.each(unavailable)('is unavailable, with the reason, when %s', async (_what, options, hello, message) => {
  const supervisor = supervise(options, hello);
  expect(await supervisor.start()).toEqual({ kind: 'unavailable', message: expect.stringContaining(message) });
  expect(await ask(supervisor, 'identity')).toEqual({
    kind: 'notAsked',
    message: expect.stringMatching(/^no worker could be started: /),
  });
});
