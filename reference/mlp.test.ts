import { describe, expect, it } from 'vitest';
import type { ActivationName } from './activations.ts';
import { type Layer, mlpBackward, mlpForward, mlpTrainStep } from './mlp.ts';
import { tensor } from './tensor.ts';
import { differences, irregular, largestDifference } from './testing/differences.ts';

/** Kim's worked example as the computation uses it: one hidden layer of three sigmoid units, no biases (R8: −1.5, not +1.5). */
const kim: readonly Layer[] = [
  { weights: tensor([3, 2], [1.2, -0.3, 2.1, -0.7, -1.5, 0.3]), bias: tensor([3], [0, 0, 0]), activation: 'sigmoid' },
  { weights: tensor([1, 3], [-0.2, 0.5, 1.3]), bias: tensor([1], [0]), activation: 'sigmoid' },
];
const x = tensor([1, 2], [1, -0.5]);
const y = tensor([1, 1], [1]);
const withOutputWeights = (values: readonly number[]) => [kim[0], { ...kim[1], weights: tensor([1, 3], values) }];
const rounded = (values: ArrayLike<number>, digits: number) => Array.from(values, (value) => Number(value.toFixed(digits)));
const near = (actual: ArrayLike<number>, expected: readonly number[]) =>
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, 13);
  });

// The digits of 13 places and more were computed with 40 digits from the formulas on the slides.
describe('worked example of Kim', () => {
  const forward = mlpForward(x, kim);
  const { loss, gradients } = mlpBackward(x, y, kim);

  it('M2: net, h, s₂ and ŷ to the printed digits', () => {
    expect(rounded(forward.nets[0].data, 2)).toEqual([1.35, 2.45, -1.65]);
    expect(rounded(forward.outputs[0].data, 2)).toEqual([0.79, 0.92, 0.16]);
    expect(rounded(forward.nets[1].data, 2)).toEqual([0.51]);
    expect(forward.y.data[0].toFixed(12)).toBe('0.625016596053');
    near(forward.nets[1].data, [0.5108964342177611]);
    near(forward.outputs[0].data, [0.794129628199053, 0.9205614508160216, 0.1611089495765852]);
    // What is printed as 0.62 is 0.625 cut off, not rounded.
    expect(Math.floor(forward.y.data[0] * 100) / 100).toBe(0.62);
  });
  it('M3: ∂E/∂ŷ = −0.375; printed is −0.38, from the ŷ cut off', () => {
    expect((forward.y.data[0] - 1).toFixed(3)).toBe('-0.375');
    expect((0.62 - 1).toFixed(2)).toBe('-0.38');
  });
  it('R8: with +1.5, as printed in Θ₁, the third hidden unit is 0.79 and not 0.16', () => {
    const printed = { ...kim[0], weights: tensor([3, 2], [1.2, -0.3, 2.1, -0.7, 1.5, 0.3]) };
    expect(mlpForward(x, [printed, kim[1]]).outputs[0].data[2].toFixed(2)).toBe('0.79');
    expect(forward.outputs[0].data[2].toFixed(2)).toBe('0.16');
  });
  it('R9: ∂E/∂Θ₂ = δ·h₁; what is printed is δ·Θ₂', () => {
    near(gradients[1].weights.data, [-0.0697922248298317, -0.0809037082405944, -0.0141590889341918]);
    expect(rounded(gradients[1].weights.data, 3)).toEqual([-0.07, -0.081, -0.014]);
    const [delta] = gradients[1].bias.data;
    expect(delta).toBeCloseTo(-0.08788517938577392, 13);
    const printed = [0.02, -0.05, -0.12];
    kim[1].weights.data.forEach((theta, i) => {
      // With the rounded ŷ, −0.38·0.62·0.38 = −0.0895: the printed digits to one unit.
      expect(Math.abs(-0.0895 * theta - printed[i])).toBeLessThan(0.006);
      expect(Math.abs(gradients[1].weights.data[i] - printed[i])).toBeGreaterThan(0.03);
    });
  });
  it('M3: the gradient for Θ₁', () => {
    near(
      gradients[0].weights.data,
      [
        0.002873630254906552, -0.001436815127453276, -0.003213436603118346, 0.001606718301559173, -0.01544131288575552,
        0.007720656442877759,
      ],
    );
  });
  it('R10: Θ₂ after one step, and the loss after the right and after the printed step', () => {
    const step = mlpTrainStep(x, y, kim, 1);
    near(step.layers[1].weights.data, [-0.130207775170168, 0.580903708240594, 1.314159088934192]);
    expect(rounded(step.layers[1].weights.data, 3)).toEqual([-0.13, 0.581, 1.314]);
    near(step.layers[0].weights.data, [1.197126369745093, -0.2985631848725467, 2.103213436603118, -0.7016067183015592]);
    const lossOf = (layers: readonly Layer[]) => mlpBackward(x, y, layers).loss;
    const [right, printed] = [step.layers[1].weights.data, [-0.22, 0.55, 1.42]].map((theta) =>
      lossOf(withOutputWeights([...theta])),
    );
    expect(right).toBeCloseTo(0.05935768631408908, 13);
    expect(printed).toBeCloseTo(0.066051839908953, 13);
    // The example has no biases; the step moves them as well.
    const withoutBias = step.layers.map((layer, l) => ({ ...layer, bias: kim[l].bias }));
    expect(lossOf(withoutBias)).toBeCloseTo(0.05907048554486668, 13);
    expect(right).toBeLessThan(printed);
  });
  it('R11: the loss is 0.0703; 0.072 comes from the ŷ cut off', () => {
    expect(loss).toBeCloseTo(0.07030627661794073, 13);
    expect(((1 - 0.62) ** 2 / 2).toFixed(3)).toBe('0.072');
  });
});

