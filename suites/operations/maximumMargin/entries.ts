/** The separator with the largest margin (Row N4), judged by its own proof of optimality: the gap between primal and dual. */
import fc from 'fast-check';
import type { InputsOf, OutputsOf } from '../../../backends/signatures.ts';
import { maximumMargin } from '../../../reference/maximumMargin.ts';
import { perceptronTrain } from '../../../reference/perceptron.ts';
import { scalar, type Tensor, tensor } from '../../../reference/tensor.ts';
import { gamma } from '../../judging/bounds/sumOfProducts.ts';
import type { AnyOperation, BoundContext, KnownMistake, Values } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { scaled } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { every, noMargin } from '../shared/undefinedSpecialValues.ts';

type Inputs = InputsOf<'maximumMargin'>;
type Outputs = OutputsOf<'maximumMargin'>;

/** (1, −1, 1, …)/√features: the direction along which the classes stand apart. */
const axis = (features: number) => Array.from({ length: features }, (_, j) => (j % 2 === 0 ? 1 : -1) / Math.sqrt(features));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, value, j) => sum + value * b[j], 0);
const rowOf = ({ shape, data }: Tensor, n: number) => data.subarray(n * shape[1], (n + 1) * shape[1]);
const rows = (x: Tensor) => Array.from({ length: x.shape[0] }, (_, n) => rowOf(x, n));
const labelsOf = (x: Tensor) => Float64Array.from(rows(x), (row) => (dot(row, axis(x.shape[1])) < 0 ? -1 : 1));

/** Sweeps that coordinate ascent may need: what needs more is nearly degenerate, and no test of arithmetic. */
const mostSweeps = 100;
const referenceTolerance = 1e-10;

/** Uniform on [−4, 4], at a distance of at least 1 from the plane between the classes; drawn again where the optimum is nearly degenerate. */
const separable: Values = {
  kind: 'computed',
  draw: (random, [samples, features]) => {
    const along = axis(features);
    for (let attempt = 0; attempt < 200; attempt++) {
      const x = new Float64Array(samples * features);
      for (let n = 0; n < samples; n++) {
        const sample = x.subarray(n * features, (n + 1) * features);
        while (!(Math.abs(dot(sample, along)) >= 1)) {
          for (let j = 0; j < features; j++) sample[j] = Math.fround(8 * random.next() - 4);
        }
      }
      const drawn = tensor([samples, features], x);
      try {
        const sweeps = { tolerance: referenceTolerance, iterations: mostSweeps, sweepsAlone: true };
        maximumMargin(drawn, tensor([samples], labelsOf(drawn)), sweeps);
        return x;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }
    // Multiples of the axis: the nearest sample alone decides.
    return Float64Array.from({ length: samples * features }, (_, at) => (1 + Math.floor(at / features)) * along[at % features]);
  },
};
const labelsOfAxis: Values = { kind: 'computed', draw: (_random, _shape, { x }) => labelsOf(x) };

function solved({ x, labels }: Inputs) {
  return maximumMargin(x, labels, { tolerance: referenceTolerance });
}

function outputsOf({ separator, margin, primal, dual }: ReturnType<typeof solved>): Outputs {
  return { separator, margin: scalar(margin), primal: scalar(primal), dual: scalar(dual) };
}

/**
 * Limits from the gap. ½‖·‖² is 1-strongly convex, so a feasible u with primal P and any dual bound D ≤ P* has
 * ½‖u − u*‖² ≤ P − P* ≤ P − D: within √(2·gap) of the optimum, and so is the reference with its own gap. P and D lie within the gap of
 * P*, and the margin 1/‖u‖ with them.
 *
 * Rounding adds to the gap: yuᵀx is off by γ‖u‖R where it is 1, which feasibility pays for twice in P; Σαyx is off by γΣα·R =
 * γ‖u‖²R, as Σα = ‖u‖² at the optimum, which moves ½‖Σαyx‖² by 2γ‖u‖R of P*; the norms and Σα themselves by γ. In all no more
 * than 8γ(1 + ‖u‖R), with γ for the longest sum.
 */
function limits({ inputs, attributes: { tolerance }, expected, precision }: BoundContext<'maximumMargin'>) {
  const { x } = inputs;
  const [samples, features] = x.shape;
  const radius = Math.max(...rows(x).map((row) => Math.sqrt(dot(row, row))));
  const primal = expected.primal.data[0];
  const length = Math.sqrt(2 * primal);
  const growth = gamma(samples + features + 6, precision);
  const gap = tolerance + 8 * growth * (1 + length * radius);
  const own = referenceTolerance + gamma(samples + features + 6, precisions.float64);
  const whole = gap + own;
  // A gap as large as P bounds nothing.
  const part = gap < 1 ? gap / (1 - gap) : Infinity;
  const apart = length * (Math.sqrt(part) + Math.sqrt(own) + growth);
  return {
    separator: { limit: new Float64Array(features).fill(apart) },
    margin: { limit: Float64Array.of(whole * expected.margin.data[0]) },
    primal: { limit: Float64Array.of((gap < 1 ? whole / (1 - gap) : Infinity) * primal) },
    dual: { limit: Float64Array.of(whole * primal) },
  };
}

const changed = (
  name: string,
  says: string,
  change: (right: Outputs, inputs: Inputs) => Partial<Outputs>,
): KnownMistake<'maximumMargin'> => ({
  name,
  says,
  outputs: (inputs) => {
    const right = outputsOf(solved(inputs));
    return { ...right, ...change(right, inputs) };
  },
});

/** Everything about a separator in the direction of u; where it separates nothing, the numbers come out as they do. */
function along({ x, labels }: Inputs, u: ArrayLike<number>, sumOfMultipliers?: number): Outputs {
  const smallest = Math.min(...rows(x).map((row, n) => labels.data[n] * dot(row, u)));
  const squared = dot(u, u);
  return {
    separator: tensor(
      [u.length],
      Array.from(u, (value) => value / smallest),
    ),
    margin: scalar(smallest / Math.sqrt(squared)),
    primal: scalar(squared / (2 * smallest ** 2)),
    dual: scalar(sumOfMultipliers === undefined ? squared / (2 * smallest ** 2) : sumOfMultipliers - squared / 2),
  };
}

/** Dual coordinate ascent, `sweeps` times, each multiplier at most `cap`. */
function ascended(inputs: Inputs, sweeps: number, cap = Infinity): Outputs {
  const { x, labels } = inputs;
  const u = new Float64Array(x.shape[1]);
  const alpha = new Float64Array(x.shape[0]);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    rows(x).forEach((row, n) => {
      const next = Math.min(cap, Math.max(0, alpha[n] + (1 - labels.data[n] * dot(row, u)) / dot(row, row)));
      row.forEach((value, j) => {
        u[j] += (next - alpha[n]) * labels.data[n] * value;
      });
      alpha[n] = next;
    });
  }
  return along(
    inputs,
    u,
    alpha.reduce((sum, value) => sum + value, 0),
  );
}

