/** The process that executes the documents: each record is sent as it is made. */

import { executeRows } from '../suites/documents/index.ts';
import { measureReference } from '../suites/documents/referenceAccuracy.ts';
import type { AccuracyRecord, RowRecord } from '../suites/runReport.ts';

export interface DocumentTask {
  readonly seed: number;
  readonly thorough: boolean;
  /** Names the rows to execute. */
  readonly ids: readonly string[];
  /** True where the reference is held against its certified values. */
  readonly accuracy: boolean;
}
export type DocumentMessage = { readonly row: RowRecord } | { readonly accuracy: AccuracyRecord };

const send = (message: DocumentMessage) => new Promise((sent) => process.send!(message, sent));

process.once('message', async (task: DocumentTask) => {
  for (const row of executeRows(task)) await send({ row });
  if (task.accuracy) for (const accuracy of measureReference()) await send({ accuracy });
  process.disconnect();
});
// Whoever asked is gone, or has everything.
process.once('disconnect', () => process.exit());
