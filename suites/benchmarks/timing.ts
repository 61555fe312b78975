/** From the visits of several processes to one number of the report. */
import type { MachineLimits, Samples, Timing, TimingWarning } from '../runReport.ts';
import { copyRate } from './probe/machine.ts';
import { acrossProcesses } from './statistics/processes.ts';
import { driftOf, medianOf, outliersOf, percentilesOf, relativeSpreadOf, spreadOf } from './statistics/samples.ts';
import type { Measurement } from './visit.ts';

/** Operations whose result may be the input itself. */
const mayAlias: readonly string[] = ['identity', 'identity.backward'];

/** With fewer an interval says little of what differs between them. */
const fewestProcesses = 3;

/** Times are kept to a nanosecond. */
const rounded = (value: number) => Math.round(value * 1e6) / 1e6;

/**
 * Describes samples of one phase, those of each process apart.
 *
 * @param clockMs the clock's step, which stands for a sample that it was too coarse to see.
 */
export function samplesOf(processes: readonly (readonly number[])[], clockMs = 1e-6): Samples | undefined {
  const own = processes.filter(({ length }) => length > 0).map((samples) => samples.map((sample) => Math.max(sample, clockMs)));
  if (own.length === 0) return undefined;
  const { median, low, high, level } = acrossProcesses(own);
  const classes = own.map(outliersOf);
  const count = (name: keyof NonNullable<Samples['outliers']>) => classes.reduce((sum, one) => sum + one[name], 0);
  return {
    samplesMs: own.flat().map(rounded),
    perProcess: own.map(({ length }) => length),
    medianMs: rounded(median),
    madMs: rounded(medianOf(own.map(spreadOf))),
    lowMs: rounded(low),
    highMs: rounded(high),
    level,
    outliers: {
      lowSevere: count('lowSevere'),
      lowMild: count('lowMild'),
      highMild: count('highMild'),
      highSevere: count('highSevere'),
    },
    percentilesMs: percentilesOf(own.flat()),
  };
}

/** Splits the samples of a phase by process again. */
export function byProcess({ samplesMs, perProcess = [samplesMs.length] }: Samples): number[][] {
  let at = 0;
  return perProcess.map((length) => {
    at += length;
    return samplesMs.slice(at - length, at);
  });
}

/** What an operation's number is called and what it asks; known before it is measured. */
export type NumberedTiming = Pick<Timing, 'operation' | 'backend' | 'caseId' | 'size' | 'shapes' | 'flops' | 'bytes'>;

/**
 * Puts the processes' measurements together. One wrong answer makes the number invalid; what only looks like times that are not those of the
 * work does so when more than half of the processes show it, because a machine can disturb one of them.
 */
export function timingOf(
  about: NumberedTiming,
  measurements: readonly Measurement[],
  { limits, fenceProven }: { readonly limits?: MachineLimits; readonly fenceProven: boolean },
): Timing {
  const wrong = measurements.find((one) => one.wrong !== undefined)?.wrong;
  if (wrong !== undefined) return { ...about, status: 'invalid', reason: wrong };
  const clockMs = Math.max(1e-6, ...measurements.map((one) => one.clockMs ?? 0));
  const execute = samplesOf(
    measurements.map((one) => one.executeMs),
    clockMs,
  )!;
  const movesNoData = isAlias(about, execute.medianMs, limits);
  const suspicions = measurements.flatMap(({ suspicion }) => suspicion ?? []);
  if (suspicions.length > measurements.length / 2 && !(movesNoData && suspicions[0].kind === 'beyond the machine')) {
    return { ...about, status: 'invalid', reason: suspicions[0].text };
  }
  const firstCalls = measurements.flatMap(({ firstCallMs }) => firstCallMs ?? []);
  return {
    ...about,
    status: 'valid',
    firstCallMs: firstCalls.length > 0 ? rounded(medianOf(firstCalls)) : undefined,
    load: samplesOf(
      measurements.map((one) => one.loadMs),
      clockMs,
    ),
    execute,
    read: samplesOf(
      measurements.map((one) => one.readMs),
      clockMs,
    ),
    throughput: samplesOf(
      measurements.map(({ throughputMs }) => (throughputMs === undefined ? [] : [throughputMs])),
      clockMs,
    ),
    cold: samplesOf(
      measurements.map((one) => one.coldMs),
      clockMs,
    ),
    processes: measurements.length,
    movesNoData: movesNoData || undefined,
    ...(movesNoData ? {} : limitOf(about, execute.medianMs, limits)),
    judged: {
      compared: measurements.reduce((sum, { judged }) => sum + judged.compared, 0),
      of: measurements.reduce((sum, { judged }) => sum + judged.of, 0),
      answers: measurements.reduce((sum, { judged }) => sum + judged.answers, 0),
    },
    warnings: warningsOf(execute, clockMs, fenceProven),
  };
}

