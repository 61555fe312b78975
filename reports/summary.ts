/** Sums up a run: the counts and the verdict that every report begins with. */
import {
  type AccuracyRecord,
  type BackendRecord,
  type Outcome,
  type OutputJudgement,
  type PropertyOutcome,
  type RunReport,
  redStatuses,
  type Status,
} from '../suites/runReport.ts';
import { brief, count, duration, errorRatioText, numberOf, plural } from './numbers.ts';
import { fastest } from './speed.ts';

/** Worst first: a group of outcomes shows the worst status in it. */
export const statuses: readonly Status[] = [
  'crashed',
  'timedOut',
  'errored',
  'failed',
  'unexpectedPass',
  'notAsked',
  'expectedFailure',
  'unsupported',
  'passed',
];

const words: Readonly<Record<Status, readonly [one: string, many: string]>> = {
  crashed: ['crashed', 'crashed'],
  timedOut: ['timed out', 'timed out'],
  errored: ['errored', 'errored'],
  failed: ['failed', 'failed'],
  unexpectedPass: ['unexpected pass', 'unexpected passes'],
  notAsked: ['not asked', 'not asked'],
  expectedFailure: ['expected failure', 'expected failures'],
  unsupported: ['unsupported', 'unsupported'],
  passed: ['passed', 'passed'],
};

export function statusText(status: Status): string {
  return words[status][0];
}

/** "2 expected failures", "12 unsupported" */
export function statusCount(status: Status, amount: number): string {
  return `${count(amount)} ${words[status][amount === 1 ? 0 : 1]}`;
}

export function isRed(status: Status): boolean {
  return redStatuses.includes(status);
}

/** Cases and properties: everything that has a status. */
export function judgements(report: RunReport): readonly (Outcome | PropertyOutcome)[] {
  return [...report.outcomes, ...report.properties];
}

export function countByStatus(items: readonly { readonly status: Status }[]): { status: Status; amount: number }[] {
  return statuses
    .map((status) => ({ status, amount: items.filter((item) => item.status === status).length }))
    .filter(({ amount }) => amount > 0);
}

/** The output with the largest error / limit. */
export function worstOutput(outcome: Pick<Outcome, 'outputs'>): OutputJudgement | undefined {
  return outcome.outputs.toSorted((a, b) => errorRatioOf(b) - errorRatioOf(a))[0];
}

/** Largest error / limit of an outcome; undefined when nothing was compared. */
export function outcomeErrorRatio(outcome: Outcome): number | undefined {
  const worst = worstOutput(outcome);
  return worst && errorRatioOf(worst);
}

/** NaN sorts as worse than everything. */
function errorRatioOf(output: OutputJudgement): number {
  const errorRatio = numberOf(output.errorRatio);
  return Number.isNaN(errorRatio) ? Number.POSITIVE_INFINITY : errorRatio;
}

export interface BackendSummary {
  readonly backend: BackendRecord;
  readonly total: number;
  readonly passed: number;
  /** Every status that occurred, worst first. */
  readonly counts: readonly { status: Status; amount: number }[];
  /** "190/204 passed, 2 expected failures, 12 unsupported" */
  readonly text: string;
  readonly compared: number;
  readonly unconstrained: number;
  /** The largest error / limit of all answers, wrong ones included; absent when every answer was exact. */
  readonly worst?: { readonly errorRatio: string; readonly operation: string; readonly over: boolean };
}

export function summarize(report: RunReport): BackendSummary[] {
  const all = judgements(report);
  return report.backends.map((backend) => {
    const own = all.filter((item) => item.backend === backend.name);
    const outcomes = report.outcomes.filter((outcome) => outcome.backend === backend.name);
    const outputs = outcomes.flatMap((outcome) => outcome.outputs);
    const counts = countByStatus(own);
    const passed = counts.find(({ status }) => status === 'passed')?.amount ?? 0;
    const others = counts.filter(({ status }) => status !== 'passed');
    const [worst] = outcomes
      .filter(({ outputs }) => outputs.length > 0)
      .toSorted((a, b) => outcomeErrorRatio(b)! - outcomeErrorRatio(a)!);
    const ratio = worst === undefined ? 0 : outcomeErrorRatio(worst)!;
    return {
      backend,
      total: own.length,
      passed,
      counts,
      text: [
        `${count(passed)}/${count(own.length)} passed`,
        ...others.map(({ status, amount }) => statusCount(status, amount)),
      ].join(', '),
      compared: outputs.reduce((sum, output) => sum + output.compared, 0),
      unconstrained: outputs.reduce((sum, output) => sum + output.unconstrained, 0),
      worst:
        ratio > 0
          ? { errorRatio: errorRatioText(Number.isFinite(ratio) ? ratio : 'inf'), operation: worst.operation, over: ratio > 1 }
          : undefined,
    };
  });
}

