/** Audits an assignment: does it give full points to what is right, take points from every mistake, and name it? */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from '../judging/judge.ts';
import { precisions } from '../judging/precision.ts';
import { prepareQuestion } from '../judging/question.ts';
import { materialize } from '../running/cases.ts';
import type { Assignment, AssignmentCheck, Task } from './assignment.ts';
import { explanations, mistakesOf } from './feedback.ts';
import type { CaseResult } from './grade.ts';
import { caseName } from './grade.ts';
import { type GradeFileOptions, gradeSubmission } from './gradeFile.ts';
import type { GradeReport } from './gradeReport.ts';
import { readSolution, readWrongSolutions, solutionFiles } from './solutions.ts';
import { readSubmission } from './submission.ts';

export interface AuditRecord {
  /** What was tried. */
  readonly what: string;
  readonly passed: boolean;
  readonly says: string;
  readonly seconds?: number;
}

/** Mistakes that submissions in double precision do not make, because they are float32's. */
const ofPrecision = /float32|significant bits|TF32|tf32|bf16/;

export async function auditAssignment(
  assignment: Assignment,
  solutions: string | undefined,
  options: Pick<GradeFileOptions, 'etalonVersion' | 'signal'>,
): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  const graded = (submission: Parameters<typeof gradeSubmission>[0]) =>
    gradeSubmission(submission, assignment, { ...options, student: 'audit', attempt: 1, secret: 'audit' });
  for (const file of ['starter.mjs', 'starter.py']) {
    const path = join(assignment.folder, file);
    if (!existsSync(path)) records.push({ what: file, passed: false, says: 'there is none' });
    else records.push(starterRecord(file, await graded(readSubmission(path, assignment.limits))));
  }
  for (const file of solutionFiles) {
    const solution = solutions === undefined ? undefined : readSolution(solutions, file, assignment);
    if (!solution) records.push({ what: file, passed: false, says: 'there is none; --solutions names the folder that has it' });
    else records.push(solutionRecord(file, await graded(solution), assignment));
  }
  for (const wrong of solutions === undefined ? [] : readWrongSolutions(solutions, assignment)) {
    const report = await graded(wrong.submission);
    const findings = report.tasks.flatMap((task) => task.findings);
    const own = findings.filter((finding) => finding.function === wrong.function);
    const isNamed =
      (wrong.mistake === undefined || own.some(({ mistakes }) => mistakes.length === 1 && mistakes[0] === wrong.mistake)) &&
      (wrong.says === undefined || own.some(({ headline }) => headline.includes(wrong.says!)));
    const passed = isNamed && report.points < report.maximum;
    records.push({
      what: `wrong solution: ${wrong.name}`,
      passed,
      says: own.map(({ headline }) => headline).join(' / ') || report.problem || 'nothing was found',
      seconds: report.seconds,
    });
  }
  for (const task of assignment.tasks) records.push(...mistakeRecords(task));
  return records;
}

function starterRecord(what: string, report: GradeReport): AuditRecord {
  const says = report.points === 0 ? '0 points, as it must be' : `${report.points} points without a line written`;
  return {
    what,
    passed: report.points === 0 && report.problem === undefined,
    says: report.problem ?? says,
    seconds: report.seconds,
  };
}

function solutionRecord(what: string, report: GradeReport, { limits }: Assignment): AuditRecord {
  const full = report.points === report.maximum;
  const inTime = report.seconds <= limits.seconds / 2;
  const lost = report.tasks.flatMap(({ findings }) => findings.map(({ headline }) => headline)).join(' / ');
  const says = full
    ? `${report.points} of ${report.maximum} points in ${report.seconds.toFixed(1)} s`
    : `${report.points} of ${report.maximum} points: ${report.problem ?? lost}`;
  const slow = inTime ? '' : `, more than half of the ${limits.seconds} s that are allowed`;
  return { what, passed: full && inTime, says: `${says}${slow}`, seconds: report.seconds };
}

/** What becomes of one known mistake of an operation that is handed in. */
export interface NamedMistake {
  readonly mistake: string;
  /** Cases that it fails. */
  readonly failed: number;
  /** Mistakes that its author is told. */
  readonly names: readonly string[];
}

/** Every known mistake of the operation that a submission in double precision can make, as if somebody had handed it in. */
export function nameMistakes({ operation, checks }: Pick<Task, 'operation' | 'checks'>, seed = 1): NamedMistake[] {
  const asked = checks
    .flatMap((check: AssignmentCheck) => check.cases)
    .map((one) => ({
      asked: one,
      question: prepareQuestion(operation, materialize(operation, one.recipe, one.tier, seed, 'float32'), precisions.float32),
    }));
  const answers = asked.map(({ question }) => mistakesOf(question));
  return operation.knownMistakes
    .filter(({ says }) => !ofPrecision.test(says))
    .map((mistake) => {
      const results = asked.map(({ asked: one, question }, i): CaseResult => {
        const mistaken = answers[i].find((answer) => answer.mistake === mistake);
        const answer = mistaken?.outputs ?? question.expected;
        const judgement = judge(question, answer, 'float64');
        return { asked: one, name: caseName(one), question, answer, judgement, status: judgement.passed ? 'passed' : 'failed' };
      });
      const wrong = results.filter(({ status }) => status === 'failed');
      const passed = results.filter(({ status }) => status === 'passed');
      const names = wrong.length === 0 ? [] : explanations(wrong, passed).map(({ name }) => name);
      return { mistake: mistake.name, failed: wrong.length, names };
    });
}

/** Every known mistake of the operation has to lose points and to be named. */
export function mistakeRecords(task: Task): AuditRecord[] {
  const { operation } = task;
  const asked = task.checks.flatMap(({ cases }) => cases);
  return nameMistakes(task).map(({ mistake, failed, names }): AuditRecord => {
    const what = `${task.function.javascript}: ${mistake}`;
    if (failed === 0) {
      // What an assignment exempts, it cannot see.
      const exempt = !operation.cases.some((recipe) => asked.some((one) => one.recipe === recipe)) || isOfExempt(mistake);
      return { what, passed: exempt, says: exempt ? 'not asked: it is exempt' : 'loses no points' };
    }
    const others = names.filter((name) => name !== mistake);
    const isNamed = names.includes(mistake);
    const beside = others.length > 0 ? `named beside ${others.join(', ')}` : 'loses points and is named';
    return { what, passed: isNamed, says: isNamed ? beside : `loses points; named is ${others.join(', ') || 'nothing'}` };
  });
}

function isOfExempt(name: string): boolean {
  return /dilation|group|nan|infinit/.test(name);
}
