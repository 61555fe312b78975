/**
 * The report as a small site: a first page, a page for each operation, and one each for findings, algorithms, times, documents, errata and
 * the run. It works from any folder and asks nothing of any network.
 */
import type { RunReport } from '../../suites/runReport.ts';
import { findingsOf } from '../findings/index.ts';
import { headline } from '../summary.ts';
import { accuracy } from './accuracy.ts';
import { algorithms } from './algorithms.ts';
import { benchmarks } from './benchmarks.ts';
import { documents } from './documents.ts';
import { findingView, otherFindings, sorted } from './findings.ts';
import { first } from './first.ts';
import { innerLinks, operationPath, pageLink, pagePaths, relativeLinks } from './links.ts';
import { operationPage } from './operation.ts';
import { cellsOf, ofOperations, operationsTable } from './operationsTable.ts';
import { run, utc } from './run.ts';
import { asset, render } from './templates.ts';
import { timings } from './timings.ts';

interface Page {
  readonly path: string;
  readonly title: string;
  /** What `<main>` holds. */
  readonly main: string;
}

export interface SiteOptions {
  /** One file that holds all pages; those but the first are closed until a link opens them. */
  readonly singleFile?: boolean;
}

/** Returns the files of the report by their path. */
export async function site(report: RunReport, { singleFile = false }: SiteOptions = {}): Promise<Record<string, string>> {
  const pages = await pagesOf(report);
  const paths = new Set(pages.map(({ path }) => path));
  const common = { ...stamp(report), nav: navigation(paths) };
  if (singleFile) {
    const [index, ...parts] = pages;
    const markup = render('layout', {
      ...{ ...common, title: index.title, main: index.main, path: index.path, singleFile: true },
      nav: marked(common.nav, index.path),
      parts,
      ...{ style: asset('style.css'), script: asset('script.js') },
    });
    return { 'index.html': innerLinks(markup) };
  }
  const files: Record<string, string> = { 'style.css': asset('style.css'), 'script.js': asset('script.js') };
  for (const { path, title, main } of pages) {
    const markup = render('layout', { ...common, title, main, path, nav: marked(common.nav, path) });
    files[path] = relativeLinks(markup, path);
  }
  return files;
}

async function pagesOf(report: RunReport): Promise<Page[]> {
  const findings = findingsOf(report);
  const cells = cellsOf(report);
  const own = ofOperations(report);
  const { red, known } = sorted(findings);
  const page = (path: string, title: string, template: string, view: object): Page => ({
    path,
    title,
    main: render(template, view),
  });
  const pages = [
    page(pagePaths.index, headline(report), 'first', first(report, findings, cells)),
    page(pagePaths.operations, 'Operations', 'operationsTable', operationsTable(report, cells)),
    page(pagePaths.run, 'The run', 'run', { run: run(report), accuracy: accuracy(report) }),
  ];
  if (findings.length > 0) {
    const views = (of: typeof findings) => of.map((finding) => findingView(finding, report));
    const view = { red: views(red), known: views(known), others: otherFindings(report) };
    pages.push(page(pagePaths.findings, 'Findings', 'findings', view));
  }
  if (report.algorithms?.length) {
    pages.push(page(pagePaths.algorithms, 'Algorithms', 'algorithms', { algorithms: await algorithms(report) }));
  }
  if (report.benchmarks) pages.push(page(pagePaths.timings, 'Times', 'benchmarks', await benchmarks(report)));
  else if (report.timings.length > 0) pages.push(page(pagePaths.timings, 'Times', 'timings', await timings(report)));
  if (report.rows.length > 0) {
    const view = await documents(report);
    pages.push(page(pagePaths.documents, 'Documents', 'documents', view));
    if (view.errata) pages.push(page(pagePaths.errata, 'Errata of the documents', 'errata', view));
  }
  for (const operation of report.operations) {
    const { name, title } = operation;
    const alone = own.get(name) ?? { ...report, outcomes: [], properties: [] };
    const view = operationPage(report, operation, alone, cells.get(name) ?? [], findings);
    pages.push(page(operationPath(name), title, 'operation', view));
  }
  return pages;
}

/** What the bar at the top leads to, of what there is. */
function navigation(paths: ReadonlySet<string>) {
  const all = [
    { path: pagePaths.operations, label: 'Operations' },
    { path: pagePaths.findings, label: 'Findings' },
    { path: pagePaths.timings, label: 'Speed' },
    { path: pagePaths.algorithms, label: 'Algorithms' },
    { path: pagePaths.documents, label: 'Documents' },
    { path: pagePaths.errata, label: 'Errata' },
    { path: pagePaths.run, label: 'Run' },
  ];
  return all.filter(({ path }) => paths.has(path)).map((one) => ({ ...one, href: pageLink(one.path) }));
}

function marked(nav: ReturnType<typeof navigation>, path: string) {
  return nav.map((one) => ({
    ...one,
    current: one.path === path || (path.startsWith('operations/') && one.path === pagePaths.operations),
  }));
}

function stamp({ etalonVersion, seed, startedAt, environment }: RunReport) {
  return { etalonVersion, seed, started: utc(startedAt), cores: environment.cores, cpu: environment.cpu };
}
