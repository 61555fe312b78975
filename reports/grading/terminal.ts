/** A graded submission for the terminal: what it got, then one block for each cause. */
import type { Finding, GradedTask, GradeReport } from '../../suites/grading/gradeReport.ts';
import { pointsText } from './points.ts';

export function terminal(report: GradeReport): string {
  const { assignment, submission, student, attempt } = report;
  const lines = [
    `${assignment.title}: ${submission.file}, ${student}, attempt ${attempt}`,
    `${pointsText(report.points)} of ${pointsText(report.maximum)} points`,
    '',
    ...(report.problem ? [wrapped(report.problem), ''] : report.tasks.flatMap(taskLines)),
    `isolation: ${report.isolation.title}`,
    ...(report.hiddenCases === 'practice' ? ['hidden cases: for practice, the same for everybody'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function taskLines(task: GradedTask): string[] {
  const mark = task.points === task.maximum ? '✓' : '✗';
  return [
    `${mark} ${task.function}: ${pointsText(task.points)} of ${pointsText(task.maximum)}`,
    ...task.checks.map(
      (check) =>
        `    ${check.passed ? '✓' : '✗'} ${check.property}: ${pointsText(check.points)} of ${pointsText(check.maximum)}`,
    ),
    ...task.findings.flatMap(findingLines),
    '',
  ];
}

export function findingLines({ kind, headline, details, cases }: Finding): string[] {
  return [
    '',
    wrapped(headline, '  '),
    ...details.flatMap((detail) => [
      '',
      ...detail.split('\n').map((line) => (line.startsWith('    ') ? `  ${line}` : wrapped(line, '    '))),
    ]),
    ...(kind !== 'not written' && kind !== 'missing' ? ['', wrapped(`cases: ${cases.join(', ')}`, '    ')] : []),
  ];
}

const width = 100;

export function wrapped(text: string, indent = ''): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + word.length + 1 > width) {
      lines.push(line);
      line = indent;
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}
