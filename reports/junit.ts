/**
 * JUnit XML for continuous-integration servers: a suite per backend, one for the algorithms, one for the documents' rows and one for the benchmarks.
 *
 * failed, unexpectedPass → failure; errored, crashed, timedOut → error; unsupported, expectedFailure → skipped.
 */
import junitReportBuilder, { type Builder, type TestCase, type TestSuite } from 'junit-report-builder';
import type {
  AccuracyRecord,
  AlgorithmOutcome,
  Outcome,
  PropertyOutcome,
  RowRecord,
  RunReport,
  Status,
  Timing,
} from '../suites/runReport.ts';
import { brief, exact } from './numbers.ts';
import { incompleteness, missingRows, statusText, worstOutput } from './summary.ts';

const failures: readonly Status[] = ['failed', 'unexpectedPass'];
const errors: readonly Status[] = ['errored', 'crashed', 'timedOut'];

export function junit(report: RunReport): string {
  // The package's types declare a default export; what its module exports is the builder itself.
  const builder = (junitReportBuilder as unknown as Builder).newBuilder();
  const suite = (name: string) => builder.testSuite().name(clean(name)).timestamp(report.startedAt);

  for (const backend of report.backends) {
    const own = suite(backend.name);
    const about = { library: backend.library, version: backend.version, device: backend.device, dtype: backend.dtype };
    for (const [name, value] of Object.entries({ ...about, seed: report.seed })) {
      if (value !== undefined) own.property(name, clean(String(value)));
    }
    if (backend.status === 'unavailable') {
      skip(own.testCase().className(clean(backend.name)).name('available').time(0), `unavailable: ${backend.reason}`);
    }
    for (const outcome of report.outcomes.filter((item) => item.backend === backend.name)) {
      const test = own
        .testCase()
        .className(clean(`${backend.name}.${outcome.operation}`))
        .name(clean(outcome.caseId));
      settle(test.time(outcome.milliseconds / 1000), outcome, details(outcome));
    }
    for (const property of report.properties.filter((item) => item.backend === backend.name)) {
      const test = own.testCase().className(clean(`${backend.name}.${property.operation}`));
      settle(test.name(clean(`property: ${property.property}`)).time(0), property, counterexample(property));
    }
  }
  if (report.algorithms?.length) algorithms(suite('algorithms'), report.algorithms);
  const missing = missingRows(report);
  if (report.rows.length + missing.length > 0) rows(suite('documents'), report.rows, missing);
  if (report.accuracy && report.accuracy.length > 0) accuracy(suite('reference'), report.accuracy);
  if (report.timings.length > 0) benchmarks(suite('benchmarks'), report.timings);
  const unfinished = incompleteness(report);
  if (unfinished)
    suite('run').testCase().className('etalon').name('the run finished').time(0).error(clean(unfinished), 'unfinished');
  return builder.build();
}

function settle(test: TestCase, item: Pick<Outcome, 'status' | 'reason'>, content: string): void {
  const message = clean(`${statusText(item.status)}: ${item.reason ?? ''}`);
  const text = clean(content);
  if (failures.includes(item.status)) test.failure(message, item.status).stacktrace(text);
  else if (errors.includes(item.status)) test.error(message, item.status, text);
  else if (item.status !== 'passed') skip(test, message);
}

/** The element `skipped` of this dialect carries no message; the output beside it does. */
function skip(test: TestCase, message: string): void {
  test.skipped().standardOutput(clean(message));
}

function details(outcome: Pick<Outcome, 'outputs' | 'check' | 'diagnosis' | 'replay'>): string {
  const output = worstOutput(outcome);
  const worst = output?.worst;
  return [
    ...(outcome.check ? [`check: ${outcome.check}`] : []),
    ...(outcome.diagnosis ? [`diagnosis: ${outcome.diagnosis}`] : []),
    ...(worst
      ? [
          `worst element: ${output.name}[${worst.index.join(', ')}]`,
          `expected ${exact(worst.expected)}, actual ${exact(worst.actual)}`,
          `error ${brief(worst.absoluteError)}, limit ${brief(worst.limit)}, ${brief(worst.ulps)} ulps`,
          ...Object.entries(worst.inputs).map(([name, value]) => `input ${name}: ${JSON.stringify(value)}`),
        ]
      : []),
    `replay: ${outcome.replay}`,
  ].join('\n');
}

function counterexample({ counterexample: smallest, replay }: PropertyOutcome): string {
  const inputs = Object.entries(smallest?.inputs ?? {});
  return [
    ...(smallest ? [`smallest counterexample: attributes ${JSON.stringify(smallest.attributes)}`] : []),
    ...inputs.map(([name, { shape, values }]) => `input ${name} [${shape.join(', ')}]: ${JSON.stringify(values)}`),
    `replay: ${replay}`,
  ].join('\n');
}

function algorithms(suite: TestSuite, outcomes: readonly AlgorithmOutcome[]): void {
  for (const outcome of outcomes) {
    const test = suite
      .testCase()
      .className(clean(`algorithms.${outcome.backend}`))
      .name(clean(outcome.algorithm));
    settle(test.time(outcome.seconds), outcome, details({ outputs: [], ...outcome.firstWrong, replay: outcome.replay }));
  }
}

function rows(suite: TestSuite, records: readonly RowRecord[], missing: readonly string[]): void {
  for (const id of missing) {
    suite.testCase().className('documents').name(clean(id)).time(0).error('the row was not executed', 'missing');
  }
  for (const row of records) {
    const test = suite
      .testCase()
      .className(`documents.${row.kind}`)
      .name(clean(`${row.id}: ${row.title}`));
    test.time(row.seconds);
    if (row.passed) continue;
    const missed = row.evidence.filter(({ passed }) => !passed);
    const lines = missed.map(({ label, expected, actual }) => `${label}: expected ${expected}, actual ${actual}`);
    if (row.reason !== undefined) test.error(clean(row.reason), 'execution');
    else test.failure(clean(lines[0] ?? 'no evidence'), 'evidence').stacktrace(clean(lines.join('\n')));
  }
}

function accuracy(suite: TestSuite, records: readonly AccuracyRecord[]): void {
  for (const { function: name, bound, worst, passed } of records) {
    const test = suite.testCase().className('reference.accuracy').name(clean(name)).time(0);
    if (!passed) test.failure(clean(`${exact(worst.ulps)} ulps at ${worst.input}; the bound is ${bound}`), 'accuracy');
  }
}

function benchmarks(suite: TestSuite, timings: readonly Timing[]): void {
  for (const timing of timings) {
    const test = suite
      .testCase()
      .className(clean(`benchmarks.${timing.backend}`))
      .name(clean(timing.caseId));
    test.time((timing.execute?.medianMs ?? 0) / 1000);
    if (timing.status === 'invalid') test.failure(clean(timing.reason ?? 'invalid'), 'invalid');
    if (timing.status === 'unsupported') skip(test, timing.reason ?? 'unsupported');
  }
}

/**
 * A worker's message may hold anything. Characters that XML 1.0 cannot carry, not even escaped, become U+FFFD; the end mark of a
 * CDATA section gets a space, because the library escapes only the first one.
 */
function clean(text: string): string {
  return text.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}').replaceAll(']]>', ']] >');
}
