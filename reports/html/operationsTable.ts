/** Operations × backends: one cell per pair with the worst status and the worst error / limit. */
import type { OperationRecord, Outcome, PropertyOutcome, RunReport, Status } from '../../suites/runReport.ts';
import { errorRatioText, plural } from '../numbers.ts';
import { countByStatus, outcomeErrorRatio, statusCount, statuses, statusText } from '../summary.ts';
import { operationLink } from './links.ts';
import { safeLink } from './markup.ts';

export type Cell = ReturnType<typeof cellOf>;

/** Rows are operations, those that belong to another (its derivative, its gradients) below it. */
export function operationsTable(report: RunReport, cells: ReadonlyMap<string, readonly Cell[]>) {
  const backends = report.backends.filter(({ status }) => status === 'ran').map(({ name }) => name);
  const shown = report.operations.filter(({ name }) => cells.has(name));
  const names = new Set(shown.map(({ name }) => name));
  const line = ({ name, title }: OperationRecord) => ({ name, title, href: operationLink(name), cells: cells.get(name)! });
  const families = shown
    .filter(({ name }) => baseOf(name, names) === undefined)
    .map((operation) => {
      const further = shown.filter(({ name }) => baseOf(name, names) === operation.name).map(line);
      const open = further.some(({ cells: own }) => own.some(({ status }) => !quiet.includes(status)));
      return { topic: operation.topic, ...line(operation), further, furtherText: `${further.length} more`, open };
    });
  const topics = [...new Set(families.map(({ topic }) => topic))];
  return {
    ...{ backends, families, amount: shown.length, unsupported: unsupported(report), legend },
    topics: topics.map((topic) => ({ topic, families: families.filter((family) => family.topic === topic) })),
    statuses: statuses.map((status) => ({ status, label: statusText(status) })),
  };
}

/** What need not be seen at once. */
const quiet: readonly Cell['status'][] = ['passed', 'unsupported', 'notRun'];

/** "conv2d" of "conv2d.weightGradient", where the table has it. */
function baseOf(name: string, names: ReadonlySet<string>): string | undefined {
  const base = name.split('.')[0];
  return base !== name && names.has(base) ? base : undefined;
}

/** What each backend made of each operation that was asked or timed. */
export function cellsOf(report: RunReport): Map<string, readonly Cell[]> {
  const backends = report.backends.filter(({ status }) => status === 'ran').map(({ name }) => name);
  const own = ofOperations(report);
  const cells = new Map<string, readonly Cell[]>();
  for (const { name } of report.operations) {
    const row = backends.map((backend) => cellOf(own.get(name) ?? { ...report, outcomes: [], properties: [] }, name, backend));
    const timed = report.timings.some(({ operation }) => operation === name);
    if (timed || row.some(({ status }) => status !== 'notRun')) cells.set(name, row);
  }
  return cells;
}

/** The report of each operation alone, so that none is looked for in all outcomes. */
export function ofOperations(report: RunReport): ReadonlyMap<string, RunReport> {
  const groups = new Map<string, { outcomes: Outcome[]; properties: PropertyOutcome[] }>();
  const of = (operation: string) => {
    const group = groups.get(operation) ?? { outcomes: [], properties: [] };
    groups.set(operation, group);
    return group;
  };
  for (const outcome of report.outcomes) of(outcome.operation).outcomes.push(outcome);
  for (const property of report.properties) of(property.operation).properties.push(property);
  return new Map([...groups].map(([name, group]) => [name, { ...report, ...group }]));
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
    ratio: errorRatio >= 0 ? errorRatio : undefined,
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
      href: operationLink(operation),
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
