/** The continuous multiplication gate (Row M11). */
import fc from 'fast-check';
import type { InputsOf, LayerActivation, MultiplicationGateAttributes } from '../../../backends/signatures.ts';
import { activations, sigmoid } from '../../../reference/activations.ts';
import { multiplicationGate } from '../../../reference/multiplicationGate.ts';
import { combine, reshape, scalar, type Tensor } from '../../../reference/tensor.ts';
import * as enclosed from '../../judging/bounds/enclosure.ts';
import type { AnyOperation, Values } from '../../judging/operation.ts';
import type { Precision } from '../../judging/precision.ts';
import { scaled } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { intermediate } from '../shared/undefinedSpecialValues.ts';

type Enclosed = enclosed.Enclosed;
type Inputs = InputsOf<'multiplicationGate'>;

const factors: Values = { kind: 'uniform', low: -2, high: 2 };

/** σ₂ = σ″ at the operating point. */
const secondDerivatives: Readonly<Record<LayerActivation, (s: number) => number>> = {
  identity: () => 0,
  relu: () => 0,
  sigmoid: (s) => sigmoid(s) * (1 - sigmoid(s)) * (1 - 2 * sigmoid(s)),
  tanh: (s) => -2 * Math.tanh(s) * (1 - Math.tanh(s) ** 2),
  softplus: (s) => sigmoid(s) * (1 - sigmoid(s)),
};

/** The gate with its units' argument or their sum changed. */
function gateWith(
  { u, v }: Inputs,
  { activation, lambda, mu, shift }: MultiplicationGateAttributes,
  change: {
    readonly argument?: (z: number) => number;
    readonly sum?: (unit: (z: number) => number, u: number, v: number) => number;
  },
): { y: Tensor } {
  const argument = change.argument ?? ((z) => shift + lambda * z);
  const unit = (z: number) => activations[activation].value(argument(z));
  const sum = change.sum ?? ((f, a, b) => f(a + b) + f(-(a + b)) - f(a - b) - f(-a + b));
  return { y: combine(u, v, (a, b) => mu * sum(unit, a, b)) };
}

/** λ(u ± v), or λu ± λv: whichever rounds more. */
function encloseArguments({ u, v }: Inputs, lambda: number, sign: 1 | -1, precision: Precision): Enclosed {
  const [a, b] = [enclosed.input(u, precision), enclosed.input(v, precision)];
  const join = sign === 1 ? enclosed.add : enclosed.subtract;
  const together = enclosed.scale(join(a, b, precision), lambda, precision);
  const apart = join(enclosed.scale(a, lambda, precision), enclosed.scale(b, lambda, precision), precision);
  return enclosed.widest(together, apart);
}

/** The four units with their signs, summed in any order, then times μ; or each times μ, then summed. */
function encloseGate(
  inputs: Inputs,
  { activation, lambda, mu, shift }: MultiplicationGateAttributes,
  precision: Precision,
): Enclosed {
  const point = enclosed.input(scalar(shift), precision);
  const unit = (z: Enclosed) => enclosed.activation(activation, enclosed.add(point, z, precision), precision);
  const [sums, differences] = [encloseArguments(inputs, lambda, 1, precision), encloseArguments(inputs, lambda, -1, precision)];
  const units = [
    unit(sums),
    unit(enclosed.negate(sums)),
    enclosed.negate(unit(differences)),
    enclosed.negate(unit(enclosed.negate(differences))),
  ];
  const samples = inputs.u.data.length;
  const stacked: Enclosed = {
    value: { dtype: 'float64', shape: [4, samples], data: Float64Array.from(units.flatMap(({ value }) => [...value.data])) },
    error: Float64Array.from(units.flatMap(({ error }) => [...error])),
  };
  const flat = (a: Enclosed) => enclosed.rearranged(a, (t) => reshape(t, [samples]));
  return enclosed.widest(
    enclosed.scale(flat(enclosed.sum(stacked, 0, precision)), mu, precision),
    flat(enclosed.sum(enclosed.scale(stacked, mu, precision), 0, precision)),
  );
}

