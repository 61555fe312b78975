/** The printed form of an erratum is a known mistake wherever an operation could follow it; elsewhere its fixture says why not. */
import { expect, it } from 'vitest';
import { rowFixtures } from '../../fixtures/documents/index.ts';
import { operations } from '../operations/index.ts';

const printed = new Set(operations.flatMap(({ knownMistakes }) => knownMistakes.flatMap(({ erratum = [] }) => erratum)));

it('every erratum is a known mistake of an operation, or its fixture says why it is none', () => {
  const errata = rowFixtures.filter(({ kind }) => kind === 'erratum');
  expect(errata.length).toBeGreaterThanOrEqual(22);
  for (const { id, notFollowed } of errata) expect(notFollowed === undefined, id).toBe(printed.has(id));
  expect([...printed].filter((id) => !errata.some((erratum) => erratum.id === id))).toEqual([]);
});
