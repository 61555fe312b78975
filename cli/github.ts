/** What a run tells GitHub when it runs there: annotations beside the code, and the summary of the step. */
import { appendFileSync, statSync } from 'node:fs';
import { github } from '../reports/github.ts';
import { markdown } from '../reports/markdown.ts';
import type { RunReport } from '../suites/runReport.ts';

/** GitHub refuses a step's summary above 1 MiB, other programs' parts of it included. */
const largestSummaryBytes = 1024 * 1024;

/** Prints the annotations by `print` and appends the summary to its file. Does nothing elsewhere than in GitHub's runner. */
export function tellGitHub(
  report: RunReport,
  print: (text: string) => void,
  environment: NodeJS.ProcessEnv = process.env,
): void {
  if (environment.GITHUB_ACTIONS !== 'true') return;
  print(github(report));
  const file = environment.GITHUB_STEP_SUMMARY;
  if (!file) return;
  try {
    const taken = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    const text = markdown(report);
    if (taken + Buffer.byteLength(text) <= largestSummaryBytes) appendFileSync(file, text);
    else print('::notice title=etalon::The summary of this step is full; the report holds what is not in it.\n');
  } catch (error) {
    print(
      `::warning title=etalon::The summary of this step cannot be written: ${error instanceof Error ? error.message : error}\n`,
    );
  }
}
