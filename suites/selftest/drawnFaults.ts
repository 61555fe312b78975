/**
 * Faults that nobody has written down: kinds of mistakes that backends make, with their parameters, places and compositions drawn by a
 * seed. A fault is a function of the question, the same for every case, as a wrong kernel is. It knows nothing of the diagnosis.
 */
import type { Attributes } from '../../backends/signatures.ts';
import { map, type Tensor } from '../../reference/tensor.ts';
import { roundToBits, toFloat16 } from '../judging/arithmetic.ts';
import type { AnyOperation, NamedTensors } from '../judging/operation.ts';
import type { Question } from '../judging/question.ts';
import { type Random, randomFrom } from '../judging/random.ts';
import { unravel } from '../judging/shapes.ts';

export interface Fault {
  readonly kind: string;
  /** What is wrong, in words of its own. */
  readonly truth: string;
  /** False of noise and of sums of faults: the right thing to say of them is nothing. */
  readonly hasName: boolean;
  /** Known mistakes that it is made of: naming one where the other does not show is right. */
  readonly parts?: readonly string[];
  /** What the backend answers, before it is rounded to its element type. @throws where the operation refuses what the fault makes of its inputs. */
  readonly answer: (question: Question, previous: NamedTensors | undefined) => NamedTensors;
}

type Draw = (random: Random, operation: AnyOperation, sample: Question) => Fault | undefined;

const pick = <Item>(random: Random, items: readonly Item[]): Item => items[random.integer(0, items.length - 1)];
const right = ({ expected }: Question) => expected;
const eachOutput = (change: (y: Tensor, question: Question, name: string) => Tensor) => (question: Question) =>
  Object.fromEntries(Object.entries(right(question)).map(([name, y]) => [name, change(y, question, name)]));
const again = ({ operation, case: asked }: Question, inputs: NamedTensors, attributes: Attributes = asked.attributes) =>
  operation.reference({ ...asked.inputs, ...inputs }, attributes);
const where = (
  y: Tensor,
  test: (at: number, index: number[]) => boolean,
  value: (v: number, at: number) => number,
): Tensor => ({
  ...y,
  data: Float64Array.from(y.data, (v, at) => (test(at, unravel(at, y.shape)) ? value(v, at) : v)),
});
/** Uniform in the logarithm. */
const magnitude = (random: Random, low: number, high: number) => 10 ** (low + (high - low) * random.next());
const inputNames = (question: Question) => Object.keys(question.case.inputs);
const cut = (bits: number) => (x: number) => {
  if (x === 0 || !Number.isFinite(x)) return x;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - bits + 1);
  return Math.trunc(x / unit) * unit;
};

const factor: Draw = (random) => {
  const by = pick(random, [
    () => 1 + pick(random, [-1, 1]) * magnitude(random, -5.5, -1),
    () => pick(random, [-1, 2, 0.5, 3, 4, 0.25, 10, 1 / 3, -2]),
    () => magnitude(random, -2, 2),
  ])();
  return { kind: 'factor', truth: `times ${by}`, hasName: true, answer: eachOutput((y) => map(y, (v) => v * by)) };
};

const bySize: Draw = (random, _, sample) => {
  const name = pick(random, Object.keys(sample.case.sizes));
  const power = pick(random, [-1, -1, 1, -2]);
  return {
    ...{ kind: 'factor of a size', truth: `times ${name}^${power}`, hasName: true },
    answer: (question) => eachOutput((y) => map(y, (v) => v * question.case.sizes[name] ** power))(question),
  };
};

const offset: Draw = (random) => {
  const by = pick(random, [-1, 1]) * magnitude(random, -5, 1);
  return { kind: 'offset', truth: `plus ${by}`, hasName: true, answer: eachOutput((y) => map(y, (v) => v + by)) };
};

/** What an element that was not computed holds. */
interface Hole {
  readonly says: string;
  readonly value: (right: number, at: number, previous: ArrayLike<number> | undefined) => number;
}

