/** Linearity of every linear map, and ⟨Ax, y⟩ = ⟨x, Aᵀy⟩ for every one that the table has with its gradient (Rows C2, C5, M4). */
import { activationNames, type NamedTensors, type OperationName } from '../../../backends/signatures.ts';
import type { Tensor } from '../../../reference/tensor.ts';
import { combination, exampleOf, tensorOf } from './draw.ts';
import { type Example, innerLimit, innerProduct, type Relation, requireEqual } from './relation.ts';

/** Operations and the inputs in which they are linear, the others held. A bias is left at 0. */
const linearIn: readonly (readonly [operation: OperationName, ...inputs: string[]])[] = [
  ...activationNames.map((name) => [`${name}.backward`, 'dy'] as const),
  ['softmax.backward', 'dy'],
  ['matmul', 'a', 'b'],
  ['dense', 'x', 'weights'],
  ['dense.inputGradient', 'weights', 'dy'],
  ['dense.weightGradient', 'x', 'dy'],
  ['dense.biasGradient', 'dy'],
  ['conv2d', 'x', 'weights'],
  ['conv2d.inputGradient', 'weights', 'dy'],
  ['conv2d.weightGradient', 'x', 'dy'],
  ['conv2d.biasGradient', 'dy'],
  ['conv2d.matrix', 'weights'],
  ['locallyConnected2d', 'x', 'weights'],
  ['locallyConnected2d.inputGradient', 'weights', 'dy'],
  ['locallyConnected2d.weightGradient', 'x', 'dy'],
  ['locallyConnected2d.biasGradient', 'dy'],
  ['averagePool2d', 'x'],
  ['averagePool2d.backward', 'dy'],
  ['maxPool2d.backward', 'dy'],
  ['dropout', 'x'],
  ['dropout.backward', 'dy'],
  ['dropconnect', 'x', 'weights'],
];

/** The inputs without what would be added to the linear map: zeros for it. A mask is of zeros and ones. */
function linearPart({ tensors }: Example, added: string): NamedTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, x]) => {
      if (name === added) return [name, tensorOf(x.shape, new Float64Array(x.data.length))];
      return [name, name === 'mask' ? tensorOf(x.shape, x.data.map(Math.sign).map(Math.abs)) : x];
    }),
  );
}

const [alpha, beta] = [2, -3];

function linearity(operation: OperationName, input: string): Relation {
  return {
    operation,
    name: `linear in ${input}`,
    rows: [],
    draw: exampleOf(operation, { other: input }),
    async check(example, ask) {
      const { attributes } = example;
      const { other, ...inputs } = linearPart(example, 'bias');
      const first = await ask(operation, attributes, inputs);
      const second = await ask(operation, attributes, { ...inputs, [input]: other });
      const mixed = { ...inputs, [input]: combination(alpha, inputs[input], beta, other) };
      const together = await ask(operation, attributes, mixed);
      for (const [name, { data }] of Object.entries(together.outputs)) {
        const separately = combination(alpha, first.outputs[name], beta, second.outputs[name]);
        requireEqual(
          `${name} of ${alpha}u − ${-beta}v`,
          data,
          separately.data,
          (i) => together.limits[name][i] + alpha * first.limits[name][i] - beta * second.limits[name][i],
        );
      }
      return undefined;
    },
  };
}

/** A map, the input that it is differentiated by, and the operation that goes back. */
interface Adjoint {
  readonly map: OperationName;
  readonly output?: string;
  readonly input: string;
  readonly back: OperationName;
  /** The gradient's inputs and attributes besides dy, from the example. */
  readonly inputs: readonly string[];
  readonly attributes?: (example: Example) => Record<string, unknown>;
  /** The input that is 0, because what it adds is not part of the linear map; by default the bias. */
  readonly without?: string;
  readonly gradient: string;
  readonly rows: readonly string[];
}

const sizeOfAxes = (x: Tensor): readonly number[] => x.shape.slice(2);
const withInputSize = ({ attributes, tensors }: Example) => ({ ...attributes, inputSize: sizeOfAxes(tensors.x) });
const withKernelSize = ({ attributes, tensors }: Example) => ({ ...attributes, kernelSize: sizeOfAxes(tensors.weights) });

