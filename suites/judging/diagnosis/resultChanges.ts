/**
 * Lists mishaps to the numbers of any result: another order, factor or offset, a function applied, an index that wraps around, a row
 * that is padded. What depends on a number is read from the answer first.
 */
import { map, type Tensor, zeros } from '../../../reference/tensor.ts';
import type { NamedTensors } from '../operation.ts';
import type { Question } from '../question.ts';
import { mirrored, withoutLast } from '../tensorChanges.ts';
import { fitOfOutput, toleranceFor, wrongOutputs } from './fit.ts';
import type { Change, Hypothesis, Slack, Subject } from './hypothesis.ts';
import {
  along,
  axisSubsets,
  orders,
  paddedTo,
  pitches,
  shifted,
  takenFlat,
  transposed,
  withoutPitch,
  withPitch,
} from './rearranged.ts';
import { amount, digits, position, positions, word } from './words.ts';

/** A change of the result with its words: "twice the result". */
export interface NamedChange {
  readonly key: string;
  readonly cost: number;
  readonly kind: Hypothesis['kind'];
  /** Completes "equals …". */
  readonly says: (question?: Question) => string;
  readonly change: Change;
  /** As in a hypothesis. */
  readonly read?: boolean;
  readonly slack?: Slack;
}

/** Changes of elements one by one, the same in every question. */
const functions: readonly (readonly [says: string, change: (value: number) => number])[] = [
  ["the result's absolute values", Math.abs],
  ["the negative of the result's absolute values", (value) => -Math.abs(value)],
  ['the result with 0 for negative numbers: a ReLU after it', (value) => Math.max(value, 0)],
  ['the result with 0 for positive numbers', (value) => Math.min(value, 0)],
  ['the result cut to whole numbers', Math.trunc],
  ['the result rounded to whole numbers', Math.round],
  ['the sign of the result', Math.sign],
  ['the square of the result', (value) => value * value],
  ['the square root of the result', Math.sqrt],
  ['the reciprocal of the result', (value) => 1 / value],
  ['the tanh of the result', Math.tanh],
  ['the sigmoid of the result', (value) => 1 / (1 + Math.exp(-value))],
  ['the exponential of the result', Math.exp],
  ['the logarithm of the result', Math.log],
  ['1 minus the result', (value) => 1 - value],
  ['the result modulo 256: an 8-bit number', (value) => value - 256 * Math.floor(value / 256)],
  ['the result wrapped to −128 … 127: a signed 8-bit number', (value) => value - 256 * Math.floor((value + 128) / 256)],
  [
    'the result wrapped to −32,768 … 32,767: a signed 16-bit number',
    (value) => value - 65536 * Math.floor((value + 32768) / 65536),
  ],
  ...[1, 2, 3, 4, 5, 6].map((places): readonly [string, (value: number) => number] => [
    `the result rounded to ${places} ${places === 1 ? 'place' : 'places'} after the decimal point`,
    (value) => Math.round(value * 10 ** places) / 10 ** places,
  ]),
];

const fixedFactors: readonly (readonly [factor: number, says: string])[] = [
  [-1, 'the result negated'],
  [2, 'twice the result'],
  [0.5, 'half the result'],
];

