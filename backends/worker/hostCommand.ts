/** How a JavaScript backend is started in a process of its own. */
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { WorkerOptions } from './startWorker.ts';

/**
 * The command that hosts an adapter: a name of the table in `backends/index.ts`, or the path or URL of a module whose default
 * export is `() => Promise<Backend>`. From sources Node needs tsx to read them; what is compiled needs nothing.
 */
export function hostCommand(adapter: string): Pick<WorkerOptions, 'command' | 'arguments' | 'replyDescriptor'> {
  const fromSources = import.meta.url.endsWith('.ts');
  const host = fileURLToPath(new URL(fromSources ? './host.ts' : './host.js', import.meta.url));
  const loader = fromSources ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [];
  return { command: process.execPath, arguments: [...loader, host, adapter], replyDescriptor: 3 };
}
