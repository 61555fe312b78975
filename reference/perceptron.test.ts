import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { biasUnit, novikoffBound, novikoffProof, perceptronTrain, thresholdUnit, xorOfBits, xorOfSigns } from './perceptron.ts';
import { tensor } from './tensor.ts';

const vector = (...values: number[]) => tensor([values.length], values);
const bits = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
];

describe('threshold units', () => {
  it('P1: 12·0.5 − 4·1 = 2 fires', () => {
    expect(biasUnit(vector(12, 4), vector(0.5, -1), 0)).toBe(1);
    expect([2, 2 + 2 ** -51].map((threshold) => thresholdUnit(vector(12, 4), vector(0.5, -1), threshold))).toEqual([1, 0]);
  });
  it('P3: AND and OR', () => {
    const gate = (threshold: number) => bits.map(([a, b]) => thresholdUnit(vector(a, b), vector(0.5, 0.5), threshold));
    expect(gate(0.7)).toEqual([0, 0, 0, 1]);
    expect(gate(0.2)).toEqual([0, 1, 1, 1]);
  });
  it('R12: with + 0.7 in place of − 0.7 AND is constantly 1', () => {
    expect(bits.map(([a, b]) => biasUnit(vector(a, b), vector(0.5, 0.5), -0.7))).toEqual([0, 0, 0, 1]);
    expect(bits.map(([a, b]) => biasUnit(vector(a, b), vector(0.5, 0.5), 0.7))).toEqual([1, 1, 1, 1]);
  });
  it('P2: the threshold form and the bias form agree, and ties fire', () => {
    const integer = fc.integer({ min: -3, max: 3 });
    let ties = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(integer, integer), { minLength: 1, maxLength: 4 }), integer, (pairs, threshold) => {
        const x = vector(...pairs.map(([a]) => a));
        const weights = vector(...pairs.map(([, b]) => b));
        const net = pairs.reduce((sum, [a, b]) => sum + a * b, 0);
        if (net === threshold) ties++;
        expect(thresholdUnit(x, weights, threshold)).toBe(net >= threshold ? 1 : 0);
        expect(biasUnit(x, weights, -threshold)).toBe(net >= threshold ? 1 : 0);
      }),
      { numRuns: 300, seed: 1 },
    );
    expect(ties).toBeGreaterThan(10);
  });
});

describe('XOR', () => {
  it('X1: the printed table in ±1 coding', () => {
    const table = [
      [1, 1],
      [1, -1],
      [-1, 1],
      [-1, -1],
    ].map(([a, b]) => xorOfSigns(a, b));
    expect(table).toEqual([
      { y1: 1, y2: 1, z: -1 },
      { y1: 1, y2: -1, z: 1 },
      { y1: 1, y2: -1, z: 1 },
      { y1: -1, y2: -1, z: -1 },
    ]);
  });
  it('X2: OR, NAND and their AND in 0/1 coding', () => {
    expect(bits.map(([a, b]) => xorOfBits(a, b))).toEqual([
      { or: 0, nand: 1, xor: 0 },
      { or: 1, nand: 1, xor: 1 },
      { or: 1, nand: 1, xor: 1 },
      { or: 1, nand: 0, xor: 0 },
    ]);
  });
});

describe('P4: the online perceptron', () => {
  // (1, 2)+: wᵀx = 0, a mistake, w = (1, 2). (−1, 1)−: −1·1 ≤ 0, a mistake, w = (2, 1). (2, −1)−: −3, a mistake, w = (0, 2).
  // Second pass: 4 right; −2, a mistake, w = (1, 1); −1, a mistake, w = (−1, 2). Third: 3; −3, a mistake, w = (0, 1); 1 right.
  const x = tensor([3, 2], [1, 2, -1, 1, 2, -1]);
  const labels = vector(1, -1, -1);
  it('by hand: mistakes and every weight on the way', () => {
    const { weights, mistakes, weightsAfterEachMistake } = perceptronTrain(x, labels, 3);
    expect(mistakes).toEqual(tensor([3, 3], [1, 1, 1, 0, 1, 1, 0, 1, 0]));
    expect(weightsAfterEachMistake.map((w) => [...w.data])).toEqual([
      [1, 2],
      [2, 1],
      [0, 2],
      [1, 1],
      [-1, 2],
      [0, 1],
    ]);
    expect(weights).toEqual(vector(0, 1));
  });
  it('a sample on the surface is a mistake, even where a label would be right', () => {
    const { mistakes } = perceptronTrain(tensor([2, 2], [1, 0, 0, 1]), vector(1, -1), 1);
    expect([...mistakes.data]).toEqual([1, 1]);
  });
  it('P7: on XOR it makes a mistake in every pass', () => {
    const xor = tensor([4, 3], [0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1]);
    const { mistakes } = perceptronTrain(xor, vector(-1, 1, 1, -1), 500);
    for (let pass = 0; pass < 500; pass++) expect(Math.max(...mistakes.data.subarray(4 * pass, 4 * pass + 4))).toBe(1);
  });
  it('refuses another number of labels', () => {
    expect(() => perceptronTrain(x, vector(1, 1), 1)).toThrow(
      'perceptronTrain: (C1) 3 samples need as many labels, 2 were given',
    );
  });
});

