/**
 * Questions at the sizes where kernels change their algorithm, made by one rule for every operation from its dimensions, attributes and
 * constraints: each dimension at each threshold, at odd multiples and one beside them, with the attributes in turns; dimensions that agree;
 * all dimensions above a threshold. The recipes depend on nothing that is drawn: their names stay, and only the numbers follow the seed.
 */
import type { Attributes } from '../../../backends/signatures.ts';
import { sizeOf } from '../../../reference/tensor.ts';
import { float64Array } from '../../judging/memory.ts';
import type { AnyCaseRecipe, AnyOperation, ErrorClass, Sizes, Tier, Values } from '../../judging/operation.ts';
import type { Random } from '../../judging/random.ts';
import { type Variant, variantsOf } from './boundaryAttributes.ts';

/** Sizes at which kernels change: vector widths, tiles, blocks of threads, pages, 16-bit counts. */
export const thresholds: readonly number[] = [4, 8, 16, 24, 32, 64, 128, 256, 512, 1024, 4096, 32_768, 65_536];

/** A tile is asked once and a half, and two and a half times with one beside; 201 is a multiple of nothing. */
const oddMultiples = [4, 8, 16, 32, 64, 128]
  .flatMap((tile) => [3 * tile, ...(tile < 128 ? [5 * tile + 1] : [])])
  .concat(201, 6145);

/** Sizes around the thresholds and their odd multiples, the largest first. */
export const boundarySizes: readonly number[] = sizesAround(thresholds, oddMultiples);

function sizesAround(whole: readonly number[], more: readonly number[]): number[] {
  // Of 16-bit counts and beyond one size and the next: what is asked of them is much.
  const beside = whole.flatMap((size) => (size > 4096 ? [size, size + 1] : [size - 1, size, size + 1]));
  return [...new Set([...beside, ...more])].filter((size) => size > 0).sort((a, b) => b - a);
}

const besideThreshold = new Set(sizesAround(thresholds, []));

/** The sizes that meet every variant of the attributes; the larger ones meet some. */
const largestWithEveryVariant = 33;
const largestImageWithEveryVariant = 9;
/** Beside a size above this the others stay as small as they can. */
const largestWithOthers = 1200;
/** Longer sums are integers. */
const largestExactInTurns = 500;
/** So many sizes of another dimension are tried before it stays as it is. */
const mostTries = 4;
/** The widths of networks of another depth than the usual. */
const sizesInOtherDepths = [5, 9, 17, 33];
/** Kernels and windows are not longer than this. */
const longestKernel = 129;

/** What a question with several sizes at once may cost: elements of inputs and outputs, and a sixteenth of the operations. */
const usualCost = 10_000;
const largestElements = 600_000;
const largestCost = 1_200_000;
const mostSteps = 4200;
const mostUnshared = 100_000;

interface Sized {
  readonly sizes: Sizes;
  readonly variant: Variant;
}

const made = new WeakMap<AnyOperation, readonly AnyCaseRecipe[]>();

/** The boundary recipes of an operation; made when they are first asked for. `blocks` adds the sizes that a backend declares. */
export function boundaryRecipes(operation: AnyOperation): readonly AnyCaseRecipe[] {
  const known = made.get(operation);
  if (known) return known;
  const recipes = recipesFrom(operation, boundarySizes);
  made.set(operation, recipes);
  return recipes;
}

/** Sizes beside the multiples of a block and between them. */
export function blockSizes(block: number): number[] {
  const half = Math.max(1, block >> 1);
  const around = [block - 1, block, block + 1, block + half, 2 * block - 1, 2 * block, 2 * block + 1, 3 * block + half];
  return [...new Set(around)].filter((size) => size > 0).sort((a, b) => b - a);
}

/** Recipes at the sizes of a backend's blocks; their names tell the blocks. */
export function blockRecipes(operation: AnyOperation, blocks: readonly number[]): readonly AnyCaseRecipe[] {
  return covering(
    operation,
    [...new Set(blocks.flatMap(blockSizes))].sort((a, b) => b - a),
    `block-${blocks.join('-')}`,
  );
}

