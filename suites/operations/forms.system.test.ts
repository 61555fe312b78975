import { describe, expect, it } from 'vitest';
import { refusedForms } from '../testing/honestForms.ts';
import { operations } from './index.ts';

/** Draws of all cases, each of which is answered by so many pairs of a form and an arithmetic, by others in each draw. */
const seeds = { float64: 20, float32: 50 };
const pairsEach = 1;
const everyCase = 3;

describe.each(['float64', 'float32'] as const)('honest forms in %s', (format) => {
  it.each(operations.map((operation) => [operation.name, operation] as const))(
    'of %s are never refused',
    (_, operation) => {
      for (let seed = 1; seed <= seeds[format]; seed++)
        expect(refusedForms(operation, format, seed, pairsEach, everyCase).refused).toEqual([]);
    },
    600_000,
  );
});
