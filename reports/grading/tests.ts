/** A grade report as the list of tests that other systems show: one for each check, with each cause told at the first check that shows it. */
import type { Finding, GradeReport } from '../../suites/grading/gradeReport.ts';

export interface GradeTest {
  readonly name: string;
  readonly passed: boolean;
  readonly points: number;
  readonly maximum: number;
  /** Markdown. */
  readonly message: string;
}

export function testsOf(report: GradeReport): GradeTest[] {
  return report.tasks.flatMap((task) => {
    const told = new Set<Finding>();
    return task.checks.map((check) => {
      const failing = new Set(check.cases.filter(({ status }) => status !== 'passed').map(({ name }) => name.split('/')[0]));
      const own = task.findings.filter(({ cases }) => cases.some((name) => failing.has(name)));
      const parts = own.map((finding) => {
        const isFirst = !told.has(finding);
        told.add(finding);
        return isFirst ? findingMarkdown(finding) : 'The cause is the one that is told above.';
      });
      const fallback = check.passed ? '' : (report.problem ?? 'The function gets no points, for the reason told above.');
      return {
        name: `${task.function}: ${check.property}`,
        passed: check.passed,
        points: check.points,
        maximum: check.maximum,
        message: parts.join('\n\n') || markdownText(fallback),
      };
    });
  });
}

export function findingMarkdown({ headline, details }: Finding): string {
  return [markdownText(headline), ...details.map(detailMarkdown)].join('\n\n');
}

/** Lines that are indented are shown as they stand. */
function detailMarkdown(detail: string): string {
  const [first, ...rest] = detail.split('\n');
  if (rest.length === 0) return markdownText(detail);
  const fence = '```';
  return [markdownText(first), '', fence, ...rest.map((line) => line.replace(/^ {4}/, '').replaceAll('`', "'")), fence].join(
    '\n',
  );
}

/** What came from a submission must not become markup: `code` stays, everything else that means something is escaped. */
export function markdownText(text: string): string {
  return text
    .split(/(`[^`\n]*`)/)
    .map((part, i) => (i % 2 === 1 ? part : part.replace(/([\\<>*_|[\]#~])/g, '\\$1').replace(/&/g, '&amp;')))
    .join('');
}

/** The text, without what does not fit; a mark says that something is missing. */
export function cut(text: string, mostBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= mostBytes) return text;
  return `${bytes
    .subarray(0, mostBytes - 8)
    .toString('utf8')
    .replace(/\ufffd+$/, '')} …`;
}
