/** Gradescope's `results.json`. The score at the top is the sum of the tests' scores; Gradescope takes the top one. */
import type { GradeReport } from '../../suites/grading/gradeReport.ts';
import { cut, markdownText, testsOf } from './tests.ts';

const mostBytesOfText = 20_000;

export function gradescope(report: GradeReport): string {
  const results = {
    score: report.points,
    execution_time: Math.round(report.seconds),
    output: cut(markdownText(report.problem ?? `Isolation: ${report.isolation.title}.`), mostBytesOfText),
    output_format: 'md',
    visibility: 'visible',
    stdout_visibility: 'hidden',
    tests: testsOf(report).map((test, i) => ({
      score: test.points,
      max_score: test.maximum,
      status: test.passed ? 'passed' : 'failed',
      name: test.name,
      number: String(i + 1),
      output: cut(test.message, mostBytesOfText),
      output_format: 'md',
      tags: [],
      visibility: 'visible',
    })),
  };
  return `${JSON.stringify(results, null, 2)}\n`;
}
