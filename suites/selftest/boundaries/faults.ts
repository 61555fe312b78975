/**
 * Faults that show for some sizes alone, drawn at random and without a look at how the cases are made: a size, every size from one on,
 * sizes that are no multiple, dimensions that agree, products large in every direction, outputs that are not computed to the end, attributes
 * that meet.
 */
import type { Attributes } from '../../../backends/signatures.ts';
import { sizeOf } from '../../../reference/tensor.ts';
import type { AnyOperation, NamedTensors, Sizes } from '../../judging/operation.ts';
import type { Random } from '../../judging/random.ts';

/** What a faulty kernel is asked: all sizes, the derived ones included. */
export interface Asked {
  readonly sizes: Sizes;
  readonly attributes: Attributes;
}

export interface Fault {
  /** "softmax is wrong where classes > 512: the second half is zero" */
  readonly says: string;
  readonly kind: string;
  /** Whether the fault shows there. */
  readonly shows: (asked: Asked) => boolean;
  /** The wrong answer, from the right one. */
  readonly spoil: (outputs: NamedTensors) => NamedTensors;
}

interface Effect {
  readonly says: string;
  readonly change: (data: Float64Array) => void;
}

const effects: readonly Effect[] = [
  {
    says: 'the second half is zero',
    change: (data) => data.fill(0, data.length >> 1),
  },
  {
    says: 'everything is 2 % too large',
    change: (data) => {
      for (let i = 0; i < data.length; i++) data[i] *= 1.02;
    },
  },
  {
    says: 'the last eight elements are too large, by one and 2 %',
    change: (data) => {
      for (let i = Math.max(0, data.length - 8); i < data.length; i++) data[i] += 1 + 0.02 * Math.abs(data[i]);
    },
  },
];

const spoiledBy =
  ({ change }: Effect) =>
  (outputs: NamedTensors): NamedTensors =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, x]) => {
        const data = Float64Array.from(x.data);
        change(data);
        return [name, { ...x, data }];
      }),
    );

const kernelSwitches = [4, 8, 16, 24, 32, 64, 128, 256, 512, 1024, 4096, 32_768, 65_536];
const lengths = [256, 1024, 4096, 32_768, 65_536];

/**
 * How far a dimension goes. Kernels and windows are short; in a network every limit is carried through all layers, which leaves little of
 * very wide ones; of a sum whose terms have limits of their own likewise.
 */
function largestOf(operation: AnyOperation, dimension: string, attributes: Attributes): number {
  if (/kernel/i.test(dimension)) return 64;
  const carried = ['composed', 'trajectory', 'set-valued'].includes(operation.bound.errorClass);
  const isNetwork = Object.keys(operation.inputs(attributes)).length > 4;
  if (takesSquare(operation, attributes)) return 200;
  if (isNetwork) return 1000;
  // One step after the other, in several passes.
  if ('passes' in attributes) return 500;
  return carried ? 4096 : 65_536;
}

/** A locally connected layer, or a convolution's matrix: libraries that have none take the square of its size. */
function takesSquare(operation: AnyOperation, attributes: Attributes): boolean {
  const tensors = [...Object.values(operation.inputs(attributes)), ...Object.values(operation.outputs(attributes))];
  return tensors.some(({ dimensions }) => dimensions.length > 4) || operation.name === 'conv2d.matrix';
}

const carriesLimits = ({ bound: { errorClass } }: AnyOperation) =>
  ['composed', 'trajectory', 'set-valued'].includes(errorClass);

/** One of the items. */
const oneOf = <Item>(items: readonly Item[], random: Random): Item => items[random.integer(0, items.length - 1)];

