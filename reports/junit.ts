/**
 * JUnit XML for continuous-integration servers: a suite per backend, one for the algorithms, one for the documents' rows, one for the
 * reference and one for the benchmarks. What is as expected is never a failure.
 *
 * failed, unexpectedPass → failure; errored, crashed, timedOut → error; unsupported, expectedFailure, notAsked → skipped.
 */
import { create } from 'xmlbuilder';
import type { BackendRecord, Outcome, PropertyOutcome, RunReport, Status } from '../suites/runReport.ts';
import {
  type Example,
  exampleLines,
  exampleTitle,
  type Finding,
  findingLines,
  findingsOf,
  ofOutcome,
  ofProperty,
} from './findings/index.ts';
import { exact } from './numbers.ts';
import { incompleteness, missingRows, statusText } from './summary.ts';

const failures: readonly Status[] = ['failed', 'unexpectedPass'];
const errors: readonly Status[] = ['errored', 'crashed', 'timedOut'];

interface Test {
  readonly className: string;
  readonly name: string;
  readonly seconds: number;
  readonly result?: { readonly element: 'failure' | 'error' | 'skipped'; readonly message: string; readonly type?: string };
  /** The text below a failure or an error. */
  readonly text?: string;
}

interface Suite {
  readonly name: string;
  readonly properties?: Readonly<Record<string, string | number | undefined>>;
  readonly tests: readonly Test[];
}

export function junit(report: RunReport): string {
  const suites = [
    ...report.backends.map((backend) => ofBackend(backend, report)),
    { name: 'algorithms', tests: algorithms(report) },
    { name: 'documents', tests: rows(report) },
    { name: 'reference', tests: accuracy(report) },
    { name: 'benchmarks', tests: benchmarks(report) },
    { name: 'run', tests: unfinished(report) },
  ].filter(({ name, tests }) => tests.length > 0 || report.backends.some((backend) => backend.name === name));
  const root = create('testsuites', { version: '1.0', encoding: 'UTF-8' }, undefined, { invalidCharReplacement: '\u{FFFD}' });
  attributes(root, { name: 'etalon', ...totals(suites.flatMap(({ tests }) => tests)) });
  for (const { name, properties, tests } of suites) {
    const suite = root.ele('testsuite');
    attributes(suite, { name, timestamp: report.startedAt, ...totals(tests) });
    if (properties) {
      const list = suite.ele('properties');
      for (const [property, value] of Object.entries(properties)) {
        if (value !== undefined) attributes(list.ele('property'), { name: property, value });
      }
    }
    for (const { className, name: test, seconds, result, text } of tests) {
      const element = suite.ele('testcase');
      attributes(element, { classname: className, name: test, time: secondsText(seconds) });
      if (result === undefined) continue;
      const inner = element.ele(result.element);
      attributes(inner, { message: result.message, type: result.type });
      if (text) inner.txt(clean(text));
    }
  }
  return `${root.end({ pretty: true })}\n`;
}

type Element = ReturnType<typeof create>;

function attributes(element: Element, values: Readonly<Record<string, string | number | undefined>>): void {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) element.att(name, clean(String(value)));
}

function totals(tests: readonly Test[]) {
  const count = (element: NonNullable<Test['result']>['element']) =>
    tests.filter(({ result }) => result?.element === element).length;
  return {
    ...{ tests: tests.length, failures: count('failure'), errors: count('error'), skipped: count('skipped') },
    time: secondsText(tests.reduce((sum, { seconds }) => sum + seconds, 0)),
  };
}

/** Microseconds are fine enough, and no reader has to know exponents. */
function secondsText(seconds: number): string {
  return String(Number(seconds.toFixed(6)));
}

