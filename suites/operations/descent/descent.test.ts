import { describe, expect, it } from 'vitest';
import { map, type Tensor, tensor } from '../../../reference/tensor.ts';
import type { AnyOperation, Case, NamedTensors } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { prepareQuestion } from '../../judging/question.ts';
import { materialize } from '../../running/cases.ts';
import { drawnCases, refusedCases } from '../../testing/tableLine.ts';
import { honestSums, product, type Sum } from '../shared/honestSums.ts';
import { descentOperations } from './entries.ts';

const named = (name: string): AnyOperation => descentOperations.find((operation) => operation.name === name)!;
const seeds = [1, 2];
const { fround } = Math;
/** Float32 arithmetic, one rounding each. */
const plus = (a: number, b: number) => fround(a + b);
const minus = (a: number, b: number) => fround(a - b);
const over = (a: number, b: number) => fround(a / b);
const root = (a: number) => fround(Math.sqrt(a));
const number = (asked: Case, name: string) => asked.attributes[name] as number;

/** Element by element, in float32; `f` is given the numbers of every input at one place. */
function elementwise(
  asked: Case,
  outputs: readonly string[],
  f: (at: Record<string, number>) => readonly number[],
): NamedTensors {
  const { shape } = asked.inputs.weights;
  const columns = asked.inputs.weights.data.length;
  const results = Array.from({ length: columns }, (_, i) =>
    f(Object.fromEntries(Object.entries(asked.inputs).map(([name, { data }]) => [name, data[i]]))),
  );
  return Object.fromEntries(
    outputs.map((name, k) => [
      name,
      tensor(
        shape,
        results.map((result) => result[k]),
      ),
    ]),
  );
}

function accepts(name: string, outputs: (asked: Case) => NamedTensors): void {
  for (const seed of seeds) expect(refusedCases(named(name), seed, outputs)).toEqual([]);
}

describe('honest float32 steps are accepted', () => {
  it('gradient descent', () => {
    accepts('gradientStep', (asked) =>
      elementwise(asked, ['weights'], ({ weights, gradient }) => [
        minus(weights, product(fround(number(asked, 'learningRate')), gradient)),
      ]),
    );
  });

  it('momentum', () => {
    accepts('momentumStep', (asked) =>
      elementwise(asked, ['weights', 'change'], ({ weights, gradient, change }) => {
        const [rate, share] = [fround(number(asked, 'learningRate')), fround(number(asked, 'momentum'))];
        const next = minus(product(share, change), product(rate, gradient));
        return [plus(weights, next), next];
      }),
    );
  });

  const decays: Record<string, (w: number, g: number, rate: number, penalty: number) => number> = {
    '(w − ηg) − (ηλ)w': (w, g, rate, penalty) => minus(minus(w, product(rate, g)), product(product(rate, penalty), w)),
    '(w − ηg) − η(λw)': (w, g, rate, penalty) => minus(minus(w, product(rate, g)), product(rate, product(penalty, w))),
    'w − η(g + λw)': (w, g, rate, penalty) => minus(w, product(rate, plus(g, product(penalty, w)))),
    '(1 − ηλ)w − ηg': (w, g, rate, penalty) => minus(product(minus(1, product(rate, penalty)), w), product(rate, g)),
  };
  it.each(Object.keys(decays))('weight decay as %s', (formula) => {
    accepts('weightDecayStep', (asked) =>
      elementwise(asked, ['weights'], ({ weights, gradient }) => [
        decays[formula](weights, gradient, fround(number(asked, 'learningRate')), fround(number(asked, 'penalty'))),
      ]),
    );
  });

  it.each([
    ['adagradStep', 'product first'],
    ['adagradStep', 'quotient first'],
    ['rmspropStep', 'product first'],
    ['rmspropStep', 'quotient first'],
  ])('%s, %s', (name, order) => {
    accepts(name, (asked) =>
      elementwise(asked, ['weights', 'squares'], ({ weights, gradient, squares }) => {
        const [rate, epsilon] = [fround(number(asked, 'learningRate')), fround(number(asked, 'epsilon'))];
        const square = product(gradient, gradient);
        const decay = fround(number(asked, 'decay'));
        const next =
          name === 'adagradStep' ? plus(squares, square) : plus(product(decay, squares), product(minus(1, decay), square));
        const divisor = plus(root(next), epsilon);
        const step =
          order === 'product first' ? over(product(rate, gradient), divisor) : product(rate, over(gradient, divisor));
        return [minus(weights, step), next];
      }),
    );
  });

  it.each(['moments corrected', 'corrections drawn out'])('adamStep, %s', (form) => {
    accepts('adamStep', (asked) =>
      elementwise(asked, ['weights', 'means', 'squares'], ({ weights, gradient, means, squares }) => {
        const [rate, beta1, beta2, epsilon] = ['learningRate', 'beta1', 'beta2', 'epsilon'].map((name) =>
          fround(number(asked, name)),
        );
        const m = plus(product(beta1, means), product(minus(1, beta1), gradient));
        const v = plus(product(beta2, squares), product(minus(1, beta2), product(gradient, gradient)));
        let [power1, power2] = [1, 1];
        for (let t = 0; t < number(asked, 'step'); t++) [power1, power2] = [product(power1, beta1), product(power2, beta2)];
        const [first, second] = [minus(1, power1), minus(1, power2)];
        const step =
          form === 'moments corrected'
            ? over(product(rate, over(m, first)), plus(root(over(v, second)), epsilon))
            : product(over(rate, first), over(m, plus(over(root(v), root(second)), epsilon)));
        return [minus(weights, step), m, v];
      }),
    );
  });

  const dot = (sum: Sum, a: ArrayLike<number>, b: ArrayLike<number>) => sum(Array.from(a, (value, i) => product(value, b[i])));
  const row = (x: Tensor, n: number) => x.data.subarray(n * x.shape[1], (n + 1) * x.shape[1]);

  it.each(Object.keys(honestSums))('conjugate gradient with sums %s', (order) => {
    const sum = honestSums[order];
    accepts('conjugateGradientStep', ({ inputs: { a, x, residual, direction } }) => {
      const squared = dot(sum, residual.data, residual.data);
      if (squared === 0) return { x, residual, direction };
      const ap = Array.from(x.data, (_, i) => dot(sum, row(a, i), direction.data));
      const length = over(squared, dot(sum, direction.data, ap));
      const next = ap.map((value, i) => minus(residual.data[i], product(length, value)));
      const ratio = over(dot(sum, next, next), squared);
      return {
        x: tensor(
          x.shape,
          Array.from(x.data, (value, i) => plus(value, product(length, direction.data[i]))),
        ),
        residual: tensor(x.shape, next),
        direction: tensor(
          x.shape,
          next.map((value, i) => plus(value, product(ratio, direction.data[i]))),
        ),
      };
    });
  });

  it.each(Object.keys(honestSums))('epochs with sums %s', (order) => {
    const sum = honestSums[order];
    accepts('batchEpoch', ({ inputs: { x, targets, weights }, attributes }) => {
      const rate = fround(attributes.learningRate as number);
      const errors = Array.from(targets.data, (target, n) => minus(target, dot(sum, row(x, n), weights.data)));
      const step = Array.from(weights.data, (_, j) => sum(errors.map((error, n) => product(error, row(x, n)[j]))));
      return {
        weights: tensor(
          weights.shape,
          step.map((value, j) => plus(weights.data[j], product(rate, value))),
        ),
      };
    });
    accepts('patternEpoch', ({ inputs: { x, targets, weights }, attributes }) => {
      const rate = fround(attributes.learningRate as number);
      let w = Array.from(weights.data);
      for (let n = 0; n < targets.data.length; n++) {
        const step = product(rate, minus(targets.data[n], dot(sum, row(x, n), w)));
        w = w.map((value, j) => plus(value, product(step, row(x, n)[j])));
      }
      return { weights: tensor(weights.shape, w) };
    });
  });
});

