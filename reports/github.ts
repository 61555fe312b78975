/** GitHub's annotations: at most ten of a step are shown, so that the tenth says how many more there are. */
import type { RunReport } from '../suites/runReport.ts';
import { extentText, findingLines, findingsOf, inTurns } from './findings/index.ts';
import { findingCount, headline, isRed, statusText } from './summary.ts';
import { oneLine } from './text.ts';

const shownAtMost = 10;

/** Returns one line for each annotation; none where everything is as expected. */
export function github(report: RunReport): string {
  const amount = findingCount(report);
  const red = findingsOf(report).filter(({ status }) => isRed(status));
  const { shown, left } = inTurns(red, shownAtMost - 1);
  const lines = shown.map((finding) => {
    const title = `${finding.backend} ${finding.operation}: ${finding.kind === 'algorithm' ? statusText(finding.status) : extentText(finding)}`;
    const [, ...rest] = findingLines(finding);
    return annotation('error', title, rest.map((line) => oneLine(line, 400)).join('\n'));
  });
  const covered = red.reduce((sum, { failing }) => sum + failing, 0);
  const more = left.map(({ backend, amount: n }) => `${n} of ${backend}`).join(', ');
  // Rows, the reference and timings are told of by their number.
  if (more !== '' || amount > covered) {
    lines.push(annotation('error', headline(report), more === '' ? 'The report has them all.' : `More findings: ${more}.`));
  }
  return lines.map((line) => `${line}\n`).join('');
}

function annotation(level: 'error' | 'notice', title: string, message: string): string {
  return `::${level} title=${property(oneLine(title, 200))}::${data(message)}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
