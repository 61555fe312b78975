/** The Python client, by the example and by a worker that uses every part of it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../reference/tensor.ts';
import { createWorkerSupervisor, type RunResult } from '../worker/worker.ts';

const timeoutMs = 15_000;
const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']).status === 0;
const withoutPython = hasPython ? '' : ' (SKIPPED: this machine has no python3 of 3.8 or newer)';

function python(script: string, ...rest: string[]) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const environment = { PYTHONDONTWRITEBYTECODE: '1' };
  return createWorkerSupervisor({ command: 'python3', arguments: [path, ...rest], environment, timeoutMs });
}

function outputsOf(result: RunResult) {
  if (result.kind !== 'outputs') throw new Error(`${result.kind}: ${result.message}`);
  return result.outputs;
}

describe.skipIf(!hasPython)(`the example${withoutPython}`, () => {
  const example = python('./example.py');
  afterAll(() => example.close());
  const run = async (operation: string, inputs: Record<string, Tensor>) =>
    outputsOf(await example.run(operation, {}, inputs, { timeoutMs }));

  it('has at most 40 lines', () => {
    const text = readFileSync(new URL('./example.py', import.meta.url), 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  });

  it('computes two operations right', async () => {
    expect(await example.start()).toMatchObject({
      kind: 'started',
      hello: { name: 'example', dtype: 'float32', operations: ['matmul', 'relu', 'tanh.derivative'] },
    });
    expect(await run('relu', { x: tensor([2, 3], [-1, 0.5, -0, Number.NaN, Infinity, -Infinity]) })).toEqual({
      y: { dtype: 'float32', shape: [2, 3], data: Float32Array.of(0, 0.5, 0, Number.NaN, Infinity, 0) },
    });
    expect(await run('matmul', { a: tensor([2, 3], [1, 2, 3, 4, 5, 6]), b: tensor([3, 1], [1, 10, 100]) })).toEqual({
      y: { dtype: 'float32', shape: [2, 1], data: Float32Array.of(321, 654) },
    });
  });

  it('computes the third wrongly', async () => {
    // tanh(ln 2) = 3/5: the derivative is 1 − 9/25 = 0.64, and the mistake makes it 1 − 18/25 = 0.28.
    const { y } = await run('tanh.derivative', { x: tensor([1], [Math.log(2)]) });
    expect(y.data[0]).toBeCloseTo(0.28, 6);
  });

  it('refuses everything else', async () => {
    expect(await example.supports('softmax', {}, { timeoutMs })).toMatchObject({ kind: 'unsupported' });
  });
});

describe.skipIf(!hasPython)(`a worker that uses every part of the client${withoutPython}`, () => {
  const worker = python('./testing/everything.py');
  afterAll(() => worker.close());
  const x = tensor([2, 3], [1, -2, Number.NaN, Infinity, -0, 0.5]);
  const run = (operation: string, attributes = {}, inputs: Record<string, Tensor> = { x }) =>
    worker.run(operation, attributes, inputs, { timeoutMs });

  it('describes itself', async () => {
    expect(await worker.start()).toMatchObject({
      hello: {
        name: 'everything',
        version: '2',
        device: 'abacus',
        dtype: 'float64',
        library: 'beads',
        algorithms: ['winograd4x4'],
        subnormals: 'flushed',
        notes: ['slow'],
        files: true,
      },
    });
  });

  it.each([
    ['copy', [2, 3]],
    ['rows', [2, 3]],
    ['values', [2, 3]],
  ])('returns what it was given, as %s', async (operation, shape) => {
    expect(outputsOf(await run(operation))).toEqual({ y: { ...x, shape } });
  });

  it('carries scalars, empty tensors, named outputs and attributes', async () => {
    expect(outputsOf(await run('scalar', {}, { x: tensor([], [3]) }))).toEqual({ y: tensor([], [9]) });
    expect(outputsOf(await run('rows', {}, { x: tensor([2, 0], []) }))).toEqual({ y: tensor([2, 0], []) });
    expect(outputsOf(await run('scale', { by: 2, only: [0] }, { x: tensor([2], [1, 2]) }))).toEqual({
      scaled: tensor([2], [2, 2]),
      factor: tensor([], [2]),
    });
  });

  it('calls one output without a name by the name that the operation has for it', async () => {
    const names = {
      'relu.backward': 'dx',
      'dense.weightGradient': 'dWeights',
      'squaredError.gradient': 'dPrediction',
      gradientStep: 'weights',
    };
    for (const [operation, name] of Object.entries(names)) expect(outputsOf(await run(operation))).toEqual({ [name]: x });
  });

  it('passes attributes that are words of Python with an underscore', async () => {
    const attributes = { from: 2, lambda: 0.5 };
    expect(outputsOf(await run('multiplicationGate', attributes))).toEqual({ y: tensor([2], [2, 0.5]) });
  });

  it('carries large tensors by file', async () => {
    const large = tensor(
      [200_000],
      Float64Array.from({ length: 200_000 }, (_, i) => i / 3),
    );
    expect(outputsOf(await run('copy', {}, { x: large }))).toEqual({ y: large });
  });

  it('keeps its stdout and stdin from the code under test', async () => {
    expect(outputsOf(await run('noisy'))).toEqual({ y: tensor([], [0]) });
    expect(outputsOf(await run('copy'))).toMatchObject({ y: { shape: [2, 3] } });
  });

  it('turns exceptions into replies and goes on', async () => {
    const first = worker.pid();
    expect(await run('picky')).toEqual({ kind: 'unsupported', message: 'only stride 1', link: undefined });
    expect(await run('strict')).toEqual({ kind: 'invalid', message: 'x must be square', link: undefined });
    expect(await run('broken')).toEqual({
      kind: 'failed',
      message: expect.stringMatching(/^ZeroDivisionError: .*division by zero \(everything\.py:\d+\)$/),
      link: undefined,
    });
    expect(await run('ragged')).toMatchObject({ kind: 'failed', message: expect.stringContaining('not a rectangle') });
    expect(await run('copy', { unknown: 1 })).toMatchObject({ kind: 'failed', message: expect.stringContaining("'unknown'") });
    expect(worker.pid()).toBe(first);
  });

  it('times itself', async () => {
    const result = await worker.bench('copy', {}, { x }, { timeoutMs, warmup: 1, iterations: 4 });
    expect(result).toMatchObject({ kind: 'timed', outputs: { y: x } });
    if (result.kind !== 'timed') return;
    for (const samples of [result.loadMs, result.executeMs, result.readMs]) {
      expect(samples).toHaveLength(4);
      expect(samples.every((sample) => sample > 0)).toBe(true);
    }
    expect(result.firstCallMs).toBeGreaterThan(0);
  });
});
