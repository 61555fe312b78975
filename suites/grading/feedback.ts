/**
 * Says what is wrong with a function, for whoever wrote it: two sentences, then detail. One cause is said once, with all cases that it
 * explains, and a mistake is named only where it explains every wrong answer and contradicts no right one.
 */
import { distance } from 'fastest-levenshtein';
import { diagnose } from '../judging/diagnosis/index.ts';
import { type AnyMistake, type MistakenAnswer, matchingMistakes, mistakenAnswers } from '../judging/diagnosis/knownMistakes.ts';
import type { NamedTensors } from '../judging/operation.ts';
import type { Question } from '../judging/question.ts';
import { unravel } from '../judging/shapes.ts';
import { type Assignment, type HintLevel, snakeCase, type Task } from './assignment.ts';
import type { CaseResult } from './grade.ts';
import type { Finding, FindingKind, GradedTask } from './gradeReport.ts';
import { placeOf } from './place.ts';
import { residualOf } from './residual.ts';
import { type SmallestFailure, short } from './smallest.ts';
import type { Submission } from './submission.ts';

export interface FeedbackContext {
  readonly assignment: Assignment;
  readonly task: Task;
  readonly submission: Submission;
  readonly results: readonly CaseResult[];
  /** Whether the file has the function. */
  readonly written: boolean;
  /** Names of the functions that the file has. */
  readonly defined: readonly string[];
  readonly smallest?: SmallestFailure;
  /** A case that was right and is not any more when it is asked again. */
  readonly changed?: CaseResult;
  /** Tasks before this one. */
  readonly graded: readonly GradedTask[];
}

const dtype = 'float64';

export function findingsOf(context: FeedbackContext): Finding[] {
  const { results, written, changed } = context;
  if (!written) return [missing(context)];
  const failed = results.filter(({ status }) => status === 'failed');
  const findings = [
    ...withoutAnswer(context, failed),
    ...refusals(context, failed),
    ...wrongValues(
      context,
      failed.filter(({ judgement }) => isWrongInValue(judgement?.check)),
    ),
    ...(changed ? [state(context, changed)] : []),
  ];
  return findings.length > 0 ? findings : notAsked(context);
}

function isWrongInValue(check: string | undefined): boolean {
  return check === 'values' || check === 'special values' || check === 'statistics';
}

function finding(
  context: FeedbackContext,
  kind: FindingKind,
  headline: string,
  cases: readonly CaseResult[],
  more: Partial<Finding> = {},
): Finding {
  return {
    function: nameOf(context),
    kind,
    headline,
    details: [],
    mistakes: [],
    cases: [...new Set(cases.map(({ asked }) => asked.recipe.name))],
    ...more,
  };
}

function nameOf({ task, submission }: FeedbackContext): string {
  return task.function[submission.language];
}

/** `name` (line 12) */
function called(context: FeedbackContext): string {
  const line = context.submission.lines[nameOf(context)];
  return `\`${nameOf(context)}\`${line ? ` (line ${line})` : ''}`;
}

function missing(context: FeedbackContext): Finding {
  const { task, submission, defined, results } = context;
  const name = nameOf(context);
  const asked = Object.values(task.function);
  const near = defined.find((one) => asked.includes(one) || distance(one.toLowerCase(), name.toLowerCase()) <= 3);
  const others = near
    ? `It has \`${near}\`${lineOf(submission, near)}: is it that one, under another name?`
    : theOthers(submission, defined);
  return finding(context, 'missing', `The file has no function \`${name}\`. ${others}`, results);
}

function lineOf({ lines }: Submission, name: string): string {
  return lines[name] ? ` in line ${lines[name]}` : '';
}

