import { describe, expect, it } from 'vitest';
import { scalar, type Tensor, tensor } from '../../../reference/tensor.ts';
import { judge } from '../../judging/judge.ts';
import type { AnyOperation, Case, NamedTensors } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { prepareQuestion } from '../../judging/question.ts';
import { drawnCases, judgeAnswer, refusedCases } from '../../testing/tableLine.ts';
import { type HonestFunctions, honestFunctions } from '../shared/honestFunctions.ts';
import { honestSums, product, type Sum } from '../shared/honestSums.ts';
import { regressionOperations } from './entries.ts';

const named = (name: string): AnyOperation => regressionOperations.find((operation) => operation.name === name)!;
const { fround } = Math;
const row = (x: Tensor, n: number) => Array.from(x.data.subarray(n * x.shape[1], (n + 1) * x.shape[1]));
const products = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a, (value, j) => product(value, b[j]));
const minus = (a: number, b: number) => fround(a - b);
const plus = (a: number, b: number) => fround(a + b);

function accepts(name: string, outputs: (asked: Case) => NamedTensors): void {
  for (const seed of [1, 2]) expect(refusedCases(named(name), seed, outputs)).toEqual([]);
}

/** Σ of the terms and the penalty: all together, or the penalty apart. */
function lossOf(terms: number[], weights: Tensor, penalty: number, sum: Sum, together: boolean): Tensor {
  const squares = products(weights.data, weights.data);
  const half = fround(penalty / 2);
  return scalar(
    together
      ? sum([...terms, ...squares.map((square) => product(half, square))])
      : plus(sum(terms), product(half, sum(squares))),
  );
}

/** Σ slopeₙxₙ + λw: the penalty first among the terms, or added to the sum. */
function gradientOf(x: Tensor, slopes: number[], w: number[], penalty: number, sum: Sum, together: boolean): number[] {
  return w.map((weight, j) => {
    const terms = slopes.map((slope, n) => product(slope, row(x, n)[j]));
    const shrinkage = product(fround(penalty), weight);
    return together ? sum([shrinkage, ...terms]) : plus(sum(terms), shrinkage);
  });
}

const numbersOf = ({ attributes }: Case) => attributes.penalty as number;

describe.each(Object.keys(honestSums))('float32 sums, %s,', (order) => {
  const sum = honestSums[order];

  it.each([true, false])('give the losses of one output within the limit, the penalty among the terms: %s', (together) => {
    const answer = (asked: Case, targets: Tensor, loss: (p: number, y: number) => number, slope: typeof loss) => {
      const { x, weights, bias } = asked.inputs;
      const terms = (n: number) => products(row(x, n), weights.data);
      const p = Array.from(targets.data, (_, n) =>
        together ? sum([...terms(n), -bias.data[0]]) : minus(sum(terms(n)), bias.data[0]),
      );
      const slopes = p.map((value, n) => slope(value, targets.data[n]));
      const losses = p.map((value, n) => loss(value, targets.data[n]));
      const gradient = gradientOf(x, slopes, Array.from(weights.data), numbersOf(asked), sum, together);
      return {
        loss: lossOf(losses, weights, numbersOf(asked), sum, together),
        dWeights: tensor(weights.shape, gradient),
        dBias: scalar(-sum(slopes)),
      };
    };
    accepts('leastSquares', (asked) =>
      answer(
        asked,
        asked.inputs.targets,
        (p, y) => product(minus(p, y), minus(p, y)),
        (p, y) => 2 * minus(p, y),
      ),
    );
    for (const atHinge of [0, 1]) {
      accepts('softMargin', (asked) => {
        const slack = (p: number, y: number) => minus(1, product(y, p));
        return answer(
          asked,
          asked.inputs.labels,
          (p, y) => Math.max(0, slack(p, y)),
          (p, y) => (slack(p, y) > 0 || (slack(p, y) === 0 && atHinge === 1) ? -y : 0),
        );
      });
    }
  });

  it.each(Object.keys(honestFunctions))('and functions, %s, give the cross entropy within the limit', (functions) => {
    const { exp, log }: HonestFunctions = honestFunctions[functions];
    for (const together of [true, false]) {
      accepts('softmaxRegression', (asked) => {
        const { x, weights, bias, targets } = asked.inputs;
        const [classes] = weights.shape;
        const terms: number[] = [];
        const slopes = Array.from({ length: x.shape[0] }, (_, n) => {
          const z = Array.from({ length: classes }, (_unused, c) =>
            minus(sum(products(row(x, n), row(weights, c))), bias.data[c]),
          );
          const largest = Math.max(...z);
          const exponentials = z.map((value) => exp(minus(value, largest)));
          const total = sum(exponentials);
          const logarithms = z.map((value) =>
            together ? minus(minus(value, largest), log(total)) : minus(value, plus(largest, log(total))),
          );
          const y = row(targets, n);
          const mass = sum(y);
          terms.push(...products(y, logarithms).map((term) => -term));
          return z.map((_unused, c) => {
            const p = together ? fround(exponentials[c] / total) : exp(logarithms[c]);
            return minus(product(mass, p), y[c]);
          });
        });
        const gradient = Array.from({ length: classes }, (_, c) =>
          gradientOf(
            x,
            slopes.map((slope) => slope[c]),
            row(weights, c),
            numbersOf(asked),
            sum,
            together,
          ),
        );
        return {
          loss: lossOf(terms, weights, numbersOf(asked), sum, together),
          dWeights: tensor(weights.shape, gradient.flat()),
          dBias: tensor(
            [classes],
            gradient.map((_, c) => -sum(slopes.map((slope) => slope[c]))),
          ),
        };
      });
    }
  });
});

