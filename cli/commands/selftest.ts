/** `etalon selftest`: measures the suite itself. Exit code 1 when any part is not as it must be. */
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import {
  type SelfTestOptions,
  type SelfTestPart,
  type SelfTestResult,
  type SelfTestTable,
  selfTest,
  selfTestParts,
} from '../../suites/selftest/index.ts';
import { exitCodes } from '../errors.ts';
import { createProgress, type Progress } from '../progress.ts';
import { requireName } from '../selection.ts';
import { createSelfTestPool } from '../selftestPool.ts';
import { formatTable } from '../table.ts';
import { countingNumber, wholeNumber } from '../values.ts';

interface SelfTestCommandOptions {
  readonly seed: number;
  readonly draws: number;
  readonly only?: readonly string[];
  readonly attacks?: string;
  readonly json?: boolean;
}

/** The parts may be others, for tests; they then run in this process. */
export function selfTestCommand(all: readonly SelfTestPart[] = selfTestParts): Command {
  const list = (value: string, before: string[] = []) => [...before, ...value.split(',')];
  return new Command('selftest')
    .description('Measure the suite itself: what its verdicts catch, and what they leave in peace.')
    .option('--seed <number>', 'seed of everything that is drawn', wholeNumber, 1)
    .option('--draws <number>', 'fresh draws of everything that is repeated', countingNumber, 1000)
    .option('--only <parts>', `some parts: ${all.map(({ name }) => name).join(', ')}`, list)
    .option('--attacks <text>', 'of the part hostile: only attacks with this text in their kind or name')
    .option('--json', 'print the figures as JSON on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  etalon selftest\n  etalon selftest --only dot-product --seed 7\n  etalon selftest --only hostile --attacks signal\n  etalon selftest --json > selftest.json',
    )
    .action(async ({ seed, draws, only, attacks, json }: SelfTestCommandOptions) => {
      const names = all.map(({ name }) => name);
      for (const name of only ?? []) requireName('part', name, names);
      const parts = all.filter(({ name }) => only === undefined || only.includes(name));
      const started = performance.now();
      const { record, summary, details, problems, tables } = await measure(
        parts,
        { seed, draws, attacks },
        all === selfTestParts ? availableParallelism() : 1,
      );
      const seconds = (performance.now() - started) / 1000;
      if (json) process.stdout.write(`${JSON.stringify({ ...record, problems, seed, draws, seconds, details }, null, 2)}\n`);
      else process.stdout.write(`${tables.map(formatSelfTestTable).join('\n')}\n${summary}\n${closing(problems, seconds)}`);
      process.exitCode = problems.length > 0 ? exitCodes.failureFound : exitCodes.asExpected;
    });
}

/** Several parts side by side where there are cores for them; says how far each of them is. */
async function measure(
  parts: readonly SelfTestPart[],
  drawn: Omit<SelfTestOptions, 'progress'>,
  cores: number,
): Promise<SelfTestResult> {
  const lines = new Map<string, Progress>();
  const progress: Progress['update'] = (label, done, total) => {
    const line = lines.get(label) ?? createProgress(process.stderr);
    lines.set(label, line);
    line.update(label, done, total);
  };
  const processes = Math.min(parts.length, cores);
  progress('selftest, parts', 0, parts.length);
  const pool = processes > 1 ? createSelfTestPool(processes) : undefined;
  try {
    return await selfTest(parts, { ...drawn, progress }, pool?.run);
  } finally {
    pool?.end();
    for (const line of lines.values()) line.clear();
  }
}

function formatSelfTestTable({ title, columns, rows, notes = [] }: SelfTestTable): string {
  return `${title}\n\n${formatTable(columns, rows)}${notes.map((note) => `${note}\n`).join('')}`;
}

function closing(problems: readonly string[], seconds: number): string {
  const time = `${seconds.toFixed(0)} s`;
  if (problems.length === 0) return `selftest: everything as it must be, ${time}\n`;
  return `selftest: ${problems.length} not as it must be, ${time}\n${problems.map((problem) => `  ${problem}\n`).join('')}`;
}
