/** The first screen: the verdict, a line for each backend, every operation on every backend at a glance, and the findings. */
import type { RunReport, Timing } from '../../suites/runReport.ts';
import type { Finding } from '../findings/index.ts';
import { brief, count, errorRatioText, plural } from '../numbers.ts';
import { speedShare, speeds } from '../speed.ts';
import {
  findingCount,
  headline,
  incompleteness,
  isRed,
  missingRows,
  observedBits,
  statusCount,
  summarize,
} from '../summary.ts';
import { findingBlocks, otherFindings, sorted } from './findings.ts';
import { operationLink, pageLink, pagePaths } from './links.ts';
import type { Cell } from './operationsTable.ts';

/** Blocks on the first page; the page of findings has them all. */
const redBlocks = 12;
const knownBlocks = 6;

export function first(report: RunReport, findings: readonly Finding[], cells: ReadonlyMap<string, readonly Cell[]>) {
  const { red, known } = sorted(findings);
  const asked = report.outcomes.length + report.properties.length > 0;
  return {
    ...{ headline: headline(report), findings: findingCount(report), unfinished: incompleteness(report) },
    said: said(report),
    asked,
    timed: report.timings.length > 0,
    backends: backends(report),
    map: cells.size > 0 ? map(report, cells) : undefined,
    red: findingBlocks(red, redBlocks, report),
    known: known.length > 0 ? findingBlocks(known, knownBlocks, report) : undefined,
    others: otherFindings(report),
    allright: red.length === 0 && findingCount(report) === 0,
    links: {
      operations: pageLink(pagePaths.operations),
      documents: pageLink(pagePaths.documents),
      findings: pageLink(pagePaths.findings),
      errorRatio: pageLink(pagePaths.run, 'error-ratio'),
    },
  };
}

/** How much was asked, in two sentences. */
function said(report: RunReport): string {
  const { outcomes, properties, rows, timings } = report;
  const ran = report.backends.filter(({ status }) => status === 'ran');
  const operations = new Set([...outcomes, ...properties, ...timings].map(({ operation }) => operation)).size;
  const cases = new Set(outcomes.map(({ caseId }) => caseId)).size;
  const names = new Set(properties.map(({ operation, property }) => `${operation} ${property}`)).size;
  const compared = summarize(report).reduce((sum, backend) => sum + backend.compared, 0);
  const held = rows.filter(({ passed }) => passed).length;
  const all = rows.length + missingRows(report).length;
  const each = ran.length > 1 ? ' on each backend' : '';
  const parts = [plural(operations, 'operation')];
  if (cases > 0) parts.push(plural(cases, 'case'));
  if (names > 0) parts.push(plural(names, 'property', 'properties'));
  const timed = timings.filter(({ status }) => status === 'valid').length;
  const sentences = [
    `${listed(parts)}${each}${compared > 0 ? `; ${large(compared)} numbers compared with the float64 reference` : ''}.`,
    ...(timings.length > 0 ? [`${count(timed)} of ${plural(timings.length, 'timing')} valid.`] : []),
    ...(all > 0
      ? [held === all ? `All ${all} rows of the documents hold.` : `${held} of ${all} rows of the documents hold.`]
      : []),
  ];
  return sentences.join(' ');
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** "4.9 million", "12,345" */
export function large(value: number): string {
  return value < 1e6 ? count(value) : `${(value / 1e6).toFixed(1)} million`;
}

/** One row for each backend: accuracy and speed beside each other. */
function backends(report: RunReport) {
  const speed = speeds(report);
  return summarize(report).map(({ backend, total, passed, counts, worst }) => {
    const amount = (status: string) => counts.find((one) => one.status === status)?.amount ?? 0;
    const red = counts.filter(({ status }) => isRed(status));
    const own = speed.find((one) => one.backend === backend.name);
    const bits = observedBits(report, backend.name);
    return {
      ...{ name: backend.name, ran: backend.status === 'ran', reason: backend.reason },
      about: [backend.library, backend.version, backend.device].filter((part) => part !== undefined).join(' '),
      ...{
        passed: count(passed),
        total: count(total),
        percent: total > 0 ? round((100 * passed) / total) : 0,
        passedNumber: passed,
      },
      known: amount('expectedFailure'),
      red: red.map(({ status, amount: n }) => ({ status, text: statusCount(status, n) })),
      redNumber: red.reduce((sum, one) => sum + one.amount, 0),
      unsupported: amount('unsupported'),
      worst: worst && { ...worst, href: operationLink(worst.operation) },
      bits: bits === undefined ? undefined : bits.toFixed(1),
      times: own && brief(own.timesFastest),
      timesNumber: own?.timesFastest,
      ...{ wins: own?.wins, timed: own?.timed },
    };
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Rows are backends, columns families of operations, a square is an operation. */
function map(report: RunReport, cells: ReadonlyMap<string, readonly Cell[]>) {
  const names = report.backends.filter(({ status }) => status === 'ran').map(({ name }) => name);
  const topics = [...new Set(report.operations.filter(({ name }) => cells.has(name)).map(({ topic }) => topic))];
  const operationsOf = (topic: string) =>
    report.operations.filter((operation) => operation.topic === topic && cells.has(operation.name));
  const timings = new Map(report.timings.map((timing) => [JSON.stringify([timing.operation, timing.backend]), timing]));
  return {
    topics: topics.map((topic) => ({ topic, columns: Math.max(2, Math.ceil(operationsOf(topic).length / 3)) })),
    rows: names.map((backend) => ({
      backend,
      families: topics.map((topic) => ({
        topic,
        columns: Math.max(2, Math.ceil(operationsOf(topic).length / 3)),
        squares: operationsOf(topic).map(({ name }) => {
          const cell = cells.get(name)!.find((one) => one.backend === backend)!;
          return square(name, cell, timings.get(JSON.stringify([name, backend])), report);
        }),
      })),
    })),
    timed: report.timings.some(({ status }) => status === 'valid'),
  };
}

function square(operation: string, cell: Cell, timing: Timing | undefined, report: RunReport) {
  const share = timing === undefined ? 0 : speedShare(timing, report);
  const { status, ratio } = cell;
  const says = [cell.label];
  if (ratio !== undefined && status !== 'unsupported')
    says.push(`error ${errorRatioText(Number.isFinite(ratio) ? ratio : 'inf')} of its limit`);
  if (share > 0) says.push(share === 1 ? 'the fastest' : `${brief(1 / share, 2)} × the time of the fastest`);
  return {
    href: operationLink(operation),
    kind: status === 'passed' ? `near${nearness(ratio ?? 0)}` : status,
    speed: share > 0 ? Math.max(4, Math.round(100 * share)) : undefined,
    title: `${operation} on ${cell.backend}: ${says.join(', ')}`,
  };
}

/** 0 far from the limit to 3 close to it. */
export function nearness(ratio: number): number {
  return ratio < 0.25 ? 0 : ratio < 0.5 ? 1 : ratio < 0.8 ? 2 : 3;
}
