/** The first page of a site: every backend in its newest versions, what changed between them, and every operation at a glance. */
import type { OperationRecord } from '../../suites/runReport.ts';
import { pageLink } from '../html/links.ts';
import { plural } from '../numbers.ts';
import { changedOperations, type Line, verdictOf } from './lines.ts';
import { backendLink, places } from './places.ts';
import type { PublishedRun } from './run.ts';
import { scoreOf, square, versionTable } from './views.ts';

/** The page stays below 300 kB whatever is published; the backends' own pages have the rest. */
const most = { lines: 24, versions: 6, rows: 60, changed: 30, columns: 8, squares: 1200 } as const;

export function scoreboard(lines: readonly Line[], operations: readonly OperationRecord[], runs: readonly PublishedRun[]) {
  const ran = lines.filter(({ versions }) => versions.length > 0);
  const names = operations.map(({ name }) => name);
  const tables = ran.flatMap((line) => {
    const shown = line.versions.slice(0, most.columns).toReversed();
    const changed = changedOperations(shown, names);
    return changed.length === 0 ? [] : [{ line, shown, changed }];
  });
  const perLine = Math.max(1, Math.min(most.versions, Math.floor(most.rows / Math.max(1, ran.length))));
  const rows = ran
    .slice(0, most.rows)
    .flatMap((line) => line.versions.slice(0, perLine).map((version, i) => ({ ...scoreOf(line, version), first: i === 0 })));
  const versions = ran.reduce((sum, line) => sum + line.versions.length, 0);
  const wrong = tables.flatMap(({ shown, changed }) =>
    changed.filter((name) =>
      shown.some(({ operations: own }) => {
        const cell = own.get(name);
        return cell !== undefined && verdictOf(cell) === 'wrong';
      }),
    ),
  );
  return {
    headline: `${plural(ran.length, 'backend')} in ${plural(versions, 'version')}, ${plural(runs.length, 'run')}`,
    said: [
      wrong.length > 0
        ? `${plural(wrong.length, 'defect')} came or went between versions.`
        : versions > ran.length
          ? 'No defect came or went between versions.'
          : '',
      'Every number is compared with a float64 reference; each element has a limit derived from the arithmetic.',
    ].join(' '),
    rows,
    left:
      versions - rows.length > 0 ? `${plural(versions - rows.length, 'older version')} on the backends’ own pages` : undefined,
    lines: ran.map(({ name }) => ({ name, href: backendLink(name) })),
    inJs: rows.some(({ timesJs }) => timesJs !== undefined),
    changed: tables
      .map(({ line, shown, changed }) => ({
        ...versionTable(line, shown, changed.slice(0, Math.max(3, Math.floor(most.changed / tables.length)))),
        left: changed.length > Math.max(3, Math.floor(most.changed / tables.length)),
      }))
      .slice(0, 10),
    map: map(ran, operations),
    absent: lines.filter(({ versions: own }) => own.length === 0).map(({ name, reason }) => ({ name, reason })),
    links: { documents: pageLink(places.documents), compare: pageLink(places.compare), runs: pageLink(places.runs) },
  };
}

/** Rows are backends in their newest version, columns families of operations, a square is an operation. */
function map(lines: readonly Line[], operations: readonly OperationRecord[]) {
  const topics = [...new Set(operations.map(({ topic }) => topic))];
  const shown = lines.slice(0, Math.max(1, Math.floor(most.squares / Math.max(1, operations.length))));
  const columns = (topic: string) => Math.max(2, Math.ceil(operations.filter((one) => one.topic === topic).length / 3));
  return {
    topics: topics.map((topic) => ({ topic, columns: columns(topic) })),
    rows: shown.map(({ name, versions: [newest] }) => ({
      backend: `${name} ${newest.version}`,
      families: topics.map((topic) => ({
        ...{ topic, columns: columns(topic) },
        squares: operations
          .filter((one) => one.topic === topic)
          .map((one) => square(one.name, `${name} ${newest.version}`, newest.operations.get(one.name))),
      })),
    })),
  };
}
