/** The table of outputs of a graded submission: each is a function of the grade report and of nothing else. */
import type { GradeReport } from '../../suites/grading/gradeReport.ts';

export const gradeOutputs = {
  terminal: async (report) => (await import('./terminal.ts')).terminal(report),
  markdown: async (report) => (await import('./markdown.ts')).markdown(report),
  html: async (report) => (await import('./html.ts')).html(report),
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  /** `results.json` of an autograder. */
  gradescope: async (report) => (await import('./gradescope.ts')).gradescope(report),
  /** `results.json` of an external grader. */
  prairielearn: async (report) => (await import('./prairielearn.ts')).prairielearn(report),
  /** A line for the file that $GITHUB_OUTPUT names. */
  'github-classroom': async (report) => (await import('./githubClassroom.ts')).githubClassroom(report),
} as const satisfies Readonly<Record<string, (report: GradeReport) => string | Promise<string>>>;

export type GradeOutput = keyof typeof gradeOutputs;
