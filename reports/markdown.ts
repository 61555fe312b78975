/** A summary in GitHub's Markdown, for $GITHUB_STEP_SUMMARY: verdict, backends, findings. Never more than 1 MiB. */
import type { RunReport } from '../suites/runReport.ts';
import { byTurns, exampleLines, extentText, type Finding, findingsOf, hypothesisText } from './findings/index.ts';
import { brief, count, duration } from './numbers.ts';
import {
  algorithmBackends,
  headline,
  inaccurate,
  incompleteness,
  isRed,
  missingRows,
  statusText,
  summarize,
} from './summary.ts';
import { oneLine } from './text.ts';

/** GitHub refuses a step's summary above 1 MiB; the rest is room for the closing line. */
const largestBytes = 1024 * 1024 - 4096;

export function markdown(report: RunReport): string {
  const unfinished = incompleteness(report);
  const head = [
    `# Etalon: ${headline(report)}`,
    ...(unfinished ? [`> [!WARNING]\n> ${text(unfinished)}`] : []),
    table(
      ['backend', 'runs on', 'result', 'elements compared', 'largest error ÷ limit'],
      summarize(report).map(({ backend, text: result, compared, worst }) => [
        text(backend.name),
        text(backend.status === 'ran' ? [backend.library, backend.version, backend.device].filter(Boolean).join(' ') : '–'),
        text(backend.status === 'ran' ? result : `unavailable: ${backend.reason}`),
        count(compared),
        worst ? text(`${worst.errorRatio} (${worst.operation})`) : '',
      ]),
    ),
    ...algorithms(report),
    ...(report.rows.length > 0
      ? [
          `Documents: ${report.rows.filter(({ passed }) => passed).length} of ${report.rows.length + missingRows(report).length} rows hold.`,
        ]
      : []),
  ];
  const findings = [...red(report), ...rows(report), ...reference(report), ...invalid(report)];
  const tail = [...benchmarks(report), `Seed ${report.seed} · etalon ${text(report.etalonVersion)} · ${code(report.command)}`];
  const heading = findings.length > 0 ? ['## Findings'] : [];
  return shorten([...head, ...heading], findings, tail);
}

/** Drops whole findings from the end until the text fits, and says how many. */
function shorten(head: readonly string[], findings: readonly string[], tail: readonly string[]): string {
  let budget = largestBytes - bytes([...head, ...tail].join('\n\n'));
  const shown: string[] = [];
  for (const finding of findings) {
    budget -= bytes(finding) + 2;
    if (budget < 0) break;
    shown.push(finding);
  }
  const left = findings.length - shown.length;
  const more = left > 0 ? [`… and ${count(left)} more findings; \`run.json\` holds them all.`] : [];
  return `${[...head, ...shown, ...more, ...tail].join('\n\n')}\n`;
}

/** One item for each cause, the backends in turns, so that a limit of size leaves none of them out. */
function red(report: RunReport): string[] {
  return byTurns(findingsOf(report).filter(({ status }) => isRed(status))).map(item);
}

function item(finding: Finding): string {
  const { backend, operation, status, diagnosis, examples, kind } = finding;
  const [smallest] = examples;
  const hypothesis = hypothesisText(finding);
  const extent = kind === 'algorithm' ? '' : `, ${extentText(finding)}`;
  const lines = [
    `- **${text(backend)}** ${code(operation)} ${statusText(status)}${extent}`,
    ...(diagnosis ? [`**${text(diagnosis)}**`] : []),
    ...(hypothesis ? [text(hypothesis)] : []),
    `${examples.length > 1 ? 'smallest: ' : ''}${code(smallest.what)} ${text(smallest.facts)}`,
    ...exampleLines(smallest).map(text),
    code(smallest.replay),
  ];
  return lines.join('  \n  ');
}

/** A line for each algorithm, a column for each backend. */
function algorithms(report: RunReport): string[] {
  const outcomes = report.algorithms ?? [];
  if (outcomes.length === 0) return [];
  const backends = algorithmBackends(report);
  const lines = [...new Set(outcomes.map(({ algorithm }) => algorithm))].map((name) => [
    code(name),
    ...backends.map((backend) => {
      const outcome = outcomes.find((item) => item.algorithm === name && item.backend === backend);
      return outcome ? statusText(outcome.status) : '';
    }),
  ]);
  return [table(['algorithm', ...backends.map(text)], lines)];
}

function rows(report: RunReport): string[] {
  return report.rows
    .filter(({ passed }) => !passed)
    .map(({ id, title, reason, evidence }) => {
      const missed = evidence.filter(({ passed }) => !passed);
      const why =
        reason ?? missed.map(({ label, expected, actual }) => `${label}: expected ${expected}, actual ${actual}`).join('; ');
      return `- **documents** ${code(id)} ${text(title)}: ${text(why)}`;
    });
}

function reference(report: RunReport): string[] {
  return [
    ...missingRows(report).map((id) => `- **documents** ${code(id)} was not executed`),
    ...inaccurate(report).map(
      ({ function: name, bound, worst }) =>
        `- **reference** ${code(name)} is ${brief(worst.ulps)} ulps off at ${text(worst.input)}; its bound is ${text(bound)}`,
    ),
  ];
}

function invalid(report: RunReport): string[] {
  return report.timings
    .filter(({ status, expected }) => status === 'invalid' && !expected)
    .map(({ backend, caseId, reason }) => `- **${text(backend)}** ${code(caseId)} no timing: ${text(reason ?? 'invalid')}`);
}

function benchmarks(report: RunReport): string[] {
  const names = report.backends
    .map(({ name }) => name)
    .filter((name) => report.timings.some(({ backend }) => backend === name));
  const operations = [...new Set(report.timings.map(({ operation }) => operation))];
  if (operations.length === 0) return [];
  const lines = operations.map((operation) => [
    code(operation),
    ...names.map((name) => {
      const timing = report.timings.find((item) => item.operation === operation && item.backend === name);
      if (timing?.execute === undefined) return timing ? timing.status : '';
      const ratio = timing.ratioToJs === undefined ? '' : ` (${brief(timing.ratioToJs)} × js)`;
      return `${duration(timing.execute.medianMs)}${ratio}`;
    }),
  ]);
  return ['## Median time of one execution', table(['operation', ...names.map(text)], lines)];
}

function table(header: readonly string[], lines: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...lines].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
}

/** A bar would end the cell, in code as well. */
function cell(value: string): string {
  return value.replaceAll('|', '\\|');
}

/** Text that means nothing to Markdown or HTML (nor to GitHub: @name, $math$), on one line. */
function text(value: string): string {
  return oneLine(value)
    .replace(/[<>&@]/g, (character) => `&#${character.codePointAt(0)};`)
    .replace(/[\\`*_{}[\]~$]|^[#+-]|(?<=^\d+)[.)](?=\s)/g, '\\$&');
}

/** Inline code; a fence longer than any run of backticks inside. */
function code(value: string): string {
  const line = oneLine(value, 2000);
  const fence = '`'.repeat(1 + Math.max(0, ...Array.from(line.matchAll(/`+/g), ([run]) => run.length)));
  const space = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${space}${line}${space}${fence}`;
}

function bytes(value: string): number {
  return Buffer.byteLength(value);
}
