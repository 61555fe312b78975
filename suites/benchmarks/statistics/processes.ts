/** One number from several processes: its interval holds what differs between them. */
import { type Interval, medianInterval, medianOf } from './samples.ts';
import { studentQuantile } from './student.ts';

export interface Estimate extends Interval {
  readonly median: number;
  readonly processes: number;
}

const enoughForOrder = 6;

/**
 * Returns the median of the processes' medians with its interval of 95 %.
 *
 * Samples of one process are alike in what the process fixed when it started (memory layout, what the compiler chose), so the unit is the process.
 * From six processes on the interval is that of their order statistics; with fewer, Student's interval of their logarithms. It
 * always reaches over the interval of every process's own samples.
 *
 * @throws RangeError when there is no process, or one without positive samples.
 */
export function acrossProcesses(processes: readonly (readonly number[])[], confidence = 0.95): Estimate {
  if (processes.length === 0) throw new RangeError('acrossProcesses: at least one process is needed');
  const medians = processes.map(medianOf);
  const within = processes.map((samples) => medianInterval(samples, confidence));
  const between = betweenProcesses(medians, confidence);
  return {
    median: medianOf(medians),
    low: Math.min(between.low, ...within.map(({ low }) => low)),
    high: Math.max(between.high, ...within.map(({ high }) => high)),
    level: between.level,
    processes: processes.length,
  };
}

function betweenProcesses(medians: readonly number[], confidence: number): Interval {
  const n = medians.length;
  if (n >= enoughForOrder || n === 1) return medianInterval(medians, confidence);
  const broken = medians.find((median) => !(median > 0));
  if (broken !== undefined) throw new RangeError(`acrossProcesses: a median of ${broken}; positive times are needed`);
  const logarithms = medians.map(Math.log);
  const mean = logarithms.reduce((a, b) => a + b) / n;
  const variance = logarithms.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = studentQuantile(1 - (1 - confidence) / 2, n - 1) * Math.sqrt(variance / n);
  return { low: Math.exp(mean - half), high: Math.exp(mean + half), level: confidence };
}
