import { describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../reference/tensor.ts';
import { materialize } from '../cases.ts';
import { prepareQuestion } from '../comparison.ts';
import type { NamedTensors } from '../operation.ts';
import { precisions } from '../precision.ts';
import { honestSums, product, type Sum } from '../testing/honestSums.ts';
import { describeLine, judgeAnswer, refusedCases } from '../testing/tableLine.ts';
import { denseOperations } from './dense.ts';
import { rounded } from './mistakes.ts';

const named = (name: string) => denseOperations.find((operation) => operation.name === name)!;

for (const operation of denseOperations) describeLine(operation);

/** Each element as the list of its terms, given to `sum`. */
function made(rows: number, columns: number, terms: (row: number, column: number) => number[], sum: Sum): Tensor {
  const values = Array.from({ length: rows * columns }, (_, i) => sum(terms(Math.floor(i / columns), i % columns)));
  return tensor([rows, columns], values);
}
const upTo = (length: number) => Array.from({ length }, (_, i) => i);

const honest: Record<string, (inputs: NamedTensors, sum: Sum) => NamedTensors> = {
  matmul: ({ a, b }, sum) => {
    const [[rows, inner], columns] = [a.shape, b.shape[1]];
    const terms = (i: number, j: number) => upTo(inner).map((k) => product(a.data[i * inner + k], b.data[k * columns + j]));
    return { y: made(rows, columns, terms, sum) };
  },
  dense: ({ x, weights, bias }, sum) => {
    const [[batch, inputs], outputs] = [x.shape, bias.shape[0]];
    const terms = (n: number, k: number) => [
      bias.data[k],
      ...upTo(inputs).map((i) => product(x.data[n * inputs + i], weights.data[k * inputs + i])),
    ];
    return { y: made(batch, outputs, terms, sum) };
  },
  'dense.inputGradient': ({ weights, dy }, sum) => {
    const [[outputs, inputs], batch] = [weights.shape, dy.shape[0]];
    const terms = (n: number, i: number) =>
      upTo(outputs).map((k) => product(dy.data[n * outputs + k], weights.data[k * inputs + i]));
    return { dx: made(batch, inputs, terms, sum) };
  },
  'dense.weightGradient': ({ x, dy }, sum) => {
    const [[batch, inputs], outputs] = [x.shape, dy.shape[1]];
    const terms = (k: number, i: number) => upTo(batch).map((n) => product(dy.data[n * outputs + k], x.data[n * inputs + i]));
    return { dWeights: made(outputs, inputs, terms, sum) };
  },
  'dense.biasGradient': ({ dy }, sum) => {
    const [batch, outputs] = dy.shape;
    return {
      dBias: tensor(
        [outputs],
        upTo(outputs).map((k) => sum(upTo(batch).map((n) => dy.data[n * outputs + k]))),
      ),
    };
  },
};

describe.each(Object.keys(honestSums))('float32 sums, %s,', (order) => {
  it.each(Object.keys(honest))('%s is accepted', (name) => {
    for (const seed of [1, 2, 3]) {
      expect(refusedCases(named(name), seed, ({ inputs }) => honest[name](inputs, honestSums[order]))).toEqual([]);
    }
  });
});

describe('dense layers', () => {
  it('accepts TF32 where TF32 is declared, and only there', () => {
    const matmul = named('matmul');
    const asked = materialize(matmul, matmul.cases[0], 'random', 1, 'float32');
    const { tf32, float32 } = precisions;
    const outputs = matmul.reference({ a: rounded(asked.inputs.a, tf32), b: rounded(asked.inputs.b, tf32) }, {});
    expect(judgeAnswer(matmul, asked, outputs, tf32).passed).toBe(true);
    expect(judgeAnswer(matmul, asked, outputs, float32).passed).toBe(false);
  });

  it('has integers in the exact tier that TF32 and float16 do not hold', () => {
    for (const operation of denseOperations) {
      const held = operation.cases
        .filter(({ tiers }) => (tiers ?? operation.tiers).includes('exact'))
        .flatMap((recipe) => Object.values(materialize(operation, recipe, 'exact', 1, 'float32').inputs))
        .every((input) => rounded(input, precisions.float16).data.every((value, i) => value === input.data[i]));
      expect(held).toBe(false);
    }
  });

  it("limits the worked example of kim's unit (Row P1): 12·0.5 − 4 = 2, without rounding", () => {
    const dense = named('dense');
    const recipe = dense.cases.find(({ name }) => name === 'kim-unit')!;
    const question = prepareQuestion(dense, materialize(dense, recipe, 'random', 1, 'float32'), precisions.float32);
    expect(Array.from(question.expected.y.data)).toEqual([2]);
    expect(Array.from(question.limits.y.limit)).toEqual([0]);
  });
});
