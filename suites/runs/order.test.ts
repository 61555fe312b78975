import { expect, it } from 'vitest';
import { inventory } from '../../fixtures/documents/inventory.ts';
import { stateProperty } from '../running/state.ts';
import type { RunReport } from '../runReport.ts';
import { inOrder } from './order.ts';

it('lists the rows as the inventory does, however parts had divided them', () => {
  const divided = [...inventory.filter((_, i) => i % 2 === 1), ...inventory.filter((_, i) => i % 2 === 0)];
  const report = { operations: [], backends: [], outcomes: [], properties: [], timings: [], rows: [], inventory: divided };
  expect(inOrder(report as unknown as RunReport).inventory).toEqual(inventory);
});

it('lists the questions that were asked again before the other properties of their operation, whichever part asked them', () => {
  const property = (name: string) => ({ operation: 'relu', backend: 'js', property: name });
  const [again, other, last] = [stateProperty, 'another', 'and another'].map(property);
  const report = { operations: [{ name: 'relu' }], backends: [{ name: 'js' }], outcomes: [], timings: [], rows: [] };
  const ordered = (properties: object[]) => inOrder({ ...report, properties } as unknown as RunReport).properties;
  expect(ordered([other, last, again])).toEqual([again, other, last]);
  expect(ordered([again, other, last])).toEqual([again, other, last]);
});
