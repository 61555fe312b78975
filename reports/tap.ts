/** The Test Anything Protocol, version 14: a line for each case, property, algorithm and row. Known failures are TODO, what was not judged is skipped. */
import type { RunReport, Status } from '../suites/runReport.ts';
import { exampleLines, ofOutcome, ofProperty } from './findings/index.ts';
import { incompleteness, isRed, missingRows, statusText } from './summary.ts';
import { oneLine } from './text.ts';

interface Point {
  readonly name: string;
  readonly ok: boolean;
  readonly directive?: string;
  readonly details?: Readonly<Record<string, string | undefined>>;
}

export function tap(report: RunReport): string {
  const points = pointsOf(report);
  const lines = points.flatMap(({ name, ok, directive, details }, i) => [
    `${ok ? 'ok' : 'not ok'} ${i + 1} - ${escaped(name)}${directive ? ` # ${directive}` : ''}`,
    ...(details ? yaml(details) : []),
  ]);
  const unfinished = incompleteness(report);
  return [
    'TAP version 14',
    `1..${points.length}`,
    ...lines,
    ...(unfinished ? [`Bail out! ${escaped(unfinished)}`] : []),
    '',
  ].join('\n');
}

function pointsOf(report: RunReport): Point[] {
  return [
    ...report.outcomes.map((outcome) => {
      const details = {
        message: exampleLines(ofOutcome(outcome)).join('; '),
        diagnosis: outcome.diagnosis,
        replay: outcome.replay,
      };
      return point(`${outcome.backend} ${outcome.caseId}`, outcome, details);
    }),
    ...report.properties.map((property) => {
      const details = { message: exampleLines(ofProperty(property)).join('; '), replay: property.replay };
      return point(`${property.backend} ${property.operation} property: ${property.property}`, property, details);
    }),
    ...(report.algorithms ?? []).map((outcome) =>
      point(`${outcome.backend} algorithm ${outcome.algorithm}`, outcome, { message: outcome.reason, replay: outcome.replay }),
    ),
    ...report.rows.map(({ id, title, passed, reason }) => ({
      ...{
        name: `documents ${id} ${title}`,
        ok: passed,
        details: passed ? undefined : { message: reason ?? 'it does not hold' },
      },
    })),
    ...missingRows(report).map((id) => ({ name: `documents ${id}`, ok: false, details: { message: 'it was not executed' } })),
    ...(report.accuracy ?? []).map(({ function: name, passed, bound }) => ({
      ...{ name: `reference ${name}`, ok: passed, details: passed ? undefined : { message: `over its bound of ${bound}` } },
    })),
    ...report.timings.map(({ backend, caseId, status, expected, reason }): Point => {
      const name = `${backend} timing ${caseId}`;
      if (status === 'valid') return { name, ok: true };
      if (status === 'invalid' && !expected) return { name, ok: false, details: { message: reason } };
      return { name, ok: true, directive: `SKIP ${oneLine(reason ?? status, 200)}` };
    }),
  ];
}

function point(
  name: string,
  { status, reason }: { readonly status: Status; readonly reason?: string },
  details: Point['details'],
): Point {
  if (status === 'passed') return { name, ok: true };
  if (isRed(status)) return { name, ok: false, details: { status: statusText(status), ...details } };
  if (status === 'expectedFailure') return { name, ok: false, directive: `TODO ${oneLine(reason ?? '', 200)}` };
  return { name, ok: true, directive: `SKIP ${statusText(status)}: ${oneLine(reason ?? '', 200)}` };
}

/** A description may hold no directive of its own. */
function escaped(text: string): string {
  return oneLine(text, 300).replace(/[\\#]/g, '\\$&');
}

/** JSON's strings are YAML's. */
function yaml(details: Readonly<Record<string, string | undefined>>): string[] {
  const entries = Object.entries(details).filter(([, value]) => value !== undefined);
  return ['  ---', ...entries.map(([key, value]) => `  ${key}: ${JSON.stringify(oneLine(value!, 2000))}`), '  ...'];
}