function unwritten(random: Random): Hole {
  const constant = pick(random, [1, -1, 3.25, 1e9]);
  return pick<Hole>(random, [
    { says: '0', value: () => 0 },
    { says: '0', value: () => 0 },
    { says: 'NaN', value: () => Number.NaN },
    { says: String(constant), value: () => constant },
    { says: 'the answer before', value: (v, at, previous) => previous?.[at] ?? v },
  ]);
}

const withPrevious =
  (change: (y: Tensor, previous: ArrayLike<number> | undefined) => Tensor) =>
  (question: Question, previous: NamedTensors | undefined): NamedTensors =>
    Object.fromEntries(Object.entries(right(question)).map(([name, y]) => [name, change(y, previous?.[name]?.data)]));

const tail: Draw = (random, _, sample) => {
  const elements = Math.max(...Object.values(sample.expected).map(({ data }) => data.length));
  if (elements < 4) return undefined;
  const from = pick(random, [4, 8, 16, 64, 128, 256, random.integer(1, elements - 1)]);
  const hole = unwritten(random);
  return {
    ...{ kind: 'tail', truth: `${hole.says} from element ${from} on`, hasName: true },
    answer: withPrevious((y, previous) =>
      where(
        y,
        (at) => at >= from,
        (v, at) => hole.value(v, at, previous),
      ),
    ),
  };
};

const rows: Draw = (random, operation, sample) => {
  const outputs = operation.outputs(sample.case.attributes);
  const axes = Object.values(outputs).flatMap(({ dimensions }) => dimensions);
  if (axes.length === 0) return undefined;
  const dimension = pick(random, axes);
  const size = sample.case.sizes[dimension] ?? 1;
  if (size < 2) return undefined;
  const from = random.integer(1, Math.max(1, size - 1));
  const hole = unwritten(random);
  const how = pick(random, ['from', 'last', 'every'] as const);
  const test = (at: number, length: number) =>
    how === 'from' ? at >= from : how === 'last' ? at === length - 1 : at % 2 === 1;
  return {
    ...{ kind: 'rows', truth: `${hole.says} in ${dimension}, ${how} ${from}`, hasName: true },
    answer: (question, previous) =>
      Object.fromEntries(
        Object.entries(right(question)).map(([name, y]) => {
          const axis = question.operation.outputs(question.case.attributes)[name].dimensions.indexOf(dimension);
          if (axis < 0) return [name, y];
          const before = previous?.[name]?.data;
          return [
            name,
            where(
              y,
              (_at, index) => test(index[axis], y.shape[axis]),
              (v, at) => hole.value(v, at, before),
            ),
          ];
        }),
      ),
  };
};

const repeatedRows: Draw = (random, operation, sample) => {
  const [[name, { dimensions }]] = Object.entries(operation.outputs(sample.case.attributes));
  if (dimensions.length === 0) return undefined;
  const axis = random.integer(0, dimensions.length - 1);
  const size = sample.expected[name].shape[axis];
  if (size < 3) return undefined;
  const kept = random.integer(1, size - 1);
  return {
    ...{ kind: 'repeated rows', truth: `the first ${kept} of ${dimensions[axis]} repeated`, hasName: true },
    answer: (question) => ({
      ...right(question),
      [name]: along(right(question)[name], axis, (at) => at % kept),
    }),
  };
};

function along(y: Tensor, axis: number, from: (at: number, size: number) => number): Tensor {
  const strides = y.shape.map((_, i) => y.shape.slice(i + 1).reduce((a, b) => a * b, 1));
  return where(
    y,
    () => true,
    (_, at) => {
      const index = unravel(at, y.shape);
      const source = from(index[axis], y.shape[axis]);
      if (source < 0 || source >= y.shape[axis]) return 0;
      return y.data[at + (source - index[axis]) * strides[axis]];
    },
  );
}

