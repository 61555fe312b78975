/** Etalon's own modules in processes of their own. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { guard, release } from '../backends/worker/guardian.ts';

/** Starts a module of this folder, by its name without extension. From sources Node needs tsx to read it; what is compiled needs nothing. */
export function startOwnProcess(module: 'documentsProcess' | 'selftestProcess'): ChildProcess {
  const fromSources = import.meta.url.endsWith('.ts');
  const child = fork(fileURLToPath(new URL(`./${module}.${fromSources ? 'ts' : 'js'}`, import.meta.url)), {
    execArgv: fromSources ? ['--import', import.meta.resolve('tsx')] : [],
    // Numbers that JSON has no word for arrive as they are.
    serialization: 'advanced',
  });
  // It may compute for seconds without looking up: when we are gone it is ended, however we went.
  if (child.pid !== undefined) {
    const own = `process ${child.pid}` as const;
    guard(own);
    child.once('exit', () => release(own));
  }
  return child;
}
