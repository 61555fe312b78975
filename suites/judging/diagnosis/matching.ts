/** When an answer equals a candidate: up to the rounding that an honest implementation of the candidate may add. */
import type { Dtype, Tensor } from '../../../reference/tensor.ts';
import type { NamedTensors } from '../operation.ts';
import type { Question } from '../question.ts';

/** Roundings that a candidate's own last steps may add, beyond the operation's limit. */
const lastRoundings = 8;
/** Where the operation's limit is 0 (integers, every sum exact) a mistake's result may still round: this many times at the largest element. */
const roundingsOfInexactSums = 64;

/** Whether every output of the answer equals the candidate's. */
export function equalsOutputs(question: Question, candidate: NamedTensors, actual: NamedTensors, dtype: Dtype): boolean {
  const names = Object.keys(question.expected);
  return names.every(
    (name) =>
      candidate[name] !== undefined &&
      actual[name] !== undefined &&
      equalsTensor(question, name, candidate[name], actual[name], dtype),
  );
}

/**
 * |actual − candidate| ≤ s·limit + 8u·|candidate| element by element, where s ≥ 1 is how much larger a candidate's sums are than the
 * right ones: their rounding errors grow with them. NaN and the infinities must be the same.
 */
export function equalsTensor(question: Question, name: string, candidate: Tensor, actual: Tensor, dtype: Dtype): boolean {
  if (candidate.shape.join() !== actual.shape.join()) return false;
  const { limit } = question.limits[name];
  const { unitRoundoff, smallestSubnormal } = question.precision;
  const largest = largestMagnitude(candidate);
  const sameShape = limit.length === candidate.data.length;
  // Another shape than the limits' own has only its rounding; so has a sum whose limit is 0.
  const floor = roundingsOfInexactSums * unitRoundoff * largest;
  const summed = question.operation.bound.errorClass !== 'elementary' && question.operation.bound.errorClass !== 'set-valued';
  // Element by element nothing grows but the element itself, which has its roundings below.
  const growth = summed ? Math.max(1, largest / largestMagnitude(question.expected[name]) || 1) : 1;
  for (let i = 0; i < candidate.data.length; i++) {
    const want = dtype === 'float32' ? Math.fround(candidate.data[i]) : candidate.data[i];
    const got = actual.data[i];
    if (want === got || (Number.isNaN(want) && Number.isNaN(got))) continue;
    if (!Number.isFinite(want) || !Number.isFinite(got)) return false;
    const own = sameShape && Number.isFinite(limit[i]) ? limit[i] : 0;
    const allowed =
      (own === 0 && summed ? floor : own * growth) + lastRoundings * unitRoundoff * Math.abs(want) + smallestSubnormal;
    if (!(Math.abs(got - want) <= allowed)) return false;
  }
  return true;
}

/** Elements of the answer that are not the candidate's numbers rounded once. */
export function elementsOff({ precision, expected }: Question, candidate: NamedTensors, actual: NamedTensors): number {
  let count = 0;
  for (const name of Object.keys(expected)) {
    const got = actual[name].data;
    candidate[name].data.forEach((want, i) => {
      const rounded = Math.abs(got[i] - want) <= precision.unitRoundoff * Math.abs(want) + precision.smallestSubnormal;
      if (!rounded && want !== got[i] && !(Number.isNaN(want) && Number.isNaN(got[i]))) count++;
    });
  }
  return count;
}

function largestMagnitude({ data }: Tensor): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const magnitude = Math.abs(data[i]);
    if (magnitude > largest && magnitude < Infinity) largest = magnitude;
  }
  return largest;
}