const moved: Draw = (random, operation, sample) => {
  const [[name, { dimensions }]] = Object.entries(operation.outputs(sample.case.attributes));
  if (dimensions.length === 0) return undefined;
  const axis = random.integer(0, dimensions.length - 1);
  const [truth, from] = pick<readonly [string, (at: number, size: number) => number]>(random, [
    ['reversed', (at, size) => size - 1 - at],
    ['shifted by one', (at) => at - 1],
    ['shifted back by one', (at) => at + 1],
    ['rotated', (at, size) => (at + 1) % size],
    ['all the first', () => 0],
  ]);
  return {
    ...{ kind: 'moved', truth: `${truth} along ${dimensions[axis]}`, hasName: true },
    answer: (question) => ({ ...right(question), [name]: along(right(question)[name], axis, from) }),
  };
};

const inputPrecision: Draw = (random, _, sample) => {
  const bits = pick(random, [8, 11, random.integer(6, 19)]);
  const names = inputNames(sample);
  const chosen = random.next() < 0.5 ? names : [pick(random, names)];
  const [how, change] = pick<readonly [string, (x: number) => number]>(random, [
    ['rounded', roundToBits(bits)],
    ['rounded', roundToBits(bits)],
    ['cut', cut(bits)],
    ['float16', toFloat16],
  ]);
  return {
    ...{ kind: 'input precision', truth: `${chosen.join(', ')} ${how} to ${bits} bits`, hasName: true },
    answer: (question) =>
      again(
        question,
        Object.fromEntries(
          (chosen === names ? inputNames(question) : chosen).flatMap((name) =>
            question.case.inputs[name] ? [[name, map(question.case.inputs[name], change)]] : [],
          ),
        ),
      ),
  };
};

const resultPrecision: Draw = (random) => {
  const bits = pick(random, [8, 11, random.integer(5, 19)]);
  const [how, change] = pick<readonly [string, (x: number) => number]>(random, [
    ['rounded', roundToBits(bits)],
    ['cut', cut(bits)],
  ]);
  return {
    kind: 'result precision',
    truth: `result ${how} to ${bits} bits`,
    hasName: true,
    answer: eachOutput((y) => map(y, change)),
  };
};

/** Products and sums in a format of so many bits, one after the other, of matrix products. */
const accumulator: Draw = (random, operation) => {
  if (operation.name !== 'matmul' && operation.name !== 'dense') return undefined;
  const bits = pick(random, [8, 11, random.integer(9, 16)]);
  const round = roundToBits(bits);
  return {
    ...{ kind: 'accumulator', truth: `accumulator of ${bits} bits`, hasName: true },
    answer: (question) => {
      const { inputs } = question.case;
      const [a, b] = operation.name === 'matmul' ? [inputs.a, inputs.b] : [inputs.x, inputs.weights];
      const byColumn = operation.name === 'matmul';
      const [m, k] = a.shape;
      const n = byColumn ? b.shape[1] : b.shape[0];
      const { y } = right(question);
      return {
        y: where(
          y,
          () => true,
          (_, at) => {
            const [row, column] = [Math.floor(at / n), at % n];
            let sum = 0;
            for (let i = 0; i < k && row < m; i++) {
              const other = byColumn ? b.data[i * n + column] : b.data[column * k + i];
              sum = round(sum + round(a.data[row * k + i] * other));
            }
            return byColumn ? sum : round(sum + inputs.bias.data[column]);
          },
        ),
      };
    },
  };
};