function theOthers({ language, lines }: Submission, defined: readonly string[]): string {
  const hidden = language === 'javascript' ? Object.keys(lines).filter((name) => !defined.includes(name)) : [];
  if (defined.length === 0 && hidden.length > 0)
    return `It has ${hidden
      .slice(0, 5)
      .map((name) => `\`${name}\``)
      .join(', ')}, but exports nothing: put \`export\` before \`function\`.`;
  if (defined.length === 0) return 'It has no functions at all.';
  return `It has ${defined
    .slice(0, 8)
    .map((name) => `\`${name}\``)
    .join(', ')}.`;
}

/** Errors, results that are no numbers, and what ends the program. */
function withoutAnswer(context: FeedbackContext, failed: readonly CaseResult[]): Finding[] {
  const groups = new Map<string, CaseResult[]>();
  for (const one of failed) {
    if (!one.result || one.result.kind === 'outputs') continue;
    const { kind, message } = one.result;
    // What a function says may tell what a hidden case holds.
    const key = one.asked.hidden && isInItsWords(kind) ? hiddenKey(kind) : `${kind} ${withoutNumbers(message)}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  for (const kind of ['failed', 'invalid'] as const) {
    const hiddenOnly = groups.get(hiddenKey(kind));
    // It is taken for what the visible cases show.
    const other = [...groups].find(([key]) => key.startsWith(`${kind} `));
    if (!hiddenOnly || !other) continue;
    groups.set(other[0], [...other[1], ...hiddenOnly]);
    groups.delete(hiddenKey(kind));
  }
  return [...groups.values()].map((group) => unanswered(context, group));
}

/** Whether the message is made of what the function threw or returned. */
function isInItsWords(kind: string): boolean {
  return kind === 'failed' || kind === 'invalid';
}

function hiddenKey(kind: string): string {
  return `hidden: ${kind}`;
}

function withoutNumbers(message: string): string {
  return message.replace(/(?<!line )\d+/g, '#');
}

function unanswered(context: FeedbackContext, group: readonly CaseResult[]): Finding {
  const { assignment, task, submission } = context;
  const shown = group.find(({ asked }) => !asked.hidden) ?? group[0];
  const result = shown.result;
  const message = result && result.kind !== 'outputs' ? result.message : '';
  const name = called(context);
  switch (result?.kind) {
    case 'invalid':
      if (shown.asked.hidden)
        return finding(
          context,
          'wrong return',
          `${name} does not give numbers that can be judged in ${count(group.length, 'hidden case')}, and in no visible one. ${properties(context, group)}`,
          group,
        );
      return finding(
        context,
        'wrong return',
        `${name} does not give numbers that can be judged: ${message}. ${expectation(context, shown)}`,
        group,
      );
    case 'failed': {
      if (/not written yet|NotImplemented/.test(message))
        return finding(context, 'not written', `${name} is not written yet. ${expectation(context, shown)}`, group);
      if (shown.asked.hidden)
        return finding(
          context,
          'error',
          `${name} stops with an error in ${count(group.length, 'hidden case')}, and in no visible one. ${properties(context, group)}`,
          group,
        );
      const [, line, says] = /^line (\d+): (.*)$/s.exec(message) ?? [];
      const where = line ? `, in line ${line}: ${says}` : `: ${message}`;
      return finding(
        context,
        'error',
        `${name} stops with an error in ${count(group.length, 'case')}${where}. ${howCalled(task, submission, shown)}`,
        group,
      );
    }
    case 'timedOut':
      return finding(
        context,
        'timed out',
        `${name} had not answered after ${short(assignment.limits.secondsPerCall)} s and was ended. Look for a loop whose condition never becomes false; its other cases were not asked.`,
        group,
      );
    case 'crashed':
      return finding(
        context,
        'crashed',
        `The program ended while ${name} was running, before it returned anything. Calls that end the program, or more memory than the ${assignment.limits.memoryMiB} MiB that are allowed, do this; its other cases were not asked.`,
        group,
      );
    case 'protocol':
      return finding(
        context,
        'protocol',
        `While ${name} was running, something was written to where its result is read. A function only has to return its result; it was given no points.`,
        group,
      );
    default:
      return finding(context, 'error', `${name} could not be asked. ${message}`, group);
  }
}