describe('limits', () => {
  const limitOver = (name: string, recipe: string, output: string) => {
    const operation = named(name);
    const asked = materialize(operation, operation.cases.find((each) => each.name === recipe)!, 'random', 1, 'float32');
    const { limits, expected } = prepareQuestion(operation, asked, precisions.float32);
    const { unitRoundoff } = precisions.float32;
    const relative = Array.from(limits[output].limit, (limit, i) => limit / Math.abs(expected[output].data[i]) / unitRoundoff);
    return Math.max(...relative);
  };

  it('of the squares are a few roundings of what is positive', () => {
    expect(limitOver('adagradStep', 'many', 'squares')).toBeLessThan(2.1);
    expect(limitOver('rmspropStep', 'one-column', 'squares')).toBeLessThan(12);
  });

  it("of Adam's weights stay below the formula that is printed", () => {
    const operation = named('adamStep');
    const u = precisions.float32.unitRoundoff;
    for (const asked of drawnCases(operation, 1)) {
      if (/special|usual/.test(asked.id)) continue;
      const { limits, expected } = prepareQuestion(operation, asked, precisions.float32);
      const { beta1, beta2, step } = asked.attributes as Readonly<Record<string, number>>;
      const delta = (beta: number) =>
        step > 1 ? (beta ** step / (1 - beta ** step)) * 12 * (1 + step * Math.abs(Math.log(beta))) * u : 0;
      for (const [i, w] of expected.weights.data.entries()) {
        const relative =
          limits.means.limit[i] / Math.abs(expected.means.data[i]) + limits.squares.limit[i] / (2 * expected.squares.data[i]);
        const moved = Math.abs(w - asked.inputs.weights.data[i]);
        const printed = (relative + delta(beta1) + delta(beta2) / 2 + 16 * u) * moved + u * Math.abs(w);
        expect(limits.weights.limit[i], asked.id).toBeLessThanOrEqual(printed);
      }
    }
  });

  it('grow by 1/(1 − β₂) where the format rounds β₂, and not where it does not', () => {
    expect(limitOver('adamStep', 'first-step', 'squares')).toBeLessThan(10);
    expect(limitOver('adamStep', 'usual-first-step', 'squares')).toBeGreaterThan(500);
    expect(limitOver('adamStep', 'usual-first-step', 'squares')).toBeLessThan(1100);
  });
});

describe('conjugateGradientStep', () => {
  it('is asked about symmetric matrices that float32 holds and that are positive definite', () => {
    const operation = named('conjugateGradientStep');
    const asked = materialize(operation, operation.cases.find(({ name }) => name === 'many')!, 'random', 1, 'float32');
    const { a } = asked.inputs;
    const [n] = a.shape;
    expect(Array.from(map(a, fround).data)).toEqual(Array.from(a.data));
    // Symmetric, and Cholesky's factorization finds only positive pivots.
    const l = Array.from({ length: n }, () => new Float64Array(n));
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        expect(a.data[i * n + j]).toBe(a.data[j * n + i]);
        let sum = a.data[i * n + j];
        for (let k = 0; k < j; k++) sum -= l[i][k] * l[j][k];
        if (i === j) expect(sum).toBeGreaterThan(0.5);
        l[i][j] = i === j ? Math.sqrt(sum) : sum / l[j][j];
      }
    }
  });
});