const operand: Draw = (random, _, sample) => {
  const name = pick(random, inputNames(sample));
  const [how, change] = pick<readonly [string, (x: Tensor) => Tensor]>(random, [
    ['dropped', (x) => map(x, () => 0)],
    ['negated', (x) => map(x, (v) => -v)],
    ['doubled', (x) => map(x, (v) => 2 * v)],
    ['without its sign', (x) => map(x, Math.abs)],
    ['read backwards', (x) => (x.shape.length === 0 ? x : along(x, x.shape.length - 1, (at, size) => size - 1 - at))],
    ['read in another order', transposedBuffer],
    ['clamped to [−1, 1]', (x) => map(x, (v) => Math.max(-1, Math.min(1, v)))],
  ]);
  return {
    ...{ kind: 'operand', truth: `${name} ${how}`, hasName: how !== 'clamped to [−1, 1]' },
    answer: (question) => again(question, { [name]: change(question.case.inputs[name]) }),
  };
};

/** The last two axes exchanged while the shape stays. */
function transposedBuffer(x: Tensor): Tensor {
  if (x.shape.length < 2) return x;
  const [h, w] = x.shape.slice(-2);
  return where(
    x,
    () => true,
    (_, at) => {
      const plane = Math.floor(at / (h * w)) * h * w;
      const [i, j] = [Math.floor((at - plane) / w), (at - plane) % w];
      return x.data[plane + j * h + i];
    },
  );
}

const lostTerms: Draw = (random, operation, sample) => {
  const name = pick(random, inputNames(sample));
  const x = sample.case.inputs[name];
  if (x.shape.length === 0) return undefined;
  const axis = random.integer(0, x.shape.length - 1);
  const dimension = operation.inputs(sample.case.attributes)[name].dimensions[axis];
  const lost = random.integer(1, 4);
  const block = pick(random, [4, 8, 16]);
  const byBlock = random.next() < 0.5;
  return {
    ...{
      kind: 'lost terms',
      truth: `${byBlock ? `what blocks of ${block} leave over` : `the last ${lost}`} of ${dimension} of ${name} lost`,
      hasName: true,
    },
    answer: (question) => {
      const now = question.case.inputs[name];
      const size = now.shape[axis];
      const keep = byBlock ? size - (size % block) : size - lost;
      return again(question, {
        [name]: where(
          now,
          (_, index) => index[axis] >= keep,
          () => 0,
        ),
      });
    },
  };
};

const attributes: Draw = (random, _, sample) => {
  const own = sample.case.attributes as Readonly<Record<string, unknown>>;
  const lists = Object.keys(own).filter((name) => Array.isArray(own[name]) && !/Size|activations|order/.test(name));
  const numbers = Object.keys(own).filter(
    (name) => typeof own[name] === 'number' && !/groups|folds|passes|patience|depth|from/.test(name),
  );
  const asked = (question: Question) => question.case.attributes as Readonly<Record<string, never>>;
  const withNew = (question: Question, changed: Record<string, unknown>) =>
    again(question, {}, { ...asked(question), ...changed } as Attributes);
  const choices: Fault[] = [];
  const fault = (truth: string, changed: (attributes: Readonly<Record<string, never>>) => Record<string, unknown>) =>
    choices.push({
      kind: 'attributes',
      truth,
      hasName: true,
      answer: (question) => withNew(question, changed(asked(question))),
    });
  for (const name of lists) {
    fault(`${name} reversed`, (all) => ({ [name]: [...(all[name] as number[])].reverse() }));
    fault(`${name} the first for all`, (all) => ({ [name]: (all[name] as number[]).map(() => (all[name] as number[])[0]) }));
  }
  if (lists.includes('stride') && lists.includes('dilation'))
    fault('stride and dilation swapped', (all) => ({ stride: all.dilation, dilation: all.stride }));
  if (lists.includes('window')) fault('window and stride swapped', (all) => ({ window: all.stride, stride: all.window }));
  for (const [i, name] of numbers.entries()) {
    fault(`${name} squared`, (all) => ({ [name]: (all[name] as number) ** 2 }));
    fault(`${name} is 1`, () => ({ [name]: 1 }));
    for (const other of numbers.slice(i + 1))
      fault(`${name} and ${other} swapped`, (all) => ({ [name]: all[other], [other]: all[name] }));
  }
  return choices.length > 0 ? pick(random, choices) : undefined;
};

