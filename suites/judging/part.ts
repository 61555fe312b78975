/**
 * A part of a question with many outputs: some indices of the axes along which outputs do not know of each other (the rows and columns of a
 * product, the samples of a batch). It is a question of its own, with the reference's values and bounds; nothing is loosened. The first and
 * the last indices are always in it, and those at which a block or a tail may begin; the rest is drawn by the seed.
 */
import { sizeOf, type Tensor, type TensorData } from '../../reference/tensor.ts';
import { float64Array } from './memory.ts';
import type { AnyOperation, Case } from './operation.ts';
import { type Random, randomFrom } from './random.ts';
import type { Sample } from './sampling.ts';
import { shapeFrom } from './shapes.ts';

export interface Part {
  /** The question about the part alone. */
  readonly case: Case;
  /** Where its outputs stand in those of the whole. */
  readonly samples: Readonly<Record<string, Sample>>;
}

/** About so many elements of the largest output are judged. */
const judgedElements = 2048;
/** Indices at which kernels begin something new. */
const turningPoints = [8, 16, 32, 64, 128, 256, 512, 1024, 4096, 32_768, 65_536];
/** No axis is left with fewer indices than this. */
const fewestIndices = 24;

/** Chosen indices of an axis, ascending; an axis that is not here is whole. */
type Chosen = ReadonlyMap<string, readonly number[]>;

/** @throws Error when the operation names no axis of which parts are independent. */
export function takePart(operation: AnyOperation, asked: Case): Part {
  const { inputs, attributes, sizes, seed, id } = asked;
  const { independent } = operation;
  if (independent === undefined) throw new Error(`${id}: ${operation.name} has no axis of which parts are independent`);
  const axes = typeof independent === 'function' ? independent(attributes) : independent;
  const outputs = Object.entries(operation.outputs(attributes));
  const elements = Math.max(
    ...outputs.map(([name, { dimensions }]) => sizeOf(shapeFrom(dimensions, sizes, `${id}: output ${name}`))),
  );
  const { chosen, drawn } = choose(axes, sizes, judgedElements / elements, randomFrom(seed, id, 'part'));
  const specifications = operation.inputs(attributes);
  const part = Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => [name, taken(tensor, specifications[name].dimensions, chosen)]),
  );
  const smaller = Object.fromEntries([...chosen].map(([axis, indices]) => [axis, indices.length]));
  return {
    case: { ...asked, sampled: undefined, sizes: { ...sizes, ...smaller }, inputs: part },
    samples: Object.fromEntries(
      outputs.map(([name, { dimensions }]) => {
        const shape = shapeFrom(dimensions, sizes, `${id}: output ${name}`);
        return [name, { shape, positions: positionsOf(shape, dimensions, chosen), drawn }];
      }),
    ),
  };
}

/** Divides the wanted share among the axes, the longest first. */
function choose(
  axes: readonly string[],
  sizes: Case['sizes'],
  share: number,
  random: Random,
): { chosen: Chosen; drawn: number } {
  const chosen = new Map<string, readonly number[]>();
  let drawn = Infinity;
  let left = Math.min(1, share);
  const longest = axes.filter((axis) => sizes[axis] > fewestIndices).sort((a, b) => sizes[b] - sizes[a]);
  for (const [turn, axis] of longest.entries()) {
    const size = sizes[axis];
    const alike = longest.length - turn;
    const count = Math.min(size, Math.max(fewestIndices, Math.round(size * left ** (1 / alike))));
    if (count === size) continue;
    const indices = new Set([0, size - 1, ...turningPoints.filter((point) => point < size).reverse()].slice(0, count - 8));
    drawn = Math.min(drawn, count - indices.size);
    while (indices.size < count) indices.add(random.integer(0, size - 1));
    chosen.set(
      axis,
      [...indices].sort((a, b) => a - b),
    );
    left = Math.min(1, (left * size) / count);
  }
  return { chosen, drawn: Number.isFinite(drawn) ? drawn : elementsOfAll(sizes) };
}

const elementsOfAll = (sizes: Case['sizes']) => Object.values(sizes).reduce((product, size) => product * size, 1);

function taken(tensor: Tensor, dimensions: readonly string[], chosen: Chosen): Tensor {
  if (!dimensions.some((axis) => chosen.has(axis))) return tensor;
  const shape = tensor.shape.map((size, axis) => chosen.get(dimensions[axis])?.length ?? size);
  return { ...tensor, shape, data: picked(tensor.data, positionsOf(tensor.shape, dimensions, chosen)) };
}

function picked(data: TensorData, positions: readonly number[]): Float64Array {
  const part = float64Array(positions.length);
  for (let i = 0; i < part.length; i++) part[i] = data[positions[i]];
  return part;
}

/** Flat positions in the whole of all elements of the part, in the part's own order. */
function positionsOf(shape: readonly number[], dimensions: readonly string[], chosen: Chosen): number[] {
  let positions = [0];
  shape.forEach((size, axis) => {
    const indices = chosen.get(dimensions[axis]) ?? Array.from({ length: size }, (_, i) => i);
    const next: number[] = [];
    for (const start of positions) for (const index of indices) next.push(start * size + index);
    positions = next;
  });
  return positions;
}
