/** Two-layer threshold networks built from truth tables (Row X3), evaluated on every input. */
import fc from 'fast-check';
import type { InputsOf, OutputsOf } from '../../../backends/signatures.ts';
import {
  bitsOf,
  fires,
  networkFromTruthTable,
  networkFromTruthTableByClauses,
  runThresholdNetwork,
  type ThresholdNetwork,
} from '../../../reference/booleanCircuits.ts';
import { map, type Tensor, tensor, zeros } from '../../../reference/tensor.ts';
import type { AnyOperation, KnownMistake, OutputBound, Values } from '../../judging/operation.ts';
import type { Random } from '../../judging/random.ts';
import { mirrored, scaled, withoutLast } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { every, wholeNumbers } from '../shared/undefinedSpecialValues.ts';

type Inputs = InputsOf<'thresholdNetwork'>;
type Outputs = OutputsOf<'thresholdNetwork'>;

/** Every input, one a row, in the order of a truth table. */
const everyInput: Values = {
  kind: 'computed',
  draw: (_, [rows, inputs]) => Float64Array.from(Array.from({ length: rows }, (_unused, row) => bitsOf(row, inputs)).flat()),
};

/** A truth table of 2^inputs rows of which `ones`, drawn at random, give 1. */
function drawTable(random: Random, inputs: number, ones: number): number[] {
  const table: number[] = Array.from({ length: 2 ** inputs }, (_, row) => (row < ones ? 1 : 0));
  for (let row = table.length - 1; row > 0; row--) {
    const other = random.integer(0, row);
    [table[row], table[other]] = [table[other], table[row]];
  }
  return table;
}

const flat = (network: ThresholdNetwork) => Float64Array.from(network.hidden.flatMap(({ weights }) => weights));
/** One unit for each row that gives 1, and their OR. */
const disjunctive: Values = {
  kind: 'computed',
  draw: (random, [hidden, inputs]) => flat(networkFromTruthTable(drawTable(random, inputs, hidden))),
};
/** One unit for each row that gives 0, and their AND. */
const conjunctive: Values = {
  kind: 'computed',
  draw: (random, [hidden, inputs]) => flat(networkFromTruthTableByClauses(drawTable(random, inputs, 2 ** inputs - hidden))),
};
/** From the weights of a normal form, how many bits of its row are 1: those with weight `sign`. */
function onesOf({ hiddenWeights: { shape, data } }: Readonly<Record<string, Tensor>>, sign: number): Float64Array {
  const [hidden, inputs] = shape;
  return Float64Array.from(
    { length: hidden },
    (_, unit) => data.subarray(unit * inputs, (unit + 1) * inputs).filter((weight) => weight === sign).length,
  );
}
const disjunctiveBias: Values = { kind: 'computed', draw: (_random, _shape, drawn) => onesOf(drawn, 1).map((ones) => -ones) };
const conjunctiveBias: Values = {
  kind: 'computed',
  draw: (_random, _shape, drawn) => onesOf(drawn, -1).map((ones) => ones - 1),
};
const allOnes: Values = { kind: 'computed', draw: (_, [hidden]) => new Float64Array(hidden).fill(1) };
const or: Values = { kind: 'computed', draw: () => Float64Array.of(-1) };
const and: Values = { kind: 'computed', draw: (_random, _shape, { hiddenBias }) => Float64Array.of(-hiddenBias.data.length) };
const clauses = { hiddenWeights: conjunctive, hiddenBias: conjunctiveBias, outputBias: and };
const weightsOfAnySize = (bits: number): Values => ({
  kind: 'computed',
  draw: (random, shape) => Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.integer(-bits, bits)),
});
/** Any integers: a network of no normal form. */
const integers = {
  hiddenWeights: weightsOfAnySize(3),
  hiddenBias: weightsOfAnySize(3),
  outputWeights: weightsOfAnySize(3),
  outputBias: weightsOfAnySize(2),
};