describe('any depth and width', () => {
  const names: ActivationName[] = ['tanh', 'sigmoid', 'softplus', 'identity', 'relu', 'scaledTanh'];
  const network = (depth: number): Layer[] => {
    const widths = [3, 4, 2, 5, 3, 4, 2];
    return Array.from({ length: depth }, (_, l) => ({
      weights: irregular([widths[l + 1], widths[l]], 10 + l),
      bias: irregular([widths[l + 1]], 20 + l),
      activation: names[l],
    }));
  };
  const input = irregular([3, 3], 1);

  it('M1: by hand', () => {
    // Hidden relu(1·2 − 1·1 + 0) = 1 and relu(−2·2 + 1·1 + 1) = 0; output 3·1 + 5·0 − 1.
    const layers: Layer[] = [
      { weights: tensor([2, 2], [1, -1, -2, 1]), bias: tensor([2], [0, 1]), activation: 'relu' },
      { weights: tensor([1, 2], [3, 5]), bias: tensor([1], [-1]), activation: 'identity' },
    ];
    const forward = mlpForward(tensor([1, 2], [2, 1]), layers);
    expect([...forward.nets[0].data]).toEqual([1, -2]);
    expect([...forward.outputs[0].data]).toEqual([1, 0]);
    expect([...forward.y.data]).toEqual([2]);
    // E = ½(5 − 2)²; ∂E/∂y = −3; δ₁ = (−9, 0), the second unit being off.
    const { loss, gradients } = mlpBackward(tensor([1, 2], [2, 1]), tensor([1, 1], [5]), layers);
    expect(loss).toBe(4.5);
    expect(gradients.map(({ weights, bias }) => [[...weights.data], [...bias.data]])).toEqual([
      [
        [-18, -9, 0, 0],
        [-9, 0],
      ],
      [[-3, 0], [-3]],
    ]);
  });

  it.each([1, 2, 3, 4, 6])('M4: %i layers: every gradient agrees with central differences', (depth) => {
    const layers = network(depth);
    const target = irregular([3, layers[depth - 1].bias.data.length], 2);
    const { loss, gradients } = mlpBackward(input, target, layers);
    const lossWith = (l: number, change: Partial<Layer>) =>
      mlpBackward(
        input,
        target,
        layers.map((layer, i) => (i === l ? { ...layer, ...change } : layer)),
      ).loss;
    expect(lossWith(0, {})).toBe(loss);
    for (let l = 0; l < depth; l++) {
      const { weights, bias } = layers[l];
      const dWeights = differences((moved) => lossWith(l, { weights: moved }), weights, 1e-4);
      const dBias = differences((moved) => lossWith(l, { bias: moved }), bias, 1e-4);
      expect(largestDifference(gradients[l].weights, dWeights)).toBeLessThan(1e-9);
      expect(largestDifference(gradients[l].bias, dBias)).toBeLessThan(1e-9);
    }
  });

  it('the batch is a sum: loss and gradients add over its samples', () => {
    const layers = network(2);
    const target = irregular([3, 2], 2);
    const whole = mlpBackward(input, target, layers);
    const single = [0, 1, 2].map((n) =>
      mlpBackward(
        tensor([1, 3], input.data.subarray(3 * n, 3 * n + 3)),
        tensor([1, 2], target.data.subarray(2 * n, 2 * n + 2)),
        layers,
      ),
    );
    expect(whole.loss).toBeCloseTo(single[0].loss + single[1].loss + single[2].loss, 13);
    whole.gradients[0].weights.data.forEach((value, i) => {
      expect(value).toBeCloseTo(
        single.reduce((sum, { gradients }) => sum + gradients[0].weights.data[i], 0),
        13,
      );
    });
  });

  it('a step leaves the layers it was given alone, takes the old weights everywhere, and reports the loss before it', () => {
    const layers = network(3);
    const target = irregular([3, 5], 2);
    const before = structuredClone(layers);
    const { loss, gradients } = mlpBackward(input, target, layers);
    const step = mlpTrainStep(input, target, layers, 0.25);
    expect(layers).toEqual(before);
    expect(step.loss).toBe(loss);
    step.layers.forEach(({ weights, bias, activation }, l) => {
      expect(activation).toBe(layers[l].activation);
      expect([...weights.data]).toEqual(Array.from(layers[l].weights.data, (w, i) => w - 0.25 * gradients[l].weights.data[i]));
      expect([...bias.data]).toEqual(Array.from(layers[l].bias.data, (b, i) => b - 0.25 * gradients[l].bias.data[i]));
    });
    expect(mlpBackward(input, target, step.layers).loss).toBeLessThan(loss);
  });

  it('with no layers gives the input', () => {
    expect(mlpForward(input, []).y).toBe(input);
  });

  it('refuses what does not fit', () => {
    expect(() => mlpForward(irregular([3, 4], 1), network(2))).toThrow('dense: (C1) x has 4 inputs');
    expect(() => mlpBackward(input, irregular([3, 3], 1), network(2))).toThrow('shapes [3, 2] and [3, 3] differ');
  });
});