const mistakes: readonly KnownMistake<'maximumMargin'>[] = [
  changed('unit-length', 'u/‖u‖: the direction alone', ({ separator, margin }) => ({
    separator: scaled(separator, margin.data[0]),
  })),
  changed('margin-without-its-length', 'min yuᵀx = 1 for the margin 1/‖u‖', () => ({ margin: scalar(1) })),
  changed('margin-between-the-classes', '2/‖u‖: the distance between the classes', ({ margin }) => ({
    margin: scaled(margin, 2),
  })),
  changed('half-forgotten', '‖u‖² for ½‖u‖²', ({ primal, dual }) => ({ primal: scaled(primal, 2), dual: scaled(dual, 2) })),
  changed('dual-without-its-square', 'Σα for Σα − ½‖Σαyx‖²', ({ dual }) => ({ dual: scaled(dual, 2) })),
  {
    name: 'stops-early',
    says: 'three sweeps of coordinate ascent: a gap that is not closed',
    outputs: (inputs) => ascended(inputs, 3),
  },
  {
    name: 'soft-margin',
    says: 'multipliers cut off at 0.01: a soft margin',
    outputs: (inputs) => ascended(inputs, 300, 0.01),
  },
  {
    name: 'perceptron',
    says: "the perceptron's separator: it separates, and is not the best",
    outputs: (inputs) => along(inputs, perceptronTrain(inputs.x, inputs.labels, 60).weights.data),
  },
  {
    name: 'difference-of-the-means',
    says: 'the direction between the means of the classes',
    outputs: (inputs) => {
      const u = new Float64Array(inputs.x.shape[1]);
      const count = (label: number) => inputs.labels.data.filter((value) => value === label).length || 1;
      rows(inputs.x).forEach((row, n) => {
        const label = inputs.labels.data[n];
        row.forEach((value, j) => {
          u[j] += (label * value) / count(label);
        });
      });
      return along(inputs, u);
    },
  },
  {
    name: 'not-scaled-to-feasibility',
    says: 'u with min yuᵀx = 1.01 for 1',
    outputs: (inputs) => {
      const { separator, ...rest } = outputsOf(solved(inputs));
      return { ...rest, separator: scaled(separator, 1.01), primal: scaled(rest.primal, 1.01 ** 2) };
    },
  },
];