describe('softMargin', () => {
  const operation = named('softMargin');
  const asked = drawnCases(operation, 1).find(({ id }) => id === 'softMargin/by-hand/exact')!;

  it('has one of two answers at the hinge and says which', () => {
    const [zero, one] = operation.alternatives!.map(({ outputs }) => outputs(asked.inputs, asked.attributes));
    expect(Array.from(zero.dWeights.data)).toEqual([3, 3]);
    expect(Array.from(one.dWeights.data)).toEqual([3, 2]);
    expect([zero, one].map((outputs) => judgeAnswer(operation, asked, outputs).alternative)).toEqual(['u(0) = 0', 'u(0) = 1']);
  });

  it('refuses a slope between them', () => {
    const right = operation.reference(asked.inputs, asked.attributes);
    const between = { ...right, dWeights: tensor([2], [3, 2.5]) };
    expect(judgeAnswer(operation, asked, between).passed).toBe(false);
  });

  it('meets the hinge in the exact cases', () => {
    const onIt = drawnCases(operation, 1).filter(({ inputs, attributes, tier }) => {
      const [zero, one] = operation.alternatives!.map(({ outputs }) => outputs(inputs, attributes));
      return tier === 'exact' && zero.dBias.data[0] !== one.dBias.data[0];
    });
    expect(onIt.map(({ id }) => id)).toContain('softMargin/small-integers/exact');
  });
});

describe('softmaxRegression', () => {
  it('is asked about nets of ±1e4 and gives a finite loss', () => {
    const operation = named('softmaxRegression');
    const asked = drawnCases(operation, 1).find(({ id }) => id === 'softmaxRegression/huge/random')!;
    const question = prepareQuestion(operation, asked, precisions.float32);
    // z = (1e4, −1, −1e4 − 2) and (−1e4, −1, 1e4 − 2): the first class is asked for twice.
    expect(question.expected.loss.data[0]).toBeCloseTo(2e4 - 2, 8);
    expect(question.limits.loss.limit[0]).toBeLessThan(0.02);
    const answer = Object.fromEntries(
      Object.entries(question.expected).map(([name, { shape, data }]) => [
        name,
        { dtype: 'float32' as const, shape, data: Float32Array.from(data) },
      ]),
    );
    expect(judge(question, answer, 'float32').passed).toBe(true);
  });
});
