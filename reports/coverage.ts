/**
 * Lists the rows of the documents' inventory that were implemented, executed and shown: read off the run's record and the page that was
 * rendered from it, not off any list of what ought to have happened.
 */
import type { RowRecord, RunReport } from '../suites/runReport.ts';
import { identifier } from './html/links.ts';

export interface RowCoverage {
  readonly id: string;
  /** The inventory lists it; otherwise it was found beyond the inventory and is not counted. */
  readonly listed: boolean;
  /** The run has a record of it: it has both a fixture and code. */
  readonly implemented: boolean;
  /** The code came to its end and left evidence. */
  readonly executed: boolean;
  /** The page shows every piece of that evidence, and every picture. */
  readonly shown: boolean;
  readonly verdict: 'holds' | 'failed' | 'missing';
  readonly seconds: number;
}

export interface Coverage {
  readonly rows: number;
  readonly implemented: number;
  readonly executed: number;
  readonly shown: number;
  /** Rows that are not implemented, not executed or not shown. */
  readonly missing: readonly string[];
  /** Rows of which a comparison does not hold, or whose code threw. */
  readonly failed: readonly string[];
}

/** One line per row of the report's inventory and per row beyond it; `page` is the HTML page of the same report. */
export function rowCoverage(report: RunReport, page: string): RowCoverage[] {
  const text = sections(page);
  const inventory = report.inventory ?? [];
  const further = report.rows.map(({ id }) => id).filter((id) => !inventory.includes(id));
  return [...inventory, ...further].map((id) => {
    const row = report.rows.find((item) => item.id === id);
    const executed = row !== undefined && row.reason === undefined && row.evidence.length > 0;
    return {
      ...{
        id,
        listed: inventory.includes(id),
        implemented: row !== undefined,
        executed,
        shown: row !== undefined && shows(text.get(id), row),
      },
      verdict: row === undefined ? 'missing' : row.passed ? 'holds' : 'failed',
      seconds: row?.seconds ?? 0,
    };
  });
}

export function coverage(rows: readonly RowCoverage[]): Coverage {
  const listed = rows.filter((row) => row.listed);
  const count = (has: (row: RowCoverage) => boolean) => listed.filter(has).length;
  return {
    rows: listed.length,
    implemented: count(({ implemented }) => implemented),
    executed: count(({ executed }) => executed),
    shown: count(({ shown }) => shown),
    missing: rows
      .filter(({ implemented, executed, shown, verdict }) => !implemented || (verdict === 'holds' && !(executed && shown)))
      .map(({ id }) => id),
    failed: rows.filter(({ verdict }) => verdict === 'failed').map(({ id }) => id),
  };
}

/** The page's markup from the opening of each row to that of the next. */
function sections(page: string): ReadonlyMap<string, string> {
  const [, ...parts] = page.split(`id="${identifier('row', '')}`);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('"')), part]));
}

function shows(markup: string | undefined, { evidence, charts, tables, source }: RowRecord): boolean {
  if (markup === undefined || evidence.length === 0) return false;
  const text = visible(markup);
  return (
    text.includes(source) &&
    evidence.every(({ expected, actual }) => text.includes(expected) && text.includes(actual)) &&
    times(markup, '<figure') >= charts.length &&
    times(markup, '<svg class="chart"') >= charts.length &&
    times(markup, '<table') >= tables.length + 1
  );
}

function times(text: string, part: string): number {
  return text.split(part).length - 1;
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

/** Returns the text that a reader sees of the markup, roughly: no tags, references to characters resolved. */
function visible(markup: string): string {
  return markup
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:#x([0-9A-Fa-f]+)|#(\d+)|(lt|gt|amp|quot));/g, (_whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return named[name];
      return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
    });
}