/** The time that a backend's own calls took. Other backends of the run do not change it, as they answer in processes of their own. */
export interface CallTime {
  readonly backend: string;
  /** Cases whose answer was judged: a refused or failed call has compared nothing and does not count. */
  readonly cases: number;
  /** Elements of these answers that were compared. */
  readonly elements: number;
  readonly seconds: number;
}

export function callTimes({ backends, outcomes }: RunReport): CallTime[] {
  const all = backends.map(({ name }) => {
    const judged = outcomes.filter(({ backend, outputs }) => backend === name && outputs.length > 0);
    const elements = judged.flatMap(({ outputs }) => outputs).reduce((sum, { compared }) => sum + compared, 0);
    const seconds = judged.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
    return { backend: name, cases: judged.length, elements, seconds };
  });
  return all.filter(({ cases }) => cases > 0);
}

/** "its calls took 1.2 s: 2,442 cases, 329,486 elements" */
export function callTimeText({ cases, elements, seconds }: CallTime): string {
  return `its calls took ${duration(1000 * seconds)}: ${plural(cases, 'case')}, ${plural(elements, 'element')}`;
}

/** "7,326 answers judged in 12.3 s: 596 a second", over the wall time of all cases of all backends; undefined where that was not measured. */
export function throughputText(report: RunReport): string | undefined {
  const { caseSeconds } = report;
  const times = callTimes(report);
  if (!caseSeconds || times.length === 0) return undefined;
  const cases = times.reduce((sum, time) => sum + time.cases, 0);
  const elements = times.reduce((sum, time) => sum + time.elements, 0);
  return `${plural(cases, 'answer')} of ${plural(elements, 'element')} judged in ${duration(1000 * caseSeconds)}: ${count(cases / caseSeconds)} answers/s, ${count(elements / caseSeconds)} elements/s`;
}

/** "of 420,000, drawn by the seed: a fault in 1 % of them is seen with probability 0.99997"; undefined where every element was compared. */
export function sampleText({ outputs }: Pick<Outcome, 'outputs'>): string | undefined {
  const sample = outputs.find((output) => output.sample)?.sample;
  if (sample === undefined) return undefined;
  const { of, share, detectionProbability } = sample;
  return `of ${count(of)}, drawn by the seed: a fault in ${brief(100 * share)} % of them is seen with probability ${brief(detectionProbability, 5)}`;
}

/** Statistical verdicts of a run's cases, and an upper bound of the probability that any of them is a false alarm. */
export function statisticalVerdicts(report: RunReport): { readonly verdicts: number; readonly falseAlarmProbability: number } {
  const all = report.outcomes.flatMap(({ outputs }) => outputs.flatMap(({ statistics }) => (statistics ? [statistics] : [])));
  return {
    verdicts: all.length,
    falseAlarmProbability: all.reduce((sum, one) => sum + one.falseAlarmProbability, 0),
  };
}

/** "23 verdicts on 1000 errors or more; the probability that any of them is a false alarm is at most 2.3e-9" */
export function statisticsText(report: RunReport): string | undefined {
  const { verdicts, falseAlarmProbability } = statisticalVerdicts(report);
  if (verdicts === 0) return undefined;
  return `${plural(verdicts, 'verdict')} on 1000 errors or more; the probability that any of them is a false alarm is at most ${brief(falseAlarmProbability, 2)}`;
}

/** The reference first, then the backends as everywhere else. */
export function algorithmBackends(report: RunReport): readonly string[] {
  const order = report.backends.map(({ name }) => name);
  const found = [...new Set((report.algorithms ?? []).map(({ backend }) => backend))];
  return found.toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
}

/** Rows of the inventory that a run which came to its end has no record of. */
export function missingRows(report: RunReport): readonly string[] {
  if (incompleteness(report) !== undefined) return [];
  return (report.inventory ?? []).filter((id) => !report.rows.some((row) => row.id === id));
}

/** Functions of the reference whose error on the certified values is over its stated bound. */
export function inaccurate(report: RunReport): readonly AccuracyRecord[] {
  return (report.accuracy ?? []).filter(({ passed }) => !passed);
}

