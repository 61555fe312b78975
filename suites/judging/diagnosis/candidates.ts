/**
 * What any operation's result may be mistaken into, whatever the operation: its numbers in another order, another factor, an operand
 * that is missing, cut, mirrored, read in another layout or coarser than it should be. Each candidate completes "equals …".
 */
import { map, type Tensor, zeros } from '../../../reference/tensor.ts';
import type { NamedTensors } from '../operation.ts';
import { precisions } from '../precision.ts';
import type { Question } from '../question.ts';
import { mirrored, onlyLast, onlyWhere, readAs, rounded, withoutLast } from '../tensorChanges.ts';

export interface Candidate {
  readonly says: string;
  readonly tensor: Tensor;
}

/** The result of one output with its numbers rearranged, cut or replaced. `previous` is the backend's answer to the question before. */
export function resultCandidates(question: Question, name: string, actual: Tensor, previous?: NamedTensors): Candidate[] {
  const right = question.expected[name];
  const dimensions = question.operation.outputs(question.case.attributes)[name].dimensions;
  return [
    { says: '0 everywhere', tensor: zeros(right.shape) },
    ...ratioCandidates(question, right, actual),
    ...orders(right.shape.length).map((order) => ({
      says: `the result written in the order ${order.map((axis) => word(dimensions[axis])).join(', ')}`,
      tensor: { ...transposed(right, order), shape: right.shape },
    })),
    ...axisSubsets(right.shape.length).map((axes) => ({
      says: `the result flipped along ${axes.map((axis) => word(dimensions[axis])).join(' and ')}`,
      tensor: mirrored(right, axes),
    })),
    ...right.shape.flatMap((_, axis) => [
      { says: `the result without the last ${position(dimensions[axis])}`, tensor: withoutLast(right, axis) },
      { says: `the result shifted by one along ${word(dimensions[axis])}`, tensor: shifted(right, axis, 1) },
      { says: `the result shifted back by one along ${word(dimensions[axis])}`, tensor: shifted(right, axis, -1) },
    ]),
    ...Object.keys(question.expected)
      .filter((other) => other !== name && question.expected[other].shape.join() === right.shape.join())
      .map((other) => ({ says: `the output ${other}: the outputs are swapped`, tensor: question.expected[other] })),
    { says: "the result's absolute values", tensor: map(right, Math.abs) },
    { says: 'the result cut to whole numbers', tensor: map(right, Math.trunc) },
    { says: 'the result rounded to whole numbers', tensor: map(right, Math.round) },
    ...layoutCandidates(right, actual),
    ...(previous?.[name] ? staleCandidates(right, previous[name]) : []),
  ];
}

/** Largest number of input elements for which the reference is asked again with each operand changed. */
const operandsUpTo = 4096;
const samplesUpTo = 8;