/** The network that the tensors hold. */
export function networkOf({ hiddenWeights, hiddenBias, outputWeights, outputBias }: Inputs): ThresholdNetwork {
  const [hidden, inputs] = hiddenWeights.shape;
  return {
    hidden: Array.from({ length: hidden }, (_, unit) => ({
      weights: Array.from(hiddenWeights.data.subarray(unit * inputs, (unit + 1) * inputs)),
      bias: hiddenBias.data[unit],
    })),
    output: { weights: Array.from(outputWeights.data), bias: outputBias.data[0] },
  };
}

function evaluate(given: Inputs): Outputs {
  const network = networkOf(given);
  const [rows, inputs] = given.x.shape;
  const hidden = zeros([rows, network.hidden.length]);
  const y = zeros([rows]);
  for (let row = 0; row < rows; row++) {
    const bits = Array.from(given.x.data.subarray(row * inputs, (row + 1) * inputs));
    hidden.data.set(
      network.hidden.map((unit) => fires(unit, bits)),
      row * network.hidden.length,
    );
    y.data[row] = runThresholdNetwork(network, bits);
  }
  return { hidden, y };
}

/** The network with another unit: `fire` gives its output from its net; `output` that of the last one. */
function evaluateWith(given: Inputs, fire: (net: number) => number, output = fire): Outputs {
  const { hidden: units, output: last } = networkOf(given);
  const [rows, inputs] = given.x.shape;
  const net = (weights: readonly number[], bias: number, x: ArrayLike<number>) =>
    weights.reduce((sum, weight, i) => sum + weight * x[i], bias);
  const layers = Array.from({ length: rows }, (_, row) => {
    const bits = given.x.data.subarray(row * inputs, (row + 1) * inputs);
    const hidden = units.map(({ weights, bias }) => fire(net(weights, bias, bits)));
    return { hidden, y: output(net(last.weights, last.bias, hidden)) };
  });
  return {
    hidden: tensor(
      [rows, units.length],
      layers.flatMap(({ hidden }) => hidden),
    ),
    y: tensor(
      [rows],
      layers.map(({ y }) => y),
    ),
  };
}

const step = (net: number) => (net >= 0 ? 1 : 0);
const mistakes: readonly KnownMistake<'thresholdNetwork'>[] = [
  {
    name: 'tie-does-not-fire',
    says: 'units that fire where wᵀx + b > 0: a net of 0 gives 0',
    outputs: (given) => evaluateWith(given, (net) => (net > 0 ? 1 : 0)),
  },
  {
    name: 'outputs-of-minus-1',
    says: 'sign for step: units that give −1 where they do not fire',
    outputs: (given) => evaluateWith(given, (net) => (net >= 0 ? 1 : -1)),
  },
  {
    name: 'bias-taken-for-a-threshold',
    says: 'wᵀx ≥ b for wᵀx + b ≥ 0',
    outputs: (given) =>
      evaluate({ ...given, hiddenBias: scaled(given.hiddenBias, -1), outputBias: scaled(given.outputBias, -1) }),
  },
  {
    name: 'bias-forgotten',
    says: 'hidden units without their bias',
    outputs: (given) => evaluate({ ...given, hiddenBias: scaled(given.hiddenBias, 0) }),
  },
  {
    name: 'and-for-or',
    says: 'an output that fires only where all hidden units do',
    outputs: (given) => evaluate({ ...given, outputBias: map(given.outputBias, () => -given.hiddenBias.data.length) }),
  },
  {
    name: 'no-unit-combines',
    says: 'the output of the first hidden unit: no further unit combines them',
    erratum: 'R13',
    outputs: (given) => {
      const { hidden } = evaluate(given);
      const [rows, units] = hidden.shape;
      return {
        hidden,
        y: tensor(
          [rows],
          Float64Array.from({ length: rows }, (_, row) => hidden.data[row * units]),
        ),
      };
    },
  },
  {
    name: 'output-not-thresholded',
    says: "the output unit's net for its output",
    outputs: (given) => evaluateWith(given, step, (net) => net),
  },
  {
    name: 'hidden-units-linear',
    says: 'hidden units without a threshold: one linear unit in all',
    outputs: (given) => evaluateWith(given, (net) => net, step),
  },
  {
    name: 'bits-in-reverse-order',
    says: 'the first input taken for the last',
    outputs: (given) => evaluate({ ...given, x: mirrored(given.x, [1]) }),
  },
  {
    name: 'last-unit-missing',
    says: 'the output without the last hidden unit',
    outputs: (given) => ({
      hidden: evaluate(given).hidden,
      y: evaluate({ ...given, outputWeights: withoutLast(given.outputWeights, 0) }).y,
    }),
  },
];

