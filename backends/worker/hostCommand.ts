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
  const readsTypes = fromSources || (/\.m?ts$/.test(adapter) && !(process.features as { typescript?: unknown }).typescript);
  return {
    command: process.execPath,
    arguments: [...(readsTypes ? tsxLoader(fromSources) : []), host, adapter],
    replyDescriptor: 3,
  };
}

/** Node before 22.18 reads TypeScript with tsx: Etalon's own in a clone, otherwise the one of the project it is called in. */
function tsxLoader(fromSources: boolean): string[] {
  const near = fromSources ? import.meta.url : pathToFileURL(`${process.cwd()}/package.json`);
  try {
    return ['--import', pathToFileURL(createRequire(near).resolve('tsx')).href];
  } catch (cause) {
    const message = 'an adapter in TypeScript needs Node 22.18 or newer, or the package tsx installed beside it';
    throw new RangeError(message, { cause });
  }
}

/**
 * The command of a program that speaks the protocol, from one line: words apart by spaces, "…" and '…' keep spaces inside a word.
 *
 * @throws RangeError when there is no word in it.
 */
export function programCommand(line: string): Pick<WorkerOptions, 'command' | 'arguments' | 'replyDescriptor'> {
  const words = (line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single),
  );
  const [command, ...rest] = words;
  if (!command) throw new RangeError('a command is needed, as in "python3 mine.py"');
  return { command, arguments: rest, replyDescriptor: 1 };
}
