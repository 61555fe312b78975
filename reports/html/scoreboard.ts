/** Operations × backends: one cell per pair with the worst status and the worst error / limit. */
import type { Outcome, PropertyOutcome, RunReport, Status } from '../../suites/runReport.ts';
import { errorRatioText, plural } from '../numbers.ts';
import { countByStatus, outcomeErrorRatio, statusCount, statusText } from '../summary.ts';
import { identifier, safeLink } from './markup.ts';

export type Cell = ReturnType<typeof cellOf>;

export function scoreboard(report: RunReport) {
  const backends = report.backends.filter(({ status }) => status === 'ran').map(({ name }) => name);
  const topics = [...new Set(report.operations.map(({ topic }) => topic))].map((topic) => ({
    topic,
    backends,
    lines: report.operations
      .filter((operation) => operation.topic === topic)
      .map(({ name, title }) => ({
        ...{ name, title, href: `#${identifier('op', name)}` },
        cells: backends.map((backend) => cellOf(report, name, backend)),
      }))
      .filter(({ cells }) => cells.some(({ status }) => status !== 'notRun')),
  }));
  return { backends, topics: topics.filter(({ lines }) => lines.length > 0), unsupported: unsupported(report), legend };
}

/** What one backend made of one operation. */
export function cellOf(report: RunReport, operation: string, backend: string) {
  const belongs = (item: Outcome | PropertyOutcome) => item.operation === operation && item.backend === backend;
  const outcomes = report.outcomes.filter(belongs);
  const all = [...outcomes, ...report.properties.filter(belongs)];
  const counts = countByStatus(all);
  const hole = report.backends.find(({ name }) => name === backend)?.holes.find((item) => item.operation === operation);
  // Some attributes unsupported and the rest passed is a pass with a remark; only an operation without any answer is a dash.
  const answered = counts.filter(({ status }) => status !== 'unsupported');
  const status: Status | 'notRun' = answered.at(0)?.status ?? (counts.length > 0 || hole ? 'unsupported' : 'notRun');
  const others = counts.filter((item) => item.status !== 'passed');
  const errorRatio = Math.max(-1, ...outcomes.map((outcome) => outcomeErrorRatio(outcome) ?? -1));
  const reason = all.find((item) => item.status === status)?.reason ?? hole?.reason;
  return {
    ...{
      backend,
      status,
      label: status === 'notRun' ? 'not run' : statusText(status),
      alone: status === 'unsupported' || status === 'notRun',
    },
    statuses: counts.map((item) => item.status).join(' ') || status,
    errorRatio: errorRatio >= 0 ? errorRatioMark(errorRatio) : undefined,
    note: status === 'unsupported' ? undefined : remark(others, all.length),
    title: status === 'passed' ? `${plural(all.length, 'check')} passed` : reason,
  };
}

function remark(others: readonly { status: Status; amount: number }[], total: number): string | undefined {
  if (others.length === 0) return undefined;
  if (others.length === 1 && others[0].amount === total) return statusCount(others[0].status, total);
  return `${others.map(({ status, amount }) => statusCount(status, amount)).join(', ')} of ${total}`;
}

/** The number and the bar: the bar's full width is the limit. */
export function errorRatioMark(errorRatio: number) {
  const percent = Math.min(100, Math.round(errorRatio * 100));
  return { text: errorRatioText(Number.isFinite(errorRatio) ? errorRatio : 'inf'), percent, over: errorRatio > 1 };
}

/** What is not there, and why: holes and refused attributes, each reason once per operation and backend. */
function unsupported(report: RunReport) {
  const refused = report.outcomes.filter(({ status }) => status === 'unsupported');
  const holes = report.backends.flatMap(({ name, holes }) => holes.map((hole) => ({ ...hole, backend: name })));
  const entries = new Map<
    string,
    { operation: string; href: string; backend: string; reason: string; link?: string; cases: number }
  >();
  for (const { operation, backend, reason = 'no reason given', link } of [...holes, ...refused]) {
    const key = JSON.stringify([operation, backend, reason]);
    const entry = entries.get(key) ?? {
      operation,
      href: `#${identifier('op', operation)}`,
      backend,
      reason,
      link: safeLink(link),
      cases: 0,
    };
    entries.set(key, entry);
  }
  for (const { operation, backend, reason = 'no reason given' } of refused)
    entries.get(JSON.stringify([operation, backend, reason]))!.cases++;
  return [...entries.values()];
}

const legend = (
  [
    ['passed', 'within every limit'],
    ['failed', 'a wrong answer'],
    ['errored', 'answered with an error'],
    ['crashed', 'the process died'],
    ['timedOut', 'no answer in time'],
    ['unexpectedPass', 'listed as a failure, yet passes'],
    ['notAsked', 'the backend had been given up, or its time was over'],
    ['expectedFailure', 'known, with its reason'],
    ['unsupported', 'no kernel: never counted as passed'],
  ] as const
).map(([status, says]) => ({ status, label: statusText(status), says }));
