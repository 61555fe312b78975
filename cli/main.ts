#!/usr/bin/env node
/** The `etalon` command. Exit codes: errors.ts. */
import '../backends/worker/compilation.ts';
import { Command, CommanderError } from 'commander';
import { plainText } from '../backends/worker/plainText.ts';
import { exitCodes, UsageError } from './errors.ts';
import { version } from './version.ts';

/** A command is loaded when it is asked for: together they are half a second of modules. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  check: async () => (await import('./commands/run.ts')).checkCommand(),
  bench: async () => (await import('./commands/bench.ts')).benchCommand(),
  compare: async () => (await import('./commands/compare.ts')).compareCommand(),
  backends: async () => (await import('./commands/backends.ts')).backendsCommand(),
  setup: async () => (await import('./commands/setup.ts')).setupCommand(),
  operations: async () => (await import('./commands/operations.ts')).operationsCommand(),
  coverage: async () => (await import('./commands/coverage.ts')).coverageCommand(),
  selftest: async () => (await import('./commands/selftest.ts')).selfTestCommand(),
  report: async () => (await import('./commands/report.ts')).reportCommand(),
  assignment: async () => (await import('./commands/assignment.ts')).assignmentCommand(),
  grade: async () => (await import('./commands/grade.ts')).gradeCommand(),
  new: async () => (await import('./commands/new.ts')).newCommand(),
};

/** With the command of this name, or with all of them where there is none, for help and for suggestions. */
async function createProgram(name: string | undefined): Promise<Command> {
  const program = new Command('etalon')
    .description('Checks neural-network backends against a float64 reference, times them and writes a report.')
    .version(version)
    .option('--debug', 'print the stack of an error of Etalon itself')
    .showHelpAfterError('(etalon --help shows what is allowed)')
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      'after',
      `
Exit codes:
  0  everything is as expected
  1  a failure was found: a check failed, an expected failure passed, a named backend did not start, the suite failed its own test
  2  the command line or a file it names is wrong
  3  Etalon itself failed; nothing is said about any backend
  130  interrupted; what had been measured is written

Examples:
  etalon check                                    the backends that run everywhere, all operations
  etalon check --backend js --operation 'conv2d*' one backend, some operations
  etalon check --worker "python3 mine.py"         a program of your own
  etalon bench --backend js,tfjs-cpu --operation matmul
  etalon report etalon-report/run.json --output site`,
    );
  const asked = name !== undefined && Object.hasOwn(commands, name) ? [commands[name]] : Object.values(commands);
  for (const load of asked) {
    const command = await load();
    program.addCommand(command.copyInheritedSettings(program));
    for (const nested of command.commands) nested.copyInheritedSettings(command);
  }
  return program;
}

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
