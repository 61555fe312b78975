/** From the table's recipes to cases with numbers: the same seed, recipe and dtype give the same case everywhere. */

import type { Attributes } from '../../backends/signatures.ts';
import { type Dtype, type Shape, sizeOf, type Tensor } from '../../reference/tensor.ts';
import { float64Array } from '../judging/memory.ts';
import type { AnyCaseRecipe, AnyOperation, Case, NamedTensors, Tier, Values } from '../judging/operation.ts';
import { type Random, randomFrom } from '../judging/random.ts';
import { fullSizes, shapeFrom } from '../judging/shapes.ts';
import { blockRecipes, boundaryRecipes } from '../operations/shared/boundaries.ts';

/** A recipe of an operation at one tier: what a case id names. */
export interface CaseReference {
  readonly id: string;
  readonly operation: AnyOperation;
  readonly recipe: AnyCaseRecipe;
  readonly tier: Tier;
}

/** Every case of an operation, in the table's order. */
export function casesOf(operation: AnyOperation): CaseReference[] {
  return operation.cases.flatMap((recipe) => casesOfRecipe(operation, recipe));
}

/** The cases of the entry and the large one where there is one. */
export function shippedCasesOf(operation: AnyOperation): CaseReference[] {
  return [...casesOf(operation), ...(operation.large ? casesOfRecipe(operation, operation.large) : [])];
}

/** Lists the cases that `etalon check` asks: those of the entry, and the boundaries. */
export function checkedCasesOf(operation: AnyOperation): CaseReference[] {
  return [...shippedCasesOf(operation), ...boundaryCasesOf(operation)];
}

/** The cases at the sizes where kernels change their algorithm. */
export function boundaryCasesOf(operation: AnyOperation): CaseReference[] {
  return boundaryRecipes(operation).flatMap((recipe) => casesOfRecipe(operation, recipe));
}

/** The cases at the sizes of blocks that a backend declares. */
export function blockCasesOf(operation: AnyOperation, blocks: readonly number[]): CaseReference[] {
  return blockRecipes(operation, blocks).flatMap((recipe) => casesOfRecipe(operation, recipe));
}

/** The blocks that the id of such a case names: [8, 128] of `matmul/block-8-128-inner-129-0f3a21/random`. */
export function blocksOfCase(id: string): number[] | undefined {
  const named = /^[^/]+\/block-((?:\d+-)+)[a-z]/.exec(id)?.[1];
  return named?.split('-').filter(Boolean).map(Number);
}

export function isBoundary({ id }: Pick<CaseReference, 'id'>): boolean {
  return id.includes('/boundary-');
}

/** All other cases, and of the boundaries the share that the seed draws. */
export function withShareOfBoundaries(cases: readonly CaseReference[], share: number, seed: number): CaseReference[] {
  return cases.filter((one) => share >= 1 || !isBoundary(one) || randomFrom(seed, one.id, 'asked').next() < share);
}

function casesOfRecipe(operation: AnyOperation, recipe: AnyCaseRecipe): CaseReference[] {
  return (recipe.tiers ?? operation.tiers).map((tier) => ({
    id: `${operation.name}/${recipe.name}/${tier}`,
    operation,
    recipe,
    tier,
  }));
}

/**
 * Draws a case's numbers.
 *
 * @throws RangeError naming the constraint when the recipe's sizes break one.
 */
export function materialize(operation: AnyOperation, recipe: AnyCaseRecipe, tier: Tier, seed: number, dtype: Dtype): Case {
  const id = `${operation.name}/${recipe.name}/${tier}`;
  // Made anew, as they travel: those of all recipes then have one hidden class, and what meets them is compiled once.
  const attributes: Attributes = JSON.parse(JSON.stringify(recipe.attributes));
  const sizes = fullSizes(operation, recipe.sizes, attributes);
  const inputs: Record<string, Tensor> = {};
  for (const [name, specification] of Object.entries(operation.inputs(attributes))) {
    if (recipe.without?.includes(name)) continue;
    const shape = shapeFrom(specification.dimensions, sizes, `${id}: input ${name}`);
    const given = recipe.given?.[name];
    const values = recipe.values?.[name] ?? specification.values;
    const data = given ? Float64Array.from(given) : draw(values, shape, tier, randomFrom(seed, id, name), inputs);
    if (data.length !== sizeOf(shape)) {
      throw new RangeError(`${id}: input ${name} of shape [${shape.join(', ')}] was given ${data.length} values`);
    }
    inputs[name] = { dtype: 'float64', shape, data: representable(data, dtype) };
  }
  const sampled = samplingOf(operation, recipe);
  return { id, operation: operation.name, tier, seed, attributes, sizes, sampled, inputs };
}

function samplingOf(operation: AnyOperation, recipe: AnyCaseRecipe): Case['sampled'] {
  if (recipe === operation.large && operation.element) return 'elements';
  return recipe.sampled && operation.independent ? 'part' : undefined;
}

/** Rounds every value to the dtype, in place, so that reference and backend compute from the same numbers. */
export function representable(values: Float64Array, dtype: Dtype): Float64Array {
  if (dtype === 'float32') for (let i = 0; i < values.length; i++) values[i] = Math.fround(values[i]);
  return values;
}

function draw(values: Values, shape: Shape, tier: Tier, random: Random, drawn: NamedTensors): Float64Array {
  const data = float64Array(sizeOf(shape));
  const lastAxis = shape.at(-1) ?? 1;
  switch (values.kind) {
    case 'uniform': {
      const { low, high } = values;
      if (tier === 'exact') for (let i = 0; i < data.length; i++) data[i] = integer(low, high, random);
      else random.fill(data, low, high);
      return data;
    }
    case 'regimes': {
      const { low, high, always } = values;
      if (tier === 'random') {
        data.set(always.slice(0, data.length));
        random.fill(data.subarray(always.length), low, high);
      } else {
        const usable = (i: number) => i < always.length && Number.isInteger(always[i]);
        for (let i = 0; i < data.length; i++) data[i] = usable(i) ? always[i] : integer(low, high, random);
      }
      return data;
    }
    case 'labels':
      return data.map(() => (random.next() < 0.5 ? -1 : 1));
    case 'oneHot':
      for (let start = 0; start < data.length; start += lastAxis) data[start + random.integer(0, lastAxis - 1)] = 1;
      return data;
    case 'distribution':
      for (let start = 0; start < data.length; start += lastAxis) {
        const row = data.subarray(start, start + lastAxis).map(() => 0.05 + random.next());
        const sum = row.reduce((a, b) => a + b, 0);
        data.set(
          row.map((weight) => weight / sum),
          start,
        );
      }
      return data;
    case 'computed':
      return values.draw(random, shape, drawn, tier);
  }
}

function integer(low: number, high: number, random: Random): number {
  return random.integer(Math.ceil(low), Math.floor(high));
}