/** Changes that take the result's numbers from other places: most of an output that is not a scalar. */
function placesChanged(question: Question, name: string): NamedChange[] {
  const rank = question.expected[name].shape.length;
  const dimensions = dimensionsOf(question, name);
  const make = (says: string, change: (right: Tensor) => Tensor | undefined, cost = 6): NamedChange => ({
    ...{ key: says, kind: 'result', cost, says: () => says },
    change: (right) => (right.shape.length === rank ? change(right) : undefined),
  });
  const others = Object.keys(question.expected).filter((other) => other !== name);
  return [
    ...orders(rank).map((order) =>
      make(`the result written in the order ${order.map((axis) => word(dimensions[axis])).join(', ')}`, (right) => ({
        ...transposed(right, order),
        shape: right.shape,
      })),
    ),
    ...axisSubsets(rank).map((axes) =>
      make(`the result flipped along ${axes.map((axis) => word(dimensions[axis])).join(' and ')}`, (right) =>
        mirrored(right, axes),
      ),
    ),
    ...dimensions.flatMap((dimension, axis) => [
      make(`the result without the last ${position(dimension)}`, (right) => withoutLast(right, axis), 5),
      make(`the result shifted by one along ${word(dimension)}`, (right) => shifted(right, axis, 1)),
      make(`the result shifted back by one along ${word(dimension)}`, (right) => shifted(right, axis, -1)),
      make(`the result moved round by one along ${word(dimension)}`, (right) =>
        along(right, axis, (at, size) => (at + size - 1) % size),
      ),
      make(`the result moved round by one the other way along ${word(dimension)}`, (right) =>
        along(right, axis, (at, size) => (at + 1) % size),
      ),
      make(`the result of the first ${position(dimension)} repeated for all ${positions(dimension)}`, (right) =>
        along(right, axis, () => 0),
      ),
      make(`the result of the last ${position(dimension)} repeated for all ${positions(dimension)}`, (right) =>
        along(right, axis, (_, size) => size - 1),
      ),
      make(`the result with its ${positions(dimension)} exchanged in pairs`, (right) =>
        along(right, axis, (at, size) => ((at ^ 1) < size ? at ^ 1 : at)),
      ),
    ]),
    make('the result shifted by one element', (right) => takenFlat(right, (at) => at - 1)),
    make('the result shifted back by one element', (right) => takenFlat(right, (at) => at + 1)),
    make('the result in the reverse order', (right) => takenFlat(right, (at) => right.data.length - 1 - at)),
    ...[256, 65536].flatMap((wrap) => [
      make(`the result by an index of ${Math.log2(wrap)} bits, which wraps around after ${amount(wrap)} elements`, (right) =>
        right.data.length > wrap ? takenFlat(right, (at) => at % wrap) : right,
      ),
      make(
        `the result written by an index of ${Math.log2(wrap)} bits, which wraps around after ${amount(wrap)} elements`,
        (right) =>
          right.data.length > wrap
            ? takenFlat(right, (at) => (at < wrap ? at + wrap * Math.floor((right.data.length - 1 - at) / wrap) : -1))
            : right,
      ),
    ]),
    ...(rank === 0
      ? []
      : pitches.flatMap((multiple) => [
          make(`the result stored in rows padded to a multiple of ${multiple} numbers and read without the padding`, (right) =>
            withoutPitch(right, paddedTo(right.shape[rank - 1], multiple)),
          ),
          make(`the result read as if its rows were padded to a multiple of ${multiple} numbers`, (right) =>
            withPitch(right, paddedTo(right.shape[rank - 1], multiple)),
          ),
        ])),
    ...others.map(
      (other): NamedChange => ({
        ...{ key: `output ${other}`, kind: 'result', cost: 4, says: () => `the output ${other}` },
        change: (right, { question: { expected } }) =>
          expected[other]?.shape.join() === right.shape.join() ? expected[other] : undefined,
      }),
    ),
  ];
}

/** Changes that the operation's own inputs take part in, element by element. */
function withInputs(question: Question, name: string): NamedChange[] {
  const right = question.expected[name];
  return Object.keys(question.case.inputs)
    .filter((input) => question.case.inputs[input].data.length === right.data.length)
    .flatMap((input) => {
      const of = (asked: Question, now: Tensor) => {
        const x = asked.case.inputs[input];
        return x?.data.length === now.data.length ? x.data : undefined;
      };
      const make = (
        says: string,
        combine: (value: number, x: number) => number,
        cost = 6,
        kind: Hypothesis['kind'] = 'result',
      ): NamedChange => ({
        ...{ key: says, kind, cost, says: () => says },
        change: (now, asked) => {
          const x = of(asked.question, now);
          return x && { ...now, data: Float64Array.from(now.data, (value, i) => combine(value, x[i])) };
        },
      });
      return [
        make(`${input}, the input itself`, (_, x) => x, right.data.length < 3 ? 18 : 2, 'observation'),
        make(`${input} negated`, (_, x) => -x),
        make(`the absolute values of ${input}`, (_, x) => Math.abs(x)),
        make(`the result plus ${input}`, (value, x) => value + x),
        make(`the result minus ${input}`, (value, x) => value - x),
        make(`the result times ${input}`, (value, x) => value * x),
        make(`the result divided by ${input}`, (value, x) => value / x),
      ];
    });
}

