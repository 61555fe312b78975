/** The closing table on the terminal. */
import { allowances, flushedText, precisionSentences, strictSummary } from '../reports/precision.ts';
import {
  algorithmBackends,
  findingCount,
  inaccurate,
  missingRows,
  sampleText,
  statisticsText,
  statusText,
  throughputs,
  throughputText,
} from '../reports/summary.ts';
import { type AlgorithmOutcome, type RunReport, redStatuses, type Status } from '../suites/runReport.ts';
import { formatTable } from './table.ts';

const showAtMost = 10;

/** Whether anything in the run is not as expected. */
export function isRed(report: RunReport): boolean {
  return findingCount(report) > 0;
}

export function closingSummary(report: RunReport, reportPath?: string): string {
  const parts = [scoreboard(report), algorithms(report), findings(report)];
  const statistics = statisticsText(report);
  for (const { backend, text, observed } of precisionSentences(report)) {
    if (observed !== 'as declared') parts.push(`precision: ${backend}: ${text}\n`);
  }
  for (const backend of report.backends) {
    const { name } = backend;
    const allowed = allowances(backend);
    if (allowed.length > 0) parts.push(`declared: ${name}: allowed are ${allowed.join(', ')}\n`);
    const flushed = flushedText(report, backend);
    if (flushed) parts.push(`subnormal numbers: ${name}: ${flushed}\n`);
    const strict = strictSummary(report, name);
    if (strict) parts.push(`precision: ${name}: ${strict.text}\n`);
  }
  for (const throughput of throughputs(report)) {
    parts.push(`throughput: ${throughput.backend}: ${throughputText(report, throughput)}\n`);
  }
  const sampled = report.outcomes.find((outcome) => sampleText(outcome) !== undefined);
  if (sampled)
    parts.push(
      `samples: large outputs that the reference is slower at than a backend: ${sampled.outputs[0].compared} ${sampleText(sampled)}\n`,
    );
  if (statistics) parts.push(`statistics: ${statistics}\n`);
  if (report.rows.length > 0) {
    const failed = report.rows.filter(({ passed }) => !passed).map(({ id }) => id);
    const missing = missingRows(report);
    parts.push(
      `documents: ${report.rows.length - failed.length} of ${report.rows.length + missing.length} rows hold${failed.length > 0 ? `; failed: ${failed.join(', ')}` : ''}${missing.length > 0 ? `; missing: ${missing.join(', ')}` : ''}\n`,
    );
  }
  for (const { function: name, bound, worst } of inaccurate(report)) {
    parts.push(`reference: ${name}(${worst.input}) is ${worst.ulps} ulps off, its bound is ${bound}\n`);
  }
  if (report.stopped) parts.push(`stopped: ${report.stopped}; the report holds what had been measured\n`);
  if (reportPath) parts.push(`report: ${reportPath}\n`);
  return parts.filter((part) => part !== '').join('\n');
}

const columns: readonly (readonly [title: string, status: Status])[] = [
  ['passed', 'passed'],
  ['failed', 'failed'],
  ['errored', 'errored'],
  ['crashed', 'crashed'],
  ['timed out', 'timedOut'],
  ['expected failures', 'expectedFailure'],
  ['unexpected passes', 'unexpectedPass'],
  ['unsupported', 'unsupported'],
];

function scoreboard(report: RunReport): string {
  const rows = report.backends.map(({ name, status, reason }) => {
    if (status === 'unavailable') return [name, ...columns.map(() => '-'), '-', `unavailable: ${reason}`];
    const outcomes = [...report.outcomes, ...report.properties].filter(({ backend }) => backend === name);
    const counts = columns.map(([, wanted]) => String(outcomes.filter(({ status }) => status === wanted).length));
    const elements = report.outcomes
      .filter(({ backend }) => backend === name)
      .reduce((sum, { outputs }) => sum + outputs.reduce((total, { compared }) => total + compared, 0), 0);
    const timings = report.timings.filter(({ backend }) => backend === name);
    return [
      name,
      ...counts,
      String(elements),
      timings.length > 0 ? `${timings.filter(({ status }) => status === 'valid').length} timed` : '',
    ];
  });
  return formatTable(['backend', ...columns.map(([title]) => title), 'elements', ''], rows);
}

/** Status, and how much of it was judged, of each algorithm on each backend. */
function algorithms(report: RunReport): string {
  const outcomes = report.algorithms ?? [];
  if (outcomes.length === 0) return '';
  const backends = algorithmBackends(report);
  const names = [...new Set(outcomes.map(({ algorithm }) => algorithm))];
  const cell = (outcome: AlgorithmOutcome | undefined) => {
    if (outcome === undefined) return '-';
    const judged = outcome.operations.reduce((sum, line) => sum + line.judged, 0);
    return judged === 0 ? statusText(outcome.status) : `${statusText(outcome.status)}, ${judged} calls judged`;
  };
  const lines = names.map((name) => [
    name,
    ...backends.map((own) => cell(outcomes.find(({ algorithm, backend }) => algorithm === name && backend === own))),
  ]);
  return formatTable(['algorithm', ...backends], lines);
}

function findings(report: RunReport): string {
  const red = [
    ...report.outcomes
      .filter(({ status }) => redStatuses.includes(status))
      .map((outcome) => ({ ...outcome, what: outcome.caseId })),
    ...report.properties
      .filter(({ status }) => redStatuses.includes(status))
      .map((outcome) => ({ ...outcome, what: `${outcome.operation}, ${outcome.property}`, diagnosis: undefined })),
    ...(report.algorithms ?? [])
      .filter(({ status }) => redStatuses.includes(status))
      .map((outcome) => ({ ...outcome, what: `algorithm ${outcome.algorithm}`, diagnosis: outcome.firstWrong?.diagnosis })),
  ];
  const invalid = report.timings.filter(({ status, expected }) => status === 'invalid' && !expected);
  const lines = [
    ...red.slice(0, showAtMost).map(({ backend, what, status, reason, diagnosis, replay }) => {
      const named = diagnosis ? `\n  diagnosis: ${diagnosis}` : '';
      return `${backend} ${what}: ${status}: ${reason}${named}\n  ${replay}`;
    }),
    ...(red.length > showAtMost ? [`and ${red.length - showAtMost} more, all in the report`] : []),
    ...invalid.slice(0, showAtMost).map(({ backend, operation, reason }) => `${backend} ${operation}: no timing: ${reason}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