/** A clone that counts references takes less than half of what this machine needs to copy. */
function isAlias({ operation, bytes = 0 }: NumberedTiming, executeMs: number, limits: MachineLimits | undefined): boolean {
  if (!mayAlias.includes(operation) || !limits) return false;
  const copyMs = bytes / copyRate(limits, bytes) / 1e6;
  return copyMs > 0.005 && executeMs < copyMs / 2;
}

/** The larger of the two shares: of the arithmetic rate, and of the rate at which these bytes can be moved. */
function limitOf({ flops = 0, bytes = 0 }: NumberedTiming, executeMs: number, limits: MachineLimits | undefined) {
  if (!limits || executeMs <= 0) return {};
  const arithmetic = flops / executeMs / 1e6 / limits.multiplyAddGflops;
  const memory = bytes / executeMs / 1e6 / copyRate(limits, bytes);
  return arithmetic >= memory
    ? { limitShare: arithmetic, limitedBy: 'arithmetic' as const }
    : { limitShare: memory, limitedBy: 'memory' as const };
}

const percent = (share: number) => `${Number((share * 100).toPrecision(2))} %`;

function warningsOf(execute: Samples, clockMs: number, fenceProven: boolean): TimingWarning[] | undefined {
  const processes = byProcess(execute);
  const warnings: TimingWarning[] = [];
  const spread = medianOf(processes.map(relativeSpreadOf));
  if (spread > 0.1) {
    const text = `the middle half of the samples spreads over ${percent(spread)} of their median`;
    warnings.push({ kind: spread > 0.25 ? 'very noisy' : 'noisy', text });
  }
  const drifts = processes.map(driftOf).filter((drift) => drift !== 0);
  if (drifts.length > processes.length / 2) {
    warnings.push({
      kind: 'drift',
      text: `the samples drift by ${percent(medianOf(drifts))} from the first third to the last`,
    });
  }
  if (clockMs > 0.01 * execute.medianMs) {
    warnings.push({
      kind: 'coarse clock',
      text: `the clock's step of ${clockMs} ms is ${percent(clockMs / execute.medianMs)} of the time`,
    });
  }
  if (processes.length < fewestProcesses) {
    const count = processes.length === 1 ? 'one process' : `${processes.length} processes`;
    warnings.push({
      kind: 'few processes',
      text: `the interval is that of ${count}; what differs between processes is not in it`,
    });
  }
  if (!fenceProven) {
    warnings.push({
      kind: 'unproven fence',
      text: 'the worker times its own calls; nothing proves that it waits for their end',
    });
  }
  return warnings.length > 0 ? warnings : undefined;
}

/** Adds execute's median as a ratio to `js` and to the fastest backend of the same number. What moves no data is compared with nothing. */
export function withRatios(timings: readonly Timing[]): Timing[] {
  const medianMs = ({ caseId }: Timing, wanted: (other: Timing) => boolean) =>
    Math.min(
      ...timings
        .filter((other) => other.caseId === caseId && !other.movesNoData && wanted(other))
        .map((other) => other.execute?.medianMs ?? Number.POSITIVE_INFINITY),
    );
  return timings.map((timing) => {
    const own = timing.execute?.medianMs;
    if (own === undefined || timing.movesNoData) return timing;
    const js = medianMs(timing, ({ backend }) => backend === 'js');
    return {
      ...timing,
      ratioToJs: Number.isFinite(js) ? own / js : undefined,
      ratioToFastest: own / medianMs(timing, () => true),
    };
  });
}