const applied: Draw = (random) => {
  const [truth, change] = pick<readonly [string, (v: number) => number]>(random, [
    ['a ReLU after it', (v) => Math.max(0, v)],
    ['without its sign', Math.abs],
    ['saturated at 65504', (v) => Math.max(-65504, Math.min(65504, v))],
    ['clamped to [−0.5, 0.5]', (v) => Math.max(-0.5, Math.min(0.5, v))],
    ['rounded to 3 decimals', (v) => Math.round(v * 1000) / 1000],
    ['NaN swallowed', (v) => (Number.isNaN(v) ? 0 : v)],
    ['a leak of 0.01 below 0', (v) => (v < 0 ? 0.01 * v : v)],
  ]);
  return { kind: 'function', truth, hasName: true, answer: eachOutput((y) => map(y, change)) };
};

const replaced: Draw = (random, _, sample) => {
  const same = inputNames(sample).filter((name) =>
    Object.values(sample.expected).some((y) => y.shape.join() === sample.case.inputs[name].shape.join()),
  );
  const constant = pick(random, [0, 1, 0.5, -7]);
  if (same.length === 0 || random.next() < 0.4)
    return {
      kind: 'replaced',
      truth: `${constant} everywhere`,
      hasName: true,
      answer: eachOutput((y) => map(y, () => constant)),
    };
  const name = pick(random, same);
  return {
    ...{ kind: 'replaced', truth: `the input ${name}`, hasName: true },
    answer: eachOutput((y, question) => {
      const x = question.case.inputs[name];
      return x?.shape.join() === y.shape.join() ? x : y;
    }),
  };
};

const stale: Draw = (random) => {
  const added = random.next() < 0.4;
  return {
    ...{ kind: 'stale', truth: added ? 'added to the answer before' : 'the answer before', hasName: true },
    answer: withPrevious((y, previous) =>
      previous && previous.length >= y.data.length
        ? where(
            y,
            () => true,
            (v, at) => (added ? v + previous[at] : previous[at]),
          )
        : y,
    ),
  };
};

const pitch: Draw = (random) => {
  const multiple = pick(random, [4, 8, 16]);
  return {
    ...{ kind: 'pitch', truth: `rows padded to a multiple of ${multiple}, written as if they were not`, hasName: true },
    answer: eachOutput((y) => {
      if (y.shape.length === 0) return y;
      const row = y.shape[y.shape.length - 1];
      const padded = Math.ceil(row / multiple) * multiple;
      return where(
        y,
        () => true,
        (_, at) => {
          const [line, column] = [Math.floor(at / padded), at % padded];
          return column < row ? (y.data[line * row + column] ?? 0) : 0;
        },
      );
    }),
  };
};

/** What is due where the input is in some range. */
const regional: Draw = (random, _, sample) => {
  const same = inputNames(sample).filter(
    (name) => sample.expected[Object.keys(sample.expected)[0]].shape.join() === sample.case.inputs[name].shape.join(),
  );
  if (same.length === 0) return undefined;
  const name = pick(random, same);
  const [truth, test] = pick<readonly [string, (x: number) => boolean]>(random, [
    ['negative', (x) => x < 0],
    ['beyond 2', (x) => Math.abs(x) > 2],
    ['0', (x) => x === 0],
    ['NaN', (x) => Number.isNaN(x)],
  ]);
  const [what, change] = pick<readonly [string, (v: number) => number]>(random, [
    ['0', () => 0],
    ['negated', (v) => -v],
    ['off by 1 %', (v) => v * 1.01],
    ['1', () => 1],
  ]);
  return {
    ...{ kind: 'where the input', truth: `${what} where ${name} is ${truth}`, hasName: true },
    answer: eachOutput((y, question) => {
      const x = question.case.inputs[name];
      return x?.shape.join() === y.shape.join() ? where(y, (at) => test(x.data[at]), change) : y;
    }),
  };
};