/** Every change of an output that needs no number from the answer. */
export function changesOf(question: Question, name: string): NamedChange[] {
  const elementwise = functions.map(
    ([says, change]): NamedChange => ({
      ...{ key: says, kind: 'result', cost: 6, says: () => says },
      change: (right) => map(right, change),
    }),
  );
  return [
    { key: '0', kind: 'observation', cost: 0, says: () => '0 everywhere', change: (right) => zeros(right.shape) },
    { key: 'NaN', kind: 'observation', cost: 0, says: () => 'NaN everywhere', change: (right) => map(right, () => Number.NaN) },
    ...fixedFactors.map(
      ([factor, says]): NamedChange => ({
        ...{ key: says, kind: 'result', cost: 3, says: () => says },
        change: (right) => scaledBy(right, factor),
      }),
    ),
    ...elementwise,
    ...withInputs(question, name),
    ...(question.samples ? [] : placesChanged(question, name)),
  ];
}

export function scaledBy(right: Tensor, factor: number): Tensor {
  return map(right, (value) => (value === 0 ? value : factor * value));
}

/** Changes with a number that is read from the answer: a constant, a factor, an offset, a limit, a share of another input. */
export function changesReadFrom(subject: Subject, name: string): NamedChange[] {
  return [
    ...constants(subject, name),
    ...factors(subject, name),
    ...offsets(subject, name),
    ...limitsOf(subject, name),
    ...sharesOfInputs(subject, name),
  ].map((change) => ({ ...change, read: change.cost >= 8 || change.kind === 'observation' }));
}

/** One number in every place, which is not the right one in all of them. */
function constants({ question, actual }: Subject, name: string): NamedChange[] {
  const { data } = actual[name];
  const [first] = data;
  if (data.length === 0 || first === 0 || Number.isNaN(first) || !data.every((value) => value === first)) return [];
  return [
    {
      ...{
        key: `constant ${first}`,
        kind: 'observation',
        cost: data.length > 1 ? 1 : 24,
        says: () => `${amount(first)} everywhere`,
      },
      change: () => map(question.expected[name], () => first),
    },
  ];
}

/** Elements from which a number may be read: finite, with a finite limit. */
function readable({ question, actual }: Subject, name: string): number[] {
  const { data } = question.expected[name];
  const got = actual[name].data;
  if (got.length !== data.length) return [];
  return Array.from(data.keys()).filter((i) => Number.isFinite(data[i]) && Number.isFinite(got[i]));
}

/** The factor that fits best, and the sizes and attributes that it is. */
function factors(subject: Subject, name: string): NamedChange[] {
  const { question, actual } = subject;
  const right = question.expected[name].data;
  const got = actual[name].data;
  const at = readable(subject, name).filter((i) => right[i] !== 0);
  if (at.length === 0) return [];
  const { factor: read, uncertainty } = bestFactor(subject, name, right, got, at);
  const factor = roundestNear(read, uncertainty);
  if (!Number.isFinite(factor) || factor === 0 || factor === 1) return [];
  if (fixedFactors.some(([fixed]) => Math.abs(factor / fixed - 1) < 1e-5)) return [];
  const named = namedFactors(question).filter((one) => Math.abs(factor / one.factor(question)! - 1) < 1e-5);
  const plain: NamedChange = {
    ...{ key: `times ${digits(factor)}`, kind: 'result', says: () => timesText(factor) },
    cost: costOfFactor(factor) + costOfFew(at.map((i) => right[i])),
    change: (now) => scaledBy(now, factor),
    slack: (value) => Math.abs(value / factor) * uncertainty,
  };
  return [
    ...named.map(
      ({ key, says, factor: of, simple }): NamedChange => ({
        // A usual number is what it is, until other cases tell that it is a size.
        ...{ key, kind: 'result', cost: costOfFactor(factor) === costOfNice ? 10 : simple ? 5 : 7, says },
        change: (now, asked) => {
          const value = of(asked.question);
          return value === undefined ? undefined : scaledBy(now, value);
        },
      }),
    ),
    plain,
  ];
}

