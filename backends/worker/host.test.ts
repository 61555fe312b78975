/** The worker host: a JavaScript backend in a process of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../reference/tensor.ts';
import { hostCommand } from './hostCommand.ts';
import { isGone } from './testing/processes.ts';
import { createWorkerSupervisor, type RunResult } from './worker.ts';

const timeoutMs = 15_000;
const adapter = fileURLToPath(new URL('./testing/adapter.ts', import.meta.url));
const supervisor = createWorkerSupervisor({ ...hostCommand(adapter), timeoutMs });
afterAll(() => supervisor.close());

const x = tensor([2], [1, -0]);
const run = (operation: string, attributes = {}, input: Tensor = x) =>
  supervisor.run(operation, attributes, { x: input }, { timeoutMs });

function outputOf(result: RunResult): Tensor {
  if (result.kind !== 'outputs') throw new Error(`${result.kind}: ${result.message}`);
  return result.outputs.y;
}

it('describes the backend and carries tensors both ways in its dtype', async () => {
  expect(await supervisor.start()).toEqual({
    kind: 'started',
    hello: {
      protocol: 1,
      name: 'test',
      library: 'none',
      version: '1',
      device: 'cpu',
      dtype: 'float32',
      notes: ['for tests'],
      supports: true,
      files: true,
      inFlight: 128,
      measures: true,
    },
  });
  expect(outputOf(await run('identity'))).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(1, -0) });
  const large = tensor(
    [3, 2 ** 18],
    Float64Array.from({ length: 3 * 2 ** 18 }, (_, i) => i),
  );
  const { dtype, shape, data } = outputOf(await run('identity', {}, large));
  expect({ dtype, shape }).toEqual({ dtype: 'float32', shape: [3, 2 ** 18] });
  expect(Buffer.from(data.buffer).equals(Buffer.from(Float32Array.from(large.data).buffer))).toBe(true);
});

it('asks the backend what it supports, before a run as well', async () => {
  const refusal = { kind: 'unsupported', message: 'nobody wrote conv2d', link: 'https://example.org/why' };
  expect(await supervisor.supports('conv2d', {}, { timeoutMs })).toEqual(refusal);
  expect(await run('conv2d')).toEqual(refusal);
  expect(await supervisor.supports('identity', {}, { timeoutMs })).toEqual({ kind: 'supported' });
});

it('keeps what the code under test prints out of the protocol', async () => {
  const first = supervisor.pid();
  expect(outputOf(await run('prints')).data).toEqual(Float32Array.of(1, -0));
  expect(outputOf(await run('identity')).data).toEqual(Float32Array.of(1, -0));
  expect(supervisor.pid()).toBe(first);
});

it('turns errors of the adapter into replies and goes on', async () => {
  const first = supervisor.pid();
  expect(await run('throws')).toEqual({ kind: 'failed', message: 'the library says no', link: undefined });
  expect(await run('mislabels')).toMatchObject({ kind: 'failed', message: "y: a float32 tensor's data is Float64Array" });
  expect(await run('identity')).toMatchObject({ kind: 'outputs' });
  expect(supervisor.pid()).toBe(first);
});

it('prepares once for the same operation, attributes and shapes, and disposes what it has not used for long', async () => {
  const counts = async () => [...outputOf(await run('counts')).data];
  const [prepared, disposed] = await counts();
  for (let i = 0; i < 3; i++) await run('identity', { same: true });
  expect(await counts()).toEqual([prepared + 1, disposed]);
  await run('identity', { same: true }, tensor([1, 2], [1, 2]));
  await run('identity', { same: false });
  expect(await counts()).toEqual([prepared + 3, disposed]);
  for (let i = 0; i < 16; i++) await run('identity', { i });
  const [, disposedLater] = await counts();
  expect(disposedLater).toBeGreaterThanOrEqual(disposed + 3);
  await run('throws');
  const [preparedBefore] = await counts();
  await run('throws');
  expect((await counts())[0]).toBe(preparedBefore + 1);
});

it('times load, execute and read, and returns what was computed meanwhile', async () => {
  const result = await supervisor.bench('identity', {}, { x }, { timeoutMs, warmup: 2, iterations: 7 });
  if (result.kind !== 'timed') throw new Error(`${result.kind}: ${result.message}`);
  for (const samples of [result.loadMs, result.executeMs, result.readMs]) {
    expect(samples).toHaveLength(7);
    expect(samples.every((sample) => sample >= 0)).toBe(true);
  }
  expect(result.firstCallMs).toBeGreaterThan(0);
  expect(result.outputs.y.data).toEqual(Float32Array.of(1, -0));
  const failed = await supervisor.bench('throws', {}, { x }, { timeoutMs, warmup: 0, iterations: 1 });
  expect(failed).toMatchObject({ kind: 'failed', message: 'the library says no' });
});

it('measures with other inputs in every call, and says which outputs belong to which', async () => {
  const measure = { shift: { x: 1 }, sample: 0.5, budgetMs: 20, chain: 4, cold: 2 };
  const result = await supervisor.bench('identity', {}, { x }, { timeoutMs, warmup: 1, iterations: 5, measure });
  if (result.kind !== 'timed') throw new Error(`${result.kind}: ${result.message}`);
  // Turn 0 is what was sent, turn 1 begins with its second element.
  expect(result.outputs.y.data).toEqual(Float32Array.of(1, -0));
  expect(result.sampleOutputs?.y.data).toEqual(Float32Array.of(-0, 1));
  expect(result.executeMs).toHaveLength(5);
  expect(result.sampled).toBe(2);
  expect(result.coldMs).toHaveLength(2);
  expect(result.chain).toMatchObject({ calls: 4 });
  expect(result.chain!.allMs).toBeGreaterThanOrEqual(result.chain!.executesMs);
  expect(result.clockMs).toBeGreaterThan(0);
});

it('makes fewer iterations where the budget asks for it', async () => {
  const measure = { shift: {}, sample: 0, budgetMs: 5, chain: 4, cold: 0 };
  const result = await supervisor.bench('takesLong', {}, { x }, { timeoutMs, warmup: 3, iterations: 100, measure });
  expect(result).toMatchObject({ kind: 'timed', chain: { calls: 2 } });
  expect(result.kind === 'timed' && result.executeMs.length).toBe(1);
});

it.each([
  ['doubles', 'protocol', 'outputs.y: dtype is float64, the hello declared float32'],
  ['crashes', 'crashed', 'the worker was ended by SIGSEGV without a reply to crashes'],
  ['exits', 'crashed', 'the worker exited with code 0 without a reply to exits'],
  ['rejectsLater', 'crashed', 'Error: nobody waits for me'],
])('%s: costs its own case', async (operation, kind, message) => {
  expect(await run(operation)).toEqual({ kind, message: expect.stringContaining(message) });
  expect(await run('identity')).toMatchObject({ kind: 'outputs' });
});

it('is killed when it hangs', async () => {
  await supervisor.start();
  const first = supervisor.pid()!;
  expect(await supervisor.run('hangs', {}, { x }, { timeoutMs: 300 })).toMatchObject({ kind: 'timedOut' });
  expect(await isGone(first)).toBe(true);
});

it('leaves nothing that the code under test has started', async () => {
  const own = createWorkerSupervisor({ ...hostCommand(adapter), timeoutMs });
  const left = outputOf(await own.run('leavesProcess', {}, { x }, { timeoutMs }));
  const host = own.pid()!;
  expect(await own.close()).toBeUndefined();
  expect(await isGone(host)).toBe(true);
  expect(await isGone(left.data[0])).toBe(true);
});

it.each([
  ['jss', "no backend is called 'jss'; js, "],
  ['./no/such/module.js', 'no/such/module.js'],
  [fileURLToPath(import.meta.resolve('./testing/processes.ts')), 'the default export is undefined; a function'],
])('says why %s cannot be hosted', async (name, message) => {
  const unknown = createWorkerSupervisor({ ...hostCommand(name), timeoutMs });
  expect(await unknown.start()).toEqual({ kind: 'unavailable', message: expect.stringContaining(message) });
  await unknown.close();
});

it('ends when its standard input does, whatever it is waiting for', async () => {
  const { command, arguments: args } = hostCommand(adapter);
  const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'ignore', 'pipe'] });
  const asked = { operation: 'waits', attributes: {} };
  child.stdin!.write(`${JSON.stringify({ ...asked, id: '1', call: 'supports' })}\n`);
  child.stdin!.write(`${JSON.stringify({ ...asked, id: '2', call: 'run', inputs: {} })}\n`);
  // It has answered the first and is at the second.
  child.stdio[3]!.once('data', () => setTimeout(() => child.stdin!.end(), 100));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect(code).toBe(0);
}, 10_000);

it('answers what it does not understand', async () => {
  const { command, arguments: args } = hostCommand(adapter);
  const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stdio[3]!.on('data', (chunk) => {
    said += chunk;
  });
  child.stdin!.end('not JSON\n{"id":"1","call":"dance"}\n{"id":"2","call":"hello","protocol":[7]}\n{"call":"bye"}\n');
  await new Promise((resolve) => child.once('close', resolve));
  const replies = said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(replies).toMatchObject([
    { id: '', error: { code: 'invalid' } },
    { id: '1', error: { code: 'invalid', message: expect.stringContaining('request: call') } },
    { id: '2', error: { code: 'unsupported', message: 'this host speaks protocol 1, asked was 7' } },
  ]);
});