/** Maps that are linear in the input, and those that are positively homogeneous of degree 1, for which ⟨f(x), dy⟩ = ⟨x, f′(x)ᵀdy⟩ too. */
const adjoints: readonly Adjoint[] = [
  { map: 'dense', input: 'x', back: 'dense.inputGradient', inputs: ['weights'], gradient: 'dx', rows: ['M4'] },
  { map: 'dense', input: 'weights', back: 'dense.weightGradient', inputs: ['x'], gradient: 'dWeights', rows: ['M4'] },
  {
    map: 'conv2d',
    input: 'x',
    back: 'conv2d.inputGradient',
    inputs: ['weights'],
    attributes: withInputSize,
    gradient: 'dx',
    rows: ['C2', 'C5'],
  },
  {
    map: 'conv2d',
    input: 'weights',
    back: 'conv2d.weightGradient',
    inputs: ['x'],
    attributes: withKernelSize,
    gradient: 'dWeights',
    rows: ['C2', 'C5'],
  },
  ...(['dense', 'conv2d', 'locallyConnected2d'] as const).map(
    (map): Adjoint => ({
      ...{ map, input: 'bias', back: `${map}.biasGradient`, inputs: [], attributes: () => ({}) },
      ...{ without: 'weights', gradient: 'dBias', rows: [map === 'dense' ? 'M4' : 'C5'] },
    }),
  ),
  {
    map: 'locallyConnected2d',
    input: 'x',
    back: 'locallyConnected2d.inputGradient',
    inputs: ['weights'],
    attributes: withInputSize,
    gradient: 'dx',
    rows: ['C5'],
  },
  {
    map: 'locallyConnected2d',
    input: 'weights',
    back: 'locallyConnected2d.weightGradient',
    inputs: ['x'],
    attributes: ({ attributes, tensors }) => ({ ...attributes, kernelSize: tensors.weights.shape.slice(4) }),
    gradient: 'dWeights',
    rows: ['C5'],
  },
  { map: 'dropout', input: 'x', back: 'dropout.backward', inputs: ['mask'], gradient: 'dx', rows: ['V3'] },
  {
    map: 'averagePool2d',
    input: 'x',
    back: 'averagePool2d.backward',
    inputs: [],
    attributes: withInputSize,
    gradient: 'dx',
    rows: ['C7'],
  },
  { map: 'maxPool2d', input: 'x', back: 'maxPool2d.backward', inputs: ['x'], gradient: 'dx', rows: ['C7'] },
  { map: 'relu', input: 'x', back: 'relu.backward', inputs: ['x'], gradient: 'dx', rows: ['A7'] },
  { map: 'identity', input: 'x', back: 'identity.backward', inputs: ['x'], gradient: 'dx', rows: ['A1'] },
];

function adjointness(adjoint: Adjoint): Relation {
  const { map, output = 'y', input, back, inputs: needed, attributes: own, without = 'bias', gradient, rows } = adjoint;
  return {
    operation: back,
    name: `adjoint of ${map} in ${input}`,
    rows,
    draw: exampleOf(map, { dy: output }),
    async check(example, ask) {
      const { attributes } = example;
      const { dy, ...inputs } = linearPart(example, without);
      const forward = await ask(map, attributes, inputs);
      const others = Object.fromEntries(needed.map((name) => [name, inputs[name]]));
      const backward = await ask(back, own?.(example) ?? attributes, { ...others, dy });
      const [y, dx] = [forward.outputs[output], backward.outputs[gradient]];
      const limit = innerLimit(dy, y, forward.limits[output]) + innerLimit(inputs[input], dx, backward.limits[gradient]);
      const products = [innerProduct(y, dy), innerProduct(inputs[input], dx)];
      requireEqual(`⟨${map}, dy⟩ beside ⟨${input}, ${gradient}⟩`, [products[0]], [products[1]], () => limit);
      return undefined;
    },
  };
}

export const linearRelations: readonly Relation[] = [
  ...linearIn.flatMap(([operation, ...inputs]) => inputs.map((input) => linearity(operation, input))),
  ...adjoints.map(adjointness),
];