/** The number of fewest digits that is as near; of a number close to 1, its distance from 1. */
function roundestNear(value: number, uncertainty: number): number {
  const from = Math.abs(value - 1) < 0.1 ? 1 : 0;
  for (let places = 1; places <= 12; places++) {
    const rounded = from + Number((value - from).toPrecision(places));
    if (Math.abs(rounded - value) <= uncertainty) return rounded;
  }
  return value;
}

/**
 * Σgr/Σr², each element weighted by its limit: the factor that leaves least, and how far off it may be by what is left and by the rounding
 * of the numbers.
 */
function bestFactor(
  { question }: Subject,
  name: string,
  right: ArrayLike<number>,
  got: ArrayLike<number>,
  at: readonly number[],
): { factor: number; uncertainty: number } {
  const tolerance = toleranceFor(question, name, question.expected[name]);
  const unit = question.precision.unitRoundoff;
  const largest = at.reduce((best, i) => (Math.abs(right[i]) > Math.abs(right[best]) ? i : best), at[0]);
  let [above, below] = [0, 0];
  for (const i of at) {
    const weight = 1 / tolerance(i, right[i]);
    above += got[i] * weight * (right[i] * weight);
    below += (right[i] * weight) ** 2;
  }
  const factor = above / below;
  // Where the weights leave the range of numbers the largest element speaks for all.
  if (!Number.isFinite(factor)) {
    const alone = got[largest] / right[largest];
    return { factor: alone, uncertainty: 2 * unit * Math.abs(alone) };
  }
  let left = 0;
  for (const i of at) left += ((got[i] - factor * right[i]) / tolerance(i, right[i])) ** 2;
  const ofWhatIsLeft = 3 * Math.sqrt(left / at.length / below);
  return { factor, uncertainty: Math.max(ofWhatIsLeft, (2 * unit * Math.abs(factor)) / Math.sqrt(at.length)) };
}

/** "the result divided by 5", "the result times 1.000003". */
function timesText(factor: number): string {
  const whole = Math.round(1 / factor);
  if (Math.abs(whole) >= 2 && Math.abs(whole * factor - 1) < 1e-6) return `the result divided by ${amount(whole)}`;
  return `the result times ${digits(Math.abs(Math.round(factor) / factor - 1) < 1e-7 && Math.round(factor) !== 1 ? Math.round(factor) : factor)}`;
}

/** One number says nothing of a factor or an offset that is read from it, and two little: several cases are needed. */
/** Where each output is wrong in a way of its own, none may cost more than this: a number is what it is. */
const costOfOwn = 16;
const costOfFew = (values: readonly number[]) => (new Set(values).size >= 4 ? 0 : 12);
const costOfNice = 9;
const niceFactors = [2, 3, 4, 8, 10, 16, 64, 100, 255, 256, 1000];
const isNice = (factor: number) =>
  niceFactors.some((nice) => Math.abs(factor / nice - 1) < 1e-6 || Math.abs(factor * nice - 1) < 1e-6);
const costOfFactor = (factor: number) => (isNice(Math.abs(factor)) ? costOfNice : 16);

interface NamedFactor {
  readonly key: string;
  /** A size itself, once. */
  readonly simple?: boolean;
  readonly factor: (question: Question) => number | undefined;
  readonly says: (question?: Question) => string;
}

