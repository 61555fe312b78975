/** What the terminal says at the end of a run: a line per backend, the findings by cause, the rest in a line each, and the verdict last. */
import pc from 'picocolors';
import {
  exampleLines,
  exampleTitle,
  extentText,
  type Finding,
  findingsOf,
  hypothesisText,
  inTurns,
} from '../reports/findings/index.ts';
import { count, duration, plural } from '../reports/numbers.ts';
import { allowances, flushedText, precisionSentences, strictSummary } from '../reports/precision.ts';
import { speeds } from '../reports/speed.ts';
import {
  algorithmBackends,
  type BackendSummary,
  backendFinding,
  callTimes,
  callTimeText,
  findingCount,
  headline,
  inaccurate,
  incompleteness,
  isRed as isRedStatus,
  missingRows,
  sampleText,
  statisticsText,
  statusCount,
  statusText,
  summarize,
  throughputText,
} from '../reports/summary.ts';
import { oneLine } from '../reports/text.ts';
import type { AlgorithmOutcome, RunReport, Timing } from '../suites/runReport.ts';
import { benchmarkTable } from './benchmarkTable.ts';
import { formatTable, formatWideTable, wrapped as wrappedText } from './table.ts';

/** Blocks of findings on the terminal, at most; the report has them all. */
const showAtMost = 10;
const width = 80;

export interface SummaryOptions {
  readonly reportPath?: string;
  readonly color?: boolean;
}

/** Breaks one line of text; what a stranger's program said in it can do nothing to the terminal. */
function wrapped(text: string, columns: number, indent?: string): string {
  return wrappedText(oneLine(text), columns, indent);
}

type Colors = ReturnType<typeof pc.createColors>;

/** Whether anything in the run is not as expected. */
export function isRed(report: RunReport): boolean {
  return findingCount(report) > 0;
}

