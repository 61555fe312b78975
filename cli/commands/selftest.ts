/** `etalon selftest`: measures the suite itself. Exit code 1 when any part is not as it must be. */
import { Command } from 'commander';
import { type SelfTestTable, selfTest, selfTestParts } from '../../suites/selftest/index.ts';
import { exitCodes } from '../errors.ts';
import { createProgress } from '../progress.ts';
import { requireName } from '../selection.ts';
import { formatTable } from '../table.ts';
import { countingNumber, wholeNumber } from '../values.ts';

interface SelfTestCommandOptions {
  readonly seed: number;
  readonly draws: number;
  readonly only?: readonly string[];
  readonly json?: boolean;
}

export function selfTestCommand(): Command {
  const list = (value: string, before: string[] = []) => [...before, ...value.split(',')];
  return new Command('selftest')
    .description('Measure the suite itself: what its verdicts catch, and what they leave in peace.')
    .option('--seed <number>', 'seed of everything that is drawn', wholeNumber, 1)
    .option('--draws <number>', 'fresh draws of everything that is repeated', countingNumber, 1000)
    .option('--only <parts>', `some parts: ${selfTestParts.map(({ name }) => name).join(', ')}`, list)
    .option('--json', 'print the figures as JSON on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  etalon selftest\n  etalon selftest --only dot-product --seed 7\n  etalon selftest --json > selftest.json',
    )
    .action(async ({ seed, draws, only, json }: SelfTestCommandOptions) => {
      const names = selfTestParts.map(({ name }) => name);
      for (const name of only ?? []) requireName('part', name, names);
      const parts = selfTestParts.filter(({ name }) => only === undefined || only.includes(name));
      const progress = createProgress(process.stderr);
      const started = performance.now();
      const { record, problems, tables } = await selfTest(parts, { seed, draws, progress: progress.update });
      progress.clear();
      const seconds = (performance.now() - started) / 1000;
      if (json) process.stdout.write(`${JSON.stringify({ ...record, seed, draws, seconds, problems }, null, 2)}\n`);
      else process.stdout.write(`${tables.map(formatSelfTestTable).join('\n')}\n${closing(problems, seconds)}`);
      process.exitCode = problems.length > 0 ? exitCodes.failureFound : exitCodes.asExpected;
    });
}

function formatSelfTestTable({ title, columns, rows, notes = [] }: SelfTestTable): string {
  return `${title}\n\n${formatTable(columns, rows)}${notes.map((note) => `${note}\n`).join('')}`;
}

function closing(problems: readonly string[], seconds: number): string {
  const time = `${seconds.toFixed(0)} s`;
  if (problems.length === 0) return `selftest: everything as it must be, ${time}\n`;
  return `selftest: ${problems.length} not as it must be, ${time}\n${problems.map((problem) => `  ${problem}\n`).join('')}`;
}
