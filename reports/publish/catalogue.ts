/** Keeps what runs say of operations and documents, each from the latest run that has it: the pages of a site show it once for all runs. */

import type { OperationRecord, RowRecord, RunReport } from '../../suites/runReport.ts';
import { oneLine } from '../text.ts';

export interface Catalogue {
  readonly operations: Readonly<
    Record<string, { readonly at: string; readonly place: number; readonly record: OperationRecord }>
  >;
  readonly documents?: {
    readonly at: string;
    readonly rows: readonly RowRecord[];
    readonly inventory?: readonly string[];
    readonly sources?: string;
  };
}

/** As in the runs' own data. */
const longestName = 160;

export const emptyCatalogue: Catalogue = { operations: {} };

/** Returns the catalogue with what this run knows better. */
export function withRun(catalogue: Catalogue, { startedAt: at, operations, rows, inventory, sources }: RunReport): Catalogue {
  const known = { ...catalogue.operations };
  for (const [index, operation] of operations.entries()) {
    const record = { ...operation, name: oneLine(operation.name, longestName), title: oneLine(operation.title, longestName) };
    const before = Object.hasOwn(known, record.name) ? known[record.name] : undefined;
    // A run of a few operations lists them at smaller places than a whole one.
    const place = Math.max(index, before?.place ?? 0);
    known[record.name] = before && before.at > at ? { ...before, place } : { at, place, record };
  }
  const newer = rows.length > 0 && !(catalogue.documents && catalogue.documents.at > at);
  // A way through the folders of another machine leads nowhere from here.
  const web = sources?.startsWith('http') ? sources : undefined;
  return { operations: known, documents: newer ? { at, rows, inventory, sources: web } : catalogue.documents };
}

/** Returns the operations in the table's order. */
export function operationsOf({ operations }: Catalogue): OperationRecord[] {
  return Object.values(operations)
    .toSorted((a, b) => a.place - b.place || (a.record.name < b.record.name ? -1 : 1))
    .map(({ record }) => record);
}
