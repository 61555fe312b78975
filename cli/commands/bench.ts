/** `etalon bench`: times the suite of sizes, records, reports. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { availableMemory, environmentWarnings, readEnvironment } from '../../suites/benchmarks/environment.ts';
import { benchmark, tooLarge } from '../../suites/benchmarks/run.ts';
import {
  type BenchmarkSize,
  benchmarkSizes,
  type SuiteName,
  sizesFor,
  sizesOf,
  suiteOptions,
} from '../../suites/benchmarks/sizes.ts';
import { memoryNeed } from '../../suites/benchmarks/work.ts';
import type { RunReport } from '../../suites/runReport.ts';
import { defaultBackends, startBackends } from '../backends.ts';
import { UsageError } from '../errors.ts';
import { reportHeader } from '../header.ts';
import { journalName } from '../outputFolder.ts';
import { readReport } from '../readReport.ts';
import { requireName, selectOperations } from '../selection.ts';
import { runSession } from '../session.ts';
import { countingNumber, positiveNumber, wholeNumber } from '../values.ts';

interface BenchOptions {
  readonly backend?: readonly string[];
  readonly worker?: readonly string[];
  readonly adapter?: readonly string[];
  readonly operation?: readonly string[];
  readonly size?: readonly string[];
  readonly quick?: boolean;
  readonly thorough?: boolean;
  readonly processes?: number;
  readonly iterations?: number;
  readonly seed?: number;
  readonly timeout: number;
  readonly allowUnavailable?: boolean;
  readonly isolate?: boolean;
  readonly expectedFailures?: string;
  readonly resume?: boolean;
  readonly output?: string;
  readonly json?: boolean;
}

const defaultOutput = 'etalon-report';
const defaultSeed = 1;

export function benchCommand(): Command {
  return new Command('bench')
    .description('Time load, execute and read of backends at real sizes; only right answers get a number.')
    .option('--backend <names>', 'backends, separated by commas or given again; see etalon backends', list)
    .option('--worker <command...>', 'command of a program that speaks the protocol, in quotation marks')
    .option('--adapter <file...>', 'JavaScript or TypeScript module whose default export is () => Promise<Backend>')
    .option('--operation <names>', 'operations, separated by commas or given again; a trailing * selects by beginning', list)
    .option('--size <names>', 'sizes by name (512, resnet-3x3), separated by commas or given again', list)
    .addOption(
      new Option('--quick', 'fewer sizes, within a minute for the backends that are checked by default').conflicts('thorough'),
    )
    .option('--thorough', 'all sizes, more processes, calls of up to a minute')
    .option('--processes <number>', 'fresh processes for each number (default: 3, 7 with --thorough)', countingNumber)
    .option('--iterations <number>', 'timed calls in each process, at most', countingNumber)
    .option('--seed <number>', 'seed of everything that is drawn', wholeNumber)
    .option('--timeout <seconds>', 'time that a backend has for one answer', positiveNumber, 30)
    .option(
      '--allow-unavailable',
      'a backend that is named and does not start, or supports nothing of what is asked, is no failure',
    )
    .option(
      '--isolate',
      "runs each backend in the strongest isolation that the machine has: without the network and Etalon's own files",
    )
    .option('--expected-failures <file>', "JSON file of failures that the backend's author knows of")
    .option('--resume', 'go on with the run whose report lies in the folder; only what it lacks is measured')
    .option('--json', 'print the run report as JSON on standard output')
    .addOption(new Option('--output <folder>', `folder of the report (default: ${defaultOutput})`))
    .addHelpText(
      'after',
      `
Each number is the median over fresh processes, interleaved with the other backends', with an interval that
holds what differs between processes. Outputs that were computed while it was timed are judged.

Examples:
  etalon bench --quick
  etalon bench --backend js,tfjs-cpu --operation matmul
  etalon bench --operation 'conv2d*' --size resnet-3x3 --processes 9
  etalon bench --thorough --output nightly; etalon bench --thorough --output nightly --resume`,
    )
    .action(run);
}

const list = (value: string, before: string[] = []) => [...before, ...value.split(',')];

async function run(options: BenchOptions): Promise<void> {
  const suite: SuiteName = options.quick ? 'quick' : options.thorough ? 'thorough' : 'default';
  const sizes = selectSizes(options, suite);
  const output = options.output ?? (options.json ? undefined : defaultOutput);
  const before = options.resume ? unfinishedRun(output ?? defaultOutput) : undefined;
  const seed = options.seed ?? before?.seed ?? defaultSeed;
  if (before && before.seed !== seed) throw new UsageError(`--resume: that run has the seed ${before.seed}, not ${seed}`);

  requireMemory(sizes, backendCount(options), options.size !== undefined);
  for (const warning of environmentWarnings(readEnvironment())) process.stderr.write(`warning: ${warning}\n`);

  const names = new Set(sizes.map(({ operation }) => operation.name));
  const operations = selectOperations().filter(({ name }) => names.has(name));
  const timeoutMs = options.timeout * 1000;
  const start = (signal: AbortSignal) => startBackends({ ...options, timeoutMs, signal }, operations);
  const header = reportHeader(operations, seed, output);
  await runSession(header, { output, json: options.json ?? false, start }, async ({ listener, signal }, starting) => {
    const started = await starting;
    for (const record of started.records) listener.backend(record);
    const { processes = suiteOptions[suite].processes, iterations = suiteOptions[suite].iterations } = options;
    await benchmark(started.running, listener, {
      ...suiteOptions[suite],
      ...{ processes, iterations, suite, sizes, seed, timeoutMs, signal, known: before?.timings },
    });
  });
}

/** @throws UsageError for a name that none of the operations has. */
function selectSizes({ operation, size }: BenchOptions, suite: SuiteName): BenchmarkSize[] {
  const operations = selectOperations(operation).map(({ name }) => name);
  const available = benchmarkSizes.filter(({ operation: { name } }) => operations.includes(name));
  if (available.length === 0) {
    throw new UsageError(`there is no benchmark of ${operations.join(', ')}; etalon operations says which have one`);
  }
  if (size === undefined) return operation === undefined ? sizesOf(suite) : sizesFor(operations, suite);
  const names = [...new Set(available.map(({ name }) => name))];
  for (const name of size) requireName('size', name, names);
  return available.filter(({ name }) => size.includes(name));
}

