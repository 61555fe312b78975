/**
 * The table of reporters. A reporter is a function of the run report and of nothing else: no clock, no file system beyond its own
 * templates, no network. Each module is imported when its format is asked for, because charts and formulas take time to load.
 */
import type { RunReport } from '../suites/runReport.ts';

export type Reporter = (report: RunReport) => Promise<string> | string;

export interface ReporterEntry {
  /** Name of the file that the text is meant for. */
  readonly file: string;
  readonly render: Reporter;
}

export const reporters = {
  /** One self-contained page. */
  html: { file: 'index.html', render: async (report) => (await import('./html.ts')).html(report) },
  /** Beside the page, where the documents' rows were executed: the ledger of their errata. */
  errata: { file: 'errata.html', render: async (report) => (await import('./html.ts')).errataHtml(report) },
  /** The run report itself. */
  json: { file: 'run.json', render: async (report) => (await import('./json.ts')).json(report) },
  /** For continuous-integration servers. */
  junit: { file: 'junit.xml', render: async (report) => (await import('./junit.ts')).junit(report) },
  /** For $GITHUB_STEP_SUMMARY: at most 1 MiB. */
  markdown: { file: 'summary.md', render: async (report) => (await import('./markdown.ts')).markdown(report) },
  /** A shields.io endpoint. */
  badge: { file: 'badge.json', render: async (report) => (await import('./badge.ts')).badge(report) },
} as const satisfies Readonly<Record<string, { file: string; render: Reporter }>>;

export type ReporterName = keyof typeof reporters;
