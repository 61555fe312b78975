/** What GitHub Classroom's autograding reads: JSON in base64, as `result` of the step that graded. */
import type { GradeReport } from '../../suites/grading/gradeReport.ts';
import { cut, testsOf } from './tests.ts';

/** A line for the file that $GITHUB_OUTPUT names. */
export function githubClassroom(report: GradeReport): string {
  const tests = testsOf(report);
  const result = {
    version: 1,
    status: report.problem !== undefined ? 'error' : report.points === report.maximum ? 'pass' : 'fail',
    max_score: report.maximum,
    tests: tests.map(({ name, passed, points, message }) => ({
      name,
      status: report.problem !== undefined ? 'error' : passed ? 'pass' : 'fail',
      message: cut(message, 4000),
      test_code: '',
      filename: report.submission.file,
      line_no: 0,
      execution_time: `${report.seconds}s`,
      score: points,
    })),
  };
  return `result=${Buffer.from(JSON.stringify(result)).toString('base64')}\n`;
}
