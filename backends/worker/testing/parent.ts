/** A process that starts a worker which hangs, says its id and its folder's name, and ends in the way that it is told to. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tensor } from '../../../reference/tensor.ts';
import { createWorkerSupervisor } from '../worker.ts';

const [directory, ending] = process.argv.slice(2);
const hostile = fileURLToPath(new URL('./hostile.mjs', import.meta.url));
const supervisor = createWorkerSupervisor({ command: process.execPath, arguments: [hostile], timeoutMs: 10_000, directory });

const endings: Readonly<Record<string, () => void>> = {
  exit: () => process.exit(5),
  throw: () => {
    throw new Error('uncaught');
  },
  wait: () => {},
  /** A program that handles the signal itself, as the command line does. */
  handle: () => process.once('SIGINT', () => setTimeout(() => process.exit(6), 50)),
};

async function main(): Promise<void> {
  if (ending === 'handle') endings.handle();
  await supervisor.start();
  void supervisor.run('hang', {}, { x: tensor([1], [1]) }, { timeoutMs: 60_000 });
  process.stdout.write(`${JSON.stringify({ pid: supervisor.pid(), folders: readdirSync(directory).length })}\n`);
  if (ending !== 'handle') endings[ending]();
}
void main();
