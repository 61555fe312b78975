/** Hostile workers: each costs its own case, with a reason that says which; the next case runs on a fresh worker; none is left. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { tensor } from '../../reference/tensor.ts';
import { isAlive, isGone } from './testing/processes.ts';
import { createWorkerSupervisor, type RunResult, type WorkerOptions, type WorkerSupervisor } from './worker.ts';

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
function supervise(options: Partial<WorkerOptions> = {}, hello: object = {}): WorkerSupervisor {
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
  ['hugeShape', 'protocol', 'outputs.y: shape [1000000000, 1000000000] holds 1000000000000000000 float32 values'],
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
  const result = await misbehave(supervise({ maximumLineBytes: 2 ** 24 }), 'endlessLine');
  clearInterval(watch);
  expect(result).toEqual({ kind: 'protocol', message: 'a line of more than 16777216 bytes' });
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

it('gives each worker a folder of its own and removes it', async () => {
  const supervisor = supervise();
  expect(await ask(supervisor, 'where')).toMatchObject({ outputs: { y: { data: Float32Array.of(1, supervisor.pid()!) } } });
  expect(readdirSync(directory).filter((name) => name.startsWith('etalon-'))).toHaveLength(1);
});

const unavailable: [what: string, options: Partial<WorkerOptions>, hello: object, message: string][] = [
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
    kind: 'crashed',
    message: expect.stringMatching(/^no worker could be started: /),
  });
});
