/** `etalon check`: run, record, report. */
import { dirname } from 'node:path';
import { Command, Option } from 'commander';
import { inventory } from '../../fixtures/documents/inventory.ts';
import { benchmark } from '../../suites/benchmarks/run.ts';
import { sizesFor, sizesOf, suiteOptions } from '../../suites/benchmarks/sizes.ts';
import { implementedRows } from '../../suites/documents/index.ts';
import type { AnyOperation } from '../../suites/judging/operation.ts';
import { runAlgorithms } from '../../suites/running/algorithms/run.ts';
import { checkBlocks } from '../../suites/running/blocks.ts';
import { withShareOfBoundaries } from '../../suites/running/cases.ts';
import { readExpectedFailures } from '../../suites/running/expectedFailures.ts';
import { checkJudge } from '../../suites/running/judgeCheck.ts';
import { checkCases, checkProperties } from '../../suites/running/run.ts';
import { checkState } from '../../suites/running/state.ts';
import type { RunReport } from '../../suites/runReport.ts';
import { knownFailures } from '../../suites/runs/knownFailures.ts';
import { type CheckPlan, planOfShard } from '../../suites/runs/plan.ts';
import type { Shard } from '../../suites/runs/shard.ts';
import { type StartedBackends, startBackends } from '../backends.ts';
import { executeDocuments } from '../documents.ts';
import { reportHeader } from '../header.ts';
import { loadOperations, tableOf } from '../operationsFile.ts';
import { makeFolder, requirePlainFile, writeWhole } from '../outputFolder.ts';
import type { Progress } from '../progress.ts';
import { selectAlgorithms, selectCases, selectOperations } from '../selection.ts';
import { runSession } from '../session.ts';
import { countingNumber, positiveNumber, shardOption, shareOfOne, wholeNumber } from '../values.ts';
import { reporterNames, withReportOptions } from '../writeReports.ts';

interface RunOptions {
  readonly backend?: readonly string[];
  readonly worker?: readonly string[];
  readonly adapter?: readonly string[];
  readonly operation?: readonly string[];
  readonly operations?: string;
  readonly case?: readonly string[];
  readonly algorithm?: readonly string[];
  readonly seed: number;
  readonly timeout: number;
  readonly timeLimit?: number;
  readonly giveUpAfter: number;
  readonly allowUnavailable?: boolean;
  readonly isolate?: boolean;
  readonly expectedFailures?: string;
  readonly output?: string;
  readonly json?: boolean;
  readonly report?: string;
  readonly singleFile?: boolean;
  readonly shard?: Shard;
  readonly writeExpectedFailures?: string;
  readonly bench?: boolean;
  readonly documents?: boolean;
  readonly thorough?: boolean;
  readonly properties: number;
  readonly boundaries: number;
  readonly again: number;
}

const defaultOutput = 'etalon-report';

export function checkCommand(): Command {
  return runOptions(new Command('check'))
    .description('Check backends against the reference and write a report.')
    .option('--case <id...>', 'only these cases (operation/recipe/tier); writes a report only with --output')
    .option('--algorithm <names>', 'only these algorithms, as the report names them; writes a report only with --output', list)
    .option('--properties <runs>', 'examples that each property draws; 0 leaves properties out', wholeNumber, 10)
    .option('--boundaries <share>', 'share of the cases at boundary sizes that the seed draws', shareOfOne, 1)
    .option('--again <times>', 'how often questions of each operation are asked again; 0 asks none again', wholeNumber, 256)
    .option('--write-expected-failures <file>', 'write what fails and is not listed yet, beside what --expected-failures lists')
    .option('--thorough', "let those experiments of the documents' rows and those algorithms that gain from it take longer")
    .option('--shard <part/of>', 'only this part of the run, such as 3/16; etalon merge joins the parts', shardOption)
    .option('--bench', 'time a small selection of sizes as well; etalon bench times more')
    .option('--no-documents', "leave out the documents' rows, which ask the reference and no backend")
    .addHelpText(
      'after',
      `
Examples:
  etalon check
  etalon check --backend onnxruntime-cpu --operation 'conv2d*' --output conv-report
  etalon check --worker "python3 mine.py" --operation relu --operation matmul
  etalon check --adapter ./mine.ts
  etalon check --backend js --case conv2d/stride-rows/random --seed 7
  etalon check --backend tfjs-cpu --algorithm half-adder
  etalon check --shard 1/2 --output part-1; etalon check --shard 2/2 --output part-2
  etalon merge part-1 part-2 --output etalon-report`,
    )
    .action(run);
}

const list = (value: string, before: string[] = []) => [...before, ...value.split(',')];

function runOptions(command: Command): Command {
  return withReportOptions(command)
    .option('--backend <names>', 'backends, separated by commas or given again; see etalon backends', list)
    .option('--worker <command...>', 'command of a program that speaks the protocol, in quotation marks')
    .option('--adapter <file...>', 'JavaScript or TypeScript module whose default export is () => Promise<Backend>')
    .option('--operation <names>', 'operations, separated by commas or given again; a trailing * selects by beginning', list)
    .option('--operations <file>', 'JavaScript or TypeScript module of your own operations, in place of the table')
    .option('--seed <number>', 'seed of everything that is drawn', wholeNumber, 1)
    .option('--timeout <seconds>', 'time that a backend has for one answer', positiveNumber, 30)
    .option('--time-limit <seconds>', 'time that a backend has as a whole; what is left of it is not asked', positiveNumber)
    .option(
      '--give-up-after <number>',
      'calls in a row at which a backend crashes or hangs, after which it is not asked any more',
      countingNumber,
      3,
    )
    .option(
      '--allow-unavailable',
      'a backend that is named and does not start, or supports nothing of what is asked, is no failure',
    )
    .option(
      '--isolate',
      "runs each backend in the strongest isolation that the machine has: without the network and Etalon's own files",
    )
    .option('--expected-failures <file>', "JSON file of failures that the backend's author knows of")
    .option('--json', 'print the run report as JSON on standard output')
    .addOption(new Option('--output <folder>', `folder of the report (default: ${defaultOutput})`));
}

