/** Largest probability that a run with honest backends raises any statistical alarm: a choice of design, stated in every report. */
export const runFalseAlarmProbability = 1e-6;

/**
 * The probability that each of a run's verdicts may spend: equal shares, so that their sum is the run's (the union bound needs no
 * independence). `verdicts` counts every judgement the run can make, passed or failed, on all backends.
 */
export function shareOfRun(verdicts: number, probability = runFalseAlarmProbability): number {
  return probability / Math.max(1, verdicts);
}

/** The statistical verdicts of one run share its probability: at most so many are made. Fixed, so that a case replayed alone is judged alike. */
export const verdictsOfRun = 10_000;
export const verdictProbability = shareOfRun(verdictsOfRun);
