/** The part of a run that needs no backend: the documents' rows, and the reference against its certified values. */
import { once } from 'node:events';
import { implementedRows } from '../suites/documents/index.ts';
import type { DocumentMessage, DocumentTask } from './documentsProcess.ts';
import type { Journal } from './journal.ts';
import { startOwnProcess } from './ownProcess.ts';
import type { Progress } from './progress.ts';

export interface DocumentOptions extends DocumentTask {
  readonly signal?: AbortSignal;
  readonly progress: Progress['update'];
}

/**
 * Executes them in a process of their own, so that backends can be asked meanwhile. A record is in the journal the moment it is there.
 *
 * @throws Error when the process itself fails; a row that fails is a record like any other.
 */
export async function executeDocuments(journal: Journal, { seed, thorough, signal, progress }: DocumentOptions): Promise<void> {
  if (signal?.aborted) return;
  const child = startOwnProcess('documentsProcess');
  const total = implementedRows().length;
  let done = 0;
  child.on('message', (message: DocumentMessage) => {
    if ('accuracy' in message) journal.accuracy(message.accuracy);
    else {
      journal.row(message.row);
      progress('executing the documents', ++done, total);
    }
  });
  const stop = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', stop);
  child.send({ seed, thorough } satisfies DocumentTask);
  // 'exit' may come before the last message is read.
  const [[code, how]] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  signal?.removeEventListener('abort', stop);
  if (code !== 0 && !signal?.aborted) throw new Error(`the documents' process ended with ${how ?? `code ${code}`}`);
}
