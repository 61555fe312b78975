/**
 * What an answer would be right by, had the backend declared it: a fast algorithm, or subnormal numbers flushed to zero. It is proposed only
 * where every element is what the declaration means: otherwise a fault would be declared away. The answer stays wrong.
 */
import type { FastAlgorithm } from '../../../backends/contract.ts';
import { judge } from '../judge.ts';
import { algorithmNames } from '../precision.ts';
import { prepareQuestion, type Question } from '../question.ts';
import { significantBits } from '../statistics/observedPrecision.ts';
import { answered } from './fit.ts';
import type { Fit, Hypothesis, Subject } from './hypothesis.ts';

/**
 * N roundings that know nothing of each other make errors of order √N, and the limits are those of N, at least 13: an answer beyond this
 * part of a fast algorithm's limit is something else.
 */
const typicalPart = 1 / 4;
/** Fewer errors than this have no distribution. */
const fewestErrors = 32;
/** Rounding of the result itself is in proportion to it; with more correlation than this the whole error is. */
const relativeAtMost = 0.5;
/** Once found, it is no accident. */
const certain: Fit = { bits: 64, loss: 0 };

/** The declarations that a backend might have made and has not. */
export function declarations({ operation, precision }: Question): Hypothesis[] {
  const algorithms = (operation.bound.algorithms ?? []).filter((algorithm) => !precision.algorithms?.includes(algorithm));
  return [
    ...algorithms.map(
      (algorithm): Hypothesis => ({
        ...{ key: `algorithm ${algorithm}`, kind: 'cause', cost: 10 },
        says: () =>
          `consistent with ${algorithmNames[algorithm]}, which this backend does not declare; "algorithms": ["${algorithm}"] in its description allows it`,
        predict: () => undefined,
        fit: (subject) => (isAllowedBy(algorithm, subject) ? certain : undefined),
      }),
    ),
    ...(precision.subnormals === undefined ? [flushing] : []),
  ];
}

/** Tells whether the answer errs as that algorithm does: within its limits, and like rounding that knows nothing of the result. */
function isAllowedBy(algorithm: FastAlgorithm, { question, actual, dtype }: Subject): boolean {
  const { operation, case: asked, precision } = question;
  if (question.samples) return false;
  const algorithms = [...(precision.algorithms ?? []), algorithm];
  const allowed = answered(() => prepareQuestion(operation, asked, { ...precision, algorithms }));
  if (!allowed || !Object.values(allowed.limits).some((bound) => bound.algorithms)) return false;
  const { passed, outputs } = judge(allowed, actual, dtype);
  const typical = outputs.every(({ errorRatio }) => typeof errorRatio === 'number' && errorRatio <= typicalPart);
  if (!passed || !typical) return false;
  return Object.entries(allowed.expected).every(([name, { data }]) => {
    const { limit } = allowed.limits[name];
    return errsLikeRounding(Float64Array.from(data), actual[name].data, limit);
  });
}

/**
 * Errors in units of their limits are like those of many roundings: most elements have one, either sign is as frequent, they know
 * nothing of the result nor of its size, none is far larger than the others, and they are alike from beginning to end.
 */
export function errsLikeRounding(right: ArrayLike<number>, got: ArrayLike<number>, limit: ArrayLike<number>): boolean {
  const errors: number[] = [];
  const values: number[] = [];
  let exact = 0;
  let widest = 0;
  for (let i = 0; i < right.length; i++) {
    if (!(limit[i] > 0) || !Number.isFinite(right[i]) || right[i] === 0) continue;
    // Rounding leaves a zero only in place of a number that is as small as itself.
    if (got[i] === 0 && Math.abs(right[i]) > typicalPart * limit[i]) return false;
    if (got[i] === Math.fround(right[i])) exact++;
    widest = Math.max(widest, significantBits(got[i]));
    errors.push((got[i] - right[i]) / limit[i]);
    values.push(right[i] / limit[i]);
  }
  const count = errors.length;
  if (count < fewestErrors || exact * 2 > count || widest < 20) return false;
  const size = Math.sqrt(mean(errors.map((error) => error * error)));
  const balanced = Math.abs(errors.filter((error) => error > 0).length - count / 2) <= 2 * Math.sqrt(count);
  const known = 5 / Math.sqrt(count);
  const magnitudes = errors.map(Math.abs);
  const sizes = values.map(Math.abs);
  const quarter = Math.floor(count / 4);
  const alike = [0, 1, 2, 3].every((part) => {
    const own = Math.sqrt(mean(errors.slice(part * quarter, (part + 1) * quarter).map((error) => error * error)));
    return own > size / 2.5 && own < size * 2.5;
  });
  return (
    balanced &&
    alike &&
    Math.max(...magnitudes) < 10 * size &&
    // By their signs: a few large numbers would speak for all.
    Math.abs(mean(errors.map((error, i) => Math.sign(error) * Math.sign(values[i])))) < known &&
    Math.abs(correlation(magnitudes, sizes)) < relativeAtMost
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, ofA, ofB] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    both += (value - meanA) * (b[i] - meanB);
    ofA += (value - meanA) ** 2;
    ofB += (b[i] - meanB) ** 2;
  }
  return ofA > 0 && ofB > 0 ? both / Math.sqrt(ofA * ofB) : 0;
}

/** Every subnormal number is taken for zero, on its way in or out, and nothing else is wrong. */
export const flushing: Hypothesis = {
  ...{ key: 'flushing', kind: 'cause', cost: 2 },
  says: () =>
    'consistent with flushing subnormal numbers to zero, which this backend does not declare; "subnormals": "flushed" in its description allows it',
  predict: () => undefined,
  fit: (subject) => (flushes(subject) ? certain : undefined),
};

function flushes({ question, actual, dtype }: Subject): boolean {
  const { operation, case: asked, precision } = question;
  if (precision.subnormals !== undefined || question.samples) return false;
  // Nothing may be left of them: who returns one does not flush.
  if (Object.values(actual).some(({ data }) => data.some((value) => isSubnormal(value, precision.smallestNormal))))
    return false;
  const declared = prepareQuestion(operation, asked, { ...precision, subnormals: 'flushed' });
  return judge(declared, actual, dtype).passed;
}

/** Tells whether an answer keeps a subnormal number that is due: its backend does not flush. */
export function keepsSubnormals({ question, actual }: Subject): boolean {
  const { smallestNormal } = question.precision;
  return Object.values(actual).some(({ data }) => data.some((value) => isSubnormal(value, smallestNormal)));
}

const isSubnormal = (value: number, smallestNormal: number) => value !== 0 && Math.abs(value) < smallestNormal;
