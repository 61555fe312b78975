/** `etalon check`: run, record, report. */
import { Command, Option } from 'commander';
import { inventory } from '../../fixtures/documents/inventory.ts';
import { benchmark } from '../../suites/benchmarks/run.ts';
import { sizesFor, sizesOf, suiteOptions } from '../../suites/benchmarks/sizes.ts';
import { runAlgorithms } from '../../suites/running/algorithms/run.ts';
import { checkBlocks } from '../../suites/running/blocks.ts';
import { withShareOfBoundaries } from '../../suites/running/cases.ts';
import { checkJudge } from '../../suites/running/judgeCheck.ts';
import { checkCases, checkProperties } from '../../suites/running/run.ts';
import { checkState } from '../../suites/running/state.ts';
import { type StartedBackends, startBackends } from '../backends.ts';
import { executeDocuments } from '../documents.ts';
import { reportHeader } from '../header.ts';
import { loadOperations, tableOf } from '../operationsFile.ts';
import type { Progress } from '../progress.ts';
import { selectAlgorithms, selectCases, selectOperations } from '../selection.ts';
import { runSession } from '../session.ts';
import { countingNumber, positiveNumber, shareOfOne, wholeNumber } from '../values.ts';
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
    .option(
      '--again <times>',
      'how often questions of each operation are asked again, at most 1 ms each; 0 asks none again',
      wholeNumber,
      256,
    )
    .option('--thorough', "let those experiments of the documents' rows and those algorithms that gain from it take longer")
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
  etalon check --backend tfjs-cpu --algorithm half-adder`,
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
  const operations = selectOperations(options.operation, own);
  const algorithms = selectAlgorithms(options.algorithm);
  // Asked for algorithms alone, a run has no cases.
  const named = options.algorithm && !options.case ? [] : selectCases(operations, options.case, own);
  const cases = options.case ? named : withShareOfBoundaries(named, options.boundaries, options.seed);
  const replaying = options.case !== undefined || options.algorithm !== undefined;
  const formats = options.report === undefined ? undefined : reporterNames(options.report);
  const wanted = formats !== undefined || !(replaying || options.json);
  const output = options.output ?? (wanted ? defaultOutput : undefined);
  const checkedOperations = replaying
    ? operations.filter(({ name }) => cases.some(({ operation }) => operation.name === name))
    : operations;
  const whole = !replaying && options.operation === undefined && own === undefined;
  const withDocuments = whole && options.documents !== false;
  const header = { ...reportHeader(checkedOperations, options.seed, output), inventory: withDocuments ? inventory : undefined };
  const timeoutMs = options.timeout * 1000;
  const timeLimitMs = options.timeLimit && options.timeLimit * 1000;
  const thorough = options.thorough ?? false;
  const start = (signal: AbortSignal) => startBackends({ ...options, timeoutMs, timeLimitMs, signal }, checkedOperations);

  const session = { output, json: options.json ?? false, reports: { formats, singleFile: options.singleFile }, start };
  await runSession(header, session, async ({ journal, listener, signal }, starting) => {
    const table = own && tableOf(own);
    const runOptions = { seed: options.seed, timeoutMs, signal, table };

    /** What is asked beside the cases. */
    async function askMore(running: StartedBackends['running']): Promise<void> {
      if (!replaying) await checkBlocks(running, operations, listener, runOptions);
      if (!replaying && options.again > 0) {
        await checkState(running, operations, listener, { ...runOptions, again: options.again });
      }
      if (!replaying && options.properties > 0) {
        await checkProperties(running, operations, listener, { ...runOptions, runs: options.properties });
      }
      if (whole || options.algorithm !== undefined) {
        await runAlgorithms(running, algorithms, listener, { ...runOptions, thorough });
      }
    }

    await checkJudge(cases, options.seed, starting);
    const started = await starting;
    for (const record of started.records) listener.backend(record);
    // Cases come alone, so that their time is theirs.
    if (cases.length > 0) journal.caseSeconds(await checkCases(started.running, cases, listener, runOptions));
    const asked = askMore(started.running);
    // The documents need no backend. Their progress is shown once that of the backends has ended.
    let asking = true;
    const documentProgress: Progress['update'] = (...counts) => {
      if (!asking) listener.progress(...counts);
    };
    await Promise.all([
      asked.finally(() => {
        asking = false;
      }),
      withDocuments && executeDocuments(journal, { ...runOptions, thorough, progress: documentProgress }),
    ]);
    if (options.bench) {
      const names = operations.map(({ name }) => name);
      const sizes = options.operation || own ? sizesFor(names, 'start') : sizesOf('start');
      await benchmark(started.running, listener, { ...runOptions, ...suiteOptions.start, suite: 'start', sizes });
    }
  });
}
