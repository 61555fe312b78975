import { expect, it } from 'vitest';
import { tensor } from '../reference/tensor.ts';
import { inStep, requireShape, requireSupport, supportsFrom } from './adapterHost.ts';

it('supports what has a kernel and no hole with these attributes', () => {
  const supports = supportsFrom(
    'some',
    { relu: 1, dropout: 1 },
    { dropout: ({ keep }) => (keep < 1 ? { reason: 'no mask' } : undefined) },
  );
  expect(supports('relu', {})).toEqual({ supported: true });
  expect(supports('dropout', { keep: 1 })).toEqual({ supported: true });
  expect(supports('dropout', { keep: 0.5 })).toEqual({ supported: false, reason: 'no mask' });
  expect(supports('toString', {})).toMatchObject({
    supported: false,
    reason: "the some adapter knows no operation 'toString'",
  });
  expect(() => requireSupport('some', 'dropout', supports('dropout', { keep: 0.5 }))).toThrow(
    'some: dropout is unsupported: no mask',
  );
});

it('refuses an input of another shape than its kernel was prepared for', () => {
  const x = tensor([2, 3], [1, 2, 3, 4, 5, 6]);
  expect(requireShape('x', x, [2, 3])).toBe(x);
  expect(() => requireShape('x', x, [3, 2])).toThrow('input x was prepared as [3, 2], got [2, 3]');
  expect(() => requireShape('x', undefined, [3, 2])).toThrow('input x was prepared as [3, 2], got [nothing]');
});

it('says of a foreign error which kernel and step it came from', () => {
  const cause = new TypeError('bad');
  expect(inStep('some', 'relu', 'load', cause)).toMatchObject({ message: 'some: relu: load: bad', cause });
});
