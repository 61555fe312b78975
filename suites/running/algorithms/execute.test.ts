import { describe, expect, it } from 'vitest';
import type { NamedTensors } from '../../../backends/signatures.ts';
import { holds } from '../../documents/experiment.ts';
import type { Algorithm, AlgorithmContext } from './algorithm.ts';
import { executeAlgorithm } from './execute.ts';
import { jsParticipant } from './testing/participant.ts';

const options = { seed: 1, thorough: false, budgetMs: 60_000 };
const attributes = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 } as const;

/** Ten steps of descent on the weights of a convolution, two calls each. */
const descent: Algorithm = {
  ...{ name: 'descent', title: 'Descent', statement: 'Descent.', rows: [] },
  run: async ({ execute, step, tensor, random, round }) => {
    const values = (size: number) => Array.from({ length: size }, () => random.normal());
    const x = tensor([3, 2, 5, 4], values(120));
    let weights = tensor([2, 2, 3, 2], values(24));
    const sizes: number[] = [];
    for (let k = 0; k < 10; k++) {
      await step(async () => {
        const { y } = await execute('conv2d', attributes, { x, weights });
        sizes.push(Math.hypot(...y.data));
        const { dWeights } = await execute('conv2d.weightGradient', { ...attributes, kernelSize: [3, 2] }, { x, dy: y });
        weights = { ...weights, data: weights.data.map((w, i) => round(w - round(0.01 * dWeights.data[i]))) };
      });
    }
    return { evidence: [holds('size of the outputs', 'halved', sizes[9], sizes[9] < sizes[0] / 2)], curves: [] };
  },
};

const scaled = (named: NamedTensors, factor: number): NamedTensors =>
  Object.fromEntries(
    Object.entries(named).map(([name, { shape, data }]) => [
      name,
      { dtype: 'float32', shape, data: Float32Array.from(data, (v) => factor * v) },
    ]),
  );

describe('an honest backend', () => {
  it('passes, every call judged from its own state', async () => {
    const execution = await executeAlgorithm(descent, await jsParticipant(), options);
    expect(execution).toMatchObject({ status: 'passed', steps: 10, sampling: 'every call' });
    expect(execution?.operations.map(({ operation, calls, judged, wrong }) => [operation, calls, judged, wrong])).toEqual([
      ['conv2d', 10, 10, 0],
      ['conv2d.weightGradient', 10, 10, 0],
    ]);
    expect(execution?.closest?.outputs[0].errorRatio).toBeGreaterThan(0);
    expect(execution?.closest?.outputs[0].errorRatio).toBeLessThanOrEqual(1);
  });

  it('is given values of its own element type and nothing else', async () => {
    const seen: number[] = [];
    const participant = await jsParticipant({
      conv2d: ({ weights }, _, honest) => {
        seen.push(...weights.data);
        return honest;
      },
    });
    await executeAlgorithm(descent, participant, options);
    expect(seen.length).toBe(240);
    expect(seen.filter((value) => value !== Math.fround(value))).toEqual([]);
  });

  it('fails when what must hold at the end does not', async () => {
    const impossible: Algorithm = {
      ...descent,
      run: async () => ({ evidence: [holds('accuracy', 'above 0.9', 0.5, false)], curves: [] }),
    };
    expect(await executeAlgorithm(impossible, await jsParticipant(), options)).toMatchObject({
      status: 'failed',
      reason: 'accuracy should be above 0.9, is 0.5',
    });
    const silent: Algorithm = { ...descent, run: async () => ({ evidence: [], curves: [] }) };
    expect(await executeAlgorithm(silent, await jsParticipant(), options)).toMatchObject({ status: 'failed' });
  });
});

