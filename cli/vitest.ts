/**
 * `import { conformance } from 'etalon/vitest'`: a backend's author gets a describe block for each operation and a test for each case
 * and property, in the author's own vitest run.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostCommand, programCommand } from '../backends/index.ts';
import { descriptionOf } from '../backends/worker/protocol.ts';
import { createWorkerSupervisor } from '../backends/worker/worker.ts';
import { findingLines, findingsOfResults } from '../reports/findings/index.ts';
import { operations } from '../suites/operations/index.ts';
import { casesOf } from '../suites/running/cases.ts';
import { readExpectedFailures } from '../suites/running/expectedFailures.ts';
import { type BackendUnderTest, checkCases, checkProperties, type RunListener } from '../suites/running/run.ts';
import { type Outcome, type PropertyOutcome, redStatuses } from '../suites/runReport.ts';

export interface ConformanceOptions {
  /** Command of a program that speaks the protocol: 'python3 mine.py'. */
  readonly worker?: string;
  /** Module whose default export is `() => Promise<Backend>`, or the name of an embedded backend. */
  readonly adapter?: string | URL;
  /** Operations by name; a trailing * selects by beginning. Default: all of the table; those that the backend lacks are skipped. */
  readonly operations?: readonly string[];
  readonly seed?: number;
  /** Examples that each property draws; 0 leaves properties out. */
  readonly properties?: number;
  /** JSON file of failures that the author knows of: such a test is skipped with its reason, and is red once it passes. */
  readonly expectedFailures?: string | URL;
  /** Time for one answer; loading the library may take ten times as long. */
  readonly timeoutMs?: number;
}

/**
 * Declares the tests. Call it at the top level of a test file.
 *
 * @throws TypeError unless exactly one of `worker` and `adapter` is given; RangeError for an operation that does not exist.
 */
export function conformance(options: ConformanceOptions): void {
  const { worker, adapter, seed = 1, properties = 10, timeoutMs = 30_000 } = options;
  if ((worker === undefined) === (adapter === undefined)) {
    throw new TypeError('conformance: needs one of worker (a command) and adapter (a module)');
  }
  const module = adapter instanceof URL ? fileURLToPath(adapter) : adapter;
  const command = module === undefined ? programCommand(worker!) : hostCommand(module);
  const selected = select(options.operations);
  describe(worker ?? module!, () => {
    let backend: BackendUnderTest;
    const supervisor = createWorkerSupervisor({ ...command, timeoutMs: 10 * timeoutMs });
    beforeAll(async () => {
      const started = await supervisor.start();
      if (started.kind === 'unavailable') throw new Error(started.message);
      const description = descriptionOf(started.hello);
      const expectedFailures = options.expectedFailures ? readExpectedFailures(options.expectedFailures) : [];
      const replayOptions = worker === undefined ? `--adapter ${module}` : `--worker ${JSON.stringify(worker)}`;
      backend = { name: description.name, supervisor, description, expectedFailures, replayOptions };
    }, 10 * timeoutMs);
    afterAll(async () => {
      await supervisor.close();
    });
    for (const operation of selected) {
      describe(operation.name, () => {
        for (const reference of casesOf(operation)) {
          it(
            `${reference.recipe.name}, ${reference.tier}`,
            async ({ skip }) => {
              const heard = recorder<Outcome>('outcome');
              await checkCases([backend], [reference], heard.listener, { seed, timeoutMs });
              conclude(heard.results, skip);
            },
            2 * timeoutMs,
          );
        }
        if (properties > 0) {
          it(
            'properties',
            async ({ skip }) => {
              const heard = recorder<PropertyOutcome>('property');
              await checkProperties([backend], [operation], heard.listener, { seed, timeoutMs, runs: properties });
              conclude(heard.results, skip);
            },
            timeoutMs * properties,
          );
        }
      });
    }
  });
}

function select(names: readonly string[] | undefined): typeof operations {
  if (names === undefined) return operations;
  const matches = (name: string, wanted: string) =>
    wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
  const unknown = names.find((wanted) => !operations.some(({ name }) => matches(name, wanted)));
  if (unknown !== undefined) {
    throw new RangeError(`conformance: no operation is called ${unknown}; etalon operations lists all of them`);
  }
  return operations.filter(({ name }) => names.some((wanted) => matches(name, wanted)));
}

/** Makes a listener that keeps one kind of results. */
function recorder<Result extends Outcome | PropertyOutcome>(
  event: 'outcome' | 'property',
): { readonly results: Result[]; readonly listener: RunListener } {
  const results: Result[] = [];
  const ignore = () => {};
  const ignoring: RunListener = {
    backend: ignore,
    outcome: ignore,
    // Each call checks one case: what is diagnosed is the result that came last.
    diagnosis: ({ diagnosis }) => results.splice(-1, 1, { ...results[results.length - 1], diagnosis }),
    caseSeconds: ignore,
    stopped: ignore,
    property: ignore,
    timing: ignore,
    benchmarks: ignore,
    row: ignore,
    algorithm: ignore,
    progress: ignore,
  };
  return { results, listener: { ...ignoring, [event]: (result: Result) => results.push(result) } };
}

/**
 * Red statuses throw with what the report says of them: diagnosis, shapes, counterexample and the command that repeats it. What was not
 * judged is skipped, never passed.
 */
function conclude(results: readonly (Outcome | PropertyOutcome)[], skip: (note?: string) => void): void {
  expect(results).not.toHaveLength(0);
  const red = results.filter(({ status }) => redStatuses.includes(status));
  if (red.length > 0) throw new Error(findingsOfResults(red).flatMap(findingLines).join('\n'));
  if (results.every(({ status }) => status !== 'passed')) skip(`${results[0].status}: ${results[0].reason}`);
}
