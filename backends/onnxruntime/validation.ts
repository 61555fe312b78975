/** Folds (Row V5) and early stopping (Row V4) as graphs: no decision leaves the runtime. */
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';

/** Positions of an order of the samples, row by row those that lie in fold k. */
function positionsOfFolds(samples: number, folds: number): number[] {
  const [size, larger] = [Math.floor(samples / folds), samples % folds];
  const startOf = (fold: number) => fold * size + Math.min(fold, larger);
  return Array.from({ length: folds * samples }, (_, i) => {
    const [k, at] = [Math.floor(i / samples), i % samples];
    return at >= startOf(k) && at < startOf(k + 1) ? 1 : 0;
  });
}
const range = (size: number) => Array.from({ length: size }, (_, n) => n);
const oneWhere = (graph: Graph, condition: Value): Value => graph.op('Where', [condition, graph.number(1), graph.number(0)]);

export const validationBuilders: Builders<'kFolds' | 'earlyStopping'> = {
  /** Positions of folds times the permutation's matrix. */
  kFolds: ({ graph, attributes: { folds }, shapes, inputs }) => {
    const [samples] = shapes.order;
    const column = graph.op('Unsqueeze', [inputs.order, graph.integers([1])]);
    const permutation = oneWhere(graph, graph.op('Equal', [column, graph.constant(range(samples), [samples])]));
    const positions = graph.constant(positionsOfFolds(samples, folds), [folds, samples]);
    const validation = graph.op('MatMul', [positions, permutation]);
    return { validation, training: graph.op('Sub', [graph.number(1), validation]) };
  },

  /** For every step the best up to it; training goes on while none of the steps before has run out of patience. */
  earlyStopping: ({ graph, attributes: { patience }, shapes, inputs: { losses, weights } }) => {
    const [steps] = shapes.losses;
    const later = graph.constant(
      range(steps * steps).map((i) => (i % steps > Math.floor(i / steps) ? 1 : 0)),
      [steps, steps],
    );
    const isLater = graph.op('Equal', [later, graph.number(1)]);
    const met = graph.op('Where', [isLater, graph.number(Infinity), losses]);
    // The first of the smallest, in float32 throughout: not every provider has integers.
    const step = graph.constant(range(steps), [steps]);
    const smallest = graph.op('ReduceMin', [met, graph.integers([1])], { keepdims: 1 });
    const where = graph.op('Where', [graph.op('Equal', [met, smallest]), step, graph.number(steps)]);
    const bestSoFar = graph.op('ReduceMin', [where, graph.integers([1])], { keepdims: 0 });
    const waited = graph.op('Sub', [graph.op('Add', [step, graph.number(1)]), bestSoFar]);
    const runsOut = oneWhere(graph, graph.op('Greater', [waited, graph.number(patience)]));
    const ranOutBefore = graph.op('CumSum', [runsOut, graph.reshape(graph.integers([0]), [])], { exclusive: 1 });
    const made = oneWhere(graph, graph.op('Equal', [ranOutBefore, graph.number(0)]));
    const lastStep = graph.op('Sub', [graph.op('ReduceSum', [made], { keepdims: 0 }), graph.number(1)]);
    const isLast = oneWhere(graph, graph.op('Equal', [step, lastStep]));
    const bestStep = graph.op('ReduceSum', [graph.op('Mul', [isLast, bestSoFar])], { keepdims: 0 });
    // Chosen, not multiplied by 0 and 1: a step that diverged must not reach the answer.
    const isBest = graph.op('Unsqueeze', [graph.op('Equal', [step, bestStep]), graph.integers([1])]);
    const best = graph.op('Where', [isBest, weights, graph.number(0)]);
    return { weights: graph.op('ReduceSum', [best, graph.integers([0])], { keepdims: 0 }), bestStep, lastStep };
  },
};
