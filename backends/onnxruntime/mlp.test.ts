import { describe, expect, it } from 'vitest';
import type { LayerActivation } from '../signatures.ts';
import { calculate, closeTo, float32 } from './testing/kernels.ts';

describe('onnxruntime multilayer perceptron, by hand', () => {
  // Two samples, widths 2–2–1. Nets of layer 1: (1 + 2 − 1, 2 − 4) = (2, −2) and (−1 + 1 − 1, −2 − 2) = (−1, −4);
  // rectified (2, 0) and (0, 0). y = 3·2 + 0.5 = 6.5 and 0.5.
  const forward = {
    x: float32([2, 2], [1, 2, -1, 1]),
    weights1: float32([2, 2], [1, 1, 2, -2]),
    bias1: float32([2], [-1, 0]),
    weights2: float32([1, 2], [3, 4]),
    bias2: float32([1], [0.5]),
  };
  const attributes = { activations: ['relu', 'identity'] };
  const inputs = { ...forward, target: float32([2, 1], [4.5, 1.5]) };

  it('goes forward', async () => {
    expect((await calculate('mlp.forward', attributes, forward)).y).toEqual({ shape: [2, 1], values: [6.5, 0.5] });
  });

  it('goes backward', async () => {
    // y − target = 2, −1; loss ½(4 + 1). δ of layer 1 = (2·3, 0), (0, 0).
    expect(await calculate('mlp.backward', attributes, inputs)).toEqual({
      loss: { shape: [], values: [2.5] },
      dWeights1: { shape: [2, 2], values: [6, 12, 0, 0] },
      dBias1: { shape: [2], values: [6, 0] },
      dWeights2: { shape: [1, 2], values: [4, 0] },
      dBias2: { shape: [1], values: [1] },
    });
  });

  it('makes a step with the gradients of the weights before it', async () => {
    expect(await calculate('mlp.trainStep', { ...attributes, learningRate: 0.25 }, inputs)).toEqual({
      loss: { shape: [], values: [2.5] },
      weights1: { shape: [2, 2], values: [-0.5, -2, 2, -2] },
      bias1: { shape: [2], values: [-2.5, 0] },
      weights2: { shape: [1, 2], values: [2, 4] },
      bias2: { shape: [1], values: [0.25] },
    });
  });
});

describe('onnxruntime multilayer perceptron of the documents', () => {
  // Rows M2 and M3, errata R9 and R10: x = (1, −0.5), target 1, learning rate 1; the printed digits, and R9's and R10's right ones.
  const inputs = {
    x: float32([1, 2], [1, -0.5]),
    target: float32([1, 1], [1]),
    weights1: float32([3, 2], [1.2, -0.3, 2.1, -0.7, -1.5, 0.3]),
    bias1: float32([3], [0, 0, 0]),
    weights2: float32([1, 3], [-0.2, 0.5, 1.3]),
    bias2: float32([1], [0]),
  };
  const activations = ['sigmoid', 'sigmoid'];
  const rounded = (values: number[], digits: number) => values.map((value) => Number(value.toFixed(digits)));

  it('predicts 0.625016596053', async () => {
    const { target: _, ...forward } = inputs;
    const { y } = await calculate('mlp.forward', { activations }, forward);
    expect(y.values).toSatisfy((actual: number[]) => closeTo(actual, [0.625016596053]));
  });

  it('has the gradient δ·h₁ and the step that follows from it', async () => {
    const { loss, dWeights2 } = await calculate('mlp.backward', { activations }, inputs);
    expect(rounded(loss.values, 4)).toEqual([0.0703]);
    expect(rounded(dWeights2.values, 3)).toEqual([-0.07, -0.081, -0.014]);
    const { weights2 } = await calculate('mlp.trainStep', { activations, learningRate: 1 }, inputs);
    expect(rounded(weights2.values, 3)).toEqual([-0.13, 0.581, 1.314]);
  });
});

describe('onnxruntime multilayer perceptron', () => {
  /** f and f′ in float64, for a chain of three layers of width 1 without bias. */
  const functions: Record<LayerActivation, [f: (v: number) => number, derivative: (v: number) => number]> = {
    identity: [(v) => v, () => 1],
    sigmoid: [(v) => 1 / (1 + Math.exp(-v)), (v) => Math.exp(-v) / (1 + Math.exp(-v)) ** 2],
    tanh: [Math.tanh, (v) => 1 - Math.tanh(v) ** 2],
    relu: [(v) => Math.max(v, 0), (v) => (v > 0 ? 1 : 0)],
    softplus: [(v) => Math.log1p(Math.exp(v)), (v) => 1 / (1 + Math.exp(-v))],
  };

  it.each(Object.keys(functions) as LayerActivation[])('multiplies derivatives along the chain: %s', async (name) => {
    const [f, derivative] = functions[name];
    const weights = [0.5, 1.5, 0.75];
    const one = (value: number) => float32([1, 1], [value]);
    const zero = float32([1], [0]);
    const inputs = {
      x: one(1.25),
      target: one(0.25),
      ...{
        weights1: one(weights[0]),
        bias1: zero,
        weights2: one(weights[1]),
        bias2: zero,
        weights3: one(weights[2]),
        bias3: zero,
      },
    };
    const nets: number[] = [];
    const values = [1.25];
    for (const [layer, weight] of weights.entries()) {
      nets.push(weight * values[layer]);
      values.push(f(nets[layer]));
    }
    let delta = values[3] - 0.25;
    const expected: number[] = [];
    for (const layer of [2, 1, 0]) {
      delta *= derivative(nets[layer]);
      expected.unshift(delta * values[layer]);
      delta *= weights[layer];
    }
    const { dWeights1, dWeights2, dWeights3 } = await calculate('mlp.backward', { activations: [name, name, name] }, inputs);
    const actual = [dWeights1, dWeights2, dWeights3].flatMap(({ values }) => values);
    expect(actual).toSatisfy((gradients: number[]) => closeTo(gradients, expected));
  });
});