function ofBackend(backend: BackendRecord, report: RunReport): Suite {
  const { name, library, version, device, dtype } = backend;
  const own = (item: { readonly backend: string }) => item.backend === name;
  const causes = new Map<string, Finding>();
  for (const finding of findingsOf({
    ...report,
    outcomes: report.outcomes.filter(own),
    properties: report.properties.filter(own),
  })) {
    for (const { what } of finding.examples) causes.set(JSON.stringify([finding.operation, what]), finding);
  }
  /** Says what is wrong with one, and of which cause it is an example. */
  const textOf = (operation: string, example: Example): string => {
    const cause = causes.get(JSON.stringify([operation, example.what]));
    if (cause === undefined) return '';
    if (cause.examples[0].what === example.what) return findingLines(cause).join('\n');
    const lines = [
      exampleTitle(example),
      ...exampleLines(example),
      example.replay,
      '',
      'One of these, of which this is the smallest:',
    ];
    return [...lines, ...findingLines(cause)].join('\n');
  };
  const missing: Test[] =
    backend.status === 'unavailable'
      ? [
          {
            className: name,
            name: 'available',
            seconds: 0,
            result: { element: 'skipped', message: `unavailable: ${backend.reason}` },
          },
        ]
      : [];
  return {
    name,
    properties: { library, version, device, dtype, seed: report.seed },
    tests: [
      ...missing,
      ...report.outcomes.filter(own).map((outcome): Test => {
        const { operation, caseId, milliseconds } = outcome;
        return {
          ...{ className: `${name}.${operation}`, name: caseId, seconds: milliseconds / 1000 },
          ...settled(outcome, () => textOf(operation, ofOutcome(outcome))),
        };
      }),
      ...report.properties.filter(own).map((property): Test => {
        const example = ofProperty(property);
        return {
          ...{ className: `${name}.${property.operation}`, name: example.what, seconds: 0 },
          ...settled(property, () => textOf(property.operation, example)),
        };
      }),
    ],
  };
}

function settled({ status, reason = '' }: Pick<Outcome | PropertyOutcome, 'status' | 'reason'>, text: () => string) {
  const message = `${statusText(status)}: ${reason}`;
  if (failures.includes(status)) return { result: { element: 'failure', message, type: status }, text: text() } as const;
  if (errors.includes(status)) return { result: { element: 'error', message, type: status }, text: text() } as const;
  return status === 'passed' ? {} : ({ result: { element: 'skipped', message } } as const);
}

function algorithms(report: RunReport): Test[] {
  const findings = findingsOf({ ...report, outcomes: [], properties: [] });
  return (report.algorithms ?? []).map((outcome) => {
    const { algorithm, backend, seconds } = outcome;
    const finding = findings.find((one) => one.backend === backend && one.operation === `algorithm ${algorithm}`);
    const text = () => (finding ? findingLines(finding).join('\n') : '');
    return { className: `algorithms.${backend}`, name: algorithm, seconds, ...settled(outcome, text) };
  });
}

function rows(report: RunReport): Test[] {
  const missing = missingRows(report).map((id): Test => {
    const result = { element: 'error', message: 'the row was not executed', type: 'missing' } as const;
    return { className: 'documents', name: id, seconds: 0, result };
  });
  const executed = report.rows.map(({ id, kind, title, passed, reason, evidence, seconds }): Test => {
    const test = { className: `documents.${kind}`, name: `${id}: ${title}`, seconds };
    if (passed) return test;
    if (reason !== undefined) return { ...test, result: { element: 'error', message: reason, type: 'execution' } };
    const missed = evidence.filter((one) => !one.passed);
    const lines = missed.map(({ label, expected, actual }) => `${label}: expected ${expected}, actual ${actual}`);
    return {
      ...test,
      result: { element: 'failure', message: lines[0] ?? 'no evidence', type: 'evidence' },
      text: lines.join('\n'),
    };
  });
  return [...missing, ...executed];
}

function accuracy({ accuracy: records = [] }: RunReport): Test[] {
  return records.map(({ function: name, bound, worst, passed }) => {
    const test = { className: 'reference.accuracy', name, seconds: 0 };
    const message = `${exact(worst.ulps)} ulps at ${worst.input}; the bound is ${bound}`;
    return passed ? test : { ...test, result: { element: 'failure', message, type: 'accuracy' } };
  });
}

function benchmarks({ timings }: RunReport): Test[] {
  return timings.map(({ backend, caseId, status, expected, reason, execute }) => {
    const test = { className: `benchmarks.${backend}`, name: caseId, seconds: (execute?.medianMs ?? 0) / 1000 };
    const message = reason ?? status;
    if (status === 'valid') return test;
    if (status === 'invalid' && !expected) return { ...test, result: { element: 'failure', message, type: 'invalid' } };
    const why = expected ? 'expected failure' : 'unsupported';
    return { ...test, result: { element: 'skipped', message: `${why}: ${message}` } };
  });
}

function unfinished(report: RunReport): Test[] {
  const message = incompleteness(report);
  if (message === undefined) return [];
  return [
    { className: 'etalon', name: 'the run finished', seconds: 0, result: { element: 'error', message, type: 'unfinished' } },
  ];
}

/** A worker's message may hold anything. Characters that XML 1.0 cannot carry, not even escaped, become U+FFFD. */
function clean(text: string): string {
  return text.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}');
}
