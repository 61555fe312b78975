/** Compares two runs: answers one by one, errors and bits of an operation together, times as `etalon compare` does. */
import { alpha, smallestChange } from '../benchmarks/compare/verdict.ts';
import { holm } from '../benchmarks/statistics/holm.ts';
import { medianOf } from '../benchmarks/statistics/samples.ts';
import { signedRank } from '../benchmarks/statistics/signedRank.ts';
import type { JsonNumber, Outcome, RunReport, Samples, Status, Timing } from '../runReport.ts';
import type { Change, RunDiff } from './runDiff.ts';

export interface NamedRun {
  readonly name: string;
  readonly report: RunReport;
}

/** Errors below this share of the limit are alike: an exact answer has none, and its logarithm does not exist. */
const smallestErrorRatio = 0.001;
/** A loss of precision below half a bit is none. */
const smallestBits = 0.5;
/** Answers of an operation whose errors are compared; of more, as many at equal distances. */
const mostAnswers = 60;

export function diffRuns(base: NamedRun, head: NamedRun): RunDiff {
  const judged = [base, head].map(({ report }) => new Map(verdictsOf(report).map((one) => [one.key, one])));
  const changes = [
    ...changedVerdicts(judged[0], judged[1]),
    ...changedSupport(base.report, head.report),
    ...changedErrors(base.report, head.report),
    ...changedPrecision(base.report, head.report),
  ];
  const speed = changedSpeed(base.report, head.report);
  const both = [...judged[0].keys()].filter((key) => judged[1].has(key)).length;
  const all = [...changes, ...speed.changes];
  return {
    base: base.name,
    head: head.name,
    changes: [...all.filter(({ regression }) => regression), ...all.filter(({ regression }) => !regression)],
    remarks: [...differingCircumstances(base.report, head.report), ...onlyInOne(judged, both), ...speed.remarks],
    compared: both,
  };
}

interface Verdict {
  readonly key: string;
  readonly backend: string;
  readonly where: string;
  readonly status: Status;
  readonly reason?: string;
}

/** Everything that was judged, under a name that is the same in both runs. */
function verdictsOf({ outcomes, properties, algorithms = [], rows }: RunReport): Verdict[] {
  const all = [
    ...outcomes.map((one) => ({ ...one, of: 'case', where: one.caseId })),
    ...properties.map((one) => ({ ...one, of: 'property', where: `${one.operation}: ${one.property}` })),
    ...algorithms.map((one) => ({ ...one, of: 'algorithm', where: one.algorithm, diagnosis: undefined })),
    ...rows.map((one) => ({
      ...{ of: 'row', backend: 'reference', where: `row ${one.id}`, diagnosis: undefined, reason: one.reason },
      status: one.passed ? ('passed' as const) : ('failed' as const),
    })),
  ];
  return all.map(({ of, backend, where, status, reason, diagnosis }) => ({
    ...{ key: JSON.stringify([of, backend, where]), backend, where, status, reason: diagnosis ?? reason },
  }));
}

const isRight = (status: Status) => status === 'passed' || status === 'unexpectedPass';
const isWrong = (status: Status) => ['failed', 'errored', 'crashed', 'timedOut', 'expectedFailure'].includes(status);

function changedVerdicts(base: ReadonlyMap<string, Verdict>, head: ReadonlyMap<string, Verdict>): Change[] {
  return [...head.values()].flatMap((own): Change[] => {
    const before = base.get(own.key);
    if (before === undefined) return [];
    const change = { kind: 'accuracy', backend: own.backend, where: own.where, base: before.status, head: own.status } as const;
    if (isRight(before.status) && isWrong(own.status))
      return [{ ...change, what: 'newly failing', regression: own.status !== 'expectedFailure', reason: own.reason }];
    if (isWrong(before.status) && isRight(own.status)) return [{ ...change, what: 'newly passing', regression: false }];
    return [];
  });
}

/** Operations, or some of their cases, that were answered in one run and are refused in the other; backends that do not start any more. */
function changedSupport(base: RunReport, head: RunReport): Change[] {
  const changes: Change[] = [];
  for (const { name, status } of base.backends) {
    const now = head.backends.find((one) => one.name === name);
    if (status === 'ran' && now?.status === 'unavailable')
      changes.push({
        ...{ kind: 'support', regression: true, what: 'lost', backend: name, where: 'the backend' },
        ...{ base: 'ran', head: 'unavailable', reason: now.reason },
      });
  }
  const before = groupsOf(base.outcomes);
  for (const [key, outcomes] of groupsOf(head.outcomes)) {
    const old = new Map(before.get(key)?.map((outcome) => [outcome.caseId, outcome]));
    const pairs = outcomes.flatMap((now) => {
      const was = old.get(now.caseId);
      return was === undefined ? [] : [[isAnswered(was), isAnswered(now), now] as const];
    });
    const [{ backend, operation }] = outcomes;
    const lost = pairs.filter(([was, now]) => was && now === false);
    const won = pairs.filter(([was, now]) => was === false && now);
    const text = (answered: number) => `${answered} of ${pairs.length} cases answered`;
    const answered = [0, 1].map((run) => text(pairs.filter((pair) => pair[run]).length));
    const change = { kind: 'support', backend, where: operation, base: answered[0], head: answered[1] } as const;
    if (lost.length > 0) changes.push({ ...change, what: 'lost', regression: true, reason: lost[0][2].reason });
    else if (won.length > 0) changes.push({ ...change, what: 'new', regression: false });
  }
  return changes;
}