/** Missing outputs and wrong shapes. */
function refusals(context: FeedbackContext, failed: readonly CaseResult[]): Finding[] {
  const group = failed.filter(({ judgement }) => judgement && !judgement.passed && !isWrongInValue(judgement.check));
  if (group.length === 0) return [];
  const shown = group.find(({ asked }) => !asked.hidden) ?? group[0];
  const { answer = {}, question } = shown;
  const name = called(context);
  const names = Object.keys(question.expected);
  const absent = names.filter((one) => !(one in answer));
  if (absent.length > 0) {
    return [
      finding(context, 'wrong return', `${name} does not return ${absent.join(', ')}. ${expectation(context, shown)}`, group),
    ];
  }
  const { passed, level } = {
    passed: context.results.filter(({ status }) => status === 'passed'),
    level: context.assignment.hints,
  };
  const mistakes = level === 'mistake' ? explanations(group, passed) : [];
  if (mistakes.length === 1) return [named(context, mistakes, group, passed, [])];
  const wrong = names.find((one) => answer[one].shape.join() !== question.expected[one].shape.join()) ?? names[0];
  const [got, due] = [answer[wrong].shape, question.expected[wrong].shape];
  if (shown.asked.hidden) {
    const text = `${name} returns an array of a wrong shape in ${count(group.length, 'hidden case')}, and in no visible one. ${properties(context, group)}`;
    return [finding(context, 'shape', text, group)];
  }
  const which = names.length > 1 ? `${wrong} as ` : '';
  const first = `${name} returns ${which}${shapeText(got)} where ${shapeText(due)} is due.`;
  return [finding(context, 'shape', `${first} ${shapeHint(got, due, context, shown)}`, group)];
}

function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'one number' : `an array of shape [${shape.join(', ')}]`;
}

function shapeHint(got: readonly number[], due: readonly number[], context: FeedbackContext, shown: CaseResult): string {
  const size = (shape: readonly number[]) => shape.reduce((product, one) => product * one, 1);
  const { task } = context;
  const [output] = Object.keys(shown.question.expected);
  const { dimensions } = task.operation.outputs(shown.question.case.attributes)[output];
  const axes = dimensions.length > 0 ? ` Its axes are ${dimensions.map(words).join(', ')}.` : '';
  if (got.length === due.length && [...got].sort().join() === [...due].sort().join())
    return `These are the right sizes in another order: two axes are swapped.${axes}`;
  if (size(got) === size(due)) return `There are as many numbers as there should be, nested in another way.${axes}`;
  const off = got.length === due.length ? got.findIndex((one, i) => one !== due[i]) : -1;
  if (off >= 0 && Math.abs(got[off] - due[off]) === 1)
    return `One ${words(dimensions[off])} position is ${got[off] < due[off] ? 'missing' : 'too many'}: look at where the loop over it ends.${axes}`;
  return `Look at how the result is made before the loops begin.${axes}`;
}

function words(dimension: string): string {
  return dimension.replace(/([a-z])([A-Z0-9])/g, '$1 $2').toLowerCase();
}

/** Wrong numbers: as few causes as explain them. */
function wrongValues(context: FeedbackContext, wrong: readonly CaseResult[]): Finding[] {
  if (wrong.length === 0) return [];
  const own = causes(context, wrong);
  const stage = context.assignment.hints === 'property' ? undefined : brokenStage(context);
  return stage === undefined ? own : [follows(context, stage, own, wrong)];
}

