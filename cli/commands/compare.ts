/** `etalon compare`: whether one version is slower than another. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { duration, plural } from '../../reports/numbers.ts';
import { measurePairs, SideError } from '../../suites/benchmarks/compare/pairs.ts';
import { alarmRate, type Comparison, compareCases } from '../../suites/benchmarks/compare/verdict.ts';
import { environmentWarnings, readEnvironment } from '../../suites/benchmarks/environment.ts';
import { type BenchmarkSize, benchmarkSizes } from '../../suites/benchmarks/sizes.ts';
import { randomFrom } from '../../suites/judging/random.ts';
import { exitCodes, UsageError } from '../errors.ts';
import { makeFolder } from '../outputFolder.ts';
import { createProgress } from '../progress.ts';
import { requireName, selectOperations } from '../selection.ts';
import { type OpenedSide, openSide } from '../sides.ts';
import { listenForSignals } from '../signals.ts';
import { formatTable, wrapped } from '../table.ts';
import { countingNumber, positiveNumber, wholeNumber } from '../values.ts';

interface CompareOptions {
  readonly operation?: readonly string[];
  readonly size?: readonly string[];
  readonly pairs?: number;
  readonly seed: number;
  readonly timeout: number;
  readonly evidence?: boolean;
  readonly json?: boolean;
  readonly output?: string;
}

const usualPairs = 20;
const evidencePairs = 200;
const resamples = 10_000;
/** What is compared where nothing is named: a product, a convolution, an elementwise function and a sum. */
const usualCases: readonly (readonly [operation: string, size: string])[] = [
  ['matmul', '128'],
  ['conv2d', 'lenet-5x5'],
  ['relu', '1e5'],
  ['softmax', '32x1000'],
];

const list = (value: string, before: string[] = []) => [...before, ...value.split(',')];

export function compareCommand(): Command {
  return new Command('compare')
    .description('Compare the speed of two versions of a backend; exit code 1 when the second is slower.')
    .argument('<A>', 'the version before: a backend, an adapter, a command in quotation marks, NAME@VERSION or NAME@REVISION')
    .argument('[B]', 'the version after; not needed with --evidence')
    .option('--operation <names>', 'operations, separated by commas or given again; a trailing * selects by beginning', list)
    .option('--size <names>', 'sizes by name, separated by commas or given again', list)
    .option(
      '--pairs <number>',
      `pairs of fresh processes (default: ${usualPairs}, ${evidencePairs} with --evidence)`,
      countingNumber,
    )
    .option('--seed <number>', 'seed of everything that is drawn', wholeNumber, 1)
    .option('--timeout <seconds>', 'time that a backend has for one answer', positiveNumber, 30)
    .option('--evidence', 'measure on this machine how often identical code alarms and how often 3 % are found')
    .option('--json', 'print the result as JSON on standard output')
    .option('--output <folder>', 'folder for compare.json')
    .addHelpText(
      'after',
      `
Pairs of fresh processes are measured in turns; a change counts from 1 % on, tested at a level of 1 % over
all cases together (exact Wilcoxon signed-rank test, Holm). Identical code runs along: when it alarms, the
verdicts are void. Fewer than seven pairs cannot say anything.

Examples:
  etalon compare onnxruntime-cpu@1.24.3 onnxruntime-cpu@1.30.0
  etalon compare js@main js --operation matmul --size 256
  etalon compare ./before.mjs ./after.mjs --operation relu --size 1e6
  etalon compare "python3 before.py" "python3 after.py" --operation matmul --size 64
  etalon compare js --evidence --operation matmul --size 128`,
    )
    .action(run);
}

async function run(a: string, b: string | undefined, options: CompareOptions): Promise<void> {
  if (b === undefined && !options.evidence) throw new UsageError('a second version is needed, or --evidence');
  const lines = selectCases(options);
  if (options.output !== undefined) makeFolder(options.output);
  const sides: OpenedSide[] = [];
  const interruption = listenForSignals();
  const progress = createProgress(process.stderr);
  try {
    for (const text of options.evidence ? [a, a] : [a, b!]) sides.push(openSide(text));
    for (const warning of environmentWarnings(readEnvironment())) process.stderr.write(`warning: ${warning}\n`);
    const pairs = options.pairs ?? (options.evidence ? evidencePairs : usualPairs);
    const started = performance.now();
    const load = readEnvironment().load;
    const cases = await measurePairs(sides[0], sides[1], lines, {
      ...{ seed: options.seed, pairs, timeoutMs: options.timeout * 1000, signal: interruption.signal },
      progress: (done, total, detail) => progress.update('comparing pairs', done, total, detail),
    });
    progress.clear();
    const seconds = (performance.now() - started) / 1000;
    const measured = cases.filter(({ differences, reason }) => reason === undefined && differences.length > 0);
    const comparisons = compareCases(measured.map(({ differences }) => differences));
    const canary = measured[0] && compareCases([measured[0].canary])[0];
    const result = {
      ...{ a, b: b ?? a, seed: options.seed, pairs, seconds, loadBefore: load, loadAfter: readEnvironment().load },
      cases: cases.map((one) => ({
        ...{ operation: one.line.operation.name, size: one.line.name, reason: one.reason, differences: one.differences },
        ...comparisons[measured.indexOf(one)],
      })),
      canary: canary && { ...canary, differences: measured[0].canary },
      isVoid: canary?.verdict === 'regression' || canary?.verdict === 'improvement',
      evidence: options.evidence
        ? measured.map(({ line, differences }) => evidenceOf(line, differences, options.seed))
        : undefined,
      stopped: interruption.signal.aborted ? String(interruption.signal.reason) : undefined,
    };
    if (options.output !== undefined)
      writeFileSync(join(options.output, 'compare.json'), `${JSON.stringify(result, null, 2)}\n`);
    process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : textOf(result));
    process.exitCode = exitCodeOf(result);
  } catch (error) {
    if (error instanceof SideError) throw new UsageError(error.message);
    throw error;
  } finally {
    progress.clear();
    interruption.end();
    for (const side of sides) side.close();
  }
}

