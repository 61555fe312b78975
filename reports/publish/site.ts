/**
 * A static site from many runs: a scoreboard, a page for each backend and each operation, the documents with their errata, the runs, and the
 * comparison of any two. It works from any folder and asks nothing of any network.
 */
import type { OperationRecord, RunReport } from '../../suites/runReport.ts';
import { documents } from '../html/documents.ts';
import { pageLink, relativeLinks } from '../html/links.ts';
import { asset, render } from '../html/templates.ts';
import { plural } from '../numbers.ts';
import { backendPage } from './backendPage.ts';
import { badgesOf } from './badge.ts';
import { type Catalogue, operationsOf } from './catalogue.ts';
import { inOrder, type Line, linesOf } from './lines.ts';
import { operationPage } from './operationPage.ts';
import {
  backendLink,
  backendPath,
  badgePath,
  compareLink,
  operationLink,
  operationPath,
  places,
  versionAnchor,
} from './places.ts';
import type { PublishedRun } from './run.ts';
import { scoreboard } from './scoreboard.ts';
import { minute } from './views.ts';

/** Yields each file of the site by its path, one after the other, so that a site of a thousand runs need not lie in memory. */
export async function* publishedSite(
  runs: readonly PublishedRun[],
  catalogue: Catalogue,
): AsyncGenerator<readonly [path: string, text: string]> {
  const operations = operationsOf(catalogue);
  const lines = linesOf(runs);
  const ordered = inOrder(runs).toReversed();
  const companion = await documentsOf(catalogue, operations);
  const page = pageMaker(runs, companion);

  yield ['style.css', asset('style.css')];
  yield ['script.js', asset('script.js')];
  yield ['publish.js', asset('publish.js')];
  yield page(places.index, 'Scoreboard', 'scoreboard', scoreboard(lines, operations, runs));
  for (const line of lines) {
    yield page(backendPath(line.name), line.name, 'publishedBackend', await backendPage(line, operations));
    if (line.versions.length === 0) continue;
    const badges = badgesOf(line);
    yield [badgePath(line.name, 'svg'), badges.svg];
    yield [badgePath(line.name, 'json'), badges.json];
  }
  for (const operation of operations) {
    yield page(
      operationPath(operation.name),
      operation.title,
      'publishedOperation',
      operationPage(operation, lines, catalogue),
    );
  }
  yield page(places.runs, 'Runs', 'publishedRuns', runsPage(ordered));
  yield ['runs.js', runList(ordered)];
  yield page(places.compare, 'Compare two runs', 'publishedCompare', {});
  yield page(places.search, 'Search', 'publishedSearch', searchPage(lines, operations, catalogue));
  if (companion) yield page(places.documents, 'Documents', 'documents', companion);
  if (companion?.errata) yield page(places.errata, 'Errata of the documents', 'errata', companion);
}

/** The pages of the documents are those of a run's own report. */
async function documentsOf({ documents: kept }: Catalogue, operations: readonly OperationRecord[]) {
  if (kept === undefined) return undefined;
  const { rows, inventory, sources } = kept;
  const report: RunReport = {
    ...{ schemaVersion: 2, etalonVersion: '', startedAt: kept.at, finishedAt: kept.at, seed: 0, command: '' },
    environment: { node: '', platform: '', cpu: '', cores: 0, memoryGiB: 0 },
    ...{ backends: [], operations, outcomes: [], properties: [], timings: [], rows, inventory, sources },
  };
  return documents(report);
}

function pageMaker(runs: readonly PublishedRun[], companion: Awaited<ReturnType<typeof documentsOf>>) {
  const nav = [
    { path: places.index, label: 'Scoreboard' },
    ...(companion ? [{ path: places.documents, label: 'Documents' }] : []),
    ...(companion?.errata ? [{ path: places.errata, label: 'Errata' }] : []),
    { path: places.runs, label: 'Runs' },
    { path: places.compare, label: 'Compare' },
    { path: places.search, label: 'Search' },
  ];
  const last =
    runs
      .map(({ startedAt }) => startedAt)
      .toSorted()
      .at(-1) ?? '';
  const stamp = `${plural(runs.length, 'run')}${last === '' ? '' : `, the last of ${minute(last)}`}`;
  return (path: string, title: string, template: string, view: object): readonly [string, string] => {
    const markup = render('publishedLayout', {
      ...{ title, stamp, pictures: true, main: render(template, view) },
      nav: nav.map((one) => ({ ...one, href: pageLink(one.path), current: one.path === path })),
      search: `${'../'.repeat(path.split('/').length - 1)}${places.search}`,
    });
    return [path, relativeLinks(markup, path)];
  };
}

/** More backends than this in a line of the list are counted. */
const namesShown = 4;

function backendsText({ backends }: PublishedRun): string {
  const names = backends.map(({ name, line, version }) => (name === line ? `${name} ${version}` : name));
  const left = names.length - namesShown;
  return left > 0 ? `${names.slice(0, namesShown).join(', ')} and ${left} more` : names.join(', ');
}

function runsPage(ordered: readonly PublishedRun[]) {
  return {
    text: `${plural(ordered.length, 'run')}, the newest first.`,
    runs: ordered.map((run, i) => ({
      ...{ id: run.id, at: minute(run.startedAt), backends: backendsText(run), headline: run.headline, findings: run.findings },
      ...{ unfinished: run.unfinished, machine: run.machine, etalonVersion: run.etalonVersion, seed: run.seed },
      report: run.report === undefined ? undefined : pageLink(run.report),
      compare: i + 1 < ordered.length ? compareLink(ordered[i + 1].id, run.id) : undefined,
    })),
  };
}

/** Lists the runs that the comparing page offers. A page that was opened from a disk may load scripts, and no data. */
function runList(ordered: readonly PublishedRun[]): string {
  const entries = ordered.map((run) => ({ id: run.id, text: `${minute(run.startedAt)}: ${backendsText(run)}` }));
  return `globalThis.etalonRuns = ${JSON.stringify(entries)};\n`;
}

/** Of a backend with a hundred versions the newest are found; its page has all. */
const versionsFound = 12;

function searchPage(lines: readonly Line[], operations: readonly OperationRecord[], { documents: kept }: Catalogue) {
  const backends = lines.flatMap(({ name, versions }) => [
    { name, href: backendLink(name), says: plural(versions.length, 'version') },
    ...versions
      .slice(0, versionsFound)
      .map(({ version }) => ({ name: `${name} ${version}`, href: pageLink(backendPath(name), versionAnchor(version)) })),
  ]);
  const rows = (kept?.rows ?? []).map(({ id, kind, title, statement }) => ({
    name: `${id} ${title.replaceAll('$', '')}`,
    href: pageLink(kind === 'erratum' ? places.errata : places.documents, `row-${id}`),
    ...{ says: kind, words: statement.slice(0, 300) },
  }));
  const groups = [
    { title: 'Backends', entries: backends },
    {
      title: 'Operations',
      entries: operations.map(({ name, title, topic, onnx, knownMistakes = [] }) => ({
        ...{ name, href: operationLink(name), says: title },
        words: [topic, onnx ?? '', ...knownMistakes.map((mistake) => mistake.name)].join(' '),
      })),
    },
    { title: 'Rows of the documents', entries: rows },
  ];
  return { groups: groups.filter(({ entries }) => entries.length > 0) };
}
