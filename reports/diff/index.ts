/** The table of outputs of a difference between two runs: each is a function of it and of nothing else. */
import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { changeKinds, type RunDiff } from '../../suites/runs/runDiff.ts';
import { plural } from '../numbers.ts';
import { oneLine } from '../text.ts';

export const diffOutputs = {
  text,
  markdown,
  html,
  json: (diff) => `${JSON.stringify(diff, null, 2)}\n`,
} as const satisfies Readonly<Record<string, (diff: RunDiff) => string>>;

export type DiffOutput = keyof typeof diffOutputs;

/** The verdict in one line: "2 regressions (2 accuracy), 1 other change; 5,320 answers compared". */
export function diffHeadline({ changes, compared }: RunDiff): string {
  const regressions = changes.filter(({ regression }) => regression);
  const kinds = changeKinds.flatMap((kind) => {
    const own = regressions.filter((one) => one.kind === kind).length;
    return own > 0 ? [`${own} ${kind}`] : [];
  });
  const found = regressions.length > 0 ? `${plural(regressions.length, 'regression')} (${kinds.join(', ')})` : 'no regression';
  return `${found}, ${plural(changes.length - regressions.length, 'other change')}; ${plural(compared, 'answer')} compared`;
}

/** Changes that a terminal shows of each kind; the other outputs hold them all. */
const mostShown = 40;

function text(diff: RunDiff): string {
  const lines = diff.changes
    .slice(0, mostShown)
    .flatMap(({ regression, what, backend, where, base, head, reason }) => [
      `${regression ? '✗' : ' '} ${what.padEnd(14)}  ${oneLine(backend)}  ${oneLine(where)}`,
      `    ${base} → ${head}`,
      ...(reason ? [`    ${oneLine(reason, 300)}`] : []),
    ]);
  const left = diff.changes.length - mostShown;
  return [
    ...lines,
    ...(left > 0 ? [`… and ${plural(left, 'change')} more; --format json holds them all`] : []),
    ...diff.remarks.map((remark) => `note: ${oneLine(remark)}`),
    `${diff.changes.some(({ regression }) => regression) ? '✗' : '✓'} ${diffHeadline(diff)}`,
    '',
  ].join('\n');
}

const inert = (value: string): string =>
  oneLine(value)
    .replace(/[<>&@]/g, (character) => `&#${character.codePointAt(0)};`)
    .replace(/[\\`*_{}[\]~$|]/g, '\\$&');

function markdown(diff: RunDiff): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = diff.changes.map(({ regression, what, backend, where, base, head, reason = '' }) =>
    row([regression ? '✗' : '', ...[what, backend, where, base, head, reason].map(inert)]),
  );
  const header = ['', 'change', 'backend', 'where', 'BASE', 'HEAD', 'why'];
  return [
    `# Etalon: ${diffHeadline(diff)}`,
    `BASE is ${inert(diff.base)}, HEAD is ${inert(diff.head)}.`,
    ...(rows.length > 0 ? [[row(header), row(header.map(() => '---')), ...rows].join('\n')] : []),
    ...diff.remarks.map((remark) => `Note: ${inert(remark)}.`),
    '',
  ].join('\n\n');
}

function html(diff: RunDiff): string {
  const template = readFileSync(new URL('page.hbs', import.meta.url), 'utf8');
  return Handlebars.create().compile(template)({ ...diff, headline: diffHeadline(diff) });
}