function causes(context: FeedbackContext, wrong: readonly CaseResult[]): Finding[] {
  const { assignment, results } = context;
  const passed = results.filter(({ status }) => status === 'passed');
  const details = detailsOf(context, wrong);
  const level = assignment.hints;
  if (level === 'property') {
    return [
      finding(
        context,
        'values',
        `${called(context)} returns wrong numbers in ${count(wrong.length, 'case')} of ${wrong.length + passed.length}. ${properties(context, wrong)}`,
        wrong,
      ),
    ];
  }
  const mistakes = level === 'mistake' ? explanations(wrong, passed) : [];
  if (mistakes.length > 0) return [named(context, mistakes, wrong, passed, details)];
  if (areZeros(wrong))
    return [
      finding(context, 'pattern', `${called(context)} returns nothing but zeros. ${properties(context, wrong)}`, wrong, {
        details,
      }),
    ];
  const overflow = overflowOf(wrong);
  if (overflow)
    return [
      finding(context, 'pattern', `${called(context)} ${overflow} ${properties(context, wrong)}`, wrong, {
        details: details,
      }),
    ];
  const pattern = level === 'mistake' ? patternOf(wrong) : undefined;
  if (pattern)
    return [
      finding(context, 'pattern', `${called(context)} ${pattern}. ${evidence(wrong, passed)}`, wrong, {
        details: details,
      }),
    ];
  const residual = level === 'mistake' ? residualOf(wrong) : undefined;
  if (residual)
    return [finding(context, 'pattern', `${called(context)} ${residual}. ${evidence(wrong, passed)}`, wrong, { details })];
  if (isRounding(wrong)) {
    return [
      finding(
        context,
        'rounding',
        `${called(context)} loses more digits than arithmetic in float32 has to, but nothing else: this is rounding, not a wrong formula. ${properties(context, wrong)}`,
        wrong,
        { details: details },
      ),
    ];
  }
  const place = placeOf(wrong);
  if (place)
    return [
      finding(
        context,
        'pattern',
        `${called(context)} is wrong only ${place}, and right everywhere else. ${properties(context, wrong)}`,
        wrong,
        { details },
      ),
    ];
  const layers = layersOf(context, wrong);
  return [
    finding(
      context,
      'values',
      `${called(context)} returns wrong numbers in ${count(wrong.length, 'case')} of ${wrong.length + passed.length}. ${layers ?? properties(context, wrong)}`,
      wrong,
      {
        details: [...(layers ? [properties(context, wrong)] : []), ...details],
      },
    ),
  ];
}

const answersByQuestion = new WeakMap<Question, readonly MistakenAnswer[]>();

export function mistakesOf(question: Question): readonly MistakenAnswer[] {
  const answers = answersByQuestion.get(question) ?? mistakenAnswers(question, dtype);
  answersByQuestion.set(question, answers);
  return answers;
}

/** A mistake has to give so large a part of the wrong answers; with the rest something else is wrong as well. */
const explainedPart = 3 / 4;

/** Known mistakes that give the wrong answers, all of them if one does, and the right one wherever the function gave it. */
export function explanations(wrong: readonly CaseResult[], passed: readonly CaseResult[]): AnyMistake[] {
  const counts = new Map<AnyMistake, number>();
  for (const { question, answer } of wrong) {
    const fitting = answer ? matchingMistakes(question, answer, dtype, mistakesOf(question)) : [];
    for (const mistake of fitting) counts.set(mistake, (counts.get(mistake) ?? 0) + 1);
  }
  const possible = [...counts].filter(([mistake]) =>
    passed.every(({ question }) => !mistakesOf(question).some((one) => one.mistake === mistake)),
  );
  const most = Math.max(0, ...possible.map(([, count]) => count));
  if (most < wrong.length && (most < 3 || most < explainedPart * wrong.length)) return [];
  return possible.filter(([, count]) => count === most).map(([mistake]) => mistake);
}

function shows({ question, answer }: CaseResult, mistake: AnyMistake): boolean {
  return answer !== undefined && matchingMistakes(question, answer, dtype, mistakesOf(question)).includes(mistake);
}

const namedAtMost = 2;

function named(
  context: FeedbackContext,
  mistakes: readonly AnyMistake[],
  wrong: readonly CaseResult[],
  passed: readonly CaseResult[],
  details: readonly string[],
): Finding {
  const { task } = context;
  const says = mistakes.slice(0, namedAtMost).map((mistake) => mistake.says);
  const names = mistakes.map(({ name }) => name);
  if (mistakes.length > 1) {
    const or = mistakes.length > namedAtMost ? 'among others' : 'and the cases do not tell them apart';
    return finding(
      context,
      'mistake',
      `${called(context)} computes one of these, ${or}: ${says.join('; or ')}. ${evidence(wrong, passed, mistakes[0])}`,
      wrong,
      { details, mistakes: names },
    );
  }
  const [mistake] = mistakes;
  const proof = evidence(wrong, passed, mistake);
  const hint = task.mistakes[mistake.name] ?? erratum(mistake) ?? proof;
  return finding(context, 'mistake', `${called(context)} computes ${sentence(says[0])}. ${hint}`, wrong, {
    details: hint === proof ? details : [proof, ...details],
    mistakes: names,
  });
}

