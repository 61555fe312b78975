/**
 * Large outputs, judged on a sample. Positions are drawn by the seed, each independently and all alike, so that a
 * fault in a share p of the outputs is among n of them with probability 1 − (1 − p)ⁿ, wherever the faulty ones are. Each drawn element is
 * an output of a question of its own, to which the reference and the bound are those of every other case: nothing is loosened.
 */

import { sizeOf } from '../../reference/tensor.ts';
import type { SampleRecord } from '../runReport.ts';
import type { AnyOperation, Case, NamedTensors, OutputBound } from './operation.ts';
import type { Precision } from './precision.ts';
import { randomFrom } from './random.ts';
import { shapeFrom } from './shapes.ts';

/** 1 − 0.99¹⁰²⁴: a fault in one output in a hundred is missed once in 30,000 runs. */
const drawn = 1024;
const statedShare = 0.01;

/** The drawn elements of a large output: the shape of the whole, and their positions in the order in which they were drawn. */
export interface Sample {
  readonly shape: readonly number[];
  readonly positions: readonly number[];
  /** So many of them, or of an axis' indices, were drawn at random. */
  readonly drawn: number;
}

/** Expected values and limits of the drawn elements alone. */
export interface SampledAnswer {
  readonly expected: NamedTensors;
  readonly limits: Readonly<Record<string, OutputBound>>;
  readonly samples: Readonly<Record<string, Sample>>;
}

/**
 * Draws elements of a large output and computes their expected values and limits.
 *
 * @throws Error when the operation's `element` gives a question of more than one output element.
 */
export function drawSample(operation: AnyOperation, asked: Case, precision: Precision): SampledAnswer {
  const { inputs, attributes, sizes, seed, id } = asked;
  const [[name, { dimensions }], ...others] = Object.entries(operation.outputs(attributes));
  const shape = shapeFrom(dimensions, sizes, `${id}: output ${name}`);
  const random = randomFrom(seed, id, 'sample');
  const elements = shape.reduce((product, size) => product * size, 1);
  const positions = Array.from({ length: drawn }, () => random.integer(0, elements - 1));
  const expected = new Float64Array(drawn);
  const limit = new Float64Array(drawn);
  positions.forEach((position, at) => {
    const own = operation.element!(inputs, attributes, position);
    const answer: NamedTensors = operation.reference(own.inputs, own.attributes);
    const bounds: Readonly<Record<string, OutputBound>> = operation.bound.limits({ ...own, expected: answer, precision });
    if (answer[name].data.length !== 1 || others.length > 0) throw new Error(`${id}: element ${position} is not one output`);
    expected[at] = answer[name].data[0];
    limit[at] = bounds[name].limit[0];
  });
  return {
    expected: { [name]: { dtype: 'float64', shape: [drawn], data: expected } },
    limits: { [name]: { limit } },
    samples: { [name]: { shape, positions, drawn } },
  };
}

/** Describes what a sample says of the whole. */
export function sampleRecord({ shape, drawn: count }: Sample): SampleRecord {
  return {
    of: sizeOf(shape),
    share: statedShare,
    detectionProbability: 1 - (1 - statedShare) ** count,
  };
}
