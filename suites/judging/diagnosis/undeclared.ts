/**
 * What an answer would be right by, had the backend declared it: a fast algorithm, or subnormal numbers flushed to zero. It is allowed only
 * where it is declared, so that the answer stays wrong; the diagnosis says what to declare.
 */
import type { FastAlgorithm } from '../../../backends/contract.ts';
import type { Dtype } from '../../../reference/tensor.ts';
import { judge } from '../judge.ts';
import type { NamedTensors } from '../operation.ts';
import { algorithmNames } from '../precision.ts';
import { prepareQuestion, type Question } from '../question.ts';
import { coarserPrecision } from './places.ts';

/**
 * N roundings that know nothing of each other make errors of order √N, and the limits are those of N, at least 13: an answer beyond this
 * part of a fast algorithm's limit is something else.
 */
const typicalPart = 1 / 4;

/** "consistent with Winograd's F(2×2, 3×3), which this backend does not declare: …"; nothing where no declaration makes the answer right. */
export function undeclared(question: Question, actual: NamedTensors, dtype: Dtype): string | undefined {
  const fitting = (question.operation.bound.algorithms ?? []).filter((algorithm) =>
    isAllowedBy(algorithm, question, actual, dtype),
  );
  if (fitting.length === 0) return flushesUndeclared(question, actual, dtype);
  const names = fitting.map((algorithm) => algorithmNames[algorithm]).join(' or ');
  const declarations = fitting.map((algorithm) => `"algorithms": ["${algorithm}"]`).join(' or ');
  return `consistent with ${names}, which this backend does not declare; ${declarations} in its description allows it`;
}

function isAllowedBy(algorithm: FastAlgorithm, question: Question, actual: NamedTensors, dtype: Dtype): boolean {
  const { operation, case: asked, precision } = question;
  if (precision.algorithms?.includes(algorithm)) return false;
  const algorithms = [...(precision.algorithms ?? []), algorithm];
  const allowed = prepareQuestion(operation, asked, { ...precision, algorithms });
  if (!Object.values(allowed.limits).some((bound) => bound.algorithms)) return false;
  const { passed, outputs } = judge(allowed, actual, dtype);
  const typical = outputs.every(({ errorRatio }) => typeof errorRatio === 'number' && errorRatio <= typicalPart);
  return passed && typical && coarserPrecision(question, actual) === undefined;
}

/** The same of flushing: an answer that is right but for what is below the normal range. */
export function flushesUndeclared(
  { operation, case: asked, precision }: Question,
  actual: NamedTensors,
  dtype: Dtype,
): string | undefined {
  if (precision.subnormals !== undefined) return undefined;
  const declared = prepareQuestion(operation, asked, { ...precision, subnormals: 'flushed' });
  if (!judge(declared, actual, dtype).passed) return undefined;
  return 'consistent with flushing subnormal numbers to zero, which this backend does not declare; "subnormals": "flushed" in its description allows it';
}
