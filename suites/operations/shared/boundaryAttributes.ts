/**
 * The attributes with which an operation is asked at its boundaries: those of its own recipes, and for convolutions and pooling every
 * kind of groups with every stride, padding beside none, dilation, and kernels of one row, one column and one element.
 */
import type { Attributes, ConvolutionAttributes, Padding, Pair, PoolingAttributes } from '../../../backends/signatures.ts';
import type { AnyOperation, Sizes } from '../../judging/operation.ts';

/** Attributes, as a function of the sizes where they depend on them. */
export interface Variant {
  /** Sizes of the recipe that it was taken from. */
  readonly sizes: Sizes;
  /** Small and all different. */
  readonly smallest: Sizes;
  /** Integers in give exact float32 out. */
  readonly exact: boolean;
  readonly without?: readonly string[];
  /** Tells whether it is asked at the small size of this number; a variant among many takes turns with the others. */
  meets(turn: number): boolean;
  attributesAt(sizes: Sizes): Attributes;
  /** The sizes, those that are not fixed changed so that all constraints hold; undefined where that cannot be. */
  fit(wanted: Sizes, fixed: readonly string[]): Sizes | undefined;
}

/** More sets of attributes than this are not multiplied with the sizes. */
const mostOfRecipes = 3;

const known = new WeakMap<AnyOperation, readonly Variant[]>();

/** The variants of an operation, those with the same dimensions together. */
export function variantsOf(operation: AnyOperation): readonly Variant[] {
  const before = known.get(operation);
  if (before) return before;
  const variants = isConvolution(operation)
    ? convolutions(operation)
    : isPooling(operation)
      ? poolings(operation)
      : ofRecipes(operation);
  known.set(operation, variants);
  return variants;
}

function basesOf(operation: AnyOperation): AnyOperation['cases'] {
  const own = operation.cases.filter(({ name, given }) => given === undefined && !name.startsWith('special-'));
  return own.length > 0 ? own : operation.cases.slice(0, 1);
}

/** The sets of attributes of the recipes, each once, and each set of optional inputs that is left out. */
function ofRecipes(operation: AnyOperation): Variant[] {
  const seen = new Map<string, Variant>();
  for (const { sizes, attributes, without, tiers = operation.tiers } of basesOf(operation)) {
    const key = JSON.stringify([
      Object.keys(sizes),
      { ...attributes, order: undefined, inputSize: undefined, kernelSize: undefined },
      without,
    ]);
    if (seen.has(key)) continue;
    const attributesAt = (at: Sizes) => coupled(attributes, at);
    seen.set(key, {
      ...{ sizes, without, attributesAt },
      meets: () => true,
      smallest: smallestOf(sizes),
      exact: isExact(operation) && tiers.includes('exact'),
      fit: (wanted, fixed) => repaired(operation, wanted, fixed, attributesAt),
    });
  }
  const byDimensions = new Map<string, Variant[]>();
  for (const variant of seen.values()) {
    const key = Object.keys(variant.sizes).join();
    byDimensions.set(key, [...(byDimensions.get(key) ?? []), variant]);
  }
  return [...byDimensions.values()].flatMap((all) => {
    const step = Math.max(1, all.length / mostOfRecipes);
    return Array.from({ length: Math.min(all.length, mostOfRecipes) }, (_, i) => all[Math.floor(i * step)]);
  });
}

function isExact({ bound, attributes }: AnyOperation): boolean {
  return (
    (bound.errorClass === 'exact' || bound.errorClass === 'sum of products') &&
    !('window' in attributes && bound.errorClass !== 'exact')
  );
}

/** 2, 3, 5 and on: nothing agrees with anything. */
function smallestOf(sizes: Sizes): Sizes {
  // The paths through a deep network are as many as the product of its widths.
  const small = Object.keys(sizes).length > 5 ? [2, 3, 4] : [2, 3, 5, 4, 6];
  return Object.fromEntries(Object.keys(sizes).map((dimension, i) => [dimension, small[i % small.length]]));
}

/** Attributes that state sizes. */
function coupled(attributes: Attributes, sizes: Sizes): Attributes {
  const at: Record<string, unknown> = { ...attributes };
  if ('inputSize' in at) at.inputSize = [sizes.height, sizes.width];
  if ('kernelSize' in at) at.kernelSize = [sizes.kernelHeight, sizes.kernelWidth];
  if ('order' in at) at.order = shuffled(sizes.samples);
  return at;
}

