/** An operation of a site: its formula, its limit, its known mistakes, and its verdict on every backend in every version. */
import type { OperationRecord } from '../../suites/runReport.ts';
import { pageLink } from '../html/links.ts';
import { formula, prose, sourceLink } from '../html/markup.ts';
import { count, duration, errorRatioText } from '../numbers.ts';
import { statusText } from '../summary.ts';
import type { Catalogue } from './catalogue.ts';
import { type Line, type Version, verdictOf } from './lines.ts';
import { backendLink, places } from './places.ts';
import type { PublishedCell } from './run.ts';

/** More of one backend are a history, which the backend's own page has. */
const mostSpans = 12;

export function operationPage(operation: OperationRecord, lines: readonly Line[], { documents }: Catalogue) {
  const { name, title, onnx, source } = operation;
  const row = (id: string) => {
    const known = documents?.rows.find((one) => one.id === id);
    const page = known?.kind === 'erratum' ? places.errata : places.documents;
    return known ? { id, href: pageLink(page, `row-${id}`), plainTitle: known.title.replaceAll('$', '') } : { id };
  };
  return {
    ...{ name, title, onnx, errorClass: operation.errorClass },
    source: sourceLink({ sources: documents?.sources }, source),
    formulaHtml: formula(operation.formula),
    boundHtml: formula(operation.bound),
    derivationHtml: prose(operation.derivation),
    inputs: dimensions(operation.inputs),
    outputs: dimensions(operation.outputs),
    attributes: Object.entries(operation.attributes).map(([attribute, text]) => ({ attribute, textHtml: prose(text) })),
    constraints: operation.constraints.map(({ id, text }) => ({ id, textHtml: prose(text) })),
    mistakes: mistakesOf(operation).map(({ says, erratum, ...rest }) => ({
      ...rest,
      saysHtml: prose(says),
      erratum: erratum === undefined ? undefined : row(erratum),
    })),
    rows: operation.rows.map(row),
    backends: lines.flatMap((line) => spansOf(name, line)),
  };
}

/** Reports of older versions name errata alone. */
function mistakesOf({ knownMistakes, errata = [] }: OperationRecord): NonNullable<OperationRecord['knownMistakes']> {
  return knownMistakes ?? errata.map(({ id, says }) => ({ name: id, says, erratum: id }));
}

function dimensions(named: Readonly<Record<string, readonly string[]>>) {
  return Object.entries(named).map(([name, axes]) => ({ name, axes: axes.length > 0 ? `[${axes.join(', ')}]` : 'scalar' }));
}

/** The versions of a backend, newest first; neighbours with the same counts are one row. */
function spansOf(operation: string, line: Line) {
  const spans: { newest: Version; oldest: Version; amount: number; cell: PublishedCell }[] = [];
  for (const version of line.versions) {
    const cell = version.operations.get(operation);
    if (cell === undefined) continue;
    const span = spans.at(-1);
    if (span && alike(span.cell, cell)) {
      span.oldest = version;
      span.amount++;
    } else spans.push({ newest: version, oldest: version, amount: 1, cell });
  }
  return spans.slice(0, mostSpans).map(({ newest, oldest, amount, cell }, i) => {
    const [status, passed, known, red, others, ratio, why] = cell;
    return {
      ...{ line: line.name, href: backendLink(line.name), first: i === 0, status, label: statusText(status) },
      versions: amount === 1 ? newest.version : `${oldest.version} to ${newest.version} (${amount})`,
      amount: `${count(passed)} of ${count(passed + known + red + others)}`,
      errorRatio: ratio === null ? undefined : errorRatioText(ratio),
      why: verdictOf(cell) === 'right' ? undefined : why,
      time: timeOf(operation, newest),
    };
  });
}

function alike(a: PublishedCell, b: PublishedCell): boolean {
  return [0, 1, 2, 3, 4].every((i) => a[i] === b[i]);
}

/** Shows the time of the first size that was timed: times of other sizes are in the run's own report. */
function timeOf(operation: string, { timed }: Version): string | undefined {
  const found = Object.entries(timed?.backend.timings ?? {}).find(([caseId]) => caseId.startsWith(`${operation}/`));
  return found && `${duration(found[1])} (${found[0].split('/')[1].replace(/^benchmark-/, '')})`;
}