export function closingSummary(report: RunReport, { reportPath, color = false }: SummaryOptions = {}): string {
  const colors = pc.createColors(color);
  const parts = [
    backends(report, colors),
    algorithms(report),
    report.benchmarks ? benchmarkTable(report) : benchmarks(report),
    findings(report, colors),
    details(report),
    verdict(report, colors, reportPath),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

const short = (name: string) => oneLine(name, 40);

/** "✓ js  2,650 of 2,650 passed", and what else there was. */
function backends(report: RunReport, colors: Colors): string {
  const all = summarize(report).map((one) => ({
    ...one,
    finding: backendFinding(one.backend, report),
    backend: { ...one.backend, name: short(one.backend.name) },
  }));
  const asked = report.outcomes.length + report.properties.length > 0;
  const name = Math.max(...all.map(({ backend }) => backend.name.length), 0);
  const amount = Math.max(...all.map(({ passed }) => count(passed).length), 0);
  const total = Math.max(...all.map((one) => count(judgedOf(one)).length), 0);
  return all
    .filter(({ backend }) => asked || backend.status === 'unavailable')
    .map((one) => {
      const { backend, passed, counts, worst, finding } = one;
      const title = backend.name.padEnd(name);
      if (backend.status === 'unavailable') {
        const sign = finding === undefined ? colors.dim('–') : colors.red('✗');
        return `${sign} ${wrapped(`${title}  did not run: ${backend.reason}`, width - 2, '    ')}\n`;
      }
      const bad = finding !== undefined || counts.some(({ status }) => isRedStatus(status));
      const others = counts
        .filter(({ status }) => status !== 'passed' && status !== 'unsupported')
        .map(({ status, amount: n }) => (status === 'expectedFailure' ? plural(n, 'known failure') : statusCount(status, n)));
      const answered = `${count(passed).padStart(amount)} of ${count(judgedOf(one)).padStart(total)} passed`;
      const far = worst ? [`largest error ÷ limit ${worst.errorRatio} (${worst.operation})`] : [];
      const whole = finding === undefined ? '' : `; ${finding}`;
      const line = `${title}  ${[answered, ...others, ...far].join(', ')}${whole}`;
      return `${bad ? colors.red('✗') : colors.green('✓')} ${wrapped(line, width - 2, '    ')}\n`;
    })
    .join('');
}

/** What is unsupported is no answer, and has a line of its own. */
function judgedOf({ total, counts }: BackendSummary): number {
  return total - (counts.find(({ status }) => status === 'unsupported')?.amount ?? 0);
}

/** Status, and how much of it was judged, of each algorithm on each backend. */
function algorithms(report: RunReport): string {
  const outcomes = report.algorithms ?? [];
  if (outcomes.length === 0) return '';
  const names = algorithmBackends(report);
  const cell = (outcome: AlgorithmOutcome | undefined) => {
    if (outcome === undefined) return '-';
    const judged = outcome.operations.reduce((sum, line) => sum + line.judged, 0);
    return judged === 0 ? statusText(outcome.status) : `${statusText(outcome.status)}, ${plural(judged, 'call')} judged`;
  };
  const all = [...new Set(outcomes.map(({ algorithm }) => algorithm))];
  const lines = all.map((name) => [
    name,
    ...names.map((own) => cell(outcomes.find(({ algorithm, backend }) => algorithm === name && backend === own))),
  ]);
  if (outcomes.every(({ status }) => !isRedStatus(status)) && all.length > 1) {
    const passed = outcomes.filter(({ status }) => status === 'passed').length;
    const listed = outcomes.filter(({ status }) => status === 'expectedFailure').length;
    const known = listed > 0 ? `, ${plural(listed, 'known failure')}` : '';
    return `algorithms: ${all.length} on ${plural(names.length, 'backend')}: ${passed} of ${outcomes.length} passed${known}\n`;
  }
  return formatWideTable(['algorithm', ...names.map(short)], lines, width);
}

/** Median time of one execution of each operation on each backend, and how the backends compare over all of them. */
function benchmarks(report: RunReport): string {
  const { timings } = report;
  if (timings.length === 0) return '';
  const all = speeds(report);
  const names = all.map(({ backend }) => backend);
  const operations = [...new Set(timings.filter(({ execute }) => execute).map(({ operation }) => operation))];
  const cell = (timing: Timing | undefined) => {
    if (timing?.execute === undefined) return timing === undefined || timing.status === 'unsupported' ? '-' : 'wrong';
    return `${duration(timing.execute.medianMs)}${timing.ratioToFastest === 1 && names.length > 1 ? ' *' : '  '}`;
  };
  const rows = operations.map((name) => [
    name,
    ...names.map((own) => cell(timings.find(({ operation, backend }) => operation === name && backend === own))),
  ]);
  const compared = all.map(({ backend, timed, timesFastest, wins }) => [
    ...[short(backend), count(timed), `${timesFastest.toFixed(2)} ×`],
    count(wins),
  ]);
  const table =
    operations.length > 0
      ? `median time of one execution${names.length > 1 ? ' (* the fastest)' : ''}\n${formatWideTable(['operation', ...names.map(short)], rows, width)}`
      : '';
  const means =
    names.length > 1 ? `\n${formatTable(['backend', 'timed', 'time, × the fastest', 'fastest in'], compared, [1, 2, 3])}` : '';
  return `${table}${means}${untimed(report)}`;
}

/** Why there is no time, once for each backend and reason. */
function untimed({ timings }: RunReport): string {
  const reasons = new Map<string, { readonly backend: string; readonly reason: string; amount: number }>();
  for (const { backend, status, expected, reason = 'no reason given' } of timings) {
    if (status !== 'unsupported' && !expected) continue;
    const key = JSON.stringify([backend, reason]);
    const entry = reasons.get(key) ?? { backend, reason, amount: 0 };
    entry.amount++;
    reasons.set(key, entry);
  }
  return [...reasons.values()]
    .map(({ backend, reason, amount }) =>
      wrapped(`not timed: ${plural(amount, 'operation')} of ${backend}: ${reason}`, width, '  '),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Findings that are not as expected, by cause and in turns; those that are known in a line for each backend. */
function findings(report: RunReport, colors: Colors): string {
  const all = findingsOf(report);
  const { shown, left } = inTurns(
    all.filter(({ status }) => isRedStatus(status)),
    showAtMost,
  );
  const more = left.map(({ backend, amount }) => `${amount} of ${backend}`);
  const invalid = report.timings.filter(({ status, expected }) => status === 'invalid' && !expected);
  const byBackend = [...new Set(invalid.map(({ backend }) => backend))];
  return [
    ...shown.map((finding) => block(finding, colors)),
    ...(more.length > 0 ? [wrapped(`and more, all in the report: ${more.join(', ')}`, width)] : []),
    ...byBackend.flatMap((name) => {
      const own = invalid.filter(({ backend }) => backend === name);
      const rest = own.length > 1 ? `, and ${own.length - 1} more of ${name}` : '';
      return [
        `${colors.red('✗')} ${wrapped(`${name} ${own[0].operation}: no timing: ${own[0].reason}${rest}`, width - 2, '    ')}`,
      ];
    }),
  ]
    .map((text) => `${text}\n`)
    .join('\n');
}

function block(finding: Finding, colors: Colors): string {
  const { backend, operation, diagnosis, examples, status, kind } = finding;
  const [smallest] = examples;
  const extent = kind === 'algorithm' ? '' : `, ${extentText(finding)}`;
  const hypothesis = hypothesisText(finding);
  const lines = [
    ...(diagnosis ? [`diagnosis: ${diagnosis}`] : []),
    ...(hypothesis ? [hypothesis] : []),
    `${examples.length > 1 ? 'smallest: ' : ''}${exampleTitle(smallest)}`,
    ...exampleLines(smallest),
  ];
  return [
    `${colors.red('✗')} ${colors.bold(oneLine(`${backend} ${operation}`, 80))}: ${statusText(status)}${extent}`,
    ...lines.map((line) => `  ${wrapped(line, width - 2, '    ')}`),
    `  ${colors.cyan(oneLine(smallest.replay, 2000))}`,
  ].join('\n');
}

/** One line for each thing that is worth knowing and no finding. */
function details(report: RunReport): string {
  const lines: string[] = [];
  for (const { backend, text, observed } of precisionSentences(report)) {
    if (observed !== 'as declared') lines.push(`precision: ${backend}: ${text}`);
  }
  for (const backend of report.backends) {
    const { name, isolation } = backend;
    if (isolation) lines.push(`isolation: ${name}: ${isolation.title}; not held: ${isolation.doesNotHold.join('; ')}`);
    const allowed = allowances(backend);
    if (allowed.length > 0) lines.push(`declared: ${name}: allowed are ${allowed.join(', ')}`);
    const flushed = flushedText(report, backend);
    if (flushed) lines.push(`subnormal numbers: ${name}: ${flushed}`);
    const strict = strictSummary(report, name);
    if (strict) lines.push(`precision: ${name}: ${strict.text}`);
  }
  lines.push(...unsupported(report));
  for (const time of callTimes(report)) lines.push(`time: ${time.backend}: ${callTimeText(time)}`);
  const throughput = throughputText(report);
  if (throughput) lines.push(`throughput: ${throughput}`);
  const sampled = report.outcomes.find((outcome) => sampleText(outcome) !== undefined);
  if (sampled)
    lines.push(
      `samples: large outputs that the reference is slower at than a backend: ${sampled.outputs[0].compared} ${sampleText(sampled)}`,
    );
  const statistics = statisticsText(report);
  if (statistics) lines.push(`statistics: ${statistics}`);
  if (report.rows.length > 0) {
    const failed = report.rows.filter(({ passed }) => !passed).map(({ id }) => id);
    const missing = missingRows(report);
    const bad = [
      ...(failed.length > 0 ? [`failed: ${failed.join(', ')}`] : []),
      ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ];
    const held = `${report.rows.length - failed.length} of ${report.rows.length + missing.length} rows hold`;
    lines.push(`documents: ${[held, ...bad].join('; ')}`);
  }
  for (const { function: name, bound, worst } of inaccurate(report)) {
    lines.push(`reference: ${name}(${worst.input}) is ${worst.ulps} ulps off, its bound is ${bound}`);
  }
  return lines.map((line) => `${wrapped(line, width, '  ')}\n`).join('');
}

/** "unsupported: student: 12 operations and 3 cases of others" */
function unsupported(report: RunReport): string[] {
  const parts = report.backends.flatMap(({ name, holes }) => {
    const missing = new Set(holes.map(({ operation }) => operation));
    const refused = report.outcomes.filter(
      ({ backend, status, operation }) => backend === name && status === 'unsupported' && !missing.has(operation),
    ).length;
    const says = [
      ...(missing.size > 0 ? [plural(missing.size, 'operation')] : []),
      ...(refused > 0 ? [plural(refused, 'case')] : []),
    ];
    return says.length > 0 ? [`${name} ${says.join(' and ')}`] : [];
  });
  return parts.length > 0 ? [`unsupported, never counted as passed: ${parts.join(', ')}`] : [];
}

function verdict(report: RunReport, colors: Colors, reportPath: string | undefined): string {
  const known = findingsOf(report).filter(({ status }) => status === 'expectedFailure');
  const listed = report.backends.flatMap(({ name }) => {
    const own = known.filter(({ backend }) => backend === name);
    const amount = own.reduce((sum, { failing }) => sum + failing, 0);
    return amount > 0 ? [`${amount} of ${name}`] : [];
  });
  const bad = isRed(report);
  const unfinished = incompleteness(report);
  return [
    ...(listed.length > 0
      ? [wrapped(`known failures, with their reasons in the report: ${listed.join(', ')}`, width, '  ')]
      : []),
    ...(unfinished
      ? [
          wrapped(
            `${report.stopped ? `stopped: ${report.stopped}; the report holds what had been measured` : unfinished}`,
            width,
          ),
        ]
      : []),
    ...(reportPath ? [`report: ${reportPath}`] : []),
    `${bad ? colors.red('✗') : colors.green('✓')} ${colors.bold(headline(report))}${took(report)}`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function took({ startedAt, finishedAt }: RunReport): string {
  return finishedAt === undefined ? '' : ` · ${duration(Date.parse(finishedAt) - Date.parse(startedAt))}`;
}