function namedFactors({ case: { sizes, attributes } }: Question): NamedFactor[] {
  const counted = Object.keys(sizes).filter((name) => sizes[name] > 1);
  const countName = (name: string) => (name === 'batch' ? 'the batch size' : `the number of ${positions(name)}`);
  const factors: NamedFactor[] = [];
  const add = (what: string, of: (question: Question) => number | undefined, isSize = false) => {
    const number = (question?: Question) => (question ? ` (${digits(of(question) ?? Number.NaN)})` : '');
    const power = (exponent: number) => (question: Question) => {
      const value = of(question);
      return value === undefined ? undefined : value ** exponent;
    };
    factors.push(
      { key: `times ${what}`, simple: isSize, factor: of, says: (q) => `the result times ${what}${number(q)}` },
      {
        key: `divided by ${what}`,
        simple: isSize,
        factor: power(-1),
        says: (q) => `the result divided by ${what}${number(q)}`,
      },
      { key: `times ${what} twice`, factor: power(2), says: (q) => `the result times ${what}${number(q)} twice` },
      { key: `divided by ${what} twice`, factor: power(-2), says: (q) => `the result divided by ${what}${number(q)} twice` },
      {
        key: `divided by the root of ${what}`,
        factor: power(-1 / 2),
        says: (q) => `the result divided by the root of ${what}${number(q)}`,
      },
    );
  };
  for (const [i, name] of counted.entries()) {
    add(countName(name), ({ case: asked }) => asked.sizes[name], true);
    for (const other of counted.slice(i + 1)) {
      const product = ({ case: asked }: Question) => asked.sizes[name] * asked.sizes[other];
      const what = `${word(name)} × ${word(other)}`;
      const number = (question?: Question) => (question ? ` (${product(question)})` : '');
      factors.push(
        { key: `times ${what}`, factor: product, says: (q) => `the result times ${what}${number(q)}` },
        { key: `divided by ${what}`, factor: (q) => 1 / product(q), says: (q) => `the result divided by ${what}${number(q)}` },
      );
    }
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'number' && value > 0 && value !== 1)
      add(word(name), ({ case: asked }) => {
        const now = asked.attributes[name as keyof typeof asked.attributes] as unknown;
        return typeof now === 'number' ? now : undefined;
      });
  }
  return factors.filter(({ factor }) => factor({ case: { sizes, attributes } } as Question) !== 1);
}

/** The same number added everywhere. */
function offsets(subject: Subject, name: string): NamedChange[] {
  const { question, actual } = subject;
  const right = question.expected[name].data;
  const got = actual[name].data;
  const at = readable(subject, name);
  if (at.length === 0) return [];
  const tolerance = toleranceFor(question, name, question.expected[name]);
  // Elements of the finest limits tell the offset most exactly.
  const finest = at.reduce((best, i) => (tolerance(i, right[i]) < tolerance(best, right[best]) ? i : best), at[0]);
  const uncertainty = tolerance(finest, got[finest]) / 4;
  const offset = roundestNear(got[finest] - right[finest], uncertainty);
  if (!(Math.abs(offset) > 0)) return [];
  const text = offset < 0 ? `minus ${digits(-offset)}` : `plus ${digits(offset)}`;
  return [
    {
      ...{
        key: `the result ${text}`,
        kind: 'result',
        cost: 14 + costOfFew(at.map((i) => right[i])),
        says: () => `the result ${text}`,
      },
      change: (now) => map(now, (value) => value + offset),
      slack: () => uncertainty,
    },
  ];
}

/** The result cut off at the largest and smallest number of the answer, each of which is met more than once. */
function limitsOf(subject: Subject, name: string): NamedChange[] {
  const { question, actual } = subject;
  const right = question.expected[name].data;
  const got = actual[name].data;
  const at = readable(subject, name);
  const [low, high] = [Math.min(...at.map((i) => got[i])), Math.max(...at.map((i) => got[i]))];
  if (!(low < high)) return [];
  const cutHigh = at.filter((i) => right[i] > high && got[i] === high).length;
  const cutLow = at.filter((i) => right[i] < low && got[i] === low).length;
  const make = (says: string, change: (value: number) => number): NamedChange => ({
    ...{ key: says, kind: 'result', cost: 8, says: () => says },
    change: (now) => map(now, change),
  });
  const least = Math.abs(low) === 65504 || high === 65504 ? 1 : 2;
  return [
    ...(cutHigh >= least && cutLow >= least
      ? [
          make(`the result limited to numbers from ${amount(low)} to ${amount(high)}`, (value) =>
            Math.max(low, Math.min(high, value)),
          ),
        ]
      : []),
    ...(cutHigh >= least ? [make(`the result limited to at most ${amount(high)}`, (value) => Math.min(high, value))] : []),
    ...(cutLow >= least ? [make(`the result limited to at least ${amount(low)}`, (value) => Math.max(low, value))] : []),
  ];
}