const exactly = ({ data }: Tensor): OutputBound => ({ limit: new Float64Array(data.length) });
const normalForm = (inputs: number, hidden: number) => ({ sizes: { inputs, hidden }, attributes: {} });

export const thresholdNetworkOperations: readonly AnyOperation[] = [
  defineOperation<'thresholdNetwork'>({
    name: 'thresholdNetwork',
    undefinedSpecialValues: every(wholeNumbers),
    title: 'Two-layer threshold network on every input',
    topic: 'Perceptron',
    formula:
      'h_k = \\operatorname{step}(w_k^\\top x + b_k), \\quad y = \\operatorname{step}(v^\\top h + c), \\quad \\operatorname{step}(0) = 1',
    rows: ['X3', 'P2', 'X2'],
    source: 'reference/booleanCircuits.ts',
    attributes: {},
    // Drawn in this order: the biases follow from the weights.
    inputs: () => ({
      x: { dimensions: ['rows', 'inputs'], values: everyInput, description: 'bits: every input, first bit highest' },
      hiddenWeights: {
        dimensions: ['hidden', 'inputs'],
        values: disjunctive,
        description: 'one unit for each row of a truth table that gives 1',
      },
      hiddenBias: { dimensions: ['hidden'], values: disjunctiveBias },
      outputWeights: { dimensions: ['hidden'], values: allOnes },
      outputBias: { dimensions: [], values: or },
    }),
    outputs: () => ({ hidden: { dimensions: ['rows', 'hidden'] }, y: { dimensions: ['rows'] } }),
    derivedSizes: ({ inputs }) => ({ rows: 2 ** inputs }),
    constraints: [
      { id: 'C1', text: 'inputs is from 1 to 12', holds: ({ inputs }) => inputs >= 1 && inputs <= 12 },
      {
        id: 'C2',
        text: 'hidden is from 1 to 2^inputs, the rows of a truth table',
        holds: ({ inputs, hidden }) => hidden >= 1 && hidden <= 2 ** inputs,
      },
    ],
    reference: evaluate,
    bound: {
      errorClass: 'exact',
      formula: '0',
      derivation:
        'Bits, weights and biases are small integers: every net is an integer that float32 holds, and a unit fires or does not.',
      limits: ({ expected }) => ({ hidden: exactly(expected.hidden), y: exactly(expected.y) }),
    },
    tiers: ['exact'],
    cases: [
      { name: 'plain', ...normalForm(4, 6) },
      { name: 'clauses', ...normalForm(4, 5), values: clauses },
      { name: 'inputs-1', ...normalForm(1, 1) },
      { name: 'always', ...normalForm(3, 8) },
      { name: 'never', ...normalForm(3, 8), values: clauses },
      { name: 'one-row', ...normalForm(5, 1) },
      { name: 'many-inputs', ...normalForm(8, 90) },
      { name: 'many-clauses', ...normalForm(7, 40), values: clauses },
      { name: 'integers', ...normalForm(5, 7), values: integers },
      {
        // XOR as OR and not AND (Row X2): the hidden units meet nets of 0.
        name: 'xor',
        ...normalForm(2, 2),
        given: { hiddenWeights: [1, 1, -1, -1], hiddenBias: [-1, 1], outputWeights: [1, 1], outputBias: [-2] },
      },
    ],
    draw: fc
      .integer({ min: 1, max: 5 })
      .chain((inputs) => fc.integer({ min: 1, max: 2 ** inputs }).map((hidden) => normalForm(inputs, hidden))),
    variants: [],
    knownMistakes: mistakes,
  }),
];