/** The whole answer with an operand missing, cut, mirrored, read in another layout or rounded. */
export function operandCandidates(question: Question): { says: string; outputs: () => NamedTensors }[] {
  const { operation, case: asked } = question;
  const { inputs, attributes } = asked;
  const names = Object.keys(inputs);
  if (names.reduce((total, name) => total + inputs[name].data.length, 0) > operandsUpTo) return [];
  const specifications = operation.inputs(attributes);
  const changed = (says: string, changes: () => Record<string, Tensor>) => ({
    says: `the result ${says}`,
    outputs: () => operation.reference({ ...inputs, ...changes() }, attributes),
  });
  const every = (change: (x: Tensor) => Tensor) => () => Object.fromEntries(names.map((name) => [name, change(inputs[name])]));
  const isShared = (dimension: string) =>
    names.filter((name) => specifications[name].dimensions.includes(dimension)).length > 1;
  const zerosBut = (kept: string) =>
    Object.fromEntries(names.map((name) => [name, name === kept ? inputs[name] : zeros(inputs[name].shape)]));
  return [
    ...(names.length > 1 ? names.map((name) => changed(`of ${name} alone`, () => zerosBut(name))) : []),
    ...names.flatMap((name) => {
      const x = inputs[name];
      const { dimensions } = specifications[name];
      const words = dimensions.map(word);
      // A sample that x misses is a sample that the sum misses, whichever operand has lost it.
      const at = (axis: number, which: string) =>
        `${which.replace('*', position(dimensions[axis]))}${isShared(dimensions[axis]) ? '' : ` of ${name}`}`;
      return [
        changed(`without ${name}`, () => ({ [name]: zeros(x.shape) })),
        changed(`with ones for ${name}`, () => ({ [name]: map(x, () => 1) })),
        changed(`with ${name} negated`, () => ({ [name]: map(x, (value) => -value) })),
        changed(`with the absolute values of ${name}`, () => ({ [name]: map(x, Math.abs) })),
        ...x.shape.flatMap((size, axis) => [
          changed(at(axis, 'without the last *'), () => ({ [name]: withoutLast(x, axis) })),
          changed(at(axis, 'of the last * alone'), () => ({ [name]: onlyLast(x, axis) })),
          ...(axis === 0
            ? Array.from({ length: Math.min(size - 1, samplesUpTo) }, (_, missing) =>
                changed(at(0, `without * ${missing}`), () => ({ [name]: onlyWhere(x, 0, (place) => place !== missing) })),
              )
            : []),
        ]),
        ...axisSubsets(x.shape.length).map((axes) =>
          changed(`with ${name} flipped along ${axes.map((axis) => words[axis]).join(' and ')}`, () => ({
            [name]: mirrored(x, axes),
          })),
        ),
        ...orders(x.shape.length).map((order) =>
          changed(`with ${name} read in the order ${order.map((axis) => words[axis]).join(', ')}`, () => ({
            [name]: readAs(x, order),
          })),
        ),
        ...names
          .filter((other) => other > name && inputs[other].shape.join() === x.shape.join())
          .map((other) => changed(`with ${name} and ${other} swapped`, () => ({ [name]: inputs[other], [other]: x }))),
      ];
    }),
    changed(
      'with zeros for the inputs that are NaN',
      every((x) => map(x, (value) => (Number.isNaN(value) ? 0 : value))),
    ),
    changed(
      'of inputs rounded to 11 significant bits (tf32, float16)',
      every((x) => rounded(x, precisions.tf32)),
    ),
    changed(
      'of inputs rounded to 8 significant bits (bf16)',
      every((x) => rounded(x, precisions.bf16)),
    ),
  ];
}

/** A constant factor, named where it is one of the sizes: the mean for the sum. */
function ratioCandidates(question: Question, right: Tensor, actual: Tensor): Candidate[] {
  if (actual.shape.join() !== right.shape.join()) return [];
  let at = -1;
  right.data.forEach((value, i) => {
    if (Number.isFinite(value) && value !== 0 && (at < 0 || Math.abs(value) > Math.abs(right.data[at]))) at = i;
  });
  const ratio = at < 0 ? Number.NaN : actual.data[at] / right.data[at];
  if (!Number.isFinite(ratio) || ratio === 0) return [];
  const named = namedFactors(question).filter(({ factor }) => Math.abs(ratio / factor - 1) < 1e-4);
  const values = new Set(Array.from(right.data).filter((value) => value !== 0 && Number.isFinite(value)));
  const scaledBy = (factor: number) => map(right, (value) => (value === 0 ? value : factor * value));
  if (named.length > 0) return named.map(({ factor, says }) => ({ says, tensor: scaledBy(factor) }));
  return values.size >= 3 ? [{ says: `the result times ${Number(ratio.toPrecision(6))}`, tensor: scaledBy(ratio) }] : [];
}

function namedFactors({ case: { sizes, attributes } }: Question): { factor: number; says: string }[] {
  const counted = Object.entries(sizes).filter(([, size]) => size > 1);
  const factors = [
    { factor: -1, says: 'the result negated' },
    { factor: 2, says: 'twice the result' },
    { factor: 0.5, says: 'half the result' },
  ];
  const add = (factor: number, what: string) =>
    factors.push(
      { factor, says: `the result times ${what}` },
      { factor: 1 / factor, says: `the result divided by ${what}` },
      { factor: factor * factor, says: `the result times ${what} twice` },
      { factor: 1 / (factor * factor), says: `the result divided by ${what} twice` },
    );
  counted.forEach(([name, size], i) => {
    add(size, name === 'batch' ? `the batch size (${size})` : `the number of ${word(name)} positions (${size})`);
    for (const [other, otherSize] of counted.slice(i + 1)) {
      factors.push(
        { factor: size * otherSize, says: `the result times ${word(name)} × ${word(other)} (${size * otherSize})` },
        { factor: 1 / (size * otherSize), says: `the result divided by ${word(name)} × ${word(other)} (${size * otherSize})` },
      );
    }
  });
  for (const [name, value] of Object.entries(attributes))
    if (typeof value === 'number' && value > 0 && value !== 1) add(value, `${word(name)} (${value})`);
  return factors.filter(({ factor }) => factor !== 1);
}

