import { expect, it } from 'vitest';
import { inventory } from '../../fixtures/documents/inventory.ts';
import type { RunReport } from '../runReport.ts';
import { inOrder } from './order.ts';

it('lists the rows as the inventory does, however parts had divided them', () => {
  const divided = [...inventory.filter((_, i) => i % 2 === 1), ...inventory.filter((_, i) => i % 2 === 0)];
  const report = { operations: [], backends: [], outcomes: [], properties: [], timings: [], rows: [], inventory: divided };
  expect(inOrder(report as unknown as RunReport).inventory).toEqual(inventory);
});
