import { describe, expect, it } from 'vitest';
import { calculate, closeTo, float32 } from './testing/kernels.ts';

// exp(x) is 1 : 2 : 5 in the first sample and 3 : 1 : 4 in the second: eighths.
const x = float32([2, 3], [0, Math.log(2), Math.log(5), Math.log(3) + 7, 7, Math.log(4) + 7]);
const y = [1 / 8, 2 / 8, 5 / 8, 3 / 8, 1 / 8, 4 / 8];

describe('onnxruntime softmax', () => {
  it('divides exponentials by their sum, sample by sample', async () => {
    const result = await calculate('softmax', {}, { x });
    expect(result.y.shape).toEqual([2, 3]);
    expect(result.y.values).toSatisfy((actual: number[]) => closeTo(actual, y));
  });

  it('does not overflow', async () => {
    const result = await calculate('softmax', {}, { x: float32([1, 3], [1e4, -1e4, 1e4]) });
    expect(result.y.values).toEqual([0.5, 0, 0.5]);
  });

  it('has the right vector–Jacobian product', async () => {
    // Σ dy·y = (8 + 0 + 5)/8 = 13/8 and (0 + 2 − 4)/8 = −1/4; dx = y·(dy − that).
    const { dx } = await calculate('softmax.backward', {}, { x, dy: float32([2, 3], [8, 0, 1, 0, 2, -1]) });
    const expected = [51 / 64, -26 / 64, -25 / 64, 6 / 64, 18 / 64, -24 / 64];
    expect(dx.shape).toEqual([2, 3]);
    expect(dx.values).toSatisfy((actual: number[]) => closeTo(actual, expected));
  });

  it('has the right Jacobian', async () => {
    const { jacobian } = await calculate('softmax.jacobian', {}, { x });
    const sixtyFourths = [7, -2, -5, -2, 12, -10, -5, -10, 15, 15, -3, -12, -3, 7, -4, -12, -4, 16];
    expect(jacobian.shape).toEqual([2, 3, 3]);
    expect(jacobian.values).toSatisfy((actual: number[]) =>
      closeTo(
        actual,
        sixtyFourths.map((value) => value / 64),
      ),
    );
  });
});
