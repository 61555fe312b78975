import { describe, expect, it } from 'vitest';
import { precisions } from '../judging/precision.ts';
import { operations } from '../operations/index.ts';
import { doubling } from '../testing/doubling.ts';
import { type Answer, checkAgainstReference } from './properties.ts';

/** A float32 backend that doubles, with a hook for getting it wrong. */
function check(mistake: (value: number, index: number, shape: readonly number[]) => number | undefined, seed = 1) {
  return checkAgainstReference(doubling, {
    dtype: 'float32',
    precision: precisions.float32,
    seed,
    runs: 200,
    ask: async (_attributes, { x }): Promise<Answer> => {
      const data = Float32Array.from(x.data, (value, index) => mistake(value, index, x.shape) ?? 2 * value);
      return { kind: 'outputs', outputs: { y: { dtype: 'float32', shape: x.shape, data } } };
    },
  });
}

describe('the property that a backend agrees with the reference', () => {
  it('passes a right backend and counts what was judged', async () => {
    expect(await check(() => undefined)).toEqual({ status: 'passed', runs: 200 });
  });

  it('shrinks a failure to the smallest shape and the simplest values that show it', async () => {
    const verdict = await check((value, _index, [, columns]) => (columns >= 3 ? value : undefined));
    expect(verdict.status).toBe('failed');
    const { shape, values } = verdict.counterexample!.inputs.x;
    expect(shape).toEqual([1, 3]);
    // One element must differ from its double, so exactly one is not 0, and it is the smallest whole number.
    const nonzero = values.filter((value) => value !== 0) as number[];
    expect(nonzero).toHaveLength(1);
    expect(Math.abs(nonzero[0])).toBe(1);
    expect(verdict.reason).toContain('should be');
  });

  it('shrinks to whole numbers wherever an operation is asked at real ones', async () => {
    const real = operations.filter(({ cases: [{ attributes }], inputs }) =>
      Object.values(inputs(attributes)).every(({ values }) => values.kind === 'uniform' && values.high - values.low >= 2),
    );
    expect(real.length).toBeGreaterThan(20);
    for (const operation of real) {
      const verdict = await checkAgainstReference(operation, {
        dtype: 'float32',
        precision: precisions.float32,
        seed: 1,
        runs: 10,
        ask: async (attributes, inputs): Promise<Answer> => {
          const outputs = Object.entries(operation.reference(inputs, attributes)).map(([name, { shape, data }]) => [
            name,
            { dtype: 'float32' as const, shape, data: Float32Array.from(data, (value) => 2 * value + 100) },
          ]);
          return { kind: 'outputs', outputs: Object.fromEntries(outputs) };
        },
      });
      const values = Object.values(verdict.counterexample!.inputs).flatMap((input) => input.values);
      expect(values.every(Number.isInteger), `${operation.name}: ${values.join(', ')}`).toBe(true);
    }
  });

  it('finds the same counterexample from the same seed', async () => {
    const wrong = (value: number) => (value > 5 ? 0 : undefined);
    expect(await check(wrong, 9)).toEqual(await check(wrong, 9));
  });

  it('is unsupported, not passed, when every example is refused', async () => {
    const verdict = await checkAgainstReference(doubling, {
      dtype: 'float32',
      precision: precisions.float32,
      seed: 1,
      runs: 5,
      ask: async () => ({ kind: 'unsupported', message: 'no kernel' }),
    });
    expect(verdict).toMatchObject({ status: 'unsupported', reason: 'no kernel' });
  });

  it('fails when the backend crashes', async () => {
    const verdict = await checkAgainstReference(doubling, {
      dtype: 'float32',
      precision: precisions.float32,
      seed: 1,
      runs: 5,
      ask: async () => ({ kind: 'fault', message: 'crashed: SIGSEGV' }),
    });
    expect(verdict).toMatchObject({ status: 'failed', reason: 'crashed: SIGSEGV' });
  });
});
