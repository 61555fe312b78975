/** The rows of the documents' inventory, and the ledger of their errata. */
import type { RowRecord, RunReport } from '../../suites/runReport.ts';
import { duration, plural } from '../numbers.ts';
import { missingRows } from '../summary.ts';
import { chartSvg } from './charts.ts';
import { formula, identifier, prose, proseOrFormula, whole } from './markup.ts';

const kinds: readonly (readonly [kind: RowRecord['kind'], title: string, says: string])[] = [
  ['algorithm', 'Algorithms', 'implemented as the documents describe them, and executed'],
  ['worked example', 'Worked examples', 'printed numbers that must come out'],
  ['identity', 'Identities', 'what holds for all inputs, checked on many'],
  ['claim', 'Claims', 'prose that can be executed'],
];

export async function documents(report: RunReport) {
  const rows = await Promise.all(report.rows.map((row) => rowView(row, report)));
  const held = report.rows.filter(({ passed }) => passed).length;
  return {
    summary: `${held} of ${plural(report.inventory?.length ?? rows.length, 'row')} hold`,
    missing: missingRows(report).join(', '),
    index: rows.map(({ id, href, passed, plainTitle }) => ({ id, href, passed, plainTitle })),
    groups: kinds
      .map(([kind, title, says]) => ({ title, says, rows: rows.filter((row) => row.kind === kind) }))
      .filter((group) => group.rows.length > 0),
    errata: rows.filter(({ kind }) => kind === 'erratum'),
  };
}

async function rowView(row: RowRecord, report: RunReport) {
  const { id, document, kind, passed, reason, source, evidence } = row;
  const held = evidence.filter((item) => item.passed).length;
  return {
    ...{ id, document, kind, passed, reason, source, plainTitle: row.title.replaceAll('$', ''), titleHtml: prose(row.title) },
    ...{ anchor: identifier('row', id), href: `#${identifier('row', id)}`, statementHtml: prose(row.statement) },
    formulaHtml: row.formula === undefined ? undefined : formula(row.formula),
    printedHtml: row.printed === undefined ? undefined : proseOrFormula(row.printed),
    rightHtml: row.right === undefined ? undefined : proseOrFormula(row.right),
    related: row.related.map((other) => ({
      ...{ id: other, href: report.rows.some((item) => item.id === other) ? `#${identifier('row', other)}` : undefined },
    })),
    operations: report.operations
      .filter((operation) => operation.rows.includes(id))
      .map(({ name }) => ({ name, href: `#${identifier('op', name)}` })),
    evidenceText: `${held} of ${plural(evidence.length, 'comparison')} ${held === 1 ? 'holds' : 'hold'}`,
    hasPrinted: evidence.some(({ printed }) => printed !== undefined),
    evidence: evidence.map((item) => ({ ...item, labelHtml: prose(item.label) })),
    tables: row.tables.map(({ title, columns, rows: lines }) => ({
      ...{
        titleHtml: prose(title),
        columns: columns.map(prose),
        lines: lines.map((cells) => cells.map((cell) => (cell.includes('$') ? prose(cell) : whole(cell)))),
      },
    })),
    charts: await Promise.all(
      row.charts.map(async (chart) => ({ titleHtml: prose(chart.title), svgHtml: await chartSvg(chart) })),
    ),
    thorough: row.thorough && thoroughText(row.thorough),
    open: !passed,
    seconds: row.seconds > 0 ? duration(row.seconds * 1000) : undefined,
  };
}

/** Which run made the figures, and what the other one would do. */
function thoroughText({ does, done }: NonNullable<RowRecord['thorough']>): string {
  return done ? `Figures of a thorough run, which ${does}.` : `Figures of a normal run; --thorough ${does}.`;
}
