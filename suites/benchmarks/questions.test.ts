/** Parts of an answer, held against the whole of it. */
import { describe, expect, it } from 'vitest';
import type { NamedTensors } from '../judging/operation.ts';
import { precisions } from '../judging/precision.ts';
import { randomFrom } from '../judging/random.ts';
import { fullSizes } from '../judging/shapes.ts';
import { operationNamed } from '../operations/index.ts';
import { casesOf, materialize } from '../running/cases.ts';
import { partsOf } from './parts.ts';
import { blockQuestion, turned } from './questions.ts';
import { benchmarkSizes } from './sizes.ts';

const cut = [...new Set(benchmarkSizes.map(({ operation }) => operation))].flatMap((operation) =>
  casesOf(operation)
    .filter(({ tier, recipe }) => tier === 'random' && !recipe.name.startsWith('special'))
    .map(({ recipe }) => materialize(operation, recipe, 'random', 3, 'float32'))
    .filter((asked) => Object.values(asked.inputs).every(({ data }) => data.length > 0 && data.every(Number.isFinite)))
    .filter((asked) => partsOf(operation, asked) !== undefined)
    .slice(0, operation.name.startsWith('conv2d') ? 40 : 4)
    .map((asked) => ({ operation, asked })),
);

describe('an answer in parts', () => {
  it('is made for what is too large to judge whole', () => {
    const names = new Set(cut.map(({ operation }) => operation.name));
    for (const name of [
      ...['conv2d', 'conv2d.inputGradient', 'conv2d.weightGradient', 'matmul', 'dense', 'dense.inputGradient'],
      ...['dense.weightGradient', 'relu', 'sigmoid', 'identity', 'softmax', 'softmax.backward', 'adamStep'],
      ...['maxPool2d', 'averagePool2d', 'averagePool2d.backward', 'dropout'],
    ]) {
      expect(names).toContain(name);
    }
  });

  it.each(cut.map(({ operation, asked }) => [asked.id, operation, asked] as const))(
    '%s is the whole at its places',
    (_id, operation, asked) => {
      const whole = operation.reference(asked.inputs, asked.attributes);
      const parts = partsOf(operation, asked)!(asked, randomFrom(1, asked.id));
      // Where several answers are right in every part, the whole is judged.
      if (operation.alternatives === undefined) expect(parts.length).toBeGreaterThan(0);
      for (const { inputs, attributes, positions } of parts) {
        const answer = operation.reference(inputs, attributes);
        for (const [name, { data }] of Object.entries(answer)) {
          expect(data.length).toBe(positions.length);
          positions.forEach((position, at) => {
            const want = whole[name].data[position];
            // Sums of other lengths may round otherwise in the last place of float64.
            if (!Number.isNaN(want)) expect(Math.abs(data[at] - want)).toBeLessThanOrEqual(1e-11 * (1 + Math.abs(want)));
          });
        }
      }
    },
  );
});

describe('a block’s question', () => {
  const options = { seed: 1, round: 0, dtype: 'float32' } as const;
  const line = (operation: string, name: string) =>
    benchmarkSizes.find((size) => size.operation.name === operation && size.name === name)!;
  const answered = (operation: string, inputs: NamedTensors, attributes: Record<string, unknown>): NamedTensors => {
    const outputs = operationNamed(operation).reference(inputs, attributes);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { shape, data }]) => [
        name,
        { dtype: 'float32' as const, shape, data: Float32Array.from(data) },
      ]),
    );
  };

  it.each([
    ['matmul', '64'],
    ['conv2d', 'lenet-5x5'],
    ['conv2d.inputGradient', 'lenet-5x5'],
    ['conv2d.weightGradient', 'lenet-5x5'],
    ['softmax.backward', '32x1000'],
    ['crossEntropy.gradient', '64x1000'],
    ['relu', '1e5'],
    ['maxPool2d.backward', 'lenet-2x2'],
    ['dense.weightGradient', '64x784x256'],
  ])('of %s %s accepts the answer to its turn and no other turn’s', (operation, size) => {
    const block = blockQuestion(line(operation, size), options);
    const [still, next] = [0, 1].map((turn) => answered(operation, block.inputs(turn), block.case.attributes));
    expect(block.judge(0, still, precisions.float32).passed).toBe(true);
    expect(block.judge(1, next, precisions.float32).passed).toBe(true);
    expect(block.judge(0, next, precisions.float32).passed).toBe(false);
    expect(block.judge(1, still, precisions.float32).passed).toBe(false);
  });

  it('has other inputs in every round', () => {
    const [first, second] = [0, 1].map((round) => blockQuestion(line('relu', '1e3'), { ...options, round }).inputs(0).x.data);
    expect(first).not.toEqual(second);
  });

  it('turns one-hot rows and distributions by whole rows, and leaves alone what was computed from other inputs', () => {
    const { shift } = blockQuestion(line('crossEntropy', '64x1000'), options);
    expect(shift.target % 1000).toBe(0);
    expect(shift.target).toBeGreaterThan(0);
    expect(blockQuestion(line('perceptron.train', '500x64'), options).shift).toEqual({});
  });

  it('turns round the end', () => {
    const x = { dtype: 'float64' as const, shape: [5], data: Float64Array.of(0, 1, 2, 3, 4) };
    expect([...turned({ x }, { x: 2 }, 2).x.data]).toEqual([4, 0, 1, 2, 3]);
    expect(turned({ x }, {}, 3).x).toBe(x);
  });
});

describe('the suite of sizes', () => {
  it('names each size once within its operation', () => {
    const names = benchmarkSizes.map(({ operation, name }) => `${operation.name} ${name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('holds to the constraints of its operations', () => {
    for (const { operation, recipe } of benchmarkSizes) {
      expect(() => fullSizes(operation, recipe.sizes, recipe.attributes)).not.toThrow();
    }
  });
});
