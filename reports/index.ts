/**
 * The table of reporters. A reporter is a function of the run report and of nothing else: no clock, no file system beyond its own
 * templates, no network. Each module is imported when its format is asked for, because charts and formulas take time to load.
 */
import type { RunReport } from '../suites/runReport.ts';

/** The text of each file by its path in the report's folder. */
export type ReportFiles = Readonly<Record<string, string>>;

export interface ReporterOptions {
  /** The page as one file instead of a folder. */
  readonly singleFile?: boolean;
}

export interface ReporterEntry {
  /** The file that a reader opens. */
  readonly file: string;
  /** One line for a list of reporters. */
  readonly says: string;
  readonly files: (report: RunReport, options?: ReporterOptions) => Promise<ReportFiles>;
}

/** A reporter of one file. */
function one(file: string, says: string, render: (report: RunReport) => Promise<string>): ReporterEntry {
  return { file, says, files: async (report) => ({ [file]: await render(report) }) };
}

export const reporters = {
  html: {
    file: 'index.html',
    says: 'a small site to read: index.html and a page for each operation',
    files: async (report: RunReport, options?: ReporterOptions) => (await import('./html/site.ts')).site(report, options),
  },
  json: one('run.json', 'the run report itself', async (report) => (await import('./json.ts')).json(report)),
  junit: one('junit.xml', 'for continuous-integration servers', async (report) => (await import('./junit.ts')).junit(report)),
  markdown: one('summary.md', 'for $GITHUB_STEP_SUMMARY: at most 1 MiB', async (report) =>
    (await import('./markdown.ts')).markdown(report),
  ),
  tap: one('results.tap', 'the Test Anything Protocol', async (report) => (await import('./tap.ts')).tap(report)),
  csv: one('results.csv', 'a line for each result, for spreadsheets and data frames', async (report) =>
    (await import('./csv.ts')).csv(report),
  ),
  github: one('annotations.txt', "GitHub's annotations, ten at most", async (report) =>
    (await import('./github.ts')).github(report),
  ),
  'benchmark-action': {
    file: 'benchmark-smaller.json',
    says: 'times and rates for github-action-benchmark',
    files: async (report: RunReport) => (await import('./benchmarkAction.ts')).benchmarkAction(report),
  },
  bencher: one('bencher.json', 'times in the Bencher Metric Format', async (report) =>
    (await import('./bencher.ts')).bencher(report),
  ),
  badge: one('badge.json', 'a shields.io endpoint', async (report) => (await import('./badge.ts')).badge(report)),
} as const satisfies Readonly<Record<string, ReporterEntry>>;

export type ReporterName = keyof typeof reporters;
