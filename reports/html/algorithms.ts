/** Algorithms composed of operations: what came of each on each backend, with their learning curves. */
import type { AlgorithmCall, AlgorithmOutcome, Chart, RunReport } from '../../suites/runReport.ts';
import { count, duration, numberOf } from '../numbers.ts';
import { algorithmBackends, statusText } from '../summary.ts';
import { chartSvg } from './charts.ts';
import { identifier, operationLink, rowReference } from './links.ts';
import { formula, prose, safeLink } from './markup.ts';
import { errorRatioMark } from './operationsTable.ts';

export async function algorithms(report: RunReport) {
  const outcomes = report.algorithms ?? [];
  const names = [...new Set(outcomes.map(({ algorithm }) => algorithm))];
  return Promise.all(
    names.map((name) =>
      section(
        outcomes.filter(({ algorithm }) => algorithm === name),
        report,
      ),
    ),
  );
}

async function section(unordered: readonly AlgorithmOutcome[], report: RunReport) {
  const order = algorithmBackends(report);
  const outcomes = unordered.toSorted((a, b) => order.indexOf(a.backend) - order.indexOf(b.backend));
  const [{ algorithm: name, title, statement, rows }] = outcomes;
  const latex = outcomes[0].formula;
  const labels = [...new Set(outcomes.flatMap(({ evidence }) => evidence.map(({ label }) => label)))];
  const operations = [...new Set(outcomes.flatMap((outcome) => outcome.operations.map(({ operation }) => operation)))];
  return {
    ...{ name, title, id: identifier('algorithm', name), statementHtml: prose(statement), labels: labels.map(prose) },
    formulaHtml: latex === undefined ? undefined : formula(latex),
    filter: [name, ...operations].join(' '),
    rows: rows.map((id) => rowReference(id, report)),
    thorough: outcomes.some(({ thorough }) => thorough),
    samplings: [...new Set(outcomes.filter(judged).map(({ sampling }) => sampling))],
    backends: outcomes.map(({ backend }) => backend),
    lines: outcomes.map((outcome) => line(outcome, labels)),
    notes: outcomes.filter(({ reason }) => reason !== undefined).map(note),
    operations: operations.map((operation) => ({
      operation,
      href: report.operations.some((item) => item.name === operation) ? operationLink(operation) : undefined,
      cells: outcomes.map((outcome) => {
        const calls = outcome.operations.find((item) => item.operation === operation);
        if (calls === undefined) return {};
        const text = calls.judged > 0 ? `${count(calls.judged)} of ${count(calls.calls)}` : count(calls.calls);
        return { text, errorRatio: calls.judged > 0 ? errorRatioMark(numberOf(calls.errorRatio)) : undefined };
      }),
    })),
    replays: outcomes.map(({ backend, replay }) => ({ backend, replay })),
    charts: await charts(outcomes),
  };
}

function line(outcome: AlgorithmOutcome, labels: readonly string[]) {
  const { backend, status, steps, evidence, seconds, operations } = outcome;
  const total = (of: 'calls' | 'judged' | 'wrong') => operations.reduce((sum, item) => sum + item[of], 0);
  const { firstWrong, closest } = outcome;
  return {
    ...{ backend, status, label: statusText(status), steps: count(steps), calls: count(total('calls')) },
    judged: judged(outcome) ? count(total('judged')) : '–',
    wrong: total('wrong') > 0 ? count(total('wrong')) : undefined,
    errorRatio: judged(outcome)
      ? errorRatioMark(Math.max(...operations.map(({ errorRatio }) => numberOf(errorRatio))))
      : undefined,
    at: firstWrong ? `first wrong: ${place(firstWrong)}` : closest && place(closest),
    evidence: labels.map((label) => evidence.find((item) => item.label === label) ?? {}),
    time: duration(seconds * 1000),
  };
}

function note({ algorithm, backend, status, reason, link, replay }: AlgorithmOutcome) {
  return { ...{ operation: algorithm, backend, status, label: statusText(status), reason, replay }, link: safeLink(link) };
}

/** One picture for each title, one line for each backend that drew one. */
function charts(outcomes: readonly AlgorithmOutcome[]) {
  const titles = [...new Set(outcomes.flatMap(({ curves }) => curves.map(({ title }) => title)))];
  return Promise.all(
    titles.map(async (title) => {
      const drawn = outcomes.flatMap(({ backend, curves }) =>
        curves.filter((curve) => curve.title === title).map((curve) => ({ ...curve, name: backend })),
      );
      const [{ xLabel, yLabel, yScale }] = drawn;
      const series = together(drawn.map(({ name, points }) => ({ name, points })));
      const shared = series.filter(({ name }) => name.includes(', ')).map(({ name }) => `${name} are one line.`);
      return {
        titleHtml: prose([title, ...shared].join('; ')),
        svgHtml: await chartSvg({ title, kind: 'line', xLabel, yLabel, yScale, series }),
      };
    }),
  );
}

type Line = Chart['series'][number];

/** Curves that lie on each other as far as the eye can tell are one line with all their names. */
function together(lines: readonly Line[]): Line[] {
  const drawn: Line[] = [];
  for (const line of lines) {
    const at = drawn.findIndex((other) => alike(line.points, other.points));
    if (at < 0) drawn.push(line);
    else drawn[at] = { ...drawn[at], name: `${drawn[at].name}, ${line.name}` };
  }
  return drawn;
}

/** The same x, and y within half a percent: less than the width of the line. */
function alike(a: Line['points'], b: Line['points']): boolean {
  return a.length === b.length && a.every(([x, y], i) => x === b[i][0] && Math.abs(y - b[i][1]) <= 0.005 * Math.abs(y));
}

function judged({ operations }: AlgorithmOutcome): boolean {
  return operations.some((item) => item.judged > 0);
}

function place({ operation, step }: AlgorithmCall): string {
  return `${operation}, step ${count(step)}`;
}
