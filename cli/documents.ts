/** The part of a run that needs no backend: the documents' rows, and the reference against its certified values. */
import { measureReference } from '../suites/accuracy.ts';
import { executeRows, implementedRows } from '../suites/rows/index.ts';
import type { Journal } from './journal.ts';

export interface DocumentOptions {
  readonly seed: number;
  readonly thorough: boolean;
  readonly signal: AbortSignal;
  readonly progress: (label: string, done: number, total: number) => void;
}

/** Every row is recorded as it ends. */
export function executeDocuments(journal: Journal, { seed, thorough, signal, progress }: DocumentOptions): void {
  const total = implementedRows().length;
  let done = 0;
  for (const row of executeRows({ seed, thorough })) {
    if (signal.aborted) return;
    journal.row(row);
    progress('executing the documents', ++done, total);
  }
  for (const record of measureReference()) journal.accuracy(record);
}