function staleCandidates(right: Tensor, before: Tensor): Candidate[] {
  const count = right.data.length;
  if (before.data.length < count) return [];
  const data = Float64Array.from(before.data.subarray(0, count));
  return [
    { says: 'the answer to the question before: a stale buffer', tensor: { dtype: 'float64', shape: right.shape, data } },
    {
      says: 'the result added to the answer to the question before',
      tensor: { dtype: 'float64', shape: right.shape, data: data.map((value, i) => value + right.data[i]) },
    },
  ];
}

/** The right numbers under another shape: axes of size 1 more or less, or exchanged. */
function layoutCandidates(right: Tensor, actual: Tensor): Candidate[] {
  if (actual.shape.join() === right.shape.join() || actual.data.length !== right.data.length) return [];
  const shape = `[${actual.shape.join(', ')}]`;
  return [
    { says: `the result in the shape ${shape}`, tensor: { ...right, shape: actual.shape } },
    ...orders(right.shape.length)
      .filter((order) => order.map((axis) => right.shape[axis]).join() === actual.shape.join())
      .map((order) => ({ says: `the result transposed to the shape ${shape}`, tensor: transposed(right, order) })),
  ];
}

/** y[i₀, i₁, …] with its axes in the order `order`. */
function transposed(x: Tensor, order: readonly number[]): Tensor {
  const shape = order.map((axis) => x.shape[axis]);
  const strides = x.shape.map((_, axis) => x.shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const y = zeros(shape);
  const index = shape.map(() => 0);
  for (let i = 0; i < y.data.length; i++) {
    y.data[i] = x.data[order.reduce((offset, axis, position) => offset + index[position] * strides[axis], 0)];
    for (let axis = index.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return y;
}

/** Moved by `by` positions along an axis; what comes in is 0. */
function shifted(x: Tensor, axis: number, by: number): Tensor {
  const inner = x.shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const size = x.shape[axis];
  const data = new Float64Array(x.data.length);
  for (let i = 0; i < data.length; i++) {
    const from = (Math.floor(i / inner) % size) - by;
    data[i] = from < 0 || from >= size ? 0 : x.data[i - by * inner];
  }
  return { dtype: 'float64', shape: x.shape, data };
}

const identity = (rank: number) => Array.from({ length: rank }, (_, axis) => axis);

/** Every order of the axes but the right one. */
function orders(rank: number): number[][] {
  const all = (axes: readonly number[]): number[][] =>
    axes.length === 0
      ? [[]]
      : axes.flatMap((axis) => all(axes.filter((other) => other !== axis)).map((rest) => [axis, ...rest]));
  return rank > 4 ? [] : all(identity(rank)).slice(1);
}

/** One axis, or the last two. */
function axisSubsets(rank: number): number[][] {
  return [...identity(rank).map((axis) => [axis]), ...(rank >= 2 ? [[rank - 2, rank - 1]] : [])];
}

/** outputHeight → output height. */
export function word(dimension: string): string {
  return dimension.replace(/([a-z])([A-Z0-9])/g, '$1 $2').toLowerCase();
}

const positionWords: Readonly<Record<string, string>> = {
  batch: 'sample',
  height: 'row',
  width: 'column',
  classes: 'class',
  inner: 'inner position',
};

/** What one position along a dimension is called: a sample of the batch, a row of the output height. */
export function position(dimension: string): string {
  const words = word(dimension).split(' ');
  const last = words[words.length - 1];
  return [...words.slice(0, -1), positionWords[last] ?? last.replace(/s$/, '')].join(' ');
}