/** How many processes hold the tensors of a size at the same time. */
function backendCount({ backend, worker = [], adapter = [] }: BenchOptions): number {
  const named = (backend ?? []).length + worker.length + adapter.length;
  return named === 0 ? defaultBackends.length : named;
}

/** Says before anything starts which sizes will not fit; what was asked for by name must. */
function requireMemory(sizes: readonly BenchmarkSize[], backends: number, byName: boolean): void {
  const available = availableMemory();
  const needs = sizes.map((line) => ({ line, need: memoryNeed(line, backends) }));
  const largest = needs.reduce((a, b) => (a.need > b.need ? a : b));
  const title = ({ operation, name }: BenchmarkSize) => `${operation.name} ${name}`;
  if (largest.need > available && byName) throw new UsageError(`${title(largest.line)} ${tooLarge(largest.need, available)}`);
  for (const { line, need } of needs) {
    if (need > available) process.stderr.write(`warning: ${title(line)} is left out: it ${tooLarge(need, available)}\n`);
  }
  process.stderr.write(`memory: ${title(largest.line)} needs the most, ${Math.round(largest.need / 2 ** 20)} MiB\n`);
}

/** @throws UsageError when there is no run to go on with. */
function unfinishedRun(folder: string): RunReport {
  const file = [journalName, 'run.json'].map((name) => join(folder, name)).find((path) => existsSync(path));
  if (file === undefined) {
    throw new UsageError(`--resume: ${folder} holds neither ${journalName} nor run.json; --output names the folder of the run`);
  }
  const report = readReport(file);
  if (report.timings.length === 0) throw new UsageError(`--resume: ${file} holds no timings`);
  return report;
}