/** Undefined where it was not asked. */
function isAnswered({ status }: Outcome): boolean | undefined {
  return status === 'notAsked' ? undefined : status !== 'unsupported';
}

function groupsOf(outcomes: readonly Outcome[]): Map<string, Outcome[]> {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const key = JSON.stringify([outcome.backend, outcome.operation]);
    const group = groups.get(key);
    if (group) group.push(outcome);
    else groups.set(key, [outcome]);
  }
  return groups;
}

interface Paired {
  readonly backend: string;
  readonly operation: string;
  readonly base: readonly number[];
  readonly head: readonly number[];
}

/** Numbers of the right answers, an operation's together, of cases that both runs have. */
function pairsOf(base: RunReport, head: RunReport, numberOf: (outcome: Outcome) => number | undefined): Paired[] {
  const before = groupsOf(base.outcomes);
  return Array.from(groupsOf(head.outcomes), ([key, outcomes]) => {
    const old = new Map(before.get(key)?.map((outcome) => [outcome.caseId, outcome]));
    const pairs = outcomes.flatMap((now) => {
      const was = old.get(now.caseId);
      if (was?.status !== 'passed' || now.status !== 'passed') return [];
      const numbers = [numberOf(was), numberOf(now)];
      return numbers[0] === undefined || numbers[1] === undefined ? [] : [[numbers[0], numbers[1]] as const];
    });
    const step = Math.max(1, pairs.length / mostAnswers);
    const kept = Array.from({ length: Math.min(pairs.length, mostAnswers) }, (_, i) => pairs[Math.floor(i * step)]);
    const [{ backend, operation }] = outcomes;
    return { backend, operation, base: kept.map(([was]) => was), head: kept.map(([, now]) => now) };
  }).filter((one) => one.base.length > 0);
}

interface Scale {
  /** The difference that counts, positive where HEAD is worse. */
  readonly difference: (base: number, head: number) => number;
  readonly smallest: number;
  readonly worse: string;
  readonly better: string;
  readonly text: (numbers: readonly number[]) => string;
  readonly of: string;
}

/** Tests each operation for a change in either direction; all of them together keep one level. */
function tested(pairs: readonly Paired[], { difference, smallest, worse, better, text, of }: Scale): Change[] {
  const differences = pairs.map(({ base, head }) => base.map((was, i) => difference(was, head[i])));
  const up = holm(differences.map((own) => signedRank(own, smallest).greater));
  const down = holm(differences.map((own) => signedRank(own, -smallest).less));
  return pairs.flatMap(({ backend, operation, base, head }, i): Change[] => {
    const regression = up[i] <= alpha;
    if (!regression && down[i] > alpha) return [];
    const p = Math.max(regression ? up[i] : down[i], 1e-16).toPrecision(1);
    return [
      {
        ...{ kind: 'accuracy', regression, what: regression ? worse : better, backend, where: operation },
        ...{ base: text(base), head: text(head), reason: `medians of ${base.length} ${of}; p = ${p}` },
      },
    ];
  });
}

const finite = (value: JsonNumber): number =>
  typeof value === 'number' ? value : value === '-0' ? 0 : Number.POSITIVE_INFINITY;

function changedErrors(base: RunReport, head: RunReport): Change[] {
  const errorRatio = ({ outputs }: Outcome) =>
    outputs.length === 0 ? undefined : Math.max(smallestErrorRatio, ...outputs.map((one) => finite(one.errorRatio)));
  return tested(pairsOf(base, head, errorRatio), {
    difference: (was, now) => Math.log(now / was),
    ...{ smallest: smallestChange, worse: 'larger errors', better: 'smaller errors', of: 'right answers' },
    text: (numbers) => `${medianOf(numbers).toPrecision(2)} × limit`,
  });
}