function sentence(text: string): string {
  return text.replace(/\.$/, '');
}

function erratum({ erratum: id }: AnyMistake): string | undefined {
  return id ? `The slides print it so, by mistake (erratum ${id}); what you copied is wrong there.` : undefined;
}

function evidence(wrong: readonly CaseResult[], passed: readonly CaseResult[], mistake?: AnyMistake): string {
  const shown = mistake ? wrong.filter((one) => shows(one, mistake)).length : wrong.length;
  if (shown < wrong.length) {
    return `${shown} of the ${wrong.length} failing cases show exactly this; in the others something else is wrong as well.`;
  }
  const all = wrong.length === 1 ? 'The one failing case shows it' : `All ${wrong.length} failing cases show exactly this`;
  return `${all}${passed.length > 0 ? `, and the ${count(passed.length, 'other case')} agree${passed.length === 1 ? 's' : ''} with it` : ''}.`;
}

/** What the general diagnosis says of every wrong answer alike, as what the function does. */
function patternOf(wrong: readonly CaseResult[]): string | undefined {
  let common: string | undefined;
  for (const { question, answer } of wrong) {
    const says = answer && diagnose(question, answer, dtype);
    const general = says?.replace(/ \(\d+\)/g, '');
    if (general === undefined || (common !== undefined && general !== common)) return undefined;
    common = general;
  }
  if (common === undefined || common.includes(': these inputs do not tell them apart')) return undefined;
  if (common.startsWith('wrong only ')) return `is right except ${common.slice('wrong only '.length)}`;
  if (common.startsWith('equals '))
    return `returns ${common.slice('equals '.length).replace(/\bthe result\b/, 'the right result')}`;
  return common.startsWith('right to ') ? `is ${common}` : undefined;
}

function areZeros(wrong: readonly CaseResult[]): boolean {
  return wrong.every(({ answer = {} }) => Object.values(answer).every(({ data }) => data.every((value) => value === 0)));
}

/** NaN or infinities, and nothing else wrong, where ordinary numbers are due. */
function overflowOf(wrong: readonly CaseResult[]): string | undefined {
  const found = new Set<string>();
  for (const { question, answer = {} } of wrong) {
    for (const [name, { data }] of Object.entries(question.expected)) {
      const { limit } = question.limits[name];
      for (const [at, want] of data.entries()) {
        const got = answer[name].data[at];
        if (Math.abs(got - want) <= limit[at] || Object.is(got, want)) continue;
        if (Number.isFinite(got) || !Number.isFinite(want)) return undefined;
        found.add(Number.isNaN(got) ? 'NaN' : 'an infinity');
      }
    }
  }
  if (found.size === 0) return undefined;
  return `is right except that it returns ${[...found].join(' or ')} where an ordinary number is due: something on the way became too large, an overflow, or 0 was divided by 0.`;
}

/** Errors of a few units of the last place, everywhere. */
function isRounding(wrong: readonly CaseResult[]): boolean {
  return wrong.every(({ judgement }) =>
    judgement?.outputs.every(
      ({ errorRatio, largestUlps }) =>
        typeof errorRatio === 'number' &&
        (errorRatio <= 1 || (errorRatio < 256 && typeof largestUlps === 'number' && largestUlps < 4096)),
    ),
  );
}

