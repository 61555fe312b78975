/** A graded submission in Markdown. */
import type { GradeReport } from '../../suites/grading/gradeReport.ts';
import { pointsText } from './points.ts';
import { findingMarkdown, markdownText } from './tests.ts';

export function markdown(report: GradeReport): string {
  const { assignment, submission, student, attempt, isolation } = report;
  const rows = report.tasks.flatMap((task) =>
    task.checks.map(
      (check) =>
        `| \`${task.function}\` | ${markdownText(check.property)} | ${pointsText(check.points)} | ${pointsText(check.maximum)} |`,
    ),
  );
  const blocks = report.tasks.flatMap(({ findings }) => findings.map(findingMarkdown));
  return `${[
    `# ${markdownText(assignment.title)}: ${pointsText(report.points)} of ${pointsText(report.maximum)} points`,
    `${markdownText(submission.file)}, ${markdownText(student)}, attempt ${attempt}`,
    ...(report.problem ? [markdownText(report.problem)] : []),
    ['| function | what is asked | points | of |', '| --- | --- | --- | --- |', ...rows].join('\n'),
    ...blocks.flatMap((block) => [block, '---']).slice(0, -1),
    `Isolation: ${markdownText(isolation.title)}.`,
  ].join('\n\n')}\n`;
}