export const multiplicationGateOperations: readonly AnyOperation[] = [
  defineOperation<'multiplicationGate'>({
    name: 'multiplicationGate',
    undefinedSpecialValues: { largest: intermediate, 'largest-in-v': intermediate },
    title: 'Continuous multiplication gate',
    topic: 'Multilayer perceptron',
    formula:
      'm(u, v) = \\mu \\left\\{ \\sigma[s + \\lambda(u + v)] + \\sigma[s - \\lambda(u + v)] - \\sigma[s + \\lambda(u - v)] - \\sigma[s - \\lambda(u - v)] \\right\\} \\approx 4 \\mu \\sigma_2 \\lambda^2 u v',
    rows: ['M11', 'R14'],
    source: 'reference/multiplicationGate.ts',
    attributes: {
      activation: 'σ of the four hidden units',
      lambda: 'λ, the scale of the arguments',
      mu: 'μ, the weight of the output',
      shift: 's, the operating point',
    },
    inputs: () => ({ u: { dimensions: ['samples'], values: factors }, v: { dimensions: ['samples'], values: factors } }),
    outputs: () => ({ y: { dimensions: ['samples'] } }),
    constraints: [
      { id: 'C1', text: 'lambda is greater than 0', holds: (_, { lambda }) => typeof lambda === 'number' && lambda > 0 },
    ],
    independent: ['samples'],
    reference: ({ u, v }, { activation, ...options }) => ({
      y: combine(u, v, (a, b) => multiplicationGate(a, b, activation, options)),
    }),
    bound: {
      errorClass: 'composed',
      formula:
        "\\mu \\left(\\gamma_4 \\sum_{i=1}^4 |\\sigma_i| + \\sum_i \\left(\\Delta z_i \\sup |\\sigma'| + \\varepsilon_\\sigma\\right)\\right)",
      derivation:
        'Running error analysis: each argument rounds as λ(u ± v) or as λu ± λv and once more with the shift, the unit carries it on and adds its own error, and four units of either sign are summed. What is left of the sum is much smaller than its terms: with a small λ and its large μ the limit grows as 1/λ².',
      limits: ({ inputs, attributes, expected, precision }) => ({
        y: enclosed.limitOf(encloseGate(inputs, attributes, precision), expected.y),
      }),
    },
    tiers: ['random'],
    cases: [
      {
        name: 'softplus',
        sizes: { samples: 23 },
        attributes: { activation: 'softplus', lambda: 0.25, mu: 16, shift: 0 },
      },
      {
        name: 'softplus-wide',
        sizes: { samples: 17 },
        attributes: { activation: 'softplus', lambda: 1.3, mu: 0.7, shift: 0 },
      },
      {
        // μ = 1/(4σ₂λ²): the product itself, but for λ²/24 or so.
        name: 'softplus-narrow',
        sizes: { samples: 19 },
        attributes: { activation: 'softplus', lambda: 0.0625, mu: 256, shift: 0 },
      },
      {
        // σ₂ = 0 at 0: identically 0.
        name: 'sigmoid-at-zero',
        sizes: { samples: 14 },
        attributes: { activation: 'sigmoid', lambda: 1, mu: 1, shift: 0 },
      },
      {
        name: 'sigmoid-shifted',
        sizes: { samples: 21 },
        attributes: { activation: 'sigmoid', lambda: 0.5, mu: 11, shift: -1.2 },
      },
      {
        name: 'tanh-shifted',
        sizes: { samples: 16 },
        attributes: { activation: 'tanh', lambda: 0.75, mu: 2, shift: 0.6 },
      },
      {
        name: 'one-sample',
        sizes: { samples: 1 },
        attributes: { activation: 'softplus', lambda: 0.5, mu: 4, shift: 0.3 },
        given: { u: [1.5], v: [-0.75] },
      },
      {
        name: 'far-out',
        sizes: { samples: 12 },
        attributes: { activation: 'softplus', lambda: 40, mu: 0.025, shift: -3 },
      },
    ],
    draw: fc
      .record({
        samples: fc.integer({ min: 1, max: 6 }),
        activation: fc.constantFrom('softplus' as const, 'sigmoid' as const, 'tanh' as const),
        lambda: fc.constantFrom(1, 0.5, 0.3),
        mu: fc.constantFrom(1, 4, 0.7),
        shift: fc.constantFrom(0, 1, -0.4),
      })
      .map(({ samples, ...attributes }) => ({ sizes: { samples }, attributes })),
    variants: [],
    knownMistakes: [
      {
        name: 'product-of-the-expansion',
        says: '4μσ₂λ²uv: the approximation in place of the gate',
        outputs: ({ u, v }, { activation, lambda, mu, shift }) => {
          const factor = 4 * mu * secondDerivatives[activation](shift) * lambda ** 2;
          return { y: combine(u, v, (a, b) => factor * a * b) };
        },
      },
      {
        name: 'bracket-without-the-half',
        says: '8μσ₂λ²uv: the expansion with σ₂λ² for σ₂λ²/2',
        erratum: 'R14',
        outputs: ({ u, v }, { activation, lambda, mu, shift }) => {
          const factor = 8 * mu * secondDerivatives[activation](shift) * lambda ** 2;
          return { y: combine(u, v, (a, b) => factor * a * b) };
        },
      },
      {
        name: 'product-of-any-activation',
        says: 'μλ²uv: the expansion with σ₂ = ¼, whatever the activation',
        erratum: 'R25',
        outputs: ({ u, v }, { lambda, mu }) => ({ y: combine(u, v, (a, b) => mu * lambda ** 2 * a * b) }),
      },
      {
        name: 'lambda-missing',
        says: 'the gate with λ = 1 in its units',
        outputs: (inputs, attributes) => gateWith(inputs, { ...attributes, lambda: 1 }, {}),
      },
      {
        name: 'mu-missing',
        says: 'the sum of the units without μ',
        outputs: (inputs, attributes) => gateWith(inputs, { ...attributes, mu: 1 }, {}),
      },
      {
        name: 'shift-missing',
        says: 'the gate at the operating point 0',
        outputs: (inputs, attributes) => gateWith(inputs, { ...attributes, shift: 0 }, {}),
      },
      {
        name: 'shift-scaled',
        says: 'units of λ(s + z): the shift multiplied by λ as well',
        outputs: (inputs, attributes) =>
          gateWith(inputs, attributes, { argument: (z) => attributes.lambda * (attributes.shift + z) }),
      },
      {
        name: 'minus-not-distributed',
        says: 'σ[λ(−u + v)] for σ[−λ(u + v)]: two units alone are left',
        outputs: (inputs, attributes) => gateWith(inputs, attributes, { sum: (f, u, v) => f(u + v) - f(u - v) }),
      },
      {
        name: 'negated-units-doubled',
        says: 'twice σ[λ(u + v)] − σ[λ(u − v)]: σ taken for even',
        outputs: (inputs, attributes) => gateWith(inputs, attributes, { sum: (f, u, v) => 2 * (f(u + v) - f(u - v)) }),
      },
      {
        name: 'signs-exchanged',
        says: 'the gate with the opposite sign',
        outputs: (inputs, attributes) => ({ y: scaled(gateWith(inputs, attributes, {}).y, -1) }),
      },
      {
        name: 'all-units-added',
        says: 'the sum of the four units, none subtracted',
        outputs: (inputs, attributes) =>
          gateWith(inputs, attributes, { sum: (f, u, v) => f(u + v) + f(-(u + v)) + f(u - v) + f(-u + v) }),
      },
    ],
  }),
];