function changedPrecision(base: RunReport, head: RunReport): Change[] {
  const bits = ({ outputs }: Outcome) => {
    const own = outputs.flatMap(({ precision }) => precision?.bits ?? []);
    return own.length === 0 ? undefined : Math.min(...own);
  };
  return tested(pairsOf(base, head, bits), {
    difference: (was, now) => was - now,
    ...{ smallest: smallestBits, worse: 'less precise', better: 'more precise', of: 'right answers that show it' },
    text: (numbers) => `${medianOf(numbers).toFixed(1)} bits`,
  });
}

/** The processes' medians. */
function processMedians({ samplesMs, perProcess = [samplesMs.length] }: Samples): number[] {
  let at = 0;
  return perProcess.flatMap((count) => {
    const own = samplesMs.slice(at, at + count);
    at += count;
    return own.length > 0 ? [medianOf(own)] : [];
  });
}

/** ln HEAD − ln BASE of processes one by one: those of two runs are as alike as any two, so that the differences are symmetric. */
function differencesOf(base: readonly number[], head: readonly number[]): number[] {
  return base.slice(0, head.length).map((was, i) => Math.log(head[i] / was));
}

function changedSpeed(base: RunReport, head: RunReport): { readonly changes: Change[]; readonly remarks: string[] } {
  const timed = ({ status, execute, movesNoData }: Timing) => status === 'valid' && execute !== undefined && !movesNoData;
  const before = new Map(base.timings.filter(timed).map((one) => [JSON.stringify([one.backend, one.caseId]), one]));
  const pairs = head.timings.filter(timed).flatMap((now) => {
    const was = before.get(JSON.stringify([now.backend, now.caseId]));
    if (!was?.execute || !now.execute) return [];
    const medians = [processMedians(was.execute), processMedians(now.execute)];
    return [{ now, was: was.execute.medianMs, is: now.execute.medianMs, differences: differencesOf(medians[0], medians[1]) }];
  });
  if (pairs.length === 0) return { changes: [], remarks: [] };
  const machines = [base, head].map(({ environment: { cpu, cores } }) => `${cpu}, ${cores} cores`);
  if (machines[0] !== machines[1])
    return { changes: [], remarks: [`speed is not compared: other machines (${machines.join('; ')})`] };
  const kernels = [base, head].map(({ benchmarks }) => benchmarks?.referenceKernelMs ?? []);
  const machine = differencesOf(kernels[0], kernels[1]);
  if (
    machine.length > 0 &&
    Math.min(signedRank(machine, smallestChange).greater, signedRank(machine, -smallestChange).less) <= alpha
  )
    return {
      changes: [],
      remarks: ['speed is not compared: the pinned kernel shows that the machine itself changed its speed'],
    };
  const slower = holm(pairs.map(({ differences }) => signedRank(differences, smallestChange).greater));
  const faster = holm(pairs.map(({ differences }) => signedRank(differences, -smallestChange).less));
  const fewest = Math.min(...pairs.map(({ differences }) => differences.length));
  const needed = Math.ceil(Math.log2(pairs.length / alpha));
  const changes = pairs.flatMap(({ now, was, is, differences }, i): Change[] => {
    const regression = slower[i] <= alpha;
    if (!regression && faster[i] > alpha) return [];
    const p = (regression ? slower[i] : faster[i]).toPrecision(1);
    return [
      {
        ...{ kind: 'speed', regression, what: regression ? 'slower' : 'faster', backend: now.backend, where: now.caseId },
        ...{
          base: `${was.toPrecision(3)} ms`,
          head: `${is.toPrecision(3)} ms`,
          reason: `${differences.length} processes; p = ${p}`,
        },
      },
    ];
  });
  const few = `speed: ${pairs.length} numbers together need ${needed} processes each to show a change; some have ${fewest}`;
  return { changes, remarks: fewest < needed ? [few] : [] };
}

function differingCircumstances(base: RunReport, head: RunReport): string[] {
  const remarks: string[] = [];
  if (base.seed !== head.seed) remarks.push(`other seeds (${base.seed}; ${head.seed}): the cases have other numbers`);
  if (base.etalonVersion !== head.etalonVersion)
    remarks.push(`other versions of etalon (${base.etalonVersion}; ${head.etalonVersion})`);
  for (const [name, { stopped, finishedAt }] of Object.entries({ BASE: base, HEAD: head }))
    if (stopped !== undefined || finishedAt === undefined) remarks.push(`${name} is incomplete: ${stopped ?? 'it has no end'}`);
  return remarks;
}

function onlyInOne([base, head]: readonly ReadonlyMap<string, Verdict>[], both: number): string[] {
  const [gone, added] = [base.size - both, head.size - both];
  const failing = [...head.values()].filter(({ key, status }) => !base.has(key) && isWrong(status)).length;
  return [
    ...(gone > 0 ? [`${gone} that BASE judged were not asked in HEAD`] : []),
    ...(added > 0 ? [`${added} that HEAD judged were not asked in BASE; ${failing} of them fail`] : []),
  ];
}
