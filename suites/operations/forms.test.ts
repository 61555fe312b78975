import { describe, expect, it } from 'vitest';
import { refusedForms } from '../testing/honestForms.ts';
import { operations } from './index.ts';

it('are known of every operation', () => {
  expect(operations.filter(({ forms }) => Object.keys(forms ?? {}).length === 0).map(({ name }) => name)).toEqual([]);
});

describe.each(['float64', 'float32'] as const)('in %s, other arithmetics than the reference’s own', (format) => {
  it.each(operations.map((operation) => [operation.name, operation] as const))(
    'pass a third of the cases of %s',
    (_, operation) => {
      const { refused, judged } = refusedForms(operation, format, format === 'float64' ? 1 : 2, 1, 3);
      expect(refused).toEqual([]);
      expect(judged).toBeGreaterThan(0);
    },
  );
});