const noise: Draw = (random) => {
  const size = magnitude(random, -5, -1);
  const relative = random.next() < 0.5;
  return {
    ...{ kind: 'noise', truth: `${relative ? 'relative' : 'absolute'} noise of ${size}`, hasName: false },
    answer: (question) => {
      const own = randomFrom(question.case.seed, question.case.id, 'noise');
      return eachOutput((y) => map(y, (v) => v + size * own.normal() * (relative ? v : 1)))(question);
    },
  };
};

const sparse: Draw = (random) => {
  const share = pick(random, [0.02, 0.1, 0.3]);
  return {
    ...{ kind: 'scattered', truth: `a share of ${share} of the elements off by 1 %`, hasName: false },
    answer: (question) => {
      const own = randomFrom(question.case.seed, question.case.id, 'scattered');
      return eachOutput((y) => map(y, (v) => (own.next() < share ? v * 1.01 : v)))(question);
    },
  };
};

const twoMistakes: Draw = (random, operation) => {
  if (operation.knownMistakes.length < 2) return undefined;
  const [one, other] = [pick(random, operation.knownMistakes), pick(random, operation.knownMistakes)];
  if (one === other) return undefined;
  return {
    ...{ kind: 'two mistakes', truth: `${one.name} and ${other.name}`, hasName: false },
    parts: [one.name, other.name],
    answer: (question) => {
      const { inputs, attributes: asked } = question.case;
      const [a, b] = [one.outputs(inputs, asked), other.outputs(inputs, asked)];
      return eachOutput((y, _, name) =>
        a[name]?.data.length === y.data.length && b[name]?.data.length === y.data.length
          ? where(
              y,
              () => true,
              (v, at) => a[name].data[at] + b[name].data[at] - v,
            )
          : y,
      )(question);
    },
  };
};

const kinds: readonly Draw[] = [
  ...[
    factor,
    factor,
    bySize,
    offset,
    tail,
    tail,
    rows,
    rows,
    repeatedRows,
    moved,
    inputPrecision,
    inputPrecision,
    resultPrecision,
  ],
  ...[
    accumulator,
    operand,
    operand,
    lostTerms,
    lostTerms,
    attributes,
    attributes,
    applied,
    replaced,
    stale,
    pitch,
    regional,
    regional,
  ],
  ...[noise, sparse, twoMistakes],
];

/** Wrong only where a size is beyond a number, or where it is not a multiple of one. */
function onlyForSomeSizes(random: Random, fault: Fault, questions: readonly Question[]): Fault | undefined {
  const name = pick(random, Object.keys(questions[0].case.sizes));
  const sizes = [...new Set(questions.map(({ case: { sizes: own } }) => own[name]))].filter((size) => size !== undefined);
  if (sizes.length < 2) return undefined;
  const border = pick(random, sizes.toSorted((a, b) => a - b).slice(1));
  const multiple = pick(random, [2, 4]);
  const byMultiple = random.next() < 0.4;
  const isWrong = ({ case: { sizes: own } }: Question) => (byMultiple ? own[name] % multiple !== 0 : own[name] >= border);
  return {
    ...fault,
    kind: `${fault.kind}, for some sizes`,
    truth: `${fault.truth}, where ${name} ${byMultiple ? `mod ${multiple} ≠ 0` : `≥ ${border}`}`,
    answer: (question, previous) => (isWrong(question) ? fault.answer(question, previous) : right(question)),
  };
}

/** Draws one fault for an operation, given its questions; undefined where the kind that was drawn does not apply. */
export function drawFault(random: Random, operation: AnyOperation, questions: readonly Question[]): Fault | undefined {
  const fault = pick(random, kinds)(random, operation, pick(random, questions));
  return fault && random.next() < 0.2 ? onlyForSomeSizes(random, fault, questions) : fault;
}