/** Draws faults of one operation: some of each kind that it can have. */
export function drawFaults(operation: AnyOperation, random: Random): Fault[] {
  const base = operation.cases.find(({ given, name }) => !given && !name.startsWith('special-')) ?? operation.cases[0];
  const dimensions = Object.keys(base.sizes);
  const faults: Fault[] = [];
  const add = (kind: string, where: string, shows: Fault['shows'], effect: Effect = oneOf(effects, random)) =>
    faults.push({ kind, says: `${operation.name} is wrong where ${where}: ${effect.says}`, shows, spoil: spoiledBy(effect) });

  for (const dimension of dimensions) {
    const allowed = (size: number) =>
      size <= largestOf(operation, dimension, base.attributes) && admits(operation, dimension, size);
    const switches = kernelSwitches.filter((size) => allowed(size + 1));
    if (switches.length === 0) continue;
    const at = oneOf(switches, random);
    const only = at > 4096 ? at + random.integer(0, 1) : at + random.integer(-1, 1);
    if (allowed(only) && !isRare(operation, dimension, only, base.attributes)) {
      add('one size', `${dimension} is ${only}`, ({ sizes }) => sizes[dimension] === only);
    }
    const from = Math.round(2 ** (1.5 + random.next() * (Math.log2(switches.at(-1)!) - 1.5)));
    add('from a size on', `${dimension} > ${from}`, ({ sizes }) => sizes[dimension] > from);
    const over = oneOf(
      switches.filter((size) => size <= 256),
      random,
    );
    const multiple = oneOf([4, 8, 16, 32], random);
    add(
      'no multiple',
      `${dimension} > ${over} and ${dimension} mod ${multiple} ≠ 0`,
      ({ sizes }) => sizes[dimension] > over && sizes[dimension] % multiple !== 0,
    );
  }
  if (dimensions.length > 1) {
    const [a, b] = twoOf(dimensions, random);
    if (canAgree(operation, a, b)) {
      add('equal sizes', `${a} = ${b} > 1`, ({ sizes }) => sizes[a] > 1 && sizes[a] === sizes[b]);
      const over = oneOf(takesSquare(operation, base.attributes) ? [2, 4] : [2, 4, 8, 16], random);
      add('equal sizes', `${a} = ${b} > ${over}`, ({ sizes }) => sizes[a] > over && sizes[a] === sizes[b]);
    }
  }
  const isNetwork = Object.keys(operation.inputs(base.attributes)).length > 4;
  const most =
    dimensions.length > 4
      ? [2, 4]
      : isNetwork
        ? [4, 8, 16, 32]
        : carriesLimits(operation) && dimensions.length > 2
          ? [8, 16, 32, 64]
          : [8, 16, 32, 64, 128, 256];
  const threshold = oneOf(most, random);
  const above = Object.fromEntries(dimensions.map((dimension, i) => [dimension, threshold + 1 + i]));
  if (holds(operation, above, base.attributes) && !(threshold > 128 && dimensions.length > 2))
    add('large everywhere', `every size > ${threshold}`, ({ sizes }) =>
      dimensions.every((dimension) => sizes[dimension] > threshold),
    );
  for (const length of lengths) if (reaches(operation, length, base.attributes)) faults.push(tail(operation, length));
  if ('groups' in operation.attributes && !takesSquare(operation, base.attributes))
    for (const fault of combinations(operation, random)) faults.push(fault);
  return faults;
}

/** What the suite asks of large widths in networks and of long images is one size above each threshold, and so is no fault of one size beside it. */
function isRare(operation: AnyOperation, dimension: string, size: number, attributes: Attributes): boolean {
  if (size <= 33) return false;
  const isNetwork = Object.keys(operation.inputs(attributes)).length > 4;
  const carried = ['composed', 'trajectory', 'set-valued'].includes(operation.bound.errorClass);
  return isNetwork || /^(height|width)$|kernel/i.test(dimension) || (carried && size > 1025);
}

function twoOf(items: readonly string[], random: Random): [string, string] {
  const first = random.integer(0, items.length - 1);
  const second = (first + random.integer(1, items.length - 1)) % items.length;
  return [items[first], items[second]];
}

/** Elements from `length` on are zero. */
function tail(operation: AnyOperation, length: number): Fault {
  const effect: Effect = {
    says: `elements from ${length} on are zero`,
    change: (data) => data.fill(0, Math.min(length, data.length)),
  };
  return {
    ...{ kind: 'tail', says: `${operation.name}: ${effect.says}`, spoil: spoiledBy(effect) },
    shows: ({ sizes, attributes }) =>
      Object.values(operation.outputs(attributes)).some(
        ({ dimensions }) => sizeOf(dimensions.map((axis) => sizes[axis])) > length,
      ),
  };
}