describe('a wrong kernel', () => {
  it('is named with the step in which it was wrong first', async () => {
    let call = 0;
    const participant = await jsParticipant({
      'conv2d.weightGradient': (_, __, honest) => scaled(honest, ++call < 4 ? 1 : 1 + 2 ** -16),
    });
    const execution = await executeAlgorithm(descent, participant, options);
    expect(execution).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^conv2d.weightGradient in step 4: dWeights/),
    });
    expect(execution?.firstWrong).toMatchObject({ operation: 'conv2d.weightGradient', step: 4, call: 8, check: 'values' });
    // Each call is judged by itself: those before it and those of the other operation are right.
    expect(execution?.operations.map(({ wrong }) => wrong)).toEqual([0, 7]);
  });

  it('is caught outside the sampled steps when it answers in another shape, and at the next sampled one otherwise', async () => {
    const sampled: Algorithm = { ...descent, judgedSteps: { first: 1, every: 5 } };
    let call = 0;
    const reshaping = await jsParticipant({
      conv2d: (_, __, honest) => (++call === 3 ? { y: { ...honest.y, shape: [...honest.y.shape].reverse() } } : honest),
    });
    expect(await executeAlgorithm(sampled, reshaping, options)).toMatchObject({ firstWrong: { step: 3, check: 'shape' } });
    call = 0;
    const scaling = await jsParticipant({ conv2d: (_, __, honest) => scaled(honest, ++call < 3 ? 1 : 2) });
    const execution = await executeAlgorithm(sampled, scaling, options);
    expect(execution).toMatchObject({ firstWrong: { step: 5, check: 'values' } });
    expect(execution?.operations[0]).toMatchObject({ calls: 10, judged: 3, wrong: 2 });
    expect((await executeAlgorithm(sampled, await jsParticipant(), { ...options, thorough: true }))?.operations[0].judged).toBe(
      10,
    );
  });
});

describe('a backend that cannot go on', () => {
  it('is unsupported, with its own reason, when it lacks an operation', async () => {
    const participant = await jsParticipant({
      'conv2d.weightGradient': () => ({ kind: 'unsupported', message: 'no such kernel', link: 'https://example.org/why' }),
    });
    expect(await executeAlgorithm(descent, participant, options)).toMatchObject({
      ...{ status: 'unsupported', reason: 'conv2d.weightGradient: no such kernel', link: 'https://example.org/why' },
      steps: 1,
    });
  });

  it('has crashed, or is wrong if a judged call was wrong before', async () => {
    const crash = { kind: 'crashed', message: 'signal SIGSEGV' } as const;
    const crashing = await jsParticipant({ 'conv2d.weightGradient': () => crash });
    expect(await executeAlgorithm(descent, crashing, options)).toMatchObject({
      status: 'crashed',
      reason: 'conv2d.weightGradient in step 1: signal SIGSEGV',
    });
    const both = await jsParticipant({ conv2d: (_, __, honest) => scaled(honest, 2), 'conv2d.weightGradient': () => crash });
    expect(await executeAlgorithm(descent, both, options)).toMatchObject({
      ...{ status: 'failed', firstWrong: { operation: 'conv2d', diagnosis: expect.stringMatching(/twice|times 2/) } },
    });
  });

  it('is given up when it is too slow, which is no pass and no failure', async () => {
    const execution = await executeAlgorithm(descent, await jsParticipant(), { ...options, budgetMs: 0 });
    expect(execution).toMatchObject({ status: 'unsupported', reason: expect.stringContaining('too slow') });
  });

  it('leaves no record when the run was interrupted', async () => {
    expect(await executeAlgorithm(descent, await jsParticipant(), { ...options, signal: AbortSignal.abort() })).toBeUndefined();
  });
});

it('gives every backend the same random numbers', async () => {
  const drawn: number[][] = [];
  const drawing: Algorithm = {
    ...descent,
    run: async ({ random }: AlgorithmContext) => {
      drawn.push([random.next(), random.normal()]);
      return { evidence: [], curves: [] };
    },
  };
  for (const seed of [1, 1, 2]) await executeAlgorithm(drawing, await jsParticipant(), { ...options, seed });
  expect(drawn[0]).toEqual(drawn[1]);
  expect(drawn[0]).not.toEqual(drawn[2]);
});
