/** Graded submissions as self-contained pages: one submission, and a class. */
import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import type { GradeReport } from '../../suites/grading/gradeReport.ts';
import { classSummary } from './classSummary.ts';
import { pointsText } from './points.ts';

export function html(report: GradeReport): string {
  return page('grade.hbs', {
    ...report,
    points: pointsText(report.points),
    maximum: pointsText(report.maximum),
    tasks: report.tasks.map((task) => ({
      ...task,
      full: task.points === task.maximum,
      points: pointsText(task.points),
      maximum: pointsText(task.maximum),
      checks: task.checks.map((check) => ({ ...check, points: pointsText(check.points), maximum: pointsText(check.maximum) })),
      findings: task.findings.map(({ headline, details, cases }) => ({
        headline: codeParts(headline),
        cases: cases.join(', '),
        details: details.map((detail) => {
          const [first, ...rest] = detail.split('\n');
          return { text: codeParts(first), block: rest.map((line) => line.replace(/^ {4}/, '')).join('\n') };
        }),
      })),
    })),
  });
}

export function classHtml(reports: readonly GradeReport[]): string {
  return page('class.hbs', classSummary(reports));
}

/** Text between backticks is shown as code. */
function codeParts(text: string): { readonly code: boolean; readonly text: string }[] {
  return text.split('`').map((part, i) => ({ code: i % 2 === 1, text: part }));
}

function page(template: string, view: object): string {
  const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');
  const handlebars = Handlebars.create();
  return handlebars.compile(read(template))({ ...view, style: read('grade.css') });
}