function recipesFrom(operation: AnyOperation, sizes: readonly number[]): AnyCaseRecipe[] {
  const all = [...covering(operation, sizes, 'boundary'), ...equalSizes(operation), ...allAbove(operation)];
  const seen = new Set<string>();
  return all.filter(({ name }) => !seen.has(name) && seen.add(name));
}

// --- What is asked ---------------------------------------------------------------------------------------------------------------------

/** The variants with the same dimensions: networks of the same depth, those of which there are most first. */
function alike(operation: AnyOperation): Variant[][] {
  const groups = new Map<string, Variant[]>();
  for (const variant of variantsOf(operation)) {
    const key = Object.keys(variant.sizes).join();
    groups.set(key, [...(groups.get(key) ?? []), variant]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

/** Every dimension at every size, several at once where that is cheap, the small ones with every variant of the attributes. */
function covering(operation: AnyOperation, sizes: readonly number[], kind: string): AnyCaseRecipe[] {
  const few = sizes.filter((size) => sizesInOtherDepths.includes(size));
  return alike(operation).flatMap((variants, at) => coveringWith(operation, variants, at === 0 ? sizes : few, kind));
}

/** What is still to be asked of a dimension: its sizes, the largest first, and the number of the variant that each is to meet. */
type Open = readonly { readonly size: number; readonly variant: number }[];

function coveringWith(
  operation: AnyOperation,
  variants: readonly Variant[],
  sizes: readonly number[],
  kind: string,
): AnyCaseRecipe[] {
  const dimensions = Object.keys(variants[0].sizes);
  const open = new Map<string, Open>(
    dimensions.map((dimension, at) => [
      dimension,
      sizes.flatMap((size, turn) => {
        // The larger sizes take the variants in turns, and begin elsewhere for each dimension.
        if (
          isNetworkOrImage(operation, variants[0], dimension) &&
          size > largestWithEveryVariant &&
          !thresholds.includes(size - 1)
        )
          return [];
        if (!meetsEveryVariant(dimension, size)) return [{ size, variant: (turn + at) % variants.length }];
        return variants.flatMap(({ meets }, variant) => (meets(turn + at) ? [{ size, variant }] : []));
      }),
    ]),
  );
  const close = (dimension: string, size: number, variant: number) =>
    open.set(
      dimension,
      open
        .get(dimension)!
        .filter((one) => one.size !== size || (one.variant !== variant && meetsEveryVariant(dimension, size))),
    );
  const recipes: AnyCaseRecipe[] = [];
  for (;;) {
    // The largest that is open, of whichever dimension.
    let next: { dimension: string; size: number; variant: number } | undefined;
    for (const dimension of dimensions) {
      const [first] = open.get(dimension)!;
      if (first && (next === undefined || first.size > next.size)) next = { dimension, ...first };
    }
    if (next === undefined) return recipes;
    const { dimension, size } = next;
    close(dimension, size, next.variant);
    const found = firstFitting(operation, variants, next.variant, dimension, size);
    if (found === undefined) continue;
    const number = variants.indexOf(found.variant);
    const sized = size > largestWithOthers ? found.sizes : widened(operation, found, dimension, number, open);
    for (const each of dimensions) close(each, sized[each], number);
    const asks = dimensions.filter((each) => sizes.includes(sized[each])).map((each) => `${each} ${sized[each]}`);
    const title = `${kind}-${kebab(dimension)}-${size}`;
    recipes.push(recipeOf(operation, { sizes: sized, variant: found.variant }, title, `sizes: ${asks.join(', ')}`));
  }
}

/** The other dimensions at sizes of theirs that are open, as long as the whole stays cheap. */
function widened(
  operation: AnyOperation,
  { sizes: start, variant }: Sized,
  dimension: string,
  number: number,
  open: ReadonlyMap<string, Open>,
): Sizes {
  const budget = Math.max(usualCost, costOf(operation, start, variant.attributesAt(start)));
  const taken = [dimension];
  let sized = start;
  for (const other of Object.keys(start)) {
    if (other === dimension) continue;
    const room = (budget / costOf(operation, sized, variant.attributesAt(sized))) * sized[other] * 1.5;
    let tries = 0;
    for (const { size, variant: wanted } of open.get(other)!) {
      if (wanted !== number || size > room || Object.values(sized).includes(size)) continue;
      if (tries++ === mostTries) break;
      const tried = variant.fit({ ...sized, [other]: size }, [...taken, other]);
      if (tried === undefined || !isAffordable(operation, tried, variant, budget)) continue;
      sized = tried;
      taken.push(other);
      break;
    }
  }
  return sized;
}

/** What has many dimensions is asked beyond the small sizes at one size above each threshold. */
function isNetworkOrImage(operation: AnyOperation, { attributesAt, sizes }: Variant, dimension: string): boolean {
  return /^(height|width)$|kernel/i.test(dimension) || isNetwork(operation, attributesAt(sizes));
}

/** Channels and widths meet every variant, images while they are small; batches, samples and kernels take the variants in turns. */
function meetsEveryVariant(dimension: string, size: number): boolean {
  if (/^(batch|samples)$|kernel/i.test(dimension)) return false;
  if (/^(height|width)$/.test(dimension)) return size <= largestImageWithEveryVariant;
  return size <= largestWithEveryVariant && besideThreshold.has(size);
}

/** Dimensions that agree: each two, and all of them, small and at a tile. */
function equalSizes(operation: AnyOperation): AnyCaseRecipe[] {
  return alike(operation).flatMap((variants, at) => equalSizesWith(operation, variants, at === 0));
}

function equalSizesWith(operation: AnyOperation, variants: readonly Variant[], isUsual: boolean): AnyCaseRecipe[] {
  const dimensions = Object.keys(variants[0].sizes);
  const recipes: AnyCaseRecipe[] = [];
  const pairs = dimensions.flatMap((a, i) => dimensions.slice(i + 1, isUsual ? undefined : i + 2).map((b) => [a, b]));
  const groups = [...pairs, ...(dimensions.length > 2 ? [dimensions] : [])];
  for (const group of groups) {
    const all =
      group.length > 2 ? [2, 3, 5, 8, 16, 17, 32, 33, 64] : dimensions.length > 3 ? [3, 8, 17] : [2, 3, 8, 17, 32, 33, 64, 128];
    for (const [turn, size] of (isUsual ? all : [5]).entries()) {
      for (let v = 0; v < variants.length; v++) {
        const variant = variants[(turn + v) % variants.length];
        const sizes = variant.fit({ ...variant.smallest, ...Object.fromEntries(group.map((each) => [each, size])) }, group);
        if (sizes === undefined || group.some((each) => sizes[each] !== size)) continue;
        if (!isAffordable(operation, sizes, variant, largestCost / 8)) continue;
        const which = group.length === 2 ? group.map(kebab).join('-') : 'all';
        recipes.push(
          recipeOf(operation, { sizes, variant }, `boundary-equal-${which}-${size}`, `equal: ${group.join(', ')} are ${size}`),
        );
        break;
      }
    }
  }
  return recipes;
}

/** All dimensions above a threshold, all different: where a kernel takes its fast path only for products large in every direction. */
function allAbove(operation: AnyOperation): AnyCaseRecipe[] {
  return alike(operation).flatMap((variants) => allAboveWith(operation, variants));
}

function allAboveWith(operation: AnyOperation, variants: readonly Variant[]): AnyCaseRecipe[] {
  const recipes: AnyCaseRecipe[] = [];
  for (const [turn, threshold] of [4, 8, 16, 32, 64, 128, 256].entries()) {
    for (let v = 0; v < variants.length; v++) {
      const variant = variants[(turn + v) % variants.length];
      const dimensions = Object.keys(variant.sizes);
      const wanted = Object.fromEntries(dimensions.map((dimension, i) => [dimension, threshold + 1 + i]));
      const sizes = variant.fit(wanted, []);
      if (sizes === undefined || dimensions.some((dimension) => sizes[dimension] <= threshold)) continue;
      const budget = isNetwork(operation, variant.attributesAt(sizes)) && threshold <= 32 ? 4 * largestCost : largestCost;
      if (!isAffordable(operation, sizes, variant, budget)) continue;
      recipes.push(
        recipeOf(operation, { sizes, variant }, `boundary-all-above-${threshold}`, `every dimension above ${threshold}`),
      );
      break;
    }
  }
  return recipes;
}

/** The size with the smallest others, with the wanted variant or the next that allows it. */
function firstFitting(
  operation: AnyOperation,
  variants: readonly Variant[],
  first: number,
  dimension: string,
  size: number,
): { sizes: Sizes; variant: Variant } | undefined {
  if (/kernel/i.test(dimension) && size > longestKernel) return undefined;
  if (size > largestWithOthers && takesSquare(operation)) return undefined;
  if (size > largestWithOthers && !isAskedHuge(operation, variants[first], dimension, size)) return undefined;
  const strict = meetsEveryVariant(dimension, size);
  for (let turn = 0; turn < (strict ? 1 : variants.length); turn++) {
    const variant = variants[(first + turn) % variants.length];
    for (const others of size > largestWithOthers
      ? fillersOfHuge(size, variant, weights[operation.bound.errorClass] > 2)
      : [variant.smallest, onesOf(variant)]) {
      const sizes = variant.fit({ ...others, [dimension]: size }, [dimension]);
      if (sizes === undefined || sizes[dimension] !== size) continue;
      if (isAffordable(operation, sizes, variant, largestCost)) return { sizes, variant };
    }
  }
  return undefined;
}

/**
 * Where each output has a limit of its own that is carried through several sums, what a huge size leaves of it says little and takes long:
 * one size beyond each threshold is asked of the samples, and of a layer's width the first.
 */
function isAskedHuge(operation: AnyOperation, variant: Variant, dimension: string, size: number): boolean {
  const { errorClass } = operation.bound;
  const isCarried = errorClass === 'composed' || errorClass === 'trajectory' || operation.independent === undefined;
  if (!isCarried || errorClass === 'exact' || errorClass === 'sum of products') return true;
  const attributes = variant.attributesAt(variant.sizes);
  const axes = typeof operation.independent === 'function' ? operation.independent(attributes) : operation.independent;
  if (axes?.includes(dimension) && !isNetwork(operation, attributes)) return true;
  if (!thresholds.includes(size - 1)) return false;
  return (
    size < 5000 || (errorClass !== 'trajectory' && /^(batch|samples|sets|points|models)$/.test(dimension) && size > 65_536)
  );
}

const isNetwork = (operation: AnyOperation, attributes: Attributes) =>
  operation.bound.errorClass !== 'exact' && Object.keys(operation.inputs(attributes)).length > 4;

/** A softmax of one class is 1 whatever is asked. */
function onesOf({ sizes }: Variant): Sizes {
  return Object.fromEntries(Object.keys(sizes).map((dimension) => [dimension, dimension === 'classes' ? 2 : 1]));
}

/** Beside a huge size stand ones; one above a threshold stand two and three, so that much lies beyond it. */
function fillersOfHuge(size: number, variant: Variant, costly: boolean): Sizes[] {
  const { sizes, smallest } = variant;
  const ones = onesOf(variant);
  const twos = Object.fromEntries(Object.keys(sizes).map((dimension, i) => [dimension, 2 + (i % 2)]));
  return thresholds.includes(size - 1) && !costly ? [twos, smallest, ones] : [ones, twos, smallest];
}

// --- What it costs ---------------------------------------------------------------------------------------------------------------------

/** Weights for every position, or a matrix with a column for every pixel: libraries take the square of the image's size for it. */
export function takesSquare(operation: AnyOperation): boolean {
  const [{ attributes, sizes }] = operation.cases;
  const tensors = [...Object.values(operation.inputs(attributes)), ...Object.values(operation.outputs(attributes))];
  return tensors.some(({ dimensions }) => dimensions.length > 4) || ('stride' in attributes && !('batch' in sizes));
}

/** Steps that follow one another, where an operation goes through its samples one by one. */
function stepsOf({ samples = 0 }: Sizes, { passes, order }: Attributes): number {
  return passes === undefined && order === undefined ? 0 : samples * Number(passes ?? 1);
}

/** Whether the operation at these sizes costs no more than `allowed`, and can be asked at all. */
export function isAffordable(operation: AnyOperation, sizes: Sizes, variant: Variant, allowed: number): boolean {
  const attributes = variant.attributesAt(sizes);
  const budget = takesSquare(operation) ? Math.min(allowed, mostUnshared) : allowed;
  if (stepsOf(sizes, attributes) > mostSteps) return false;
  return elementsOf(operation, sizes, attributes) <= largestElements && costOf(operation, sizes, attributes) <= budget;
}

/** Elements of all inputs and outputs. */
function elementsOf(operation: AnyOperation, sizes: Sizes, attributes: Attributes): number {
  const full = { ...sizes, ...operation.derivedSizes?.(sizes, attributes) };
  const tensors = [...Object.values(operation.inputs(attributes)), ...Object.values(operation.outputs(attributes))];
  return tensors.reduce((sum, { dimensions }) => sum + dimensions.reduce((product, axis) => product * full[axis], 1), 0);
}

/** What reference and bound take beside those of a sum. */
const weights: Readonly<Record<ErrorClass, number>> = {
  ...{ exact: 1, 'sum of products': 1, elementary: 1.5, 'set-valued': 2, composed: 6, trajectory: 6 },
};

/** Layers whose limits are carried from one to the next, and back. */
const networkWeight = 30;

function weightOf(operation: AnyOperation, attributes: Attributes, elements: number): number {
  if (isNetwork(operation, attributes)) return networkWeight;
  // Of much a part is judged, where parts are independent.
  return operation.independent && elements > mostJudgedWhole ? 1 : weights[operation.bound.errorClass];
}

function costOf(operation: AnyOperation, sizes: Sizes, attributes: Attributes): number {
  const full = { ...sizes, ...operation.derivedSizes?.(sizes, attributes) };
  const elements = elementsOf(operation, sizes, attributes);
  const scattered = takesSquare(operation)
    ? ((sizes.batch ?? 1) * ((sizes.inputChannels ?? 0) * sizes.height * sizes.width) ** 2) / 16
    : 0;
  return (
    scattered +
    weightOf(operation, attributes, elements) * (elements + (operation.flops?.(full, attributes) ?? 4 * elements) / 16)
  );
}

/** Outputs with more elements than this are judged on a part of them, where the operation says which axes have independent parts. */
const mostJudgedWhole = 12_288;

function isSampled(operation: AnyOperation, sizes: Sizes, attributes: Attributes): boolean {
  const full = { ...sizes, ...operation.derivedSizes?.(sizes, attributes) };
  const counts = Object.values(operation.outputs(attributes)).map(({ dimensions }) =>
    dimensions.reduce((product, axis) => product * full[axis], 1),
  );
  return Math.max(...counts) > mostJudgedWhole || costOf(operation, sizes, attributes) > 150_000;
}

// --- Recipes ---------------------------------------------------------------------------------------------------------------------------

/** A recipe at these sizes; its title is part of its name. */
export function recipeOf(operation: AnyOperation, { sizes, variant }: Sized, title: string, asks: string): AnyCaseRecipe {
  const attributes = variant.attributesAt(sizes);
  const longest = Math.max(...Object.values(sizes));
  // Long sums are exact, so that one term shows; products large in every direction are real, so that a coarser format does.
  const isLong = longest > largestExactInTurns && !title.startsWith('boundary-all-above');
  const exact = variant.exact && (isLong || (longest % 3 === 1 && longest > 8));
  const tier: Tier = exact ? 'exact' : operation.tiers.includes('random') || !variant.exact ? 'random' : 'exact';
  const values = valuesOf(operation, sizes, attributes, tier);
  const { without } = variant;
  const identity = JSON.stringify([sizes, attributes, without]);
  const { padding = [] } = attributes as { readonly padding?: readonly number[] };
  const padded = padding.some((side) => side > 0) ? '-padded' : '';
  return {
    name: `${title}${padded}-${digest(identity)}`,
    sizes,
    attributes,
    tiers: [tier],
    ...(Object.keys(values).length > 0 && { values }),
    ...(without && { without }),
    asks,
    sampled: isSampled(operation, sizes, attributes),
  };
}

/**
 * Of a function of one number ordinary ones: its regimes have cases of their own, and what a library is inexact at is not to hide what it
 * does at a size. Free numbers: small integers that are not 0 where sums must be exact; weights that become smaller as more of them are added up. */
function valuesOf(operation: AnyOperation, sizes: Sizes, attributes: Attributes, tier: Tier): Record<string, Values> {
  const full = { ...sizes, ...operation.derivedSizes?.(sizes, attributes) };
  const values: Record<string, Values> = {};
  for (const [at, [name, { dimensions, values: own }]] of Object.entries(operation.inputs(attributes)).entries()) {
    const isLarge = dimensions.reduce((product, axis) => product * full[axis], 1) > largestDrawnWhole;
    if (own.kind === 'regimes') {
      const ordinary = { kind: 'uniform', low: Math.max(own.low, -2), high: Math.min(own.high, 2) } as const;
      values[name] = tier === 'exact' ? smallIntegers : isLarge ? repeated(ordinary) : ordinary;
    }
    // Largest elements below 0 have cases of their own.
    if (name === 'x' && 'window' in attributes)
      values[name] = isLarge ? repeated({ low: 1, high: 8 }) : { kind: 'uniform', low: 1, high: 8 };
    else if (isLarge && own.kind === 'uniform' && tier === 'random') values[name] = repeated(own);
    if (own.kind !== 'uniform') continue;
    if (tier === 'exact') {
      if (own.low <= -2 && own.high >= 2) values[name] = smallIntegers;
      continue;
    }
    if (operation.bound.errorClass === 'trajectory' && dimensions.length > 1) {
      // Steps that do not grow from sample to sample.
      const terms = dimensions.reduce((product, axis) => product * full[axis], 1);
      const scale = 2 ** -Math.max(0, Math.round(Math.log2(Math.sqrt(terms / 16))));
      values[name] = { kind: 'uniform', low: own.low * scale, high: own.high * scale };
      continue;
    }
    const fanIn = dimensions.slice(1).reduce((product, axis) => product * full[axis], 1);
    if (at === 0 || dimensions.length < 2) continue;
    // Nets of size 1 or 2, however many terms they have.
    const scale = 2 ** -Math.max(0, Math.round(Math.log2(Math.sqrt(4 * fanIn))));
    const scaled = { kind: 'uniform', low: own.low * scale, high: own.high * scale } as const;
    values[name] = isLarge ? repeated(scaled) : scaled;
  }
  return values;
}

/** Inputs with more elements repeat what was drawn: drawing would take longer than all the rest. */
const largestDrawnWhole = 2 ** 14;
/** A prime: no block and no row of a kernel begins where the numbers do. */
const period = 4099;

function repeating(shape: readonly number[], draw: (data: Float64Array) => void): Float64Array {
  const data = float64Array(sizeOf(shape));
  const first = data.subarray(0, Math.min(period, data.length));
  draw(first);
  for (let filled = first.length; filled < data.length; filled *= 2)
    data.copyWithin(filled, 0, Math.min(filled, data.length - filled));
  return data;
}

function repeated({ low, high }: { readonly low: number; readonly high: number }): Values {
  return { kind: 'computed', draw: (random, shape) => repeating(shape, (data) => random.fill(data, low, high)) };
}

/** −2, −1, 1 or 2: none of them can be left out unseen, and 2²⁰ products of two still have an exact sum. */
const smallIntegers: Values = {
  kind: 'computed',
  draw: (random, shape) =>
    sizeOf(shape) > largestDrawnWhole ? repeating(shape, drawIntegers(random)) : drawn(shape, drawIntegers(random)),
};

const drawIntegers = (random: Random) => (data: Float64Array) => {
  for (let i = 0; i < data.length; i++) {
    const number = random.integer(0, 3);
    data[i] = number < 2 ? number - 2 : number - 1;
  }
};

function drawn(shape: readonly number[], draw: (data: Float64Array) => void): Float64Array {
  const data = float64Array(sizeOf(shape));
  draw(data);
  return data;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Six digits that tell recipes of one title apart: FNV-1a of their sizes and attributes. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 8).toString(16).padStart(6, '0');
}
