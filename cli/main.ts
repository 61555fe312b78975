#!/usr/bin/env node
/** The `etalon` command. Exit codes: errors.ts. */
import '../backends/worker/compilation.ts';
import { CommanderError } from 'commander';
import { plainText } from '../backends/worker/plainText.ts';
import { exitCodes, UsageError } from './errors.ts';
import { createProgram } from './program.ts';

/** Says in one line what went wrong, with the stack where it is asked for, and returns the exit code. */
function report(error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.asExpected : exitCodes.wrongUsage;
  const usage = error instanceof UsageError;
  const message = error instanceof Error ? error.message || error.name : String(error);
  const brief = plainText(usage ? message : `Etalon itself failed: ${message}`, 10_000);
  process.stderr.write(`etalon: ${brief}${usage || debug ? '' : ' (--debug shows where)'}\n`);
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return usage ? exitCodes.wrongUsage : exitCodes.harnessFailed;
}

/** Runs the command line and returns the exit code; nothing it throws reaches the caller. */
export async function main(argv: readonly string[], debug = false): Promise<number> {
  process.exitCode = exitCodes.asExpected;
  try {
    await (await createProgram(argv[0])).parseAsync(argv, { from: 'user' });
    return Number(process.exitCode);
  } catch (error) {
    return report(error, debug);
  }
}

const words = process.argv.slice(2);
const debug = words.includes('--debug');
let unwritten: Error | undefined;
// A reader that has seen enough (`… | head -1`) is no failure: what it does not take is not written.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') unwritten ??= error;
  });
}
// Whatever is thrown where nobody waits for it is our fault, and no failure of a backend.
process.on('uncaughtException', (error) => process.exit(report(error, debug)));
const code = await main(
  words.filter((word) => word !== '--debug'),
  debug,
);
// A pipe takes 64 KiB at a time: what is printed must have left before the process does.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((written) => stream.write('', written))));
await new Promise((turn) => setImmediate(turn));
// A worker that will not end must not keep the command from ending: its group is killed on exit.
process.exit(unwritten === undefined ? code : report(new Error(`the output cannot be written: ${unwritten.message}`), debug));
