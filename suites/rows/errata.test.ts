/** The printed form of an erratum is a known mistake wherever an operation could follow it. */
import { expect, it } from 'vitest';
import { rowFixtures } from '../../fixtures/rows/index.ts';
import { operations } from '../operations/index.ts';

/** Errata that no operation can follow, and why. */
const withoutOperation: Readonly<Record<string, string>> = {
  R5: 'a claim about a range',
  R7: 'a claim about all images',
  R13: 'a claim about how many units are enough',
  R16: 'the loop around the epochs, which is no operation',
  R20: 'a claim about a largest value',
  R22: 'a demand on activations',
  R23: 'a number in a line of arithmetic',
  R25: 'a claim about functions; R14 holds the expansion',
  R28: 'a claim about depth',
  R29: 'a claim about functions',
};

const printed = new Map<string, string[]>();
for (const { name, knownMistakes } of operations) {
  for (const { erratum } of knownMistakes) {
    if (erratum !== undefined) printed.set(erratum, [...(printed.get(erratum) ?? []), name]);
  }
}

it('every erratum that an operation can follow is one of its known mistakes', () => {
  const errata = rowFixtures.filter(({ kind }) => kind === 'erratum').map(({ id }) => id);
  expect(errata.length).toBeGreaterThanOrEqual(22);
  expect(errata.filter((id) => !printed.has(id) && !(id in withoutOperation))).toEqual([]);
  expect(Object.keys(withoutOperation).filter((id) => printed.has(id))).toEqual([]);
  expect([...printed.keys()].filter((id) => !errata.includes(id))).toEqual([]);
});
