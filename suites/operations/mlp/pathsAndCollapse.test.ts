import { describe, expect, it } from 'vitest';
import type { LayerActivation } from '../../../backends/signatures.ts';
import { denseInputGradient } from '../../../reference/dense.ts';
import { mlpBackward, mlpForward } from '../../../reference/mlp.ts';
import { tensor } from '../../../reference/tensor.ts';
import type { NamedTensors } from '../../judging/operation.ts';
import { drawnCases, judgeAnswer } from '../../testing/tableLine.ts';
import { multiplicationGateOperations } from '../multiplicationGate/entries.ts';
import { layersOf } from './mistakes.ts';
import { mlpIdentityOperations } from './pathsAndCollapse.ts';

const [paths, collapse] = mlpIdentityOperations;
const [gate] = multiplicationGateOperations;
const { fround } = Math;

it('sums over paths what back-propagation gives: ∂E/∂b of a layer is ∂L/∂h·f′(net) (Row M5)', () => {
  for (const asked of drawnCases(paths, 2)) {
    const attributes = asked.attributes as { activations: LayerActivation[]; from: number };
    const layers = layersOf(asked.inputs as NamedTensors, attributes);
    const { x, target } = asked.inputs;
    const { gradients } = mlpBackward(x, target, layers);
    const above = layers.slice(attributes.from);
    const { gradient } = paths.reference(asked.inputs, attributes);
    if (above.length === 0) continue;
    // One layer further: the δ of the layer above, sent back through its weights.
    const delta = { ...gradients[attributes.from].bias, shape: [1, above[0].weights.shape[0]] };
    const expected = denseInputGradient(above[0].weights, delta).data;
    gradient.data.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 12);
    });
  }
});

it('takes paths in float32, each added on its own, for right', () => {
  for (const asked of drawnCases(paths, 3)) {
    const { activations: names, from } = asked.attributes as { activations: LayerActivation[]; from: number };
    if (names.some((name) => name !== 'identity' && name !== 'relu')) continue;
    const layers = layersOf(asked.inputs as NamedTensors, { activations: names });
    const { y, nets } = mlpForward(asked.inputs.x, layers);
    const products = (layer: number, unit: number, along: number): number[] => {
      if (layer === layers.length) return [fround(along * fround(fround(y.data[unit]) - asked.inputs.target.data[unit]))];
      const { shape, data } = layers[layer].weights;
      return Array.from({ length: shape[0] }, (_, next) => {
        const slope = names[layer] === 'relu' && nets[layer].data[next] <= 0 ? 0 : 1;
        return products(layer + 1, next, fround(along * fround(slope * data[next * shape[1] + unit])));
      }).flat();
    };
    const width = layers[from - 1].weights.shape[0];
    const gradient = Array.from({ length: width }, (_, unit) =>
      products(from, unit, 1).reduce((sum, value) => fround(sum + value), 0),
    );
    expect(judgeAnswer(paths, asked, { gradient: tensor([width], gradient) }).reason, asked.id).toBeUndefined();
  }
});

it('collapses by hand: W₂W₁ and W₂b₁ + b₂ (Row M9)', () => {
  const inputs = {
    weights1: tensor([2, 2], [1, 2, 3, 4]),
    bias1: tensor([2], [1, -1]),
    weights2: tensor([1, 2], [10, 100]),
    bias2: tensor([1], [5]),
  };
  const { weights, bias } = collapse.reference(inputs, { depth: 2 });
  expect([...weights.data]).toEqual([310, 420]);
  expect([...bias.data]).toEqual([-85]);
});

it('accepts both associations of three matrices in float32', () => {
  const product = (a: readonly number[][], b: readonly number[][]) =>
    a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => fround(sum + fround(value * b[k][j])), 0)));
  for (const asked of drawnCases(collapse, 4).filter(({ attributes }) => attributes.depth === 3)) {
    const rows = (l: number) => {
      const { shape, data } = asked.inputs[`weights${l}`];
      return Array.from({ length: shape[0] }, (_, i) => Array.from(data.subarray(i * shape[1], (i + 1) * shape[1])));
    };
    const right = collapse.reference(asked.inputs, asked.attributes);
    for (const matrix of [product(rows(3), product(rows(2), rows(1))), product(product(rows(3), rows(2)), rows(1))]) {
      const answer = { weights: tensor(right.weights.shape, matrix.flat()), bias: right.bias };
      expect(judgeAnswer(collapse, asked, answer).reason, asked.id).toBeUndefined();
    }
  }
});

describe('the multiplication gate (Row M11)', () => {
  const softplus = (z: number) => Math.log1p(Math.exp(z));
  it('is uv for a small λ, with an error of λ²', () => {
    const [u, v] = [tensor([1], [1.5]), tensor([1], [-0.75])];
    const error = (lambda: number) => {
      const attributes = { activation: 'softplus', lambda, mu: 1 / lambda ** 2, shift: 0 };
      return Math.abs(gate.reference({ u, v }, attributes).y.data[0] + 1.125);
    };
    expect(error(1 / 8) / error(1 / 16)).toBeGreaterThan(3.8);
    expect(error(1 / 8) / error(1 / 16)).toBeLessThan(4.2);
  });

  it('may be computed in float32 in either order', () => {
    for (const asked of drawnCases(gate, 6).filter(({ attributes }) => attributes.activation === 'softplus')) {
      const { u, v } = asked.inputs;
      const [lambda, mu, shift] = [asked.attributes.lambda, asked.attributes.mu, asked.attributes.shift].map((value) =>
        fround(value as number),
      );
      const unit = (z: number) => fround(softplus(fround(shift + fround(lambda * z))));
      const apart = (a: number, b: number, sign: number) => {
        const z = fround(fround(lambda * a) + fround(sign * fround(lambda * b)));
        return fround(fround(softplus(fround(shift + z))) + fround(softplus(fround(shift - z))));
      };
      const forms: ((a: number, b: number) => number)[] = [
        (a, b) => {
          const [sum, difference] = [fround(a + b), fround(a - b)];
          return fround(mu * fround(fround(fround(unit(sum) + unit(-sum)) - unit(difference)) - unit(-difference)));
        },
        (a, b) => fround(fround(mu * apart(a, b, 1)) - fround(mu * apart(a, b, -1))),
      ];
      for (const form of forms) {
        const y = { ...u, data: u.data.map((a, i) => form(a, v.data[i])) };
        expect(judgeAnswer(gate, asked, { y }).reason, asked.id).toBeUndefined();
      }
    }
  });
});
