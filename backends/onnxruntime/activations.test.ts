import { describe, expect, it } from 'vitest';
import { calculate, closeTo, float32 } from './testing/kernels.ts';

const { exp, log1p, tanh } = Math;
/** cosh⁻², another form of tanh′ than the one that the graphs use. */
const sech2 = (v: number) => 1 / Math.cosh(v) ** 2;

/** Value and derivative, in float64 from their definitions. Arguments are multiples of ½: exact in float32. */
/** The normal distribution by integrating its density with Simpson's rule, of which 2000 steps leave no error that float32 shows. */
const density = (v: number) => exp((-v * v) / 2) / Math.sqrt(2 * Math.PI);
function distribution(v: number): number {
  const [steps, width] = [2000, v / 2000];
  const weight = (i: number) => (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2);
  const sum = Array.from({ length: steps + 1 }, (_, i) => weight(i) * density(i * width)).reduce((a, b) => a + b);
  return 0.5 + (sum * width) / 3;
}

const definitions: Record<string, [f: (v: number) => number, derivative: (v: number) => number, attributes?: object]> = {
  identity: [(v) => v, () => 1],
  sign: [(v) => (v > 0 ? 1 : v < 0 ? -1 : 0), () => 0],
  step: [(v) => (v >= 0 ? 1 : 0), () => 0],
  sigmoid: [(v) => 1 / (1 + exp(-v)), (v) => sech2(v / 2) / 4],
  tanh: [tanh, sech2],
  scaledTanh: [(v) => 1.5 * tanh(0.5 * v), (v) => 0.75 * sech2(0.5 * v), { a: 1.5, b: 0.5 }],
  relu: [(v) => Math.max(v, 0), (v) => (v > 0 ? 1 : 0)],
  leakyRelu: [(v) => (v > 0 ? v : v / 4), (v) => (v > 0 ? 1 : 0.25), { alpha: 0.25 }],
  elu: [(v) => (v > 0 ? v : 3 * exp(v) - 3), (v) => (v > 0 ? 1 : 3 * exp(v)), { alpha: 3 }],
  hardTanh: [(v) => Math.min(1, Math.max(v, -1)), (v) => (v > -1 && v < 1 ? 1 : 0)],
  silu: [(v) => v / (1 + exp(-v)), (v) => (1 + exp(-v) + v * exp(-v)) / (1 + exp(-v)) ** 2],
  gelu: [(v) => v * distribution(v), (v) => distribution(v) + v * density(v), { approximate: 'none' }],
  softplus: [(v) => log1p(exp(v)), (v) => 1 / (1 + exp(-v))],
};
const arguments_ = [-4, -2.5, -1, -0.5, 0, 0.5, 1, 1.5, 3, 6];
const x = float32([2, 5], arguments_);

describe.each(Object.keys(definitions) as (keyof typeof definitions & 'tanh')[])('onnxruntime %s', (name) => {
  const [f, derivative, attributes = {}] = definitions[name];

  it('is its definition', async () => {
    const { y } = await calculate(name, attributes, { x });
    expect(y.shape).toEqual([2, 5]);
    expect(y.values).toSatisfy((actual: number[]) => closeTo(actual, arguments_.map(f)));
  });

  it('has the right derivative, with a stated side at kinks', async () => {
    const { y } = await calculate(`${name}.derivative`, attributes, { x });
    expect(y.shape).toEqual([2, 5]);
    expect(y.values).toSatisfy((actual: number[]) => closeTo(actual, arguments_.map(derivative)));
  });

  it('multiplies dy by the derivative', async () => {
    const dy = arguments_.map((_, index) => index - 3);
    const { dx } = await calculate(`${name}.backward`, attributes, { x, dy: float32([2, 5], dy) });
    expect(dx.shape).toEqual([2, 5]);
    expect(dx.values).toSatisfy((actual: number[]) =>
      closeTo(
        actual,
        arguments_.map((v, index) => dy[index] * derivative(v)),
      ),
    );
  });
});

describe('onnxruntime derivatives far from zero', () => {
  /** |actual / expected − 1|: what closeTo does not see of small numbers. */
  async function relativeError(operation: 'sigmoid.derivative' | 'tanh.derivative', v: number, expected: number) {
    const { y } = await calculate(operation, {}, { x: float32([1], [v]) });
    return Math.abs(y.values[0] / expected - 1);
  }

  it.each([-80, -20, 20, 80])('σ′(%d) ≈ e^−|v| keeps its digits', async (v) => {
    // e^−|v|/(1 + e^−|v|)²: the denominator is 1 to eight digits.
    expect(await relativeError('sigmoid.derivative', v, exp(-Math.abs(v)))).toBeLessThan(1e-6);
  });

  it.each([-40, -10, 10, 40])('tanh′(%d) ≈ 4e^−2|v| keeps its digits', async (v) => {
    expect(await relativeError('tanh.derivative', v, 4 * exp(-2 * Math.abs(v)))).toBeLessThan(1e-6);
  });
});

describe('onnxruntime activations', () => {
  it.each(Object.keys(definitions))('%s and its derivative do not swallow NaN', async (name) => {
    const [, , attributes = {}] = definitions[name];
    const inputs = { x: float32([2], [Number.NaN, 2]) };
    const { y } = await calculate(name as 'tanh', attributes, inputs);
    expect(y.values.map(Number.isNaN)).toEqual([true, false]);
    // That of the identity is 1 whatever x is.
    const derivative = await calculate(`${name as 'tanh'}.derivative`, attributes, inputs);
    expect(derivative.y.values.map(Number.isNaN)).toEqual([name !== 'identity', false]);
  });
});