/** Each number from 0 once, far apart. */
function shuffled(count: number): number[] {
  if (count > 2 ** 13) return [];
  let step = Math.max(1, Math.floor(count * 0.618));
  while (greatestCommonDivisor(step, count) !== 1) step++;
  return Array.from({ length: count }, (_, i) => (i * step) % count);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

export function holds(operation: AnyOperation, sizes: Sizes, attributes: Attributes): boolean {
  const full = { ...sizes, ...operation.derivedSizes?.(sizes, attributes) };
  return (
    Object.values(full).every((size) => Number.isInteger(size) && size >= 1) &&
    operation.constraints.every((constraint) => constraint.holds(full, attributes))
  );
}

/** The wanted sizes, or with another dimension as large (an output as wide as the input), at 1, or with a larger image. */
function repaired(
  operation: AnyOperation,
  wanted: Sizes,
  fixed: readonly string[],
  attributesAt: (sizes: Sizes) => Attributes,
): Sizes | undefined {
  const free = Object.keys(wanted).filter((dimension) => !fixed.includes(dimension));
  const [first] = fixed;
  const tries: Sizes[] = [
    wanted,
    ...free.flatMap((dimension) => Object.keys(wanted).map((other) => ({ ...wanted, [dimension]: wanted[other] }))),
    ...free.map((dimension) => ({ ...wanted, [dimension]: 1 })),
    ...free.map((dimension) => ({ ...wanted, [dimension]: 8 })),
    ...free.flatMap((dimension) => free.map((other) => ({ ...wanted, [dimension]: 1, [other]: wanted[first] ?? 1 }))),
    ...[1, 2, 4, 8].flatMap((more) =>
      'height' in wanted
        ? [
            {
              ...wanted,
              height: fixed.includes('height') ? wanted.height : wanted.height + more,
              width: fixed.includes('width') ? wanted.width : wanted.width + more,
            },
          ]
        : [],
    ),
  ];
  return tries.find((sizes) => holds(operation, sizes, attributesAt(sizes)));
}

// --- Convolutions ----------------------------------------------------------------------------------------------------------------------

const isConvolution = ({ attributes }: AnyOperation) => 'stride' in attributes && !('window' in attributes);
const isPooling = ({ attributes }: AnyOperation) => 'window' in attributes;

type GroupKind = 'one' | 'several' | 'depthwise' | 'depthwise with two outputs';

interface Geometry {
  readonly stride: Pair;
  readonly padding: Padding;
  readonly dilation: Pair;
  readonly kernel: Pair;
}

const none: Padding = [0, 0, 0, 0];
const around: Padding = [1, 1, 1, 1];
const uneven: Padding = [1, 0, 2, 1];

/** Each stride with and without padding; kernels and dilations in turns. */
const geometries: readonly Geometry[] = [
  { stride: [1, 1], padding: around, dilation: [1, 1], kernel: [3, 3] },
  { stride: [2, 2], padding: around, dilation: [1, 1], kernel: [3, 3] },
  { stride: [2, 1], padding: none, dilation: [1, 1], kernel: [1, 4] },
  { stride: [1, 2], padding: uneven, dilation: [2, 1], kernel: [4, 1] },
  { stride: [3, 2], padding: uneven, dilation: [1, 2], kernel: [5, 2] },
];
/** For operations without groups, what the groups would have been asked with beside. */
const moreGeometries: readonly Geometry[] = [
  { stride: [1, 1], padding: none, dilation: [1, 1], kernel: [1, 1] },
  { stride: [2, 2], padding: none, dilation: [1, 1], kernel: [1, 1] },
  { stride: [1, 1], padding: [0, 2, 0, 2], dilation: [1, 1], kernel: [1, 5] },
];

function convolutions(operation: AnyOperation): Variant[] {
  const [{ attributes: given, sizes }] = basesOf(operation);
  const kinds: readonly GroupKind[] =
    'groups' in operation.attributes ? ['one', 'several', 'depthwise', 'depthwise with two outputs'] : ['one'];
  const optional = Object.entries(operation.inputs(given)).flatMap(([name, input]) => (input.optional ? [name] : []));
  // Where there is no batch the answer is a matrix: every third is enough of what is large.
  return kinds
    .flatMap((kind) =>
      (kind === 'one' ? [...geometries, ...moreGeometries] : geometries).map((geometry, turn): Variant => {
        const attributesAt = (at: Sizes) => convolutionAttributes(given, at, kind, geometry);
        return {
          ...{ sizes, attributesAt },
          // Depthwise layers are where strides, padding and channels meet a kernel of their own; the others take turns.
          meets: (at) => kind === 'depthwise' || (at + turn) % geometries.length < 2,
          smallest: onlyOf(sizes, {
            ...{ batch: 2, inputChannels: 3, height: 6, width: 7, outputChannels: 4 },
            ...{ kernelHeight: geometry.kernel[0], kernelWidth: geometry.kernel[1] },
          }),
          exact: true,
          ...(turn % 3 === 2 && optional.length > 0 && { without: optional }),
          fit: (wanted, fixed) => {
            const fitted = fitConvolution(wanted, fixed, kind, geometry);
            return fitted && holds(operation, fitted, attributesAt(fitted)) ? fitted : undefined;
          },
        };
      }),
    )
    .filter((_, turn) => 'batch' in sizes || turn % 3 === 0);
}

function onlyOf(dimensions: Sizes, sizes: Sizes): Sizes {
  return Object.fromEntries(Object.keys(dimensions).map((dimension) => [dimension, sizes[dimension]]));
}

function convolutionAttributes(given: Attributes, sizes: Sizes, kind: GroupKind, geometry: Geometry): Attributes {
  const { stride, dilation, padding } = geometry;
  const { inputChannels, outputChannels, kernelHeight, kernelWidth } = sizes;
  const covers = [kernelHeight, kernelWidth].map((size, axis) => ('dilation' in given ? dilation[axis] : 1) * (size - 1) + 1);
  const attributes: Record<string, unknown> = {
    ...coupled(given, sizes),
    stride,
    padding: padding.map((value, side) => Math.min(value, covers[side % 2] - 1)),
  };
  if ('dilation' in given) attributes.dilation = dilation;
  if ('groups' in given) {
    const common = greatestCommonDivisor(inputChannels, outputChannels);
    attributes.groups = kind === 'one' ? 1 : kind === 'several' ? smallestDivisor(common) : inputChannels;
  }
  return attributes as unknown as ConvolutionAttributes & Attributes;
}

function smallestDivisor(of: number): number {
  for (let divisor = 2; divisor * divisor <= of; divisor++) if (of % divisor === 0) return divisor;
  return of;
}

function fitConvolution(
  wanted: Sizes,
  fixed: readonly string[],
  kind: GroupKind,
  { dilation, padding }: Geometry,
): Sizes | undefined {
  const sizes = { ...wanted };
  const isFixed = (dimension: string) => fixed.includes(dimension);
  const outputsEach = kind === 'depthwise with two outputs' ? 2 : 1;
  if (kind === 'several') {
    const [keep, other] = isFixed('outputChannels') ? ['outputChannels', 'inputChannels'] : ['inputChannels', 'outputChannels'];
    if (!isFixed(keep) && sizes[keep] % 2 === 1) sizes[keep]++;
    const divisor = smallestDivisor(sizes[keep]);
    if (divisor === 1) return undefined;
    if (sizes[other] % divisor !== 0) {
      if (isFixed(other)) return undefined;
      sizes[other] = divisor * (sizes[other] === sizes[keep] ? 2 : Math.max(1, Math.round(sizes[other] / divisor)));
      if (sizes[other] === sizes[keep]) sizes[other] *= 2;
    }
  } else if (kind !== 'one') {
    if (isFixed('outputChannels') && !isFixed('inputChannels')) sizes.inputChannels = sizes.outputChannels / outputsEach;
    if (isFixed('outputChannels') && sizes.outputChannels !== outputsEach * sizes.inputChannels) return undefined;
    sizes.outputChannels = outputsEach * sizes.inputChannels;
    if (!Number.isInteger(sizes.inputChannels)) return undefined;
  }
  for (const [axis, [image, kernel]] of [
    ['height', 'kernelHeight'],
    ['width', 'kernelWidth'],
  ].entries()) {
    const room = (size: number) => {
      const covers = dilation[axis] * (size - 1) + 1;
      return covers - Math.min(padding[axis], covers - 1) - Math.min(padding[axis + 2], covers - 1);
    };
    while (sizes[kernel] > 1 && isFixed(image) && !isFixed(kernel) && room(sizes[kernel]) > sizes[image]) sizes[kernel]--;
    if (!isFixed(image)) sizes[image] = Math.max(sizes[image], room(sizes[kernel]) + 1);
  }
  return sizes;
}

// --- Pooling ---------------------------------------------------------------------------------------------------------------------------

const windows: readonly Omit<PoolingAttributes, never>[] = [
  { window: [2, 2], stride: [2, 2], padding: none },
  { window: [3, 3], stride: [2, 2], padding: around },
  { window: [3, 2], stride: [1, 1], padding: [1, 0, 2, 1] },
  { window: [1, 4], stride: [2, 1], padding: none },
  { window: [5, 1], stride: [1, 2], padding: [2, 0, 1, 0] },
  { window: [2, 3], stride: [3, 2], padding: [1, 2, 0, 0] },
  { window: [16, 2], stride: [1, 2], padding: none },
  { window: [2, 33], stride: [2, 3], padding: [0, 5, 1, 0] },
  { window: [9, 8], stride: [8, 8], padding: none },
];

function poolings(operation: AnyOperation): Variant[] {
  const [{ attributes: given, sizes }] = basesOf(operation);
  return windows.map((geometry, turn): Variant => {
    const attributesAt = (at: Sizes): Attributes => {
      const image = [at.height, at.width];
      const window = geometry.window.map((size, axis) => Math.min(size, image[axis]));
      const padding = geometry.padding.map((value, side) => Math.min(value, window[side % 2] - 1));
      return { ...coupled(given, at), stride: geometry.stride, window, padding };
    };
    return {
      ...{ sizes, attributesAt },
      meets: (at) => (at + turn) % 3 === 0,
      smallest: { batch: 2, channels: 3, height: geometry.window[0] + 3, width: geometry.window[1] + 4 },
      exact: false,
      fit: (wanted) => (holds(operation, wanted, attributesAt(wanted)) ? wanted : undefined),
    };
  });
}
