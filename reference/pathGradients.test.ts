import { expect, it } from 'vitest';
import { type Layer, mlpForward } from './mlp.ts';
import { pathGradient } from './pathGradients.ts';
import { type Tensor, tensor } from './tensor.ts';
import { differences, irregular, largestDifference } from './testing/differences.ts';

it('M5: two paths, by hand', () => {
  // h = (2, 1), o = 3·2 + 5·1 = 11 and −2 + 4 = 2 against 10 and 0: ∂L/∂o = (1, 2). ∂L/∂h = (3·1 − 1·2, 5·1 + 4·2).
  const layers: Layer[] = [
    { weights: tensor([2, 1], [2, 1]), bias: tensor([2], [0, 0]), activation: 'identity' },
    { weights: tensor([2, 2], [3, 5, -1, 4]), bias: tensor([2], [0, 0]), activation: 'identity' },
  ];
  const { gradient, paths } = pathGradient(tensor([1, 1], [1]), tensor([1, 2], [10, 0]), layers, 1);
  expect(gradient).toEqual([1, 13]);
  expect(paths).toBe(2);
});

const widths = [3, 4, 5, 3, 2];
const layers: Layer[] = widths.slice(1).map((width, l) => ({
  weights: irregular([width, widths[l]], l + 1),
  bias: irregular([width], l + 10),
  activation: l % 2 === 0 ? 'tanh' : 'sigmoid',
}));
const [x, target] = [irregular([1, 3], 20), irregular([1, 2], 21)];

it.each([1, 2, 3, 4])('M5: of layer %i agrees with differences of the loss, and counts the paths', (from) => {
  const h = mlpForward(x, layers.slice(0, from)).y;
  const loss = (hidden: Tensor) => {
    const { y } = mlpForward(hidden, layers.slice(from));
    return Array.from(y.data).reduce((sum, value, i) => sum + (value - target.data[i]) ** 2 / 2, 0);
  };
  const { gradient, paths, products } = pathGradient(x, target, layers, from);
  expect(largestDifference(tensor(h.shape, gradient), differences(loss, h))).toBeLessThan(1e-11);
  expect(paths).toBe(widths.slice(from + 1).reduce((product, width) => product * width, 1));
  expect(products).toBeGreaterThanOrEqual(paths * widths[from]);
});