const tolerance = 2 ** -12;
const sizes = (samples: number, features: number) => ({ sizes: { samples, features }, attributes: { tolerance } });

export const maximumMarginOperations: readonly AnyOperation[] = [
  defineOperation<'maximumMargin'>({
    name: 'maximumMargin',
    undefinedSpecialValues: every(noMargin),
    title: 'Maximum margin, with a dual bound',
    topic: 'Perceptron',
    formula:
      '\\min_u \\tfrac12\\lVert u\\rVert^2 \\text{ subject to } y_nu^\\top x_n \\ge 1 \\;=\\; \\max_{\\alpha \\ge 0} \\sum_n\\alpha_n - \\tfrac12\\Bigl\\lVert\\sum_n\\alpha_ny_nx_n\\Bigr\\rVert^2',
    rows: ['N4'],
    source: 'reference/maximumMargin.ts',
    attributes: { tolerance: 'largest (primal − dual)/primal' },
    inputs: () => ({
      x: {
        dimensions: ['samples', 'features'],
        values: separable,
        description: 'separable through the origin, with a margin of at least 1',
      },
      labels: { dimensions: ['samples'], values: labelsOfAxis, description: '−1 or +1' },
    }),
    outputs: () => ({
      separator: { dimensions: ['features'], description: 'the shortest u with yₙuᵀxₙ ≥ 1' },
      margin: { dimensions: [], description: '1/‖u‖' },
      primal: { dimensions: [], description: '½‖u‖² of a feasible u: an upper bound of the optimum' },
      dual: { dimensions: [], description: 'Σα − ½‖Σαyx‖² of some α ≥ 0: a lower bound of the optimum' },
    }),
    constraints: [
      {
        id: 'C1',
        text: 'tolerance is from 2⁻¹⁴ to ½: float32 cannot prove a smaller gap',
        holds: (_, attributes) => (attributes.tolerance as number) >= 2 ** -14 && (attributes.tolerance as number) <= 0.5,
      },
      {
        id: 'C2',
        text: 'there are at most 40 samples and 40 features',
        holds: ({ samples, features }) => samples <= 40 && features <= 40,
      },
    ],
    reference: (inputs) => outputsOf(solved(inputs)),
    bound: {
      errorClass: 'composed',
      formula:
        '\\epsilon = \\text{tolerance} + 8\\gamma(1 + \\lVert u\\rVert R): \\quad \\lVert u - u^*\\rVert \\le \\sqrt{\\tfrac{\\epsilon}{1 - \\epsilon}}\\,\\lVert u^*\\rVert, \\quad |P - P^*| \\le \\tfrac{\\epsilon}{1 - \\epsilon}P^*, \\quad |D - P^*| \\le \\epsilon P^*, \\quad \\bigl|\\tfrac1{\\lVert u\\rVert} - \\tfrac1{\\lVert u^*\\rVert}\\bigr| \\le \\tfrac{\\epsilon}{\\lVert u^*\\rVert}',
      derivation:
        'What is judged is the proof: an answer whose primal and dual enclose the optimum within the tolerance. ½‖u‖² is strongly convex, so a feasible u with a gap of ε·P lies within √ε·‖u‖ of the optimum. Rounding of the sums in the constraints and in both objectives widens the gap by at most 8γ(1 + ‖u‖R). The reference closes its own gap to 10⁻¹⁰.',
      limits,
    },
    tiers: ['random'],
    cases: [
      { name: 'plain', ...sizes(8, 3) },
      { name: 'two-samples', ...sizes(2, 2) },
      { name: 'plane', ...sizes(5, 2) },
      { name: 'more-features-than-samples', ...sizes(6, 9) },
      { name: 'many-samples', ...sizes(12, 4) },
      { name: 'samples-1', ...sizes(1, 3) },
      { name: 'features-1', ...sizes(3, 1) },
      // By hand (Row N4): u = (1, −1), margin 1/√2, primal and dual 1.
      { name: 'by-hand', ...sizes(2, 2), given: { x: [1, 0, 0, 1], labels: [1, -1] } },
      // AND with the bias among the weights: u = (2, 2, −3), on which three corners lie at distance 1/‖u‖.
      {
        name: 'and',
        ...sizes(4, 3),
        given: { x: [0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1], labels: [-1, -1, -1, 1] },
      },
    ],
    draw: fc
      .record({ samples: fc.integer({ min: 1, max: 6 }), features: fc.integer({ min: 1, max: 3 }) })
      .map(({ samples, features }) => sizes(samples, features)),
    variants: [],
    knownMistakes: mistakes,
  }),
];
