/**
 * The report as one HTML page that needs nothing else: no request, no font, readable without its script. The sections' data are
 * made in `html/`, the markup in `templates/`.
 */
import type { RunReport } from '../suites/runReport.ts';
import { accuracy } from './html/accuracy.ts';
import { algorithms } from './html/algorithms.ts';
import { documents } from './html/documents.ts';
import { findings } from './html/findings.ts';
import { operations } from './html/operations.ts';
import { run, utc, verdict } from './html/run.ts';
import { scoreboard } from './html/scoreboard.ts';
import { renderPage } from './html/templates.ts';
import { timings } from './html/timings.ts';
import { statuses, statusText } from './summary.ts';

export async function html(report: RunReport): Promise<string> {
  return renderPage('page', {
    ...stamp(report),
    verdict: verdict(report),
    scoreboard: scoreboard(report),
    findings: findings(report),
    topics: operations(report),
    algorithms: report.algorithms?.length ? await algorithms(report) : undefined,
    timings: report.timings.length > 0 ? await timings(report) : undefined,
    documents: report.rows.length > 0 ? await documents(report) : undefined,
    accuracy: accuracy(report),
    run: run(report),
    statuses: statuses.map((status) => ({ status, label: statusText(status) })),
  });
}

/** The ledger of the errata as a page of its own; what it links to and does not hold is in the report beside it. */
export async function errataHtml(report: RunReport): Promise<string> {
  const page = renderPage('errataPage', { ...stamp(report), documents: await documents(report) });
  const own = new Set(Array.from(page.matchAll(/ id="([^"]+)"/g), ([, id]) => id));
  return page.replace(/ href="#([^"]+)"/g, (link, id) => (own.has(id) ? link : ` href="index.html#${id}"`));
}

function stamp({ etalonVersion, seed, startedAt }: RunReport) {
  return { etalonVersion, seed, started: utc(startedAt) };
}