/** In a network of layers: up to which layer the gradients are right, as they are handed back. */
function layersOf({ task }: FeedbackContext, wrong: readonly CaseResult[]): string | undefined {
  if (!task.outputs.some((name) => name.endsWith('[]'))) return undefined;
  const deepest = new Set<string>();
  for (const { judgement } of wrong) {
    const outputs = judgement?.outputs.filter(({ wrong: elements }) => elements > 0).map(({ name }) => name) ?? [];
    const layers = outputs.map((name) => Number(/\d+$/.exec(name)?.[0] ?? Number.NaN)).filter(Number.isFinite);
    const all = judgement?.outputs.map(({ name }) => Number(/\d+$/.exec(name)?.[0] ?? 0)) ?? [];
    if (outputs.length > 0 && layers.length === 0) deepest.add(`only ${outputs.join(' and ')}`);
    else if (layers.length > 0) deepest.add(Math.max(...layers) === Math.max(...all) ? 'last' : 'below');
  }
  const [only] = deepest;
  if (deepest.size !== 1) return undefined;
  if (only === 'below')
    return 'The last layer is right and layers before it are wrong: the error enters where the gradient is handed back from one layer to the one before.';
  if (only === 'last')
    return 'The last layer is wrong already, where back-propagation begins: look there first, the layers before it follow from it.';
  return `The gradients are right; ${only.slice('only '.length)} is not.`;
}

/** The first function that this one is made of and that is wrong by itself, given right inputs. */
function brokenStage({ task, submission, graded, assignment }: FeedbackContext): string | undefined {
  const names = task.stages.map(
    (stage) => assignment.tasks.find((one) => one.function.javascript === stage)!.function[submission.language],
  );
  return names.find((name) => graded.some((one) => one.function === name && one.findings.length > 0));
}

/** One cause once: what follows from a stage that is wrong is not explained a second time. */
function follows(context: FeedbackContext, stage: string, own: readonly Finding[], wrong: readonly CaseResult[]): Finding {
  return finding(
    context,
    'stage',
    `${called(context)} is wrong too, and \`${stage}\`, one of its stages, is wrong by itself. Mend \`${stage}\` first: where this function calls it, there may be nothing else to mend.`,
    wrong,
    { details: own.map(({ headline }) => `By itself: ${headline}`) },
  );
}

function properties({ task }: FeedbackContext, cases: readonly CaseResult[]): string {
  const failing = task.checks.filter((check) => check.cases.some((asked) => cases.some((one) => one.asked === asked)));
  const others = task.checks.filter((check) => !failing.includes(check));
  const list = (checks: typeof failing) => checks.map(({ property }) => property).join('; ');
  return `It fails: ${list(failing)}${others.length > 0 && others.length <= 3 ? `. It passes: ${list(others)}` : ''}.`;
}

function detailsOf({ task, smallest, assignment }: FeedbackContext, wrong: readonly CaseResult[]): string[] {
  const visible = wrong.find(({ asked }) => !asked.hidden);
  const level: HintLevel = assignment.hints;
  if (level === 'property') return [];
  return [
    ...(visible ? worstText(visible) : []),
    ...(visible ? errorMap(visible) : []),
    ...(smallest ? smallestText(task, smallest) : []),
  ];
}

const notFinite: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };

/** The element that says most about the error, and how many are wrong. */
function worstText({ name, judgement }: CaseResult): string[] {
  const output = judgement?.outputs.find(({ wrong }) => wrong > 0);
  if (!output?.worst) return [];
  const { worst, wrong, compared } = output;
  const place = `${output.name}${worst.index.map((at) => `[${at}]`).join('')}`;
  const number = (value: typeof worst.actual) => short(typeof value === 'number' ? value : Number(notFinite[value] ?? value));
  const how =
    wrong === compared
      ? wrong === 1
        ? ''
        : `; all ${wrong} numbers are wrong`
      : `; ${wrong} of ${compared} numbers are wrong`;
  return [`In the visible case ${name}, ${place} is ${number(worst.actual)} and should be ${number(worst.expected)}${how}.`];
}

const mapRows = 12;
const mapColumns = 40;