async function run(options: RunOptions): Promise<void> {
  const own = options.operations === undefined ? undefined : await loadOperations(options.operations);
  const formats = options.report === undefined ? undefined : reporterNames(options.report);
  const replaying = options.case !== undefined || options.algorithm !== undefined;
  const wanted = formats !== undefined || !(replaying || options.json);
  const output = options.output ?? (wanted ? defaultOutput : undefined);
  const { writeExpectedFailures: listFile } = options;
  if (listFile !== undefined) requireWritable(listFile);
  const whole = planOf(options, own);
  const plan = options.shard ? planOfShard(whole, options.shard, options.properties) : whole;
  const operations = operationsOf(options, whole, own);
  const header = {
    ...reportHeader(operations, options.seed, output),
    shard: options.shard,
    inventory: whole.rows.length > 0 ? inventory.filter((id) => plan.rows.includes(id)) : undefined,
  };
  const timeoutMs = options.timeout * 1000;
  const timeLimitMs = options.timeLimit && options.timeLimit * 1000;
  const thorough = options.thorough ?? false;
  const start = (signal: AbortSignal) => startBackends({ ...options, timeoutMs, timeLimitMs, signal }, operations);

  const session = { output, json: options.json ?? false, reports: { formats, singleFile: options.singleFile }, start };
  await runSession(header, session, async ({ journal, listener, signal }, starting) => {
    const runOptions = { seed: options.seed, timeoutMs, signal, table: own && tableOf(own) };

    /** Asks what is asked beside the cases. */
    async function askMore(running: StartedBackends['running']): Promise<void> {
      const operations = new Set(plan.cases.map(({ operation }) => operation));
      if (!replaying) await checkBlocks(running, [...operations], listener, runOptions);
      if (plan.again.length > 0) await checkState(running, plan.again, listener, { ...runOptions, again: options.again });
      if (plan.properties.length > 0)
        await checkProperties(running, plan.properties, listener, { ...runOptions, runs: options.properties });
      if (plan.algorithms.length > 0) await runAlgorithms(running, plan.algorithms, listener, { ...runOptions, thorough });
    }

    await checkJudge(plan.cases, options.seed, starting);
    const started = await starting;
    for (const record of started.records) listener.backend(record);
    // Cases come alone, so that their time is theirs.
    if (plan.cases.length > 0) await checkCases(started.running, plan.cases, listener, runOptions);
    const asked = askMore(started.running);
    // The documents need no backend. Their progress is shown once that of the backends has ended.
    let asking = true;
    const documentProgress: Progress['update'] = (...counts) => {
      if (!asking) listener.progress(...counts);
    };
    const { rows: ids, accuracy } = plan;
    await Promise.all([
      asked.finally(() => {
        asking = false;
      }),
      executeDocuments(journal, { ...runOptions, thorough, ids, accuracy, progress: documentProgress }),
    ]);
    if (plan.sizes.length > 0) {
      const { sizes } = plan;
      await benchmark(started.running, listener, { ...runOptions, ...suiteOptions.start, suite: 'start', sizes });
    }
    if (listFile !== undefined) writeKnownFailures(journal.report, listFile, options.expectedFailures);
  });
}

/** Selects everything that the options ask for. */
function planOf(options: RunOptions, own: readonly AnyOperation[] | undefined): CheckPlan {
  const operations = selectOperations(options.operation, own);
  const names = operations.map(({ name }) => name);
  const replaying = options.case !== undefined || options.algorithm !== undefined;
  const whole = !replaying && options.operation === undefined && own === undefined;
  const documents = whole && options.documents !== false;
  // Asked for algorithms alone, a run has no cases.
  const cases = options.algorithm && !options.case ? [] : selectCases(operations, options.case, own);
  return {
    cases: options.case ? cases : withShareOfBoundaries(cases, options.boundaries, options.seed),
    properties: !replaying && options.properties > 0 ? operations : [],
    again: !replaying && options.again > 0 ? operations : [],
    algorithms: whole || options.algorithm !== undefined ? selectAlgorithms(options.algorithm) : [],
    rows: documents ? implementedRows() : [],
    accuracy: documents,
    sizes: !options.bench ? [] : options.operation || own ? sizesFor(names, 'start') : sizesOf('start'),
  };
}

/** The operations that the report describes: those that are selected, or those of the cases that are replayed. */
function operationsOf(options: RunOptions, { cases }: CheckPlan, own: readonly AnyOperation[] | undefined) {
  const operations = selectOperations(options.operation, own);
  if (options.case === undefined && options.algorithm === undefined) return operations;
  return operations.filter(({ name }) => cases.some(({ operation }) => operation.name === name));
}

/** @throws UsageError where no file can be written. */
function requireWritable(file: string): void {
  requirePlainFile(file);
  makeFolder(dirname(file));
}

/** Writes what the author lists already, then what failed beside it. */
function writeKnownFailures(report: RunReport, file: string, listed: string | undefined): void {
  const entries = [...(listed === undefined ? [] : readExpectedFailures(listed)), ...knownFailures(report)];
  writeWhole(file, `${JSON.stringify(entries, null, 2)}\n`);
}
