/** A backend of a site: its versions beside each other, what changed between them, what is wrong now, and every run of it. */
import type { OperationRecord } from '../../suites/runReport.ts';
import { chartSvg } from '../html/charts.ts';
import { pageLink } from '../html/links.ts';
import { brief, count, errorRatioText, plural } from '../numbers.ts';
import { statusText } from '../summary.ts';
import { amountsOf, changedOperations, changesOf, type Line, verdictOf } from './lines.ts';
import { badgePath, compareLink, operationLink, runLink } from './places.ts';
import { day, minute, scoreOf, versionTable } from './views.ts';

/** A table of more columns cannot be read, and one of more runs is a list to search. */
const most = { columns: 24, runs: 400, changes: 5 } as const;

export async function backendPage(line: Line, operations: readonly OperationRecord[]) {
  const names = operations.map(({ name }) => name);
  const shown = line.versions.slice(0, most.columns).toReversed();
  const changed = changedOperations(shown, names);
  const [newest] = line.versions;
  const wrong = names.flatMap((name) => {
    const cell = newest?.operations.get(name);
    if (cell === undefined || verdictOf(cell) !== 'wrong') return [];
    const [status, passed, known, red, others, ratio, why] = cell;
    const text = `${count(known + red)} of ${count(passed + known + red + others)}`;
    const errorRatio = ratio === null ? undefined : errorRatioText(ratio);
    return [{ operation: name, href: operationLink(name), status, label: statusText(status), text, errorRatio, why }];
  });
  const silent = names.filter((name) => {
    const cell = newest?.operations.get(name);
    return cell !== undefined && verdictOf(cell) === 'none';
  });
  return {
    ...{ name: line.name, reason: line.reason },
    about:
      newest &&
      [newest.latest.backend.library, newest.latest.backend.device, newest.latest.backend.precision]
        .filter((part) => part !== undefined)
        .join(', '),
    badge: pageLink(badgePath(line.name, 'svg')),
    badgeFile: badgePath(line.name, 'svg'),
    endpointFile: badgePath(line.name, 'json'),
    versions: line.versions.map((version) => scoreOf(line, version)),
    newest: newest?.version,
    table: changed.length > 0 ? versionTable(line, shown, changed) : undefined,
    sameText: `${plural(names.length - changed.length, 'operation')} have the same verdict in ${shown.length === 1 ? 'this version' : `all ${shown.length} versions`}.`,
    ...{
      wrong,
      silent: silent.map((name) => ({ name, href: operationLink(name) })),
      silentText: plural(silent.length, 'operation'),
    },
    charts: await charts(line),
    runs: runsOf(line),
    runsText: line.entries.length > most.runs ? `The latest ${most.runs} of ${plural(line.entries.length, 'run')}.` : undefined,
  };
}

function runsOf(line: Line) {
  const changes = changesOf(line);
  const all = line.entries.map(({ run, backend }, i) => {
    const amounts = amountsOf(Object.values(backend.operations));
    const own = changes[i].map(({ operation, before, after }) => ({
      ...{ operation, href: operationLink(operation) },
      text: `from ${statusText(before[0])} to ${statusText(after[0])}`,
    }));
    const earlier = line.entries.slice(0, i).findLast((entry) => entry.run.id !== run.id);
    return {
      ...{ at: minute(run.startedAt), href: runLink(run.id), name: backend.name, version: backend.version },
      ...{
        passed: count(amounts.passed),
        total: count(amounts.total),
        known: amounts.known > 0 && count(amounts.known),
        red: amounts.red > 0 && count(amounts.red),
      },
      ...{ bits: backend.bits?.toFixed(1), timesJs: backend.timesJs === undefined ? undefined : brief(backend.timesJs) },
      changes: own.slice(0, most.changes),
      moreChanges: own.length > most.changes ? own.length - most.changes : undefined,
      compare: earlier && compareLink(earlier.run.id, run.id),
    };
  });
  return all.slice(-most.runs).toReversed();
}

/** Over time: what did not pass, and the speed beside js. Two runs at least make a line. */
async function charts({ name, entries }: Line) {
  const [first] = entries;
  if (first === undefined) return [];
  const begin = Date.parse(first.run.startedAt);
  const at = (iso: string) => Math.round((Date.parse(iso) - begin) / 864_000) / 100;
  const points = (value: (entry: Line['entries'][number]) => number | undefined) =>
    entries.flatMap((entry) => {
      const y = value(entry);
      return y === undefined ? [] : [[at(entry.run.startedAt), y] as const];
    });
  const wrong = points(({ backend }) => {
    const { known, red } = amountsOf(Object.values(backend.operations));
    return known + red;
  });
  const speed = points(({ backend }) => backend.timesJs);
  const xLabel = `days since ${day(first.run.startedAt)}`;
  const wanted = [
    { title: 'Results that did not pass', yLabel: 'known failures and failures', series: wrong },
    { title: 'Time, × js', yLabel: 'geometric mean, × js', series: speed },
  ].filter(({ series }) => new Set(series.map(([x]) => x)).size > 2);
  return Promise.all(
    wanted.map(async ({ title, yLabel, series }) => ({
      title,
      svgHtml: await chartSvg({ title: `${name}: ${title}`, kind: 'line', xLabel, yLabel, series: [{ name, points: series }] }),
    })),
  );
}
