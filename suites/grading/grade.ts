/**
 * Grades one submission: asks its functions every case of the assignment in a process of their own, judges the answers here, and says what
 * is wrong. The expected values never leave this process.
 */
import type { NamedTensors } from '../../backends/signatures.ts';
import {
  createWorkerSupervisor,
  type RunResult,
  type WorkerOptions,
  type WorkerSupervisor,
} from '../../backends/worker/worker.ts';
import { type Judgement, judge } from '../judging/judge.ts';
import { precisions } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { materialize } from '../running/cases.ts';
import type { IsolationRecord } from '../runReport.ts';
import { type AskedCase, type Assignment, sumOfPoints, type Task } from './assignment.ts';
import { type Attempt, hiddenSeed } from './attempt.ts';
import { findingsOf } from './feedback.ts';
import { type GradedCase, type GradedTask, type GradeReport, gradeSchemaVersion } from './gradeReport.ts';
import { findSmallestFailure } from './smallest.ts';
import type { Submission } from './submission.ts';

/** What came of asking one case. */
export interface CaseResult {
  readonly asked: AskedCase;
  readonly name: string;
  readonly question: Question;
  readonly status: GradedCase['status'];
  /** The process's word, or its end, where there is no answer. */
  readonly result?: RunResult;
  readonly answer?: NamedTensors;
  readonly judgement?: Judgement;
}

export interface GradeOptions extends Attempt {
  readonly assignment: Assignment;
  readonly submission: Submission;
  readonly etalonVersion: string;
  readonly isolation: IsolationRecord;
  /** How the submission's process is started. */
  readonly worker: Omit<WorkerOptions, 'timeoutMs'>;
  readonly signal?: AbortSignal;
}

const dtype = 'float64';

/** Puts one case to the submission. */
export type Ask = (question: Question) => Promise<RunResult>;

/**
 * The graded submission. What is wrong with it is in the report; nothing that it does is thrown.
 *
 * @throws what `signal` was aborted with; nothing is half graded.
 */
export async function grade(options: GradeOptions): Promise<GradeReport> {
  const started = performance.now();
  const { assignment, submission, signal } = options;
  const deadline = started + assignment.limits.seconds * 1000;
  let tasks: readonly GradedTask[] = [];
  let { problem } = submission;
  if (problem === undefined) {
    const supervisor = createWorkerSupervisor({ ...options.worker, timeoutMs: assignment.limits.secondsPerCall * 1000 });
    try {
      const start = await supervisor.start();
      signal?.throwIfAborted();
      if (start.kind === 'unavailable') problem = startProblem(submission, start.message, assignment);
      else tasks = await gradeTasks(options, supervisor, start.hello.operations ?? [], start.hello.notes ?? [], deadline);
    } finally {
      await supervisor.close();
    }
  }
  if (problem !== undefined) tasks = assignment.tasks.map((task) => ungraded(task, submission));
  return {
    schemaVersion: gradeSchemaVersion,
    etalonVersion: options.etalonVersion,
    assignment: { name: assignment.name, title: assignment.title, sha256: assignment.sha256 },
    student: options.student,
    attempt: options.attempt,
    submission: { file: submission.file, language: submission.language, sha256: submission.sha256 },
    isolation: options.isolation,
    hiddenCases: options.secret === undefined ? 'practice' : 'secret',
    hints: assignment.hints,
    points: sumOfPoints(tasks.map(({ points }) => points)),
    maximum: assignment.points,
    problem: problem && plain(problem),
    tasks,
    seconds: Math.round(performance.now() - started) / 1000,
  };
}

/** Without what could command a terminal or turn a line around: some of the text is the submission's own. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (character) => (character === '\n' ? character : '·'));
}

/** Why the file did not even begin, without what the protocol calls it. */
function startProblem({ file }: Submission, message: string, { limits }: Assignment): string {
  if (/no reply to hello/.test(message))
    return `${file} had not finished loading after ${limits.secondsPerCall} s. Is there a loop without an end outside the functions?`;
  if (/without a reply to hello|closed its reply channel/.test(message))
    return `${file} ended its own program while it was being loaded. Calls such as process.exit or os._exit, or a lack of memory, do this.`;
  if (/reply|line is|descriptor|exited with code/.test(message))
    return `${file} disturbed the channel through which its results are read while it was being loaded, and was ended.`;
  const [, line, rest] = /^(?:.*?: )?line (\d+): (.*)$/s.exec(message) ?? [];
  if (line) return `${file}, line ${line}: the file cannot be loaded: ${rest}.`;
  return `${file} cannot be loaded: ${message}.`;
}

