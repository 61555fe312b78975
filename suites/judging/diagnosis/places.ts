/** Where an answer is wrong, when the wrong elements have something in common that right ones have not. Completes "wrong only …". */
import type { Tensor } from '../../../reference/tensor.ts';
import { elementErrorRatio, judge } from '../judge.ts';
import type { NamedTensors } from '../operation.ts';
import { precisions } from '../precision.ts';
import type { Question } from '../question.ts';
import { unravel } from '../shapes.ts';
import { position } from './candidates.ts';
import { asAnswer } from './knownMistakes.ts';

interface Place {
  readonly says: string;
  /** Says something of a single element too. */
  readonly single?: boolean;
  readonly holds: (at: number, index: readonly number[]) => boolean;
}

/** What all wrong elements of an output share, most telling first; nothing when right elements share it too. */
export function placesOf(question: Question, name: string, actual: Tensor): string[] {
  const right = question.expected[name];
  if (actual.shape.join() !== right.shape.join()) return [];
  const { limit } = question.limits[name];
  const wrong: boolean[] = Array.from(
    right.data,
    (want, i) => !(elementErrorRatio(want, actual.data[i], limit[i], question.precision) <= 1),
  );
  const count = wrong.filter(Boolean).length;
  if (count === 0) return [];
  const indices = wrong.map((_, i) => unravel(i, right.shape));
  const shared = placesIn(question, name, actual).filter(({ single, holds }) => {
    // Every wrong element has it, and no right one: otherwise it would be said of an accident.
    const inside = wrong.map((_, i) => holds(i, indices[i]));
    return (single || count > 1) && inside.every((value, i) => value === wrong[i]) && inside.includes(false);
  });
  return [...shared.map(({ says }) => says), ...rangesOf(question, name, wrong)];
}

/** A range of an input, or of the result, outside which there are enough elements and all of them right. */
function rangesOf(question: Question, name: string, wrong: readonly boolean[]): string[] {
  const right = question.expected[name];
  const elementwise = Object.entries(question.case.inputs).filter(([, { shape }]) => shape.join() === right.shape.join());
  const magnitudes = right.data.map(Math.abs);
  return [
    ...elementwise.flatMap(([input, { data }]) => [
      { what: input, values: data, below: true },
      { what: input, values: data, below: false },
    ]),
    { what: 'the magnitude of the result', values: magnitudes, below: true },
    { what: 'the magnitude of the result', values: magnitudes, below: false },
  ].flatMap(({ what, values, below }) => {
    const among = Array.from(values).filter((_, i) => wrong[i]);
    if (!among.every(Number.isFinite)) return [];
    const limit = below ? Math.max(...among) : Math.min(...among);
    const inside = Array.from(values).filter((value) => (below ? value <= limit : value >= limit)).length;
    // Half of those inside are wrong, and a quarter of all are outside.
    const telling = among.length >= 3 && among.length * 2 >= inside && inside * 4 <= values.length * 3;
    return telling ? [`where ${what} is ${Number(limit.toPrecision(3))} or ${below ? 'less' : 'more'}`] : [];
  });
}