/** An input, times one number, in place of the result or added to it. */
function sharesOfInputs(subject: Subject, name: string): NamedChange[] {
  const { question, actual } = subject;
  const right = question.expected[name].data;
  const got = actual[name].data;
  const at = readable(subject, name);
  return Object.entries(question.case.inputs).flatMap(([input, { data }]) => {
    if (data.length !== right.length || question.samples) return [];
    const use = at.filter((i) => data[i] !== 0 && Number.isFinite(data[i]));
    if (new Set(use.map((i) => data[i])).size < 3) return [];
    const largest = use.reduce((best, i) => (Math.abs(data[i]) > Math.abs(data[best]) ? i : best), use[0]);
    const make = (says: string, share: number, combine: (value: number, x: number) => number): NamedChange[] =>
      Number.isFinite(share) && Math.abs(share) > 1e-12 && Math.abs(share) !== 1
        ? [
            {
              ...{ key: says, kind: 'result', cost: 16, says: () => says },
              change: (now, asked) => {
                const x = asked.question.case.inputs[input];
                if (x?.data.length !== now.data.length) return undefined;
                return { ...now, data: Float64Array.from(now.data, (value, i) => combine(value, x.data[i])) };
              },
            },
          ]
        : [];
    const own = Number((got[largest] / data[largest]).toPrecision(7));
    const added = Number(((got[largest] - right[largest]) / data[largest]).toPrecision(6));
    return [
      ...make(`${input} times ${digits(own)}`, own, (_, x) => own * x),
      ...make(
        `the result ${added < 0 ? 'minus' : 'plus'} ${digits(Math.abs(added))} times ${input}`,
        added,
        (value, x) => value + added * x,
      ),
    ];
  });
}

/** The right numbers under another shape: axes of size 1 more or less, or exchanged. */
function layouts(question: Question, name: string, actual: Tensor): NamedChange[] {
  const right = question.expected[name];
  if (actual.shape.join() === right.shape.join() || actual.data.length !== right.data.length) return [];
  const shape = `[${actual.shape.join(', ')}]`;
  const make = (key: string, says: string, change: Change): NamedChange => ({
    key,
    kind: 'result',
    cost: 1,
    says: () => says,
    change,
  });
  return [
    make('another shape', `the result in the shape ${shape}`, (now) => ({ ...now, shape: actual.shape })),
    ...orders(right.shape.length)
      .filter((order) => order.map((axis) => right.shape[axis]).join() === actual.shape.join())
      .map((order) =>
        make(`transposed ${order}`, `the result transposed to the shape ${shape}`, (now) => transposed(now, order)),
      ),
  ];
}

/** The numbers of the answer to the question before, in whatever shape. */
function stale(subject: Subject): NamedChange[] {
  if (subject.previous === undefined) return [];
  const make = (
    key: string,
    says: string,
    kind: Hypothesis['kind'],
    combine: (value: number, before: number) => number,
  ): NamedChange => ({
    ...{ key, kind, cost: 4, says: () => says },
    change: (now, asked, name) => {
      const before = asked.previous ? numbersOf(asked.previous, name) : [];
      // A buffer that was too small was made anew.
      const sample = asked.question.samples?.[name];
      const last = sample ? Math.max(...sample.positions) + 1 : now.data.length;
      if (before.length < last) return now;
      return { ...now, data: Float64Array.from(now.data, (value, i) => combine(value, before[sample?.positions[i] ?? i])) };
    },
  });
  return [
    make('stale', 'the answer to the question before: a stale buffer', 'observation', (_, before) => before),
    make('stale sum', 'the result added to the answer to the question before', 'result', (value, before) => value + before),
  ];
}

/** The numbers of the output of that name, otherwise of all outputs one after the other. */
export function numbersOf(outputs: NamedTensors, name: string): ArrayLike<number> {
  return outputs[name]?.data ?? Object.values(outputs).flatMap(({ data }) => Array.from(data));
}