/** Whether an output can have so many elements and more: all of its axes are free, or one of them is. */
function reaches(operation: AnyOperation, length: number, attributes: Attributes): boolean {
  return Object.values(operation.outputs(attributes)).some(({ dimensions }) =>
    dimensions.some(
      (dimension) =>
        length <= largestOf(operation, dimension, attributes) && admits(operation, dimension, Math.ceil(length * 1.01)),
    ),
  );
}

function combinations(operation: AnyOperation, random: Random): Fault[] {
  const geometry = (attributes: Attributes) => {
    const of = (attributes.convolution ?? attributes) as {
      stride: number[];
      padding: number[];
      dilation: number[];
      groups: number;
    };
    return { ...of, strided: Math.max(...of.stride) > 1, padded: Math.max(...of.padding) > 0 };
  };
  const channels = oneOf([8, 16, 24, 32, 17, 9], random);
  const all: readonly (readonly [string, Fault['shows']])[] = [
    [
      `${channels} channels each with a kernel of its own, stride and padding`,
      ({ sizes, attributes }) => {
        const { groups, strided, padded } = geometry(attributes);
        return groups > 1 && groups === sizes.inputChannels && sizes.inputChannels === channels && strided && padded;
      },
    ],
    [
      'a kernel of one row has a stride',
      ({ sizes, attributes }) => sizes.kernelHeight === 1 && sizes.kernelWidth > 1 && geometry(attributes).strided,
    ],
    [
      'groups meet a kernel of 8 rows or more',
      ({ sizes, attributes }) => geometry(attributes).groups > 1 && Math.max(sizes.kernelHeight, sizes.kernelWidth) >= 8,
    ],
    [
      'groups have more than 32 outputs',
      ({ sizes, attributes }) => geometry(attributes).groups > 1 && sizes.outputChannels > 32,
    ],
    [
      'one channel goes in and several come out',
      ({ sizes }) => sizes.inputChannels === 1 && (sizes.outputChannels ?? sizes.maps) > 1,
    ],
    [
      'stride, dilation and padding meet',
      ({ attributes }) => {
        const { strided, padded, dilation } = geometry(attributes);
        return strided && padded && Math.max(...dilation) > 1;
      },
    ],
  ];
  return all.map(([where, shows]) => {
    const effect = oneOf(effects, random);
    return {
      kind: 'attributes meet',
      says: `${operation.name} is wrong where ${where}: ${effect.says}`,
      shows,
      spoil: spoiledBy(effect),
    };
  });
}

// --- What an operation admits ----------------------------------------------------------------------------------------------------------

const mostElements = 500_000;

/** Whether some recipe of the operation, or the same with all else small, holds its constraints with this size. */
function admits(operation: AnyOperation, dimension: string, size: number): boolean {
  return operation.cases.some(({ sizes, attributes, given }) => {
    if (given || sizes[dimension] === undefined) return false;
    const small = Object.fromEntries(Object.entries(sizes).map(([name, own]) => [name, Math.min(own, 2)]));
    return [sizes, small].some((others) => holds(operation, { ...others, [dimension]: size }, attributes));
  });
}

function canAgree(operation: AnyOperation, a: string, b: string): boolean {
  return operation.cases.some(
    ({ sizes, attributes, given }) =>
      !given &&
      sizes[a] !== undefined &&
      sizes[b] !== undefined &&
      holds(operation, { ...sizes, [a]: 17, [b]: 17 }, attributes),
  );
}

function holds(operation: AnyOperation, sizes: Sizes, attributes: Attributes): boolean {
  const stated: Record<string, unknown> = { ...attributes };
  if ('inputSize' in stated) stated.inputSize = [sizes.height, sizes.width];
  if ('kernelSize' in stated) stated.kernelSize = [sizes.kernelHeight, sizes.kernelWidth];
  if ('order' in stated) stated.order = Array.from({ length: Math.min(sizes.samples, 2 ** 13) }, (_, i) => i);
  const full = { ...sizes, ...operation.derivedSizes?.(sizes, stated) };
  if (!operation.constraints.every((constraint) => constraint.holds(full, stated))) return false;
  const tensors = [...Object.values(operation.inputs(stated)), ...Object.values(operation.outputs(stated))];
  return tensors.reduce((sum, { dimensions }) => sum + sizeOf(dimensions.map((axis) => full[axis])), 0) <= mostElements;
}
