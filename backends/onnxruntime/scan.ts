/** A step that is made again and again: by Scan, or written out where the execution provider lacks it. */
import type { Shape } from '../../reference/tensor.ts';
import { createGraph, type Graph, type Value } from './model.ts';

interface Shaped {
  readonly value: Value;
  readonly shape: Shape;
}

export interface Steps {
  /** The tensors that a step changes. */
  readonly state: Shaped;
  /** The tensors that the steps go through, row by row; the shape is that of one row. */
  readonly sequences: readonly Shaped[];
  readonly length: number;
  readonly step: (graph: Graph, state: Value, rows: readonly Value[]) => { readonly state: Value; readonly output?: Value };
}

/** Number of steps that are written out at most: preparing a session takes the longer the more operators it has. */
const mostWrittenOut = 1024;

/** The state after the last step, and the outputs of all steps, which is to be reshaped. */
export function scan(graph: Graph, steps: Steps): { readonly state: Value; readonly outputs: Value } {
  return graph.lacks.has('Scan') && steps.length <= mostWrittenOut ? writtenOut(graph, steps) : scanned(graph, steps);
}

function scanned(graph: Graph, { state, sequences, step }: Steps) {
  const body = createGraph('step', graph.lacks);
  const before = body.input('step/state', state.shape);
  const rows = sequences.map(({ shape }, index) => body.input(`step/row${index}`, shape));
  const { state: next, output } = step(body, before, rows);
  const results = output === undefined ? [next] : [next, output];
  body.returns(results);
  const inputs = [state.value, ...sequences.map(({ value }) => value)];
  const [last, outputs] = graph.ops('Scan', inputs, results.length, { body, num_scan_inputs: sequences.length });
  return { state: last, outputs };
}

function writtenOut(graph: Graph, { state, sequences, length, step }: Steps) {
  const outputs: Value[] = [];
  let last = state.value;
  for (let index = 0; index < length; index++) {
    // Not one Split: WebGPU refuses one with more outputs than a shader may have buffers, which is a dozen.
    const limits = [[index], [index + 1], [0]].map((values) => graph.integers(values));
    const rows = sequences.map(({ value, shape }) => graph.reshape(graph.op('Slice', [value, ...limits]), shape));
    const { state: next, output } = step(graph, last, rows);
    last = next;
    if (output !== undefined) outputs.push(output);
  }
  return { state: last, outputs: outputs.length === 0 ? last : graph.op('Concat', outputs, { axis: 0 }) };
}
