import { describe, expect, it } from 'vitest';
import {
  augment,
  batchPerceptronStep,
  linearDiscriminant,
  misclassified,
  normalizeByLabel,
  perceptronCriterion,
  squaredSignLoss,
  stochasticPerceptronEpoch,
  surrogateGradient,
  surrogatePerceptronStep,
} from './linear.ts';
import { map, type Tensor, tensor } from './tensor.ts';
import { differences, irregular, largestDifference } from './testing/differences.ts';

const vector = (...values: number[]) => tensor([values.length], values);
const numbers = ({ data }: Tensor) => Array.from(data);
const [x, w] = [irregular([12, 3], 1), irregular([3], 2)];
const labels = tensor(
  [12],
  Array.from({ length: 12 }, (_, n) => (n % 3 === 0 ? -1 : 1)),
);

describe('linearDiscriminant', () => {
  it('is 5 with (3, −4) and bias 5 at the origin, at distance 1', () => {
    const { values, classes, distances } = linearDiscriminant(tensor([3, 2], [0, 0, 1, 2, -1, 3]), vector(3, -4), 5);
    expect([values, classes, distances].map(numbers)).toEqual([
      [5, 0, -10],
      [1, 0, -1],
      [1, 0, -2],
    ]);
  });

  it('has the same values in the augmented form', () => {
    const plain = linearDiscriminant(x, w, 0.75).values;
    expect(largestDifference(plain, linearDiscriminant(augment(x), vector(...w.data, 0.75), 0).values)).toBeLessThan(1e-15);
  });

  it('has distances that the length of (w, b) does not change, and that a step along w does', () => {
    const { distances } = linearDiscriminant(x, w, 0.5);
    const tripled = linearDiscriminant(
      x,
      map(w, (value) => 3 * value),
      1.5,
    );
    expect(largestDifference(distances, tripled.distances)).toBeLessThan(1e-15);
    const length = Math.hypot(...w.data);
    const moved = tensor(
      x.shape,
      Array.from(x.data, (value, i) => value + (2 * w.data[i % 3]) / length),
    );
    const further = linearDiscriminant(moved, w, 0.5).distances;
    distances.data.forEach((distance, n) => {
      expect(further.data[n]).toBeCloseTo(distance + 2, 13);
    });
  });

  it('is nowhere near a surface where w = 0', () => {
    expect(numbers(linearDiscriminant(tensor([1, 2], [1, 2]), vector(0, 0), -1).distances)).toEqual([-Infinity]);
    expect(numbers(linearDiscriminant(tensor([1, 2], [1, 2]), vector(0, 0), 0).distances)).toEqual([Number.NaN]);
  });
});

describe('perceptron criterion', () => {
  it('has the gradient that differences give, where no sample is on the surface', () => {
    const { gradient } = perceptronCriterion(x, labels, w);
    expect(misclassified(x, labels, w).length).toBeGreaterThan(0);
    expect(
      largestDifference(
        gradient,
        differences((at) => perceptronCriterion(x, labels, at).loss, w, 1e-6),
      ),
    ).toBeLessThan(1e-8);
  });

  it('is 0 exactly where w separates: normalized by the labels, all are on the positive side', () => {
    const separated = tensor([12], numbers(linearDiscriminant(x, w, 0).classes));
    expect(perceptronCriterion(x, separated, w).loss).toBe(0);
    expect(misclassified(x, separated, w)).toEqual([]);
    expect(linearDiscriminant(normalizeByLabel(x, separated), w, 0).values.data.every((value) => value > 0)).toBe(true);
  });

  it('counts a sample on the surface: from w = 0 the first step adds Σyx', () => {
    const step = batchPerceptronStep(tensor([2, 2], [1, 2, 3, -1]), vector(1, -1), vector(0, 0), 0.5);
    expect(numbers(step)).toEqual([-1, 1.5]);
  });
});

describe('surrogate gradient', () => {
  const three = { x: tensor([3, 2], [1, 1, 2, -4, -1, 0]), labels: vector(1, -1, 1), w: vector(2, 1) };

  it('weighs each sample by its error: 0, 1 on the surface, 2', () => {
    expect(squaredSignLoss(three.x, three.labels, three.w)).toBe(2.5);
    expect(numbers(surrogateGradient(three.x, three.labels, three.w))).toEqual([4, -4]);
    expect(numbers(surrogatePerceptronStep(three.x, three.labels, three.w, 0.5))).toEqual([0, 3]);
  });

  it('goes sample by sample in the order given, and leaves the weights it was given', () => {
    expect(numbers(stochasticPerceptronEpoch(three.x, three.labels, three.w, 0.5, [2, 0, 1]))).toEqual([1, 1]);
    expect(numbers(stochasticPerceptronEpoch(three.x, three.labels, three.w, 0.5, [1, 2, 0]))).toEqual([0, 3]);
    expect(numbers(three.w)).toEqual([2, 1]);
  });
});
