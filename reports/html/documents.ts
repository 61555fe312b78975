/** The rows of the documents' inventory in the order of the lectures, and the ledger of their errata. */
import type { OperationRecord, RowRecord, RunReport } from '../../suites/runReport.ts';
import { duration, plural } from '../numbers.ts';
import { missingRows } from '../summary.ts';
import { chartSvg } from './charts.ts';
import { identifier, operationLink, pageLink, pagePaths, rowLink, rowReference } from './links.ts';
import { formula, prose, proseOrFormula, sourceLink, whole } from './markup.ts';

/** Tables up to this many lines stand open. */
const shortTable = 10;

export async function documents(report: RunReport) {
  const rows = await Promise.all(report.rows.map((row) => rowView(row, report)));
  const held = report.rows.filter(({ passed }) => passed).length;
  const missing = missingRows(report);
  const others = rows.filter(({ kind }) => kind !== 'erratum');
  const errata = rows.filter(({ kind }) => kind === 'erratum');
  return {
    summary: `${held} of ${plural(rows.length + missing.length, 'row')} hold${beyondText(report)}`,
    missing: missing.join(', '),
    rows: others.length > 0 ? { topics: topicsOf(others), byDocument: byDocument(rows) } : undefined,
    errata: errata.length > 0 ? errata : undefined,
    errataSummary: `${errata.filter(({ passed }) => passed).length} of ${plural(errata.length, 'erratum', 'errata')} shown by executed numbers`,
  };
}

/** Rows that the inventory does not list, where there is one. */
function beyondText({ inventory, rows }: RunReport): string {
  const beyond = inventory ? rows.filter(({ id }) => !inventory.includes(id)).length : 0;
  return beyond === 0 ? '' : `, ${beyond} of them errata found beyond the inventory`;
}

type RowView = Awaited<ReturnType<typeof rowView>>;

function topicsOf(rows: readonly RowView[]) {
  const titles = [...new Set(rows.map(({ topic }) => topic.title))];
  return titles.map((title) => {
    const own = rows.filter(({ topic }) => topic.title === title);
    const id = identifier('topic', title);
    return { ...own[0].topic, id, href: pageLink(pagePaths.documents, id), rows: own };
  });
}

/** Which rows come from which lecture, in the order in which the lectures appear. */
function byDocument(rows: readonly RowView[]) {
  const names = [...new Set(rows.flatMap(({ documents }) => documents))];
  return names.map((name) => ({ name, rows: rows.filter(({ documents }) => documents.includes(name)) }));
}

async function rowView(row: RowRecord, report: RunReport) {
  const { id, document, kind, passed, reason, source, evidence, where, notFollowed } = row;
  const held = evidence.filter((item) => item.passed).length;
  const tables = row.tables.map(({ title, columns, rows: lines }) => ({
    ...{ titleHtml: prose(title), columns: columns.map(prose), short: lines.length <= shortTable },
    lines: lines.map((cells) => cells.map((cell) => (cell.includes('$') ? prose(cell) : whole(cell)))),
  }));
  return {
    ...{
      id,
      document,
      kind,
      passed,
      reason,
      where,
      notFollowed,
      plainTitle: row.title.replaceAll('$', ''),
      titleHtml: prose(row.title),
    },
    ...{ anchor: identifier('row', id), href: rowLink(row), statementHtml: prose(row.statement) },
    documents: document.split('; '),
    topic: row.topic ?? { title: 'Rows', says: '' },
    source: sourceLink(report, source),
    formulaHtml: row.formula === undefined ? undefined : formula(row.formula),
    printedHtml: row.printed === undefined ? undefined : proseOrFormula(row.printed),
    rightHtml: row.right === undefined ? undefined : proseOrFormula(row.right),
    related: [...row.related, ...corrections(row, report)].map((other) => rowReference(other, report)),
    operations: report.operations
      .filter((operation) => operation.rows.includes(id))
      .map(({ name }) => ({ name, href: operationLink(name) })),
    followers: report.operations
      .filter(({ errata }) => errata?.some((item) => item.id === id))
      .map((item) => follower(item, id)),
    evidenceText: `${held} of ${plural(evidence.length, 'comparison')} ${held === 1 ? 'holds' : 'hold'}`,
    hasPrinted: evidence.some(({ printed }) => printed !== undefined),
    evidence: evidence.map((item) => ({ ...item, labelHtml: prose(item.label) })),
    shortTables: tables.filter(({ short }) => short),
    longTables: tables.filter(({ short }) => !short),
    charts: await Promise.all(
      row.charts.map(async (chart) => ({ titleHtml: prose(chart.title), svgHtml: await chartSvg(chart) })),
    ),
    // One picture stands beside the words, several below them.
    beside: row.charts.length === 1,
    thorough: row.thorough && thoroughText(row.thorough),
    open: !passed,
    seconds: row.seconds > 0 ? duration(row.seconds * 1000) : undefined,
  };
}

/** Errata that correct a row and that it does not name itself. */
function corrections({ id, kind, related }: RowRecord, { rows }: RunReport): string[] {
  if (kind === 'erratum') return [];
  return rows
    .filter((row) => row.kind === 'erratum' && row.related.includes(id) && !related.includes(row.id))
    .map((row) => row.id);
}

/** An operation of which the erratum is a known mistake. */
function follower({ name, errata = [] }: OperationRecord, id: string) {
  const says = errata.filter((item) => item.id === id).map((item) => item.says);
  return { name, href: operationLink(name), saysHtml: prose([...new Set(says)].join('; ')) };
}

/** Which run made the figures, and what the other one would do. */
function thoroughText({ does, done }: NonNullable<RowRecord['thorough']>): string {
  return done ? `Figures of a thorough run, which ${does}.` : `Figures of a normal run; --thorough ${does}.`;
}
