/** Folds (Row V5) and early stopping (Row V4) as graphs: no decision leaves the runtime. */
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';

/** The fold in which each position of an order of the samples lies; the first folds have one sample more. */
function foldOfPosition(samples: number, folds: number): number[] {
  const [size, larger] = [Math.floor(samples / folds), samples % folds];
  const cut = larger * (size + 1);
  return range(samples).map((at) => (at < cut ? Math.floor(at / (size + 1)) : larger + Math.floor((at - cut) / size)));
}
/** ONNX's number of this element type. */
const int32 = 6;
const range = (size: number) => Array.from({ length: size }, (_, n) => n);

/** Each element's predecessor at this distance. */
function before(graph: Graph, x: Value, size: number, distance: number, first: number): Value {
  const missing = graph.constant(Array<number>(distance).fill(first), [distance]);
  const others = graph.op('Slice', [x, graph.integers([0]), graph.integers([size - distance])]);
  return graph.op('Concat', [missing, others], { axis: 0 });
}

/** Combines each element with all before it: with 1, then 2, then 4 … of them. */
function upToNow(graph: Graph, operator: 'Min' | 'Max', x: Value, size: number, first: number): Value {
  let combined = x;
  for (let distance = 1; distance < size; distance *= 2) {
    combined = graph.op(operator, [combined, before(graph, combined, size, distance, first)]);
  }
  return combined;
}

const oneWhere = (graph: Graph, condition: Value): Value => graph.op('Where', [condition, graph.number(1), graph.number(0)]);

export const validationBuilders: Builders<'kFolds' | 'earlyStopping'> = {
  /** Each position's fold is given to the sample that stands there. */
  kFolds: ({ graph, attributes: { folds }, shapes, inputs }) => {
    const [samples] = shapes.order;
    const ofPosition = graph.constant(foldOfPosition(samples, folds), [samples]);
    const none = graph.constant(Array<number>(samples).fill(0), [samples]);
    const at = graph.op('Cast', [inputs.order], { to: int32 });
    const ofSample = graph.op('ScatterElements', [none, at, ofPosition]);
    const isInFold = graph.op('Equal', [graph.constant(range(folds), [folds, 1]), ofSample]);
    const validation = oneWhere(graph, isInFold);
    return { validation, training: graph.op('Sub', [graph.number(1), validation]) };
  },

  /** For every step the best up to it; training goes on while none of the steps before has run out of patience. */
  earlyStopping: ({ graph, attributes: { patience }, shapes, inputs: { losses, weights } }) => {
    const [steps] = shapes.losses;
    const step = graph.constant(range(steps), [steps]);
    // A loss that is no number is no improvement, and none is measured against the first.
    const whereNaN = graph.constant(
      range(steps).map((at) => (at === 0 ? -Infinity : Infinity)),
      [steps],
    );
    const measured = graph.op('Where', [graph.op('Equal', [losses, losses]), losses, whereNaN]);
    const smallest = upToNow(graph, 'Min', measured, steps, Infinity);
    const improves = oneWhere(graph, graph.op('Less', [measured, before(graph, smallest, steps, 1, Infinity)]));
    // In float32 throughout: not every provider has integers.
    const bestSoFar = upToNow(graph, 'Max', graph.op('Mul', [improves, step]), steps, 0);
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
