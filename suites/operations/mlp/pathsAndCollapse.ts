/** What the documents say of every multilayer perceptron: gradients are sums over paths (Row M5), linear layers collapse into one (Row M9). */
import fc from 'fast-check';
import type {
  CollapseAttributes,
  InputsOf,
  LayerActivation,
  NamedTensors,
  PathGradientAttributes,
} from '../../../backends/signatures.ts';
import { activations } from '../../../reference/activations.ts';
import { collapseLayers, type Layer, mlpForward } from '../../../reference/mlp.ts';
import { pathGradient } from '../../../reference/pathGradients.ts';
import { type Tensor, tensor } from '../../../reference/tensor.ts';
import { absolute, gridOf, sumOfProductsBound, sumOfProductsFormula } from '../../judging/bounds/sumOfProducts.ts';
import type { AnyOperation, CaseRecipe, InputSpecification, OutputBound, Values } from '../../judging/operation.ts';
import { type Precision, precisions } from '../../judging/precision.ts';
import { readAs, rounded, scaled } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { everyIn, intermediate, twoLayerNetwork } from '../shared/undefinedSpecialValues.ts';
import { mlpPathGradientLimits } from './bound.ts';
import {
  hasRelu,
  integerLayers,
  layerActivations,
  layerSpecifications,
  sizesOf,
  trainingInputs,
  widthsStated,
} from './entries.ts';
import { layersOf } from './mistakes.ts';

const topic = 'Multilayer perceptron';

/** What the product along a path is made of, and how the paths are put together. */
interface PathChange {
  readonly output?: (y: number, target: number) => number;
  readonly slope?: (layer: { readonly net: number; readonly activation: LayerActivation; readonly last: boolean }) => number;
  readonly together?: (products: readonly number[]) => number;
  readonly transposed?: boolean;
  /** A factor of the unit where the path begins. */
  readonly start?: (net: number, activation: LayerActivation) => number;
}
const plainSlope = (net: number, activation: LayerActivation) => activations[activation].derivative(net);
const total = (products: readonly number[]) => products.reduce((sum, product) => sum + product, 0);

/** Every path's product, written out, with a part of it changed. */
function pathsWith(
  { x, target, ...rest }: NamedTensors,
  { activations: names, from }: PathGradientAttributes,
  change: PathChange = {},
): { gradient: Tensor } {
  const layers = layersOf(rest, { activations: names });
  const { y, nets } = mlpForward(x, layers);
  const { output = (own, wanted) => own - wanted, together = total, transposed = false, start = () => 1 } = change;
  const slope = change.slope ?? (({ net, activation }) => plainSlope(net, activation));
  const matrices = layers.map(({ weights }) => (transposed ? readAs(weights, [1, 0]) : weights));
  const productsFrom = (layer: number, unit: number): number[] => {
    if (layer === layers.length) return [output(y.data[unit], target.data[unit])];
    const { shape, data } = matrices[layer];
    return Array.from({ length: shape[0] }, (_, next) => {
      const net = nets[layer].data[next];
      const factor = slope({ net, activation: names[layer], last: layer === layers.length - 1 }) * data[next * shape[1] + unit];
      return productsFrom(layer + 1, next).map((product) => factor * product);
    }).flat();
  };
  const width = layers[from - 1].weights.shape[0];
  const gradient = Array.from(
    { length: width },
    (_, unit) => start(nets[from - 1].data[unit], names[from - 1]) * together(productsFrom(from, unit)),
  );
  return { gradient: tensor([width], gradient) };
}

/** Widths of the input and of each layer, activations, and the layer whose gradient is asked for. */
interface Question {
  readonly name: string;
  readonly widths: readonly number[];
  readonly activations: readonly LayerActivation[];
  readonly from: number;
  readonly exact?: boolean;
}
const questions: readonly Question[] = [
  { name: 'plain', widths: [3, 4, 5, 2], activations: ['tanh', 'sigmoid', 'identity'], from: 1 },
  { name: 'second-layer', widths: [3, 4, 5, 6, 2], activations: ['sigmoid', 'tanh', 'softplus', 'sigmoid'], from: 2 },
  { name: 'one-path-each', widths: [4, 3, 1], activations: ['tanh', 'sigmoid'], from: 1 },
  { name: 'output-layer', widths: [4, 5, 3], activations: ['tanh', 'sigmoid'], from: 2 },
  { name: 'deep', widths: [2, 3, 4, 3, 4, 3, 2], activations: Array(6).fill('tanh'), from: 1 },
  { name: 'rectifiers', widths: [3, 6, 5, 4, 2], activations: ['relu', 'relu', 'relu', 'identity'], from: 1 },
  { name: 'integers', widths: [3, 4, 5, 2], activations: ['identity', 'identity', 'identity'], from: 1, exact: true },
  { name: 'integers-relu', widths: [3, 5, 4, 2], activations: ['relu', 'relu', 'identity'], from: 1, exact: true },
];

