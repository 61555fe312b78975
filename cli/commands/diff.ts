/** `etalon diff`: what a run lost or won against another. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { type DiffOutput, diffOutputs } from '../../reports/diff/index.ts';
import { diffRuns, type NamedRun } from '../../suites/runs/diff.ts';
import { type ChangeKind, changeKinds } from '../../suites/runs/runDiff.ts';
import { exitCodes, UsageError } from '../errors.ts';
import { requirePlainFile, writeWhole } from '../outputFolder.ts';
import { readReport, reportFile } from '../readReport.ts';

interface DiffOptions {
  readonly failOn: readonly ChangeKind[];
  readonly format: DiffOutput;
  readonly output?: string;
}

export function diffCommand(): Command {
  return new Command('diff')
    .description('Compare two runs: what fails or passes now, larger errors, lost precision, lost operations, speed.')
    .argument('<BASE>', "the run before: its folder, or its run.json; a team's baseline is one that it keeps")
    .argument('<HEAD>', 'the run after')
    .option('--fail-on <kinds>', `regressions that make the exit code 1: ${changeKinds.join(', ')}`, kinds, [])
    .addOption(new Option('--format <format>', 'how it is written').choices(Object.keys(diffOutputs)).default('text'))
    .option('--output <file>', 'file to write to instead of standard output')
    .addHelpText(
      'after',
      `
Errors and observed bits are compared by operation, speed by case, each by the test of etalon compare (signed ranks,
a change from 1 % or half a bit on, a level of 1 % over all of them together). Without --fail-on the exit code is 0.

Examples:
  etalon diff baseline etalon-report
  etalon diff baseline/run.json etalon-report/run.json --fail-on accuracy,support,speed
  etalon diff baseline etalon-report --format markdown --output diff.md`,
    )
    .action(run);
}

function kinds(text: string): ChangeKind[] {
  return text.split(',').map((name) => {
    const kind = changeKinds.find((one) => one === name);
    if (kind === undefined) throw new InvalidArgumentError(`${JSON.stringify(name)} is none of ${changeKinds.join(', ')}.`);
    return kind;
  });
}

function run(base: string, head: string, { failOn, format, output }: DiffOptions): void {
  if (output !== undefined) requirePlainFile(output);
  const diff = diffRuns(runAt(base), runAt(head));
  const text = diffOutputs[format](diff);
  if (output === undefined) process.stdout.write(text);
  else write(output, text);
  const failed = diff.changes.some(({ regression, kind }) => regression && failOn.includes(kind));
  process.exitCode = failed ? exitCodes.failureFound : exitCodes.asExpected;
}

function write(path: string, text: string): void {
  try {
    writeWhole(path, text);
  } catch (error) {
    throw new UsageError(`cannot write to ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function runAt(path: string): NamedRun {
  return { name: path, report: readReport(reportFile(path), (remark) => process.stderr.write(`etalon: ${remark}\n`)) };
}
