/** Softmax over the last axis, its vector–Jacobian product and its Jacobian (Rows A9, A10). */
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';

/** The logarithm of the softmax over the last axis; where its operator is lacking, x − max − ln Σ exp(x − max). */
export function logSoftmax(graph: Graph, x: Value): Value {
  if (!graph.lacks.has('LogSoftmax')) return graph.op('LogSoftmax', [x], { axis: -1 });
  const last = graph.integers([-1]);
  const shifted = graph.op('Sub', [x, graph.op('ReduceMax', [x, last], { keepdims: 1 })]);
  const sums = graph.op('ReduceSum', [graph.op('Exp', [shifted]), last], { keepdims: 1 });
  return graph.op('Sub', [shifted, graph.op('Log', [sums])]);
}

export const softmaxBuilders: Builders<'softmax' | 'softmax.backward' | 'softmax.jacobian'> = {
  softmax: ({ graph, inputs }) => ({ y: graph.op('Softmax', [inputs.x], { axis: -1 }) }),

  /** dxᵢ = yᵢ·(dyᵢ − Σⱼ dyⱼ·yⱼ). */
  'softmax.backward': ({ graph, inputs: { x, dy } }) => {
    const y = graph.op('Softmax', [x], { axis: -1 });
    const mean = graph.op('ReduceSum', [graph.op('Mul', [dy, y]), graph.integers([-1])], { keepdims: 1 });
    return { dx: graph.op('Mul', [y, graph.op('Sub', [dy, mean])]) };
  },

  /** ∂yᵢ/∂xⱼ = yᵢ·(δᵢⱼ − yⱼ). */
  'softmax.jacobian': ({ graph, shapes, inputs }) => {
    const classes = shapes.x[1];
    const y = graph.op('Softmax', [inputs.x], { axis: -1 });
    const unit = graph.constant(
      Array.from({ length: classes * classes }, (_, index) => (index % (classes + 1) === 0 ? 1 : 0)),
      [classes, classes],
    );
    const row = graph.op('Unsqueeze', [y, graph.integers([1])]);
    const column = graph.op('Unsqueeze', [y, graph.integers([2])]);
    return { jacobian: graph.op('Mul', [column, graph.op('Sub', [unit, row])]) };
  },
};
