/** Dropout and dropconnect with a given mask (Row V3). ONNX's Dropout draws a mask of its own; with one given, Mul and Div are left. */
import { biasGradient, dense, inputGradient, weightGradient } from './dense.ts';
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';

type DropoutOperations = 'dropout' | 'dropout.backward' | 'dropconnect' | 'dropconnect.backward';

/** value·mask/keep. */
const masked = (graph: Graph, value: Value, mask: Value, keep: number): Value =>
  graph.op('Div', [graph.op('Mul', [value, mask]), graph.number(keep)]);

export const dropoutBuilders: Builders<DropoutOperations> = {
  dropout: ({ graph, attributes: { keep }, inputs: { x, mask } }) => ({ y: masked(graph, x, mask, keep) }),

  'dropout.backward': ({ graph, attributes: { keep }, inputs: { mask, dy } }) => ({ dx: masked(graph, dy, mask, keep) }),

  dropconnect: ({ graph, attributes: { keep }, inputs: { x, weights, mask, bias } }) => ({
    y: dense(graph, x, masked(graph, weights, mask, keep), bias),
  }),

  'dropconnect.backward': ({ graph, attributes: { keep }, inputs: { x, weights, mask, dy } }) => ({
    dx: inputGradient(graph, masked(graph, weights, mask, keep), dy),
    dWeights: masked(graph, weightGradient(graph, x, dy), mask, keep),
    dBias: biasGradient(graph, dy),
  }),
};