describe('N1: the bound', () => {
  const x = tensor([3, 2], [3, 4, -1, -1, 0, 2]);
  it('by hand: R = 5, γ = min(7, 2, 2) = 2, ‖u‖² = 2', () => {
    expect(novikoffBound(x, vector(1, -1, 1), vector(1, 1))).toEqual({ radius: 5, margin: 2, bound: (2 * 25) / 4 });
  });
  it('does not depend on the length of the separator', () => {
    expect(novikoffBound(x, vector(1, -1, 1), vector(8, 8)).bound).toBe(12.5);
  });
  it('without a separating margin bounds nothing', () => {
    expect(novikoffBound(x, vector(1, 1, 1), vector(1, 1)).margin).toBe(-2);
    expect(novikoffBound(x, vector(1, -1, 1), vector(0, 0)).bound).toBeNaN();
    expect(novikoffBound(x, vector(1, -1, 1), vector(1, -1)).margin).toBe(-2);
    expect(novikoffBound(tensor([1, 2], [0, 1]), vector(1), vector(1, 0)).bound).toBe(Infinity);
  });
});

/** Integer points labelled by an integer separator; points on its surface are left out. */
const separable = fc
  .integer({ min: 1, max: 4 })
  .chain((features) => {
    const point = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: features, maxLength: features });
    return fc.tuple(point, fc.array(point, { minLength: 1, maxLength: 12 }));
  })
  .map(([separator, points]) => {
    const side = (point: readonly number[]) => point.reduce((sum, value, j) => sum + value * separator[j], 0);
    const kept = points.filter((point) => side(point) !== 0);
    return {
      separator: vector(...separator),
      x: tensor([kept.length, separator.length], kept.flat()),
      labels: vector(...kept.map((point) => Math.sign(side(point)))),
    };
  })
  .filter(({ labels }) => labels.data.length > 0);

const total = (data: ArrayLike<number>) => Array.from(data).reduce((a, b) => a + b, 0);

describe('the theorem', () => {
  it('N2: the mistakes never exceed the bound, over any number of passes', () => {
    let tightest = 0;
    fc.assert(
      fc.property(separable, fc.integer({ min: 1, max: 30 }), ({ x, labels, separator }, passes) => {
        const { bound } = novikoffBound(x, labels, separator);
        const made = total(perceptronTrain(x, labels, passes).mistakes.data);
        tightest = Math.max(tightest, made / bound);
        expect(made).toBeLessThanOrEqual(bound);
      }),
      { numRuns: 300, seed: 1 },
    );
    // A single sample along the separator reaches it.
    expect(tightest).toBeGreaterThan(0.5);
  });
  it('N3: every line of the proof holds at every update', () => {
    let updatesSeen = 0;
    fc.assert(
      fc.property(separable, ({ x, labels, separator }) => {
        const { updates, largestCount } = novikoffProof(x, labels, separator, 20);
        const { bound } = novikoffBound(x, labels, separator);
        expect(Math.abs(largestCount / bound - 1)).toBeLessThan(1e-12);
        expect(updates.length).toBe(total(perceptronTrain(x, labels, 20).mistakes.data));
        updatesSeen += updates.length;
        const start = updates[0].lines[3].right;
        for (const { lines } of updates) {
          expect(lines).toHaveLength(4);
          for (const { left, right, line } of lines) expect(left, line).toBeLessThanOrEqual(right + 1e-12 * start);
        }
      }),
      { numRuns: 200, seed: 1 },
    );
    expect(updatesSeen).toBeGreaterThan(500);
  });
  it('N3: both sides by hand', () => {
    // u = (1, 0), x = (2, 1)+ and (1, −1)+: R² = 5, γ = 1, α = 5. The first is the one mistake: w = (2, 1), ‖w − αu‖² = 9 + 1.
    const proof = novikoffProof(tensor([2, 2], [2, 1, 1, -1]), vector(1, 1), vector(1, 0), 2);
    expect(proof.updates).toHaveLength(1);
    const sides = [
      [10, 25 - 20 + 5],
      [10, 25 - 10 + 5],
      [10, 25 - 5],
      [5, 25],
    ];
    proof.updates[0].lines.forEach(({ left, right }, i) => {
      expect(left).toBeCloseTo(sides[i][0], 12);
      expect(right).toBeCloseTo(sides[i][1], 12);
    });
    expect(proof.largestCount).toBeCloseTo(5, 12);
  });
  it('N3: refuses a separator that does not separate', () => {
    const x = tensor([2, 1], [1, 2]);
    for (const labels of [vector(1, -1), vector(-1, -1)]) {
      expect(() => novikoffProof(x, labels, vector(1), 5)).toThrow(
        'novikoffProof: (C2) the separator does not separate the samples: the smallest yₙuᵀxₙ is -2, it must be positive',
      );
    }
    expect(() => novikoffProof(x, vector(1, 1), vector(0), 5)).toThrow('(C2)');
    expect(() => novikoffProof(x, vector(1, 1), vector(Number.NaN), 5)).toThrow('(C2)');
  });
});
