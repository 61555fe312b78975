/** The precision that an answer was really computed with, output by output. It is shown, and decides nothing. */
import { map, type Tensor, type TensorData } from '../../../reference/tensor.ts';
import type { ObservedPrecision } from '../../runReport.ts';
import { toBf16, toFloat16, toTf32 } from '../arithmetic.ts';
import { float64Array } from '../memory.ts';
import type { NamedTensors, OutputBound } from '../operation.ts';
import type { Precision } from '../precision.ts';
import type { Question } from '../question.ts';
import { type InputFormat, identifyPrecision } from './observedPrecision.ts';

/** Fewer elements than this have no median worth reading. */
const fewestElements = 48;
/** More than this say nothing more. */
const mostElements = 2048;
/** Beyond this relative limit, in units of u, an element's error says more about its condition than about the arithmetic. */
const wellConditioned = 16;

const roundTo: Readonly<Record<InputFormat, (x: number) => number>> = { TF32: toTf32, float16: toFloat16, bf16: toBf16 };

/**
 * What the errors of one output say of the arithmetic behind it. Undefined where they say nothing: integer-valued cases, exact
 * operations, and too few elements that are finite and well conditioned.
 */
export function effectivePrecision(question: Question, name: string, actual: Tensor): ObservedPrecision | undefined {
  const { limits, case: asked, operation } = question;
  const expected = question.expected[name].data;
  if (asked.tier !== 'random' || expected.length < fewestElements || actual.data.length !== expected.length) return undefined;
  const { scale, terms } = limits[name];
  const chosen = chosenElements(expected, limits[name], actual.data, question.precision);
  if (chosen.length < fewestElements) return undefined;
  const pick = (values: ArrayLike<number>) => {
    const picked = float64Array(chosen.length);
    for (let at = 0; at < picked.length; at++) picked[at] = values[chosen[at]];
    return picked;
  };
  const { bits, consistentWith } = identifyPrecision(
    {
      expected: pick(expected),
      sums: scale && terms ? { scales: pick(scale), terms } : undefined,
      roundedInputs: (format) => {
        try {
          return pick(operation.reference(roundedInputs(asked.inputs, roundTo[format]), asked.attributes)[name].data);
        } catch {
          // Rounded inputs may break a constraint of the operation: then they explain nothing.
          return float64Array(chosen.length).fill(Number.NaN);
        }
      },
    },
    pick(actual.data),
  );
  return Number.isNaN(bits) ? undefined : { bits, consistentWith };
}

function chosenElements(
  expected: TensorData,
  { limit, scale }: OutputBound,
  actual: TensorData,
  { largest, unitRoundoff, smallestNormal }: Precision,
): number[] {
  const chosen: number[] = [];
  // Of very many only some are looked at: one in eight that serves is enough.
  const apart = Math.max(1, Math.floor(limit.length / (8 * mostElements)));
  for (let i = 0; i < limit.length; i += apart) {
    if (!(limit[i] > 0)) continue;
    const size = Math.abs(expected[i]);
    // Neither NaN nor an infinity.
    if (!(Math.abs(actual[i]) < Infinity && size <= largest)) continue;
    // What a float32 holds exactly, and was given exactly, shows no rounding.
    if (actual[i] === expected[i] && Math.fround(size) === size) continue;
    const conditioned = limit[i] <= wellConditioned * unitRoundoff * size && size >= smallestNormal;
    // Below this the spacing of subnormal numbers is felt beside u · scale, and would be taken for fewer bits.
    if (scale ? scale[i] >= smallestNormal / unitRoundoff : conditioned) chosen.push(i);
  }
  const step = Math.ceil(chosen.length / mostElements);
  return step <= 1 ? chosen : chosen.filter((_, at) => at % step === 0);
}

/** What is multiplied is rounded; a bias is only added. */
function roundedInputs(inputs: NamedTensors, round: (x: number) => number): NamedTensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => [name, /bias/i.test(name) ? tensor : map(tensor, round)]),
  );
}