/** Where a picture is wrong: the first plane that has an error. */
function errorMap({ question, answer = {} }: CaseResult): string[] {
  for (const [name, { data, shape }] of Object.entries(question.expected)) {
    if (shape.length < 2) continue;
    const [rows, columns] = shape.slice(-2);
    if (rows > mapRows || columns > mapColumns || rows * columns < 4) continue;
    const { limit } = question.limits[name];
    const got = answer[name].data;
    const isWrong = (at: number) =>
      !(data[at] === got[at] || Math.abs(got[at] - data[at]) <= limit[at] || (Number.isNaN(data[at]) && Number.isNaN(got[at])));
    const first = data.findIndex((_, at) => isWrong(at));
    if (first < 0) continue;
    const start = first - (first % (rows * columns));
    const count = Array.from({ length: rows * columns }, (_, at) => isWrong(start + at)).filter(Boolean).length;
    if (count === rows * columns) continue;
    const outer = unravel(start, shape)
      .slice(0, -2)
      .map((at) => `[${at}]`)
      .join('');
    const lines = Array.from({ length: rows }, (_, r) =>
      Array.from({ length: columns }, (_, c) => (isWrong(start + r * columns + c) ? 'x' : '·')).join(' '),
    );
    return [`Where ${name}${outer} is wrong (x) and right (·):\n${lines.map((line) => `    ${line}`).join('\n')}`];
  }
  return [];
}

/** The smallest failing question, written as the student would call it. */
function smallestText(task: Task, { question, output, index, expected, actual, worked }: SmallestFailure): string[] {
  const { inputs, attributes } = question.case;
  const given = Object.entries(inputs).map(([name, x]) => `${name} = ${nested(x)}`);
  const options = task.arguments
    .filter((name) => name in attributes)
    .map((name) => `${name} = ${JSON.stringify(attributes[name])}`);
  const place = `${output}${index.map((at) => `[${at}]`).join('')}`;
  return [
    `The smallest question that fails:\n${[...given, ...options].map((line) => `    ${line}`).join('\n')}\n    ${place} is ${short(actual)}; it should be ${worked ?? short(expected)}.`,
  ];
}

function nested({ shape, data }: NamedTensors[string]): string {
  const write = (axis: number, at: number): string => {
    if (axis === shape.length) return short(data[at]);
    const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
    return `[${Array.from({ length: shape[axis] }, (_, i) => write(axis + 1, at + i * inner)).join(', ')}]`;
  };
  return write(0, 0);
}

function expectation({ task, submission }: FeedbackContext, { question }: CaseResult): string {
  const { expected } = question;
  const names = Object.keys(expected);
  if (names.length === 1) return `It should return ${names[0]}, ${shapeText(expected[names[0]].shape)} in the first case.`;
  const stems = task.outputs.map((name) => name.replace('[]', ''));
  const isPython = submission.language === 'python';
  return `It should return ${isPython ? 'a dict' : 'an object'} with ${(isPython ? stems.map(snakeCase) : stems).join(', ')}.`;
}

function howCalled(task: Task, { language }: Submission, { question }: CaseResult): string {
  const inputs = Object.entries(question.case.inputs)
    .filter(([name]) => task.arguments.includes(name))
    .map(([name, { shape }]) => `${name} [${shape.join(', ')}]`);
  const options = task.arguments.filter((name) => name in question.case.attributes);
  const attributes =
    options.length === 0 ? '' : language === 'javascript' ? ` and { ${options.join(', ')} }` : `, ${options.join(', ')}`;
  return `In the first of them it is called with ${inputs.join(', ')}${attributes}.`;
}

function state(context: FeedbackContext, changed: CaseResult): Finding {
  return finding(
    context,
    'state',
    `${called(context)} answers the same question differently the second time. Something is kept from one call to the next; a function may use nothing but its arguments, so it gets no points.`,
    [changed],
  );
}

function notAsked(context: FeedbackContext): Finding[] {
  const left = context.results.filter(({ status }) => status === 'notAsked');
  if (left.length === 0) return [];
  return [
    finding(
      context,
      'not asked',
      `${called(context)} was not asked ${count(left.length, 'case')}, because the time of ${short(context.assignment.limits.seconds)} s for the whole file was over. What takes too long gets no points.`,
      left,
    ),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
