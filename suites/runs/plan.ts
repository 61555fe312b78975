/** What a check asks, in pieces that can be asked alone, and what each will take. */
import { sizeOf } from '../../reference/tensor.ts';
import type { BenchmarkSize } from '../benchmarks/sizes.ts';
import type { AnyOperation } from '../judging/operation.ts';
import { fullSizes } from '../judging/shapes.ts';
import type { Algorithm } from '../running/algorithms/algorithm.ts';
import type { CaseReference } from '../running/cases.ts';
import { type Shard, shardOf } from './shard.ts';

export interface CheckPlan {
  /** All cases of an operation are one piece: what is wrong with it is diagnosed from all of its answers. */
  readonly cases: readonly CaseReference[];
  /** Operations whose properties are asked. */
  readonly properties: readonly AnyOperation[];
  /** Operations whose questions are asked again. */
  readonly again: readonly AnyOperation[];
  readonly algorithms: readonly Algorithm[];
  /** IDs of the documents' rows. */
  readonly rows: readonly string[];
  /** True where the reference is held against its certified values. */
  readonly accuracy: boolean;
  /** All sizes of an operation are one piece: how its time grows is read from all of them. */
  readonly sizes: readonly BenchmarkSize[];
}

interface Piece {
  readonly of: keyof CheckPlan;
  readonly name: string;
  /** Expected time; only the ratios between pieces matter. */
  readonly seconds: number;
}

/** A case beside its elements, and each element, on one backend, the judge included: fitted to a run of js and onnxruntime-cpu. */
const secondsOfCase = 0.0068;
const secondsOfElement = 5.4e-7;
/** Of larger questions a part is judged. */
const mostElements = 2 ** 17;
const secondsOfExample = 0.008;
/** The questions of one operation that are asked again, with the default number of times. */
const secondsAgain = 0.3;
const secondsOfSize = 0.6;
const secondsOfAccuracy = 1;
/** The few that take longer than the others. */
const secondsOfRows: Readonly<Record<string, number>> = { C8: 2.2, M12: 1.5, J5: 1.1, M10: 0.6, M13: 0.5, V1: 0.4, G7: 0.2 };
const secondsOfRow = 0.05;
const secondsOfAlgorithms: Readonly<Record<string, number>> = { digits: 4.2 };
const secondsOfAlgorithm = 0.5;

/** Returns the part of a plan that one shard asks. `examples` are those that each property draws. */
export function planOfShard(plan: CheckPlan, shard: Shard, examples = 10): CheckPlan {
  const own = shardOf(piecesOf(plan, examples), ({ seconds }) => seconds, shard);
  const has = new Set(own.map(({ of, name }) => `${of} ${name}`));
  return {
    cases: plan.cases.filter(({ operation }) => has.has(`cases ${operation.name}`)),
    properties: plan.properties.filter(({ name }) => has.has(`properties ${name}`)),
    again: plan.again.filter(({ name }) => has.has(`again ${name}`)),
    algorithms: plan.algorithms.filter(({ name }) => has.has(`algorithms ${name}`)),
    rows: plan.rows.filter((id) => has.has(`rows ${id}`)),
    accuracy: has.has('accuracy '),
    sizes: plan.sizes.filter(({ operation }) => has.has(`sizes ${operation.name}`)),
  };
}

/** The expected seconds of a plan, as far as they can be told before it is run. */
export function expectedSeconds(plan: CheckPlan, examples = 10): number {
  return piecesOf(plan, examples).reduce((sum, { seconds }) => sum + seconds, 0);
}

function piecesOf({ cases, properties, again, algorithms, rows, accuracy, sizes }: CheckPlan, examples: number): Piece[] {
  return [
    ...summed('cases', cases, secondsOfCases),
    ...properties.map(({ name }): Piece => ({ of: 'properties', name, seconds: secondsOfExample * examples })),
    ...again.map(({ name }): Piece => ({ of: 'again', name, seconds: secondsAgain })),
    ...algorithms.map(
      ({ name }): Piece => ({ of: 'algorithms', name, seconds: secondsOfAlgorithms[name] ?? secondsOfAlgorithm }),
    ),
    ...rows.map((name): Piece => ({ of: 'rows', name, seconds: secondsOfRows[name] ?? secondsOfRow })),
    ...(accuracy ? [{ of: 'accuracy', name: '', seconds: secondsOfAccuracy } as const] : []),
    ...summed('sizes', sizes, () => secondsOfSize),
  ];
}

/** A piece for each operation, with what its items take together. */
function summed<Item extends { readonly operation: AnyOperation }>(
  of: keyof CheckPlan,
  items: readonly Item[],
  secondsOf: (item: Item) => number,
): Piece[] {
  const totals = new Map<string, number>();
  for (const item of items) totals.set(item.operation.name, (totals.get(item.operation.name) ?? 0) + secondsOf(item));
  return Array.from(totals, ([name, seconds]) => ({ of, name, seconds }));
}

function secondsOfCases({ operation, recipe: { sizes: stated, attributes } }: CaseReference): number {
  const sizes = fullSizes(operation, stated, attributes);
  const elements = [operation.inputs(attributes), operation.outputs(attributes)]
    .flatMap((tensors) => Object.values(tensors))
    .reduce((sum, { dimensions }) => sum + sizeOf(dimensions.map((axis) => sizes[axis] ?? 1)), 0);
  return secondsOfCase + secondsOfElement * Math.min(elements, mostElements);
}