function placesIn(question: Question, name: string, actual: Tensor): Place[] {
  const { data, shape } = question.expected[name];
  const { precision } = question;
  const dimensions = question.operation.outputs(question.case.attributes)[name].dimensions.map(position);
  const got = actual.data;
  const places: Place[] = [
    {
      says: 'where NaN is due: NaN is swallowed',
      single: true,
      holds: (at) => Number.isNaN(data[at]),
    },
    { says: 'where an infinity is due', single: true, holds: (at) => Math.abs(data[at]) === Infinity },
    {
      says: 'where the result is subnormal: it is flushed to 0',
      single: true,
      holds: (at) => data[at] !== 0 && Math.abs(data[at]) < precision.smallestNormal && got[at] === 0,
    },
    { says: 'where the answer is NaN', single: true, holds: (at) => Number.isNaN(got[at]) && !Number.isNaN(data[at]) },
    {
      says: 'where the answer is infinite',
      single: true,
      holds: (at) => Math.abs(got[at]) === Infinity && Number.isFinite(data[at]),
    },
  ];
  shape.forEach((size, axis) => {
    if (size < 2) return;
    places.push({ says: `in the last ${dimensions[axis]}`, holds: (_, index) => index[axis] === size - 1 });
    places.push({ says: `in the first ${dimensions[axis]}`, holds: (_, index) => index[axis] === 0 });
    for (let at = 1; at < Math.min(size - 1, 16); at++) {
      places.push({ says: `in ${dimensions[axis]} ${at}`, holds: (_, index) => index[axis] === at });
    }
  });
  if (shape.length === 4) {
    const edge = (index: readonly number[], axis: number) => index[axis] === 0 || index[axis] === shape[axis] - 1;
    places.push({ says: 'on the border', holds: (_, index) => edge(index, 2) || edge(index, 3) });
    places.push({ says: 'in the corners', holds: (_, index) => edge(index, 2) && edge(index, 3) });
    places.push({
      says: 'on the bottom and right border',
      holds: (_, index) => index[2] === shape[2] - 1 || index[3] === shape[3] - 1,
    });
    places.push({ says: 'on the top and left border', holds: (_, index) => index[2] === 0 || index[3] === 0 });
  }
  for (const [input, x] of Object.entries(question.case.inputs)) {
    if (x.shape.join() !== shape.join()) continue;
    places.push({ says: `where ${input} is negative`, holds: (at) => x.data[at] < 0 });
    places.push({ says: `where ${input} is positive`, holds: (at) => x.data[at] > 0 });
    places.push({ says: `where ${input} is 0`, single: true, holds: (at) => x.data[at] === 0 });
    places.push({ says: `where ${input} is NaN`, single: true, holds: (at) => Number.isNaN(x.data[at]) });
    places.push({ says: `where ${input} is infinite`, single: true, holds: (at) => Math.abs(x.data[at]) === Infinity });
  }
  return places;
}

/** Formats coarser than float32, finest first. */
const coarser = [precisions.tf32, precisions.float16, precisions.bf16];
/** A format that is coarser inside shows in most elements; where only a few are wrong, it is something else. */
const wrongAtLeast = 1 / 2;
/** A limit above this part of the result accepts too much to say anything about precision. */
const tellingPart = 1 / 8;

/** The finest coarser format by whose limits the answer is right; nothing where those limits would accept almost anything. */
export function coarserPrecision(question: Question, actual: NamedTensors): string | undefined {
  const { operation, case: asked, precision } = question;
  const { outputs } = judge(question, asAnswer(actual, 'float64'), 'float64');
  const [wrong, all] = outputs.reduce(([w, n], output) => [w + output.wrong, n + output.compared], [0, 0]);
  if (!(wrong >= wrongAtLeast * all && all > 0)) return undefined;
  for (const format of coarser) {
    if (!(format.unitRoundoff > precision.unitRoundoff)) continue;
    const limits = operation.bound.limits({
      inputs: asked.inputs,
      attributes: asked.attributes,
      expected: question.expected,
      precision: format,
    });
    const coarse: Question = { ...question, precision: format, limits };
    // Of the elements that are wrong: a limit that takes in 0, or has no end, would explain anything there.
    const telling = Object.entries(question.expected).every(([name, { data }]) => {
      const parts = Array.from(data, (value, i) => ({
        value,
        got: actual[name].data[i],
        limit: question.limits[name].limit[i],
        i,
      }))
        .filter(({ value, got, limit }) => !(elementErrorRatio(value, got, limit, precision) <= 1))
        .map(({ value, i }) => limits[name].limit[i] / Math.abs(value));
      return parts.length === 0 || parts.sort((a, b) => a - b)[parts.length >> 1] < tellingPart;
    });
    if (!telling) return undefined;
    if (judge(coarse, asAnswer(actual, 'float64'), 'float64').passed) {
      const bits = -Math.log2(format.unitRoundoff);
      return `right to ${bits} significant bits (${format.name === 'tf32' ? 'tf32 or float16' : format.name}): a lower precision inside`;
    }
  }
  return undefined;
}
