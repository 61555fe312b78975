/** The part of a run that needs no backend: the documents' rows, and the reference against its certified values. */
import { once } from 'node:events';
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
export async function executeDocuments(
  journal: Pick<Journal, 'row' | 'accuracy'>,
  { signal, progress, ...task }: DocumentOptions,
): Promise<void> {
  if (signal?.aborted || (task.ids.length === 0 && !task.accuracy)) return;
  const child = startOwnProcess('documentsProcess');
  const total = task.ids.length;
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
  const { seed, thorough, ids, accuracy } = task;
  child.send({ seed, thorough, ids, accuracy } satisfies DocumentTask);
  // 'exit' may come before the last message is read.
  const [[code, how]] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  signal?.removeEventListener('abort', stop);
  if (code !== 0 && !signal?.aborted) throw new Error(`the documents' process ended with ${how ?? `code ${code}`}`);
}
