import { describe, expect, it } from 'vitest';
import { adapters } from './testing/adapters.ts';
import { closeTo, float32 } from './testing/kernels.ts';

const row = (...values: number[]) => float32([1, values.length], values);
const vector = (...values: number[]) => float32([values.length], values);

describe.each(adapters)('$adapter: steps downhill', ({ calculate }) => {
  it('gradient descent is w − ηg', async () => {
    const { weights } = await calculate('gradientStep', { learningRate: 0.5 }, { weights: row(4, -1), gradient: row(2, 6) });
    expect(weights).toEqual({ shape: [1, 2], values: [3, -4] });
  });

  it('momentum keeps a share of the change', async () => {
    // −0.5·4 + 0.25·8 = 0; −0.5·(−2) + 0.25·4 = 2.
    const given = { weights: row(1, 3), gradient: row(4, -2), change: row(8, 4) };
    const { weights, change } = await calculate('momentumStep', { learningRate: 0.5, momentum: 0.25 }, given);
    expect(change.values).toEqual([0, 2]);
    expect(weights.values).toEqual([1, 5]);
  });

  it('weight decay shrinks by ηλw', async () => {
    const given = { weights: row(8, -4), gradient: row(1, 0) };
    const { weights } = await calculate('weightDecayStep', { learningRate: 0.5, penalty: 0.25 }, given);
    expect(weights.values).toEqual([6.5, -3.5]);
  });

  it('AdaGrad divides by the root of all squares and ε beside it', async () => {
    // s = 7 + 9 = 16: 6·3/(4 + 2) = 3.
    const given = { weights: row(5), gradient: row(3), squares: row(7) };
    const { weights, squares } = await calculate('adagradStep', { learningRate: 6, epsilon: 2 }, given);
    expect(squares.values).toEqual([16]);
    expect(weights.values).toEqual([2]);
  });

  it('RMSProp lets the squares decay', async () => {
    // s = ¾·20 + ¼·4 = 16: 9·2/(4 + 2) = 3.
    const given = { weights: row(5), gradient: row(2), squares: row(20) };
    const { weights, squares } = await calculate('rmspropStep', { learningRate: 9, epsilon: 2, decay: 0.75 }, given);
    expect(squares.values).toEqual([16]);
    expect(weights.values).toEqual([2]);
  });

  it('Adam corrects both averages for their start at 0, in any step', async () => {
    // t = 2, β₁ = β₂ = ½: m = ½·1 + ½·5 = 3, m̂ = 4; v = ½·(−1) + ½·25 = 12, v̂ = 16; 3·4/(4 + 2) = 2.
    const given = { weights: row(7), gradient: row(5), means: row(1), squares: row(-1) };
    const attributes = { learningRate: 3, beta1: 0.5, beta2: 0.5, epsilon: 2, step: 2 };
    const { weights, means, squares } = await calculate('adamStep', attributes, given);
    expect(means.values).toEqual([3]);
    expect(squares.values).toEqual([12]);
    expect(weights.values).toSatisfy((actual: number[]) => closeTo(actual, [5]));
  });

  it('conjugate gradient takes α = rᵀr/pᵀAp and a new direction, and stays where the system is solved', async () => {
    const a = float32([2, 2], [4, 2, 2, 5]);
    const moved = await calculate(
      'conjugateGradientStep',
      {},
      { a, x: vector(1, 1), residual: vector(2, 0), direction: vector(2, 0) },
    );
    expect([moved.x.values, moved.residual.values, moved.direction.values]).toEqual([
      [1.5, 1],
      [0, -1],
      [0.5, -1],
    ]);
    const solved = await calculate(
      'conjugateGradientStep',
      {},
      { a, x: vector(1, 2), residual: vector(0, 0), direction: vector(3, 1) },
    );
    expect([solved.x.values, solved.residual.values, solved.direction.values]).toEqual([
      [1, 2],
      [0, 0],
      [3, 1],
    ]);
  });

  it('a batch epoch judges every sample by the first weights, a pattern epoch each by what the others left', async () => {
    const given = { x: float32([2, 1], [1, 2]), targets: vector(2, 2), weights: vector(0) };
    // Batch: ½(2·1 + 2·2) = 3; pattern: ½·2·1 = 1, then ½·(2 − 2)·2 = 0.
    const batch = await calculate('batchEpoch', { learningRate: 0.5 }, given);
    const pattern = await calculate('patternEpoch', { learningRate: 0.5 }, given);
    expect([batch.weights.values, pattern.weights.values]).toEqual([[3], [1]]);
  });
});
