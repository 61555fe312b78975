/** The parts of `etalon selftest` side by side: one process for each core, which takes the next part when it has finished one. */
import type { ChildProcess } from 'node:child_process';
import type { RunPart, SelfTestOptions, SelfTestPart, SelfTestResult } from '../suites/selftest/index.ts';
import { startOwnProcess } from './ownProcess.ts';
import type { SelfTestMessage, SelfTestTask } from './selftestProcess.ts';

export interface SelfTestPool {
  readonly run: RunPart;
  /** Ends the processes, whatever they are doing. */
  readonly end: () => void;
}

interface Waiting {
  readonly part: SelfTestPart;
  readonly options: SelfTestOptions;
  readonly resolve: (result: SelfTestResult) => void;
  readonly reject: (error: Error) => void;
}

export function createSelfTestPool(size: number): SelfTestPool {
  const idle = Array.from({ length: size }, () => startOwnProcess('selftestProcess'));
  const all = [...idle];
  const waiting: Waiting[] = [];

  function next(): void {
    const child = idle.pop();
    if (!child) return;
    const longest = waiting.sort((a, b) => b.part.seconds - a.part.seconds).shift();
    if (!longest) {
      idle.push(child);
      return;
    }
    ask(child, longest);
  }

  function ask(child: ChildProcess, { part, options, resolve, reject }: Waiting): void {
    const ended = (code: number | null, signal: string | null) =>
      reject(new Error(`selftest: the process of ${part.name} ended with ${signal ?? `code ${code}`}`));
    const take = (message: SelfTestMessage) => {
      if ('progress' in message) {
        options.progress(...message.progress);
        return;
      }
      child.off('exit', ended).off('message', take);
      if ('error' in message) reject(new Error(`selftest: ${part.name}: ${message.error}`));
      else resolve(message.result);
      idle.push(child);
      next();
    };
    child.on('message', take).on('exit', ended);
    const { seed, draws, attacks } = options;
    child.send({ part: part.name, seed, draws, attacks } satisfies SelfTestTask);
  }

  return {
    run: (part, options) =>
      new Promise((resolve, reject) => {
        waiting.push({ part, options, resolve, reject });
        // All parts are asked for before the first is given out.
        queueMicrotask(next);
      }),
    end: () => {
      for (const child of all) child.removeAllListeners('exit').kill('SIGKILL');
    },
  };
}