async function gradeTasks(
  options: GradeOptions,
  supervisor: WorkerSupervisor,
  found: readonly string[],
  defined: readonly string[],
  deadline: number,
): Promise<GradedTask[]> {
  const { assignment, submission, signal } = options;
  const ask: Ask = (question) => {
    signal?.throwIfAborted();
    const leftMs = deadline - performance.now();
    const timeoutMs = Math.max(1, Math.min(leftMs, assignment.limits.secondsPerCall * 1000));
    return supervisor.run(question.operation.name, question.case.attributes, question.case.inputs, { timeoutMs });
  };
  const graded: GradedTask[] = [];
  for (const task of assignment.tasks) {
    const written = found.includes(task.operation.name);
    const results: CaseResult[] = [];
    const checks: GradedTask['checks'][number][] = [];
    let ended = !written;
    for (const check of task.checks) {
      const own: CaseResult[] = [];
      for (const asked of check.cases) {
        const one =
          ended || performance.now() > deadline ? notAsked(options, task, asked) : await askCase(options, task, asked, ask);
        // A process that broke down is not asked the same again: it would cost a time-out for each case.
        ended ||= one.result !== undefined && isBreakdown(one.result);
        own.push(one);
      }
      results.push(...own);
      const passed = own.every(({ status }) => status === 'passed');
      checks.push({
        property: check.property,
        points: passed ? check.points : 0,
        maximum: check.points,
        passed,
        cases: own.map(({ name, asked, status }) => ({ name, hidden: asked.hidden, status })),
      });
    }
    const changed = written && !ended ? await changesWhenAskedAgain(results, ask) : undefined;
    const withoutPoints = changed !== undefined;
    const failing = results.some(({ status, judgement }) => status === 'failed' && judgement?.passed === false);
    const smallest =
      failing && !ended && assignment.hints !== 'property' ? await findSmallestFailure(task, ask, assignment) : undefined;
    const findings = findingsOf({ assignment, task, submission, results, written, defined, smallest, changed, graded });
    const scored = withoutPoints ? checks.map((check) => ({ ...check, points: 0, passed: false })) : checks;
    graded.push({
      function: task.function[submission.language],
      operation: task.operation.name,
      title: task.operation.title,
      points: sumOfPoints(scored.map(({ points }) => points)),
      maximum: sumOfPoints(scored.map(({ maximum }) => maximum)),
      checks: scored,
      findings: findings.map((one) => ({ ...one, headline: plain(one.headline), details: one.details.map(plain) })),
    });
  }
  return graded;
}

function questionOf({ assignment, ...attempt }: GradeOptions, task: Task, { recipe, tier, hidden }: AskedCase): Question {
  const name = `${task.operation.name}/${recipe.name}/${tier}`;
  const seed = hidden ? hiddenSeed(attempt, assignment.name, name) : assignment.seed;
  // Numbers that float32 holds: a submission may compute in it.
  return prepareQuestion(task.operation, materialize(task.operation, recipe, tier, seed, 'float32'), precisions.float32);
}

function notAsked(options: GradeOptions, task: Task, asked: AskedCase): CaseResult {
  return { asked, name: caseName(asked), question: questionOf(options, task, asked), status: 'notAsked' };
}

async function askCase(options: GradeOptions, task: Task, asked: AskedCase, ask: Ask): Promise<CaseResult> {
  const question = questionOf(options, task, asked);
  const result = await ask(question);
  const answer = answerOf(question, result);
  const judgement = answer && judge(question, answer, dtype);
  return { asked, name: caseName(asked), question, status: judgement?.passed ? 'passed' : 'failed', result, answer, judgement };
}

export function caseName({ recipe, tier }: AskedCase): string {
  return `${recipe.name}/${tier}`;
}

/** The outputs under the operation's names. An empty array's shape is the one that is due: nested lists cannot say it. */
export function answerOf({ expected }: Question, result: RunResult): NamedTensors | undefined {
  if (result.kind !== 'outputs') return undefined;
  const names = Object.keys(expected);
  return Object.fromEntries(
    Object.entries(result.outputs).map(([given, tensor]) => {
      const name = given === 'result' && names.length === 1 ? names[0] : given;
      const due = expected[name];
      const empty = due !== undefined && due.data.length === 0 && tensor.data.length === 0;
      return [name, empty ? { ...tensor, shape: due.shape } : tensor];
    }),
  );
}

export function isBreakdown({ kind }: RunResult): boolean {
  return kind === 'crashed' || kind === 'timedOut' || kind === 'protocol';
}

/** The first case that was right, once more after all others: an answer that has become wrong was not computed from its inputs. */
async function changesWhenAskedAgain(results: readonly CaseResult[], ask: Ask): Promise<CaseResult | undefined> {
  const first = results.find(({ status }) => status === 'passed');
  if (!first) return undefined;
  const result = await ask(first.question);
  const answer = answerOf(first.question, result);
  const judgement = answer && judge(first.question, answer, dtype);
  return judgement?.passed ? undefined : { ...first, result, answer, judgement, status: 'failed' };
}

function ungraded(task: Task, { language }: Submission): GradedTask {
  const checks = task.checks.map(({ property, points, cases }) => ({
    property,
    points: 0,
    maximum: points,
    passed: false,
    cases: cases.map((asked) => ({ name: caseName(asked), hidden: asked.hidden, status: 'notAsked' as const })),
  }));
  return {
    function: task.function[language],
    operation: task.operation.name,
    title: task.operation.title,
    points: 0,
    maximum: sumOfPoints(checks.map(({ maximum }) => maximum)),
    checks,
    findings: [],
  };
}