/** A matrix product of absolute values, left to right. */
function absoluteProduct(layers: readonly Pick<Layer, 'weights' | 'bias'>[]): Pick<Layer, 'weights' | 'bias'> {
  return collapseLayers(layers.map(({ weights, bias }) => ({ weights: absolute(weights), bias: absolute(bias) })));
}

function largestOf(tensors: readonly Tensor[]): number {
  let largest = 0;
  for (const { data } of tensors) for (const value of data) largest = Math.max(largest, value);
  return largest;
}

/**
 * Limits of W_k…W₁ and of the bias that goes with it, in any association: each factor is passed on with 1 + γₙ of its sum's n terms, so
 * that together no term is off by more than γ of the sum of all n. Exact where every part of the product stays on the grid.
 */
function collapseLimits(
  layers: readonly Pick<Layer, 'weights' | 'bias'>[],
  expected: Pick<Layer, 'weights' | 'bias'>,
  precision: Precision,
): { weights: OutputBound; bias: OutputBound } {
  const inner = layers.slice(1).reduce((sum, { weights }) => sum + weights.shape[1], 0);
  const scale = absoluteProduct(layers);
  const parts = layers.flatMap((_, first) =>
    layers.slice(first).map((_last, length) => absoluteProduct(layers.slice(first, first + length + 1))),
  );
  const largest = largestOf(parts.flatMap(({ weights, bias }) => [weights, bias]));
  const allOnGrid = layers.reduce((grid, { weights, bias }) => grid * gridOf(weights, bias), 1);
  const grid = largest < allOnGrid * (2 / precision.epsilon) ? allOnGrid : 0;
  const limit = (name: 'weights' | 'bias', roundings: number) =>
    sumOfProductsBound({
      expected: expected[name],
      scale: () => scale[name],
      terms: Math.max(roundings, 1),
      roundings,
      exactness: { grid },
      precision,
    });
  // One layer is copied.
  return { weights: limit('weights', inner), bias: limit('bias', layers.length > 1 ? inner + layers.length - 1 : 0) };
}

const real: Values = { kind: 'uniform', low: -2, high: 2 };
const whole: Values = { kind: 'uniform', low: -4, high: 4 };
function collapseInputs({ depth }: CollapseAttributes) {
  const activationsOf = { activations: Array<LayerActivation>(depth).fill('identity') };
  return layerSpecifications(
    activationsOf,
    ['weights', 'bias'],
    (dimensions): InputSpecification => ({ dimensions, values: whole }),
  );
}
const collapseRecipe = (name: string, widths: readonly number[], rest: Pick<CaseRecipe, 'tiers' | 'values'> = {}) => {
  const { batch: _, ...sizes } = sizesOf({ batch: 1, widths });
  return { name, sizes, attributes: { depth: widths.length - 1 }, ...rest };
};
const collapsed = (inputs: InputsOf<'mlp.collapse'>, { depth }: CollapseAttributes) =>
  layersOf(inputs as NamedTensors, { activations: Array<LayerActivation>(depth).fill('identity') });
/** The layers with some changed. */
const collapsedWith = (
  inputs: InputsOf<'mlp.collapse'>,
  attributes: CollapseAttributes,
  change: (layer: Layer, l: number, layers: readonly Layer[]) => Partial<Layer>,
) => {
  const layers = collapsed(inputs, attributes);
  return collapseLayers(layers.map((layer, l) => ({ ...layer, ...change(layer, l, layers) })));
};
const isSquare = (layers: readonly Layer[]) =>
  layers.every(({ weights: { shape } }) => shape.join() === layers[0].weights.shape.join() && shape[0] === shape[1]);