interface Evidence {
  readonly operation: string;
  readonly size: string;
  readonly pairs: number;
  readonly resamples: number;
  /** Share of comparisons of identical code that say regression. */
  readonly falseAlarms: number;
  /** Share of comparisons that find 3 %. */
  readonly found: number;
}

/** Comparisons of twenty pairs, drawn again and again from all of them. */
function evidenceOf({ operation, name }: BenchmarkSize, differences: readonly number[], seed: number): Evidence {
  const { next } = randomFrom(seed, 'evidence', operation.name, name);
  const rate = (shift: number) => alarmRate(differences, { pairs: usualPairs, resamples, shift, next });
  const [falseAlarms, found] = [rate(0), rate(Math.log(1.03))];
  return { operation: operation.name, size: name, pairs: differences.length, resamples, falseAlarms, found };
}

interface Result {
  readonly a: string;
  readonly b: string;
  readonly pairs: number;
  readonly seconds: number;
  readonly loadBefore: number;
  readonly loadAfter: number;
  readonly cases: readonly (Partial<Comparison> & {
    readonly operation: string;
    readonly size: string;
    readonly reason?: string;
  })[];
  readonly canary?: Comparison;
  readonly isVoid: boolean;
  readonly evidence?: readonly Evidence[];
  readonly stopped?: string;
}

const change = (ratio: number) =>
  Number.isFinite(ratio) ? `${ratio >= 1 ? '+' : '−'}${(Math.abs(ratio - 1) * 100).toFixed(1)} %` : 'none';

function textOf(result: Result): string {
  const rows = result.cases
    .filter(({ verdict }) => verdict !== undefined)
    .map(({ operation, size, verdict = '', ratio = 1, low = 1, high = 1, visible = 1, pairs = 0 }) => [
      ...[`${operation} ${size}`, result.isVoid ? 'void' : verdict, change(ratio), `${change(low)} … ${change(high)}`],
      ...[change(visible), String(pairs)],
    ]);
  const lines = [
    rows.length > 0
      ? formatTable(['case', 'verdict', 'time of B', '98 % interval', 'smallest visible', 'pairs'], rows, [2, 4, 5])
      : '',
    ...result.cases
      .filter(({ reason }) => reason)
      .map((one) => `${wrapped(`INVALID: ${one.operation} ${one.size}: ${one.reason}`, 80, '  ')}\n`),
    ...(result.evidence ?? []).map(
      ({ operation, size, pairs, falseAlarms, found }) =>
        `${wrapped(`evidence: ${operation} ${size}: ${resamples} comparisons of ${usualPairs} pairs, drawn from ${pairs} pairs of identical code: ${percent(falseAlarms)} false alarms; 3 % slower is found in ${percent(found)}`, 80, '  ')}\n`,
    ),
    result.canary
      ? `canary: A against A: ${change(result.canary.ratio)} (${change(result.canary.low)} … ${change(result.canary.high)})${result.isVoid ? ': it alarms, so the machine changes what it measures and the verdicts are void' : ''}\n`
      : '',
    `A is ${result.a}, B is ${result.b}; ${plural(result.pairs, 'pair')} in ${duration(result.seconds * 1000)}; load average ${result.loadBefore.toFixed(2)} before, ${result.loadAfter.toFixed(2)} after\n`,
    result.stopped ? `stopped: ${result.stopped}; what is shown was measured until then\n` : '',
  ];
  return lines.join('');
}

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

function exitCodeOf({ cases, isVoid, stopped }: Result): number {
  if (stopped) return exitCodes.interrupted;
  const failed = cases.some(({ verdict, reason }) => reason !== undefined || (!isVoid && verdict === 'regression'));
  return failed || isVoid ? exitCodes.failureFound : exitCodes.asExpected;
}

function selectCases({ operation, size }: CompareOptions): BenchmarkSize[] {
  if (operation === undefined && size === undefined) {
    return usualCases.map(([name, own]) => benchmarkSizes.find((line) => line.operation.name === name && line.name === own)!);
  }
  const names = selectOperations(operation).map(({ name }) => name);
  const available = benchmarkSizes.filter((line) => names.includes(line.operation.name as (typeof names)[number]));
  if (available.length === 0) throw new UsageError(`there is no benchmark of ${names.join(', ')}`);
  for (const name of size ?? []) requireName('size', name, [...new Set(available.map((line) => line.name))]);
  return size
    ? available.filter(({ name }) => size.includes(name))
    : available.filter(({ suite }) => suite === 'start' || suite === 'quick');
}
