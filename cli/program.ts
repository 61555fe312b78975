/** The commands and what the command line accepts; `main.ts` runs it. */
import { Command } from 'commander';
import { version } from './version.ts';

/** A command is loaded when it is asked for: together they are half a second of modules. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  check: async () => (await import('./commands/run.ts')).checkCommand(),
  bench: async () => (await import('./commands/bench.ts')).benchCommand(),
  compare: async () => (await import('./commands/compare.ts')).compareCommand(),
  history: async () => (await import('./commands/history.ts')).historyCommand(),
  backends: async () => (await import('./commands/backends.ts')).backendsCommand(),
  setup: async () => (await import('./commands/setup.ts')).setupCommand(),
  operations: async () => (await import('./commands/operations.ts')).operationsCommand(),
  coverage: async () => (await import('./commands/coverage.ts')).coverageCommand(),
  selftest: async () => (await import('./commands/selftest.ts')).selfTestCommand(),
  diff: async () => (await import('./commands/diff.ts')).diffCommand(),
  merge: async () => (await import('./commands/merge.ts')).mergeCommand(),
  report: async () => (await import('./commands/report.ts')).reportCommand(),
  publish: async () => (await import('./commands/publish.ts')).publishCommand(),
  assignment: async () => (await import('./commands/assignment.ts')).assignmentCommand(),
  grade: async () => (await import('./commands/grade.ts')).gradeCommand(),
  new: async () => (await import('./commands/new.ts')).newCommand(),
};

/** With the command of this name, or with all of them where there is none, for help and for suggestions. */
export async function createProgram(name?: string): Promise<Command> {
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
  etalon check                                      # the backends that run everywhere, all operations
  etalon check --backend js --operation 'conv2d*'   # one backend, some operations
  etalon check --worker "python3 mine.py"           # a program of your own
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