export const mlpIdentityOperations: readonly AnyOperation[] = [
  defineOperation<'mlp.pathGradient'>({
    name: 'mlp.pathGradient',
    undefinedSpecialValues: {
      ...twoLayerNetwork,
      ...everyIn(['target', 'weights2', 'bias2', 'weights3', 'bias3'], intermediate, ['largest']),
      ...everyIn(['weights2'], intermediate, ['smallest-normal', 'subnormal']),
    },
    title: 'Gradient of hidden outputs, summed over paths',
    topic,
    formula:
      "\\frac{\\partial L}{\\partial h_r} = \\sum_{[h_r, h_{r+1}, \\dots, o]} \\frac{\\partial L}{\\partial o} \\prod_i \\frac{\\partial h_{i+1}}{\\partial h_i}, \\quad \\frac{\\partial h_{i+1}}{\\partial h_i} = w f'(\\mathrm{net}_{i+1})",
    rows: ['M5'],
    source: 'reference/pathGradients.ts',
    attributes: {
      activations: 'one for each layer; their number is the depth',
      from: 'the layer whose outputs the gradient is for; 1 is the first',
    },
    inputs: trainingInputs,
    // Two multiplications and an addition for each step of each path, each path from its beginning.
    flops: (sizes, { activations, from }) => {
      let paths = sizes[`width${from}`];
      let flops = 0;
      for (let l = from + 1; l <= activations.length; l++) {
        paths *= sizes[`width${l}`];
        flops += 3 * paths;
      }
      for (let l = 1; l <= activations.length; l++) flops += 2 * sizes[`width${l}`] * sizes[`width${l - 1}`];
      return flops;
    },
    outputs: ({ from }) => ({ gradient: { dimensions: [`width${from}`] } }),
    constraints: [
      ...widthsStated,
      {
        id: 'C2',
        text: 'from is the number of a layer',
        holds: (_, { from, activations: names }) =>
          Number.isInteger(from) && (from as number) >= 1 && (from as number) <= (names as unknown[]).length,
      },
      { id: 'C3', text: 'there is one sample', holds: ({ batch }) => batch === 1 },
    ],
    reference: ({ x, target, ...rest }, attributes) => {
      const layers = layersOf(rest, attributes);
      const { gradient } = pathGradient(x, target, layers, attributes.from);
      return { gradient: tensor([gradient.length], gradient) };
    },
    bound: {
      errorClass: 'composed',
      formula:
        "\\Delta_{\\mathrm{back\\text{-}propagation}} + \\gamma_{2L + P} \\sum_{\\mathrm{paths}} \\left|\\frac{\\partial L}{\\partial o}\\right| \\prod |w f'|",
      derivation:
        'Running error analysis of back-propagation, which takes each sum once, and for sums over all P paths at once the roundings of a product along a path and of P − 1 additions. Integers through identity and ReLU that stay on their grid add nothing.',
      limits: ({ inputs, attributes, expected, precision }) =>
        mlpPathGradientLimits(
          inputs.x,
          inputs.target,
          layersOf(inputs as NamedTensors, attributes),
          attributes.from,
          expected,
          precision,
        ),
    },
    hasChoice: hasRelu,
    alternatives: [
      { name: "ReLU'(0) = 0", outputs: (inputs, attributes) => pathsWith(inputs, attributes) },
      {
        name: "ReLU'(0) = 1",
        outputs: (inputs, attributes) =>
          pathsWith(inputs, attributes, {
            slope: ({ net, activation }) => (activation === 'relu' && net === 0 ? 1 : plainSlope(net, activation)),
          }),
      },
    ],
    tiers: ['random'],
    cases: questions.map(({ name, widths, activations: names, from, exact }) => ({
      name,
      sizes: sizesOf({ batch: 1, widths }),
      attributes: { activations: names, from },
      ...(exact && { tiers: ['exact'], values: integerLayers(names.length) }),
    })),
    draw: fc
      .record({
        firstWidth: fc.integer({ min: 1, max: 3 }),
        layers: fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(...layerActivations)), {
          minLength: 1,
          maxLength: 4,
        }),
        from: fc.integer({ min: 1, max: 4 }),
      })
      .map(({ firstWidth, layers, from }) => ({
        sizes: sizesOf({ batch: 1, widths: [firstWidth, ...layers.map(([width]) => width)] }),
        attributes: { activations: layers.map(([, activation]) => activation), from: Math.min(from, layers.length) },
      })),
    variants: [],
    knownMistakes: [
      {
        name: 'slopes-missing',
        says: 'the products of the weights alone, without f′(net)',
        outputs: (inputs, attributes) => pathsWith(inputs, attributes, { slope: () => 1 }),
      },
      {
        name: 'output-slope-missing',
        says: "the paths without the output layer's f′(net)",
        outputs: (inputs, attributes) =>
          pathsWith(inputs, attributes, { slope: ({ net, activation, last }) => (last ? 1 : plainSlope(net, activation)) }),
      },
      {
        name: 'strongest-path-alone',
        says: 'the path with the largest product, for their sum',
        outputs: (inputs, attributes) =>
          pathsWith(inputs, attributes, {
            together: (products) => products.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)),
          }),
      },
      {
        name: 'last-path-alone',
        says: 'the last path alone: overwritten, not summed',
        outputs: (inputs, attributes) => pathsWith(inputs, attributes, { together: (products) => products.at(-1) ?? 0 }),
      },
      {
        name: 'mean-of-the-paths',
        says: 'the mean over the paths for their sum',
        outputs: (inputs, attributes) =>
          pathsWith(inputs, attributes, { together: (products) => total(products) / products.length }),
      },
      {
        name: 'gradient-of-the-net',
        says: '∂L/∂net of the layer: multiplied by its own f′(net) as well',
        outputs: (inputs, attributes) => pathsWith(inputs, attributes, { start: plainSlope }),
      },
      {
        name: 'loss-left-out',
        says: 'the sum of ∂o/∂h over the outputs, without ∂L/∂o',
        outputs: (inputs, attributes) => pathsWith(inputs, attributes, { output: () => 1 }),
      },
      {
        name: 'wrong-sign',
        says: 'the gradient with target − y for y − target',
        erratum: 'R17',
        outputs: (inputs, attributes) => pathsWith(inputs, attributes, { output: (y, t) => t - y }),
      },
      {
        name: 'weights-read-transposed',
        says: 'the paths with the weights read as [inputs, outputs]',
        outputs: (inputs, attributes) => pathsWith(inputs, attributes, { transposed: true }),
      },
      {
        name: 'slope-at-the-output',
        says: 'f′(f(net)) for f′(net)',
        outputs: (inputs, attributes) =>
          pathsWith(inputs, attributes, {
            slope: ({ net, activation }) => plainSlope(activations[activation].value(net), activation),
          }),
      },
    ],
  }),

  defineOperation<'mlp.collapse'>({
    name: 'mlp.collapse',
    title: 'Linear layers as one',
    topic,
    formula:
      'W = W_k \\cdots W_1, \\quad W_1^\\top \\cdots W_k^\\top = W^\\top, \\quad b = W_k(\\cdots (W_2 b_1 + b_2) \\cdots) + b_k',
    rows: ['M9'],
    source: 'reference/mlp.ts',
    attributes: { depth: 'number of layers' },
    inputs: collapseInputs,
    outputs: ({ depth }) => ({
      weights: { dimensions: [`width${depth}`, 'width0'] },
      bias: { dimensions: [`width${depth}`] },
    }),
    constraints: [
      {
        id: 'C1',
        text: 'depth is a positive whole number, and there is a width for every layer and one for the input',
        holds: (sizes, { depth }) =>
          Number.isInteger(depth) &&
          depth >= 1 &&
          Array.from({ length: depth + 1 }, (_, l) => sizes[`width${l}`]).every((width) => width >= 1),
      },
    ],
    independent: ({ depth }) => ['width0', `width${depth}`],
    reference: (inputs, attributes) => collapseLayers(collapsed(inputs, attributes)),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula.replaceAll('|a||b|', '|W_k| \\cdots |W_1|'),
      derivation:
        'Matrix products may be associated in any way: each adds the roundings of its own sums, so that no term passes through more than the sum of all inner widths, and through one more addition for each bias. Whole numbers whose products all stay below 2²⁴ are exact.',
      limits: ({ inputs, attributes, expected, precision }) =>
        collapseLimits(collapsed(inputs, attributes), expected, precision),
    },
    tiers: ['random', 'exact'],
    cases: [
      collapseRecipe('plain', [3, 5, 4]),
      collapseRecipe('three-layers', [4, 2, 5, 3]),
      collapseRecipe('five-layers', [2, 4, 3, 5, 3, 4]),
      collapseRecipe('square', [4, 4, 4, 4]),
      collapseRecipe('one-layer', [5, 3]),
      collapseRecipe('bottleneck', [6, 1, 4]),
      collapseRecipe('wide', [7, 40, 30, 5], { tiers: ['random'], values: { weights1: real, weights2: real, weights3: real } }),
    ],
    draw: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 5 }).map((widths) => {
      const { sizes, attributes } = collapseRecipe('drawn', widths);
      return { sizes, attributes };
    }),
    variants: [],
    knownMistakes: [
      {
        name: 'written-transposed',
        says: 'the transpose of the matrix',
        outputs: (inputs, attributes) => {
          const { weights, bias } = collapseLayers(collapsed(inputs, attributes));
          return { weights: readAs(weights, [1, 0]), bias };
        },
      },
      {
        name: 'order-not-reversed',
        says: 'W₁…W_k: the order of the factors kept where a transposition reverses it',
        outputs: (inputs, attributes) => {
          const layers = collapsed(inputs, attributes);
          const right = collapseLayers(layers);
          return isSquare(layers) ? { weights: collapseLayers([...layers].reverse()).weights, bias: right.bias } : right;
        },
      },
      {
        name: 'multiplied-element-by-element',
        says: 'the elementwise product of the matrices',
        outputs: (inputs, attributes) => {
          const layers = collapsed(inputs, attributes);
          const right = collapseLayers(layers);
          if (!isSquare(layers)) return right;
          const product = layers[0].weights.data.map((_, i) => layers.reduce((p, { weights }) => p * weights.data[i], 1));
          return { weights: { ...right.weights, data: product }, bias: right.bias };
        },
      },
      {
        name: 'weights-read-transposed',
        says: 'the product of the matrices read as [inputs, outputs]',
        outputs: (inputs, attributes) =>
          collapsedWith(inputs, attributes, ({ weights }) => ({ weights: readAs(weights, [1, 0]) })),
      },
      {
        name: 'last-bias-alone',
        says: "the last layer's bias alone, the others forgotten",
        outputs: (inputs, attributes) =>
          collapsedWith(inputs, attributes, ({ bias }, l, layers) => (l < layers.length - 1 ? { bias: scaled(bias, 0) } : {})),
      },
      {
        name: 'biases-missing',
        says: 'no bias at all',
        outputs: (inputs, attributes) => collapsedWith(inputs, attributes, ({ bias }) => ({ bias: scaled(bias, 0) })),
      },
      {
        name: 'biases-subtracted',
        says: 'the biases taken for thresholds: W·x − b in every layer',
        erratum: 'R12',
        outputs: (inputs, attributes) => collapsedWith(inputs, attributes, ({ bias }) => ({ bias: scaled(bias, -1) })),
      },
      {
        name: 'biases-summed',
        says: 'the sum of the biases, none sent through the layers after it',
        outputs: (inputs, attributes) => {
          const layers = collapsed(inputs, attributes);
          const right = collapseLayers(layers);
          if (!isSquare(layers)) return right;
          const sums = right.bias.data.map((_, i) => layers.reduce((sum, { bias }) => sum + bias.data[i], 0));
          return { weights: right.weights, bias: { ...right.bias, data: sums } };
        },
      },
      {
        name: 'tf32-inside',
        says: 'the product with the matrices rounded to the 11 significant bits of TF32',
        outputs: (inputs, attributes) =>
          collapsedWith(inputs, attributes, ({ weights }) => ({ weights: rounded(weights, precisions.tf32) })),
      },
    ],
    benchmark: collapseRecipe('benchmark', [96, 128, 112, 80]),
    flops: (sizes, { depth }) => {
      let flops = 0;
      for (let l = 2; l <= depth; l++) flops += 2 * sizes[`width${l}`] * sizes[`width${l - 1}`] * (sizes.width0 + 1);
      return flops;
    },
  }),
];