/** Hypotheses on the result, of the outputs that are wrong: one change for all of them, or one for each. */
export function resultHypotheses(subject: Subject): Hypothesis[] {
  const { question, actual } = subject;
  const wrong = wrongOutputs(subject);
  if (wrong.length === 0) return [];
  const all = Object.keys(question.expected);
  const others = all.filter((name) => !wrong.includes(name));
  const where = others.length === 0 ? '' : ` in ${wrong.join(', ')}`;
  // A number that one output has may be every output's.
  const read = wrong.flatMap((name) => changesReadFrom(subject, name));
  const fitting = wrong.map((name) => {
    const changes = [
      ...layouts(question, name, actual[name]),
      ...changesOf(question, name),
      ...read.filter(({ key }, i) => read.findIndex((other) => other.key === key) === i),
      ...stale(subject),
    ];
    return changes.filter(({ change, slack }) => {
      const predicted = change(question.expected[name], subject, name);
      return predicted !== undefined && (fitOfOutput(subject, name, predicted, slack)?.bits ?? 0) > 0;
    });
  });
  const [first, ...rest] = fitting;
  const common = first.filter(({ key }) => rest.every((changes) => changes.some((other) => other.key === key)));
  const hypothesis = (change: NamedChange, names: readonly string[] | undefined): Hypothesis => {
    const ending = names === undefined ? '' : where;
    return {
      ...{ key: `${change.key}${ending}`, kind: change.kind, read: change.read, slack: change.slack },
      cost: Math.min(...fitting.map((changes) => changes.find(({ key }) => key === change.key)?.cost ?? change.cost)),
      says: (asked) => `equals ${change.says(asked)}${ending}`,
      predict: (asked) => predicted(asked, names ?? Object.keys(asked.question.expected), change),
    };
  };
  // Outputs that are right may be so by accident: it may have happened to all of them.
  const hypotheses = common.flatMap((change) =>
    others.length === 0 ? [hypothesis(change, undefined)] : [hypothesis(change, undefined), hypothesis(change, wrong)],
  );
  if (hypotheses.length > 0 || wrong.length === 1) return hypotheses;
  // Several outputs, each wrong in a way of its own: with more than one way for one of them there is no telling.
  const own = fitting.map((changes) => cheapest(changes.filter(({ cost }) => cost <= costOfOwn)));
  if (own.some((changes) => changes.length !== 1)) return [];
  return [
    {
      key: own.map(([{ key }], i) => `${key} in ${wrong[i]}`).join(' and '),
      kind: 'result',
      cost: own.reduce((sum, [{ cost }]) => sum + cost, 0),
      says: (asked) => `equals ${own.map(([{ says }], i) => `${says(asked)} in ${wrong[i]}`).join(' and ')}`,
      predict: (asked) => merged(own.map(([change], i) => predicted(asked, [wrong[i]], change))),
    },
  ];
}

function merged(parts: readonly (NamedTensors | undefined)[]): NamedTensors | undefined {
  return parts.includes(undefined) ? undefined : Object.assign({}, ...parts);
}

function cheapest(changes: readonly NamedChange[]): NamedChange[] {
  const least = Math.min(...changes.map(({ cost }) => cost));
  return changes.filter(({ cost }) => cost === least);
}

function predicted(subject: Subject, names: readonly string[], { change }: NamedChange): NamedTensors | undefined {
  const outputs: Record<string, Tensor> = {};
  for (const name of names) {
    const right = subject.question.expected[name];
    const changed = right && change(right, subject, name);
    if (changed === undefined) return undefined;
    outputs[name] = changed;
  }
  return outputs;
}

/** Names of an output's axes; numbers where it was asked in another rank than the table's. */
export function dimensionsOf(
  { operation, case: { attributes }, expected, samples }: Question,
  name: string,
): readonly string[] {
  const { dimensions } = operation.outputs(attributes)[name];
  const { shape } = samples?.[name] ?? expected[name];
  return dimensions.length === shape.length ? dimensions : shape.map((_, axis) => `axis${axis}`);
}