/**
 * Results that are not as expected: red outcomes, properties and algorithms, rows that do not hold or are missing, functions of the reference
 * over their bound, benchmarks with a wrong answer, backends that were to be checked and were not.
 */
export function findingCount(report: RunReport): number {
  return (
    [...judgements(report), ...(report.algorithms ?? [])].filter(({ status }) => isRed(status)).length +
    report.rows.filter(({ passed }) => !passed).length +
    missingRows(report).length +
    report.backends.filter((backend) => backendFinding(backend, report) !== undefined).length +
    inaccurate(report).length +
    report.timings.filter(({ status, expected }) => status === 'invalid' && !expected).length
  );
}

/** Says what is not as expected about a backend as a whole: it was named and did not start or supports nothing, or was not asked to the end. */
export function backendFinding(
  { name, status, required, reason, notAsked, holes }: BackendRecord,
  report: RunReport,
): string | undefined {
  if (required && status === 'unavailable') return `did not start: ${reason}`;
  if (notAsked !== undefined) {
    const asked = [...judgements(report), ...(report.algorithms ?? [])];
    const count = asked.filter((outcome) => outcome.backend === name && outcome.status === 'notAsked').length;
    return `${plural(count, 'question', 'questions')} not asked: ${notAsked}`;
  }
  if (
    required &&
    report.operations.length > 0 &&
    report.operations.every((asked) => holes.some(({ operation }) => operation === asked.name))
  ) {
    return 'supports nothing of what was asked';
  }
  return undefined;
}

/** The verdict in one sentence: what is not as expected comes first, then who is the fastest and the most accurate. */
export function headline(report: RunReport): string {
  const { shard } = report;
  return shard === undefined ? verdict(report) : `${verdict(report)} (part ${shard.part} of ${shard.of})`;
}

function verdict(report: RunReport): string {
  const findings = findingCount(report);
  const { accuracy = [], algorithms = [] } = report;
  const asked = [judgements(report), report.rows, report.timings, accuracy, algorithms].flat().length;
  if (asked === 0) return 'Nothing was checked';
  if (findings > 0) return `${plural(findings, 'result is', 'results are')} not as expected`;
  if (incompleteness(report) !== undefined) return 'So far everything is as expected';
  const first = fastest(report);
  const best = mostAccurate(report);
  const parts = [
    ...(first ? [`${first.backend} is the fastest (${first.comparison})`] : []),
    ...(best ? [first ? `${best} the most accurate` : `${best} is the most accurate`] : []),
  ];
  if (parts.length === 0) return 'Everything is as expected';
  const checked = judgements(report).length + report.rows.length > 0;
  return checked ? `${parts.join(', ')}. Nothing unexpected` : parts.join(', ');
}

/**
 * The backend with the fewest wrong answers, known ones included, and among those the most bits of observed precision; undefined of one
 * backend, or where two are alike.
 */
export function mostAccurate(report: RunReport): string | undefined {
  const all = report.backends.flatMap(({ name }) => {
    const own = judgements(report).filter(({ backend, status }) => backend === name && status !== 'unsupported');
    const bits = observedBits(report, name);
    return own.length === 0 || bits === undefined
      ? []
      : [{ name, wrong: own.filter(({ status }) => status !== 'passed').length, bits }];
  });
  const [best, next] = all.toSorted((a, b) => a.wrong - b.wrong || b.bits - a.bits);
  if (next === undefined || (best.wrong === next.wrong && best.bits - next.bits < 0.1)) return undefined;
  return best.name;
}

/** The median of the bits that were observed in a backend's right answers; undefined where no answer shows any. */
export function observedBits({ outcomes }: RunReport, backend: string): number | undefined {
  const bits = outcomes
    .filter((outcome) => outcome.backend === backend && outcome.status === 'passed')
    .flatMap(({ outputs }) => outputs.flatMap(({ precision }) => precision?.bits ?? []))
    .toSorted((a, b) => a - b);
  return bits.length > 0 ? bits[bits.length >> 1] : undefined;
}

/** Why the report does not hold the whole run; undefined when it does. */
export function incompleteness(report: RunReport): string | undefined {
  if (report.stopped !== undefined) return `The run was stopped: ${report.stopped}. The report holds what had been measured.`;
  if (report.finishedAt !== undefined) return undefined;
  return 'The run did not finish: it is still going on, or it was killed. The report holds what had been measured.';
}
