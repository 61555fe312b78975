/**
 * The activations, each with its derivative and its backward pass (dx = dy·f'(x)): three lines of the table from each entry of
 * `activationFacts.ts`.
 */
import fc from 'fast-check';
import type { ActivationName, AttributesOf, InputsOf, ScaledTanhAttributes } from '../../../backends/signatures.ts';
import { activations, hardTanh, identity, relu, sign, step } from '../../../reference/activations.ts';
import { combine, map, sizeOf, type Tensor, type TensorData, zeros } from '../../../reference/tensor.ts';
import { activation, activationDerivative, input, multiply } from '../../judging/bounds/enclosure.ts';
import type {
  AnyCaseRecipe,
  AnyOperation,
  ErrorClass,
  HonestVariant,
  Known,
  Operation,
  Tier,
  Values,
} from '../../judging/operation.ts';
import { type Precision, precisions, roundsInputs } from '../../judging/precision.ts';
import type { Relation } from '../../judging/relation.ts';
import { rounded } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { adjointOf, linearIn } from '../shared/linearity.ts';
import { specialValues as askedValues } from '../shared/specialValueNames.ts';
import { choice, constant, everyIn, flat } from '../shared/undefinedSpecialValues.ts';
import { flushedInputs, flushedResults } from '../shared/variants.ts';
import { type ActivationFacts, activationFacts, type Scalar, type ScalarMistake } from './facts.ts';
import { activationVariants, backwardVariants } from './variants.ts';

const shape = ['batch', 'features'];
const { smallestNormal, smallestSubnormal, largest } = precisions.float32;

const defaultScale: ScaledTanhAttributes = { a: 1.75, b: 0.625 };
/** a = 1.716 and b = 2/3 (Row A3) as float32 has them: a backend holds attributes in its own element type. */
const documentScale: ScaledTanhAttributes = { a: Math.fround(1.716), b: Math.fround(2 / 3) };
const steepScale: ScaledTanhAttributes = { a: 0.5, b: 3 };

type Given = AttributesOf<ActivationName>;
type Unary = InputsOf<ActivationName>;
type Upstream = InputsOf<`${ActivationName}.backward`>;
/** Amplitude and slope; activations without attributes do not look at them. */
function scaleOf(attributes: Given): ScaledTanhAttributes {
  return { ...defaultScale, ...attributes };
}

/** The same for a function, its derivative and its backward pass. */
interface Recipe extends Omit<AnyCaseRecipe, 'attributes'> {
  readonly attributes: Given;
}

/** ±2⁻²⁴ to ±1: a result with a small absolute and a large relative error shows here. */
const nearZero: Values = {
  kind: 'computed',
  draw: (random, of) => drawn(of, () => (random.next() < 0.5 ? -1 : 1) * 2 ** -(24 * random.next())),
};
/** ±8 to ±104: where a sigmoid is nearly 0 or 1, exponentials overflow and results end in subnormal numbers. */
const tails: Values = {
  kind: 'computed',
  draw: (random, of) => drawn(of, () => (random.next() < 0.5 ? -1 : 1) * (8 + 96 * random.next())),
};

function drawn(of: readonly number[], next: () => number): Float64Array {
  return Float64Array.from({ length: of.reduce((product, size) => product * size, 1) }, next);
}

/** What the format can hold beside ordinary numbers. The slope of a piecewise linear function at NaN is undefined and not asked. */
const specialValues = (withNaN: boolean) => [
  withNaN ? NaN : 0.5,
  Infinity,
  -Infinity,
  0,
  -0,
  largest,
  -largest,
  smallestNormal,
  -smallestNormal,
  1.5,
];
const subnormalValues = [1, -1, 3, -12345, -0, 2 ** 20, 2 ** 22 + 1, -(2 ** 23 - 1)].map((units) => units * smallestSubnormal);

function recipesOf({ range, regimes, smooth, name }: ActivationFacts, asksSlope: boolean): Recipe[] {
  const attributes: Given = name === 'scaledTanh' ? { ...defaultScale } : {};
  const uniform = { x: { kind: 'uniform', low: -range, high: range } } as const;
  const random: readonly Tier[] = ['random'];
  return [
    { name: 'plain', sizes: { batch: 3, features: 7 }, attributes, values: uniform },
    { name: 'regimes', sizes: { batch: 4, features: Math.ceil(regimes.length / 4) + 1 }, attributes },
    { name: 'one-row', sizes: { batch: 1, features: 37 }, attributes },
    { name: 'one-feature', sizes: { batch: 5, features: 1 }, attributes, values: uniform },
    { name: 'many', sizes: { batch: 16, features: 96 }, attributes, values: uniform },
    ...(smooth
      ? [
          { name: 'near-zero', sizes: { batch: 5, features: 13 }, attributes, values: { x: nearZero } },
          { name: 'tails', sizes: { batch: 7, features: 11 }, attributes, values: { x: tails } },
        ]
      : [
          {
            name: 'large-integers',
            sizes: { batch: 5, features: 6 },
            attributes,
            tiers: ['exact'] as const,
            values: {
              x: { kind: 'uniform', low: -(2 ** 24), high: 2 ** 24 } as const,
              dy: { kind: 'uniform', low: -4095, high: 4095 } as const,
            },
          },
        ]),
    ...(name === 'scaledTanh'
      ? [
          { name: 'document', sizes: { batch: 4, features: 9 }, attributes: { ...documentScale } },
          { name: 'steep', sizes: { batch: 3, features: 8 }, attributes: { ...steepScale } },
        ]
      : []),
    {
      name: 'special-values',
      sizes: { batch: 2, features: 5 },
      attributes,
      tiers: random,
      given: { x: specialValues(smooth || !asksSlope) },
    },
    { name: 'subnormal', sizes: { batch: 2, features: 4 }, attributes, tiers: random, given: { x: subnormalValues } },
  ];
}

/** Rounding as a format of 11 significant bits does it, of the input or of the result. */
function coarseMistakes(f: Scalar): Omit<ScalarMistake, 'erratum'>[] {
  const coarse = (v: number) => rounded({ dtype: 'float64', shape: [], data: Float64Array.of(v) }, precisions.tf32).data[0];
  return [
    {
      name: 'tf32-input',
      says: 'the function of x rounded to 11 significant bits',
      compute: (v, scale) => f(coarse(v), scale),
    },
    { name: 'half-precision', says: 'the result rounded to 11 significant bits', compute: (v, scale) => coarse(f(v, scale)) },
  ];
}

const rampLength = 1024;

/**
 * Ramps that begin anywhere: other numbers at every place, quickly drawn, and a processor mostly guesses right where the reference asks on
 * which side of a kink one is.
 */
const ramps = (range: number): Values => ({
  kind: 'computed',
  draw: (random, shape) => {
    const data = new Float64Array(sizeOf(shape));
    for (let start = 0; start < data.length; start += rampLength) {
      const [first, slope] = [range * (2 * random.next() - 1), (range * random.next()) / (4 * rampLength)];
      const end = Math.min(start + rampLength, data.length);
      for (let i = start; i < end; i++) data[i] = first + slope * (i - start);
    }
    return data;
  },
});

/**
 * `map` for functions that cost less than a call. V8 compiles a function into a loop of its own, not into one that all functions share: of
 * half a million numbers the difference is most of the reference's time.
 */
const loops: Readonly<Partial<Record<ActivationName, (from: TensorData, to: TensorData) => void>>> = {
  identity(from, to) {
    for (let i = 0; i < to.length; i++) to[i] = identity(from[i]);
  },
  sign(from, to) {
    for (let i = 0; i < to.length; i++) to[i] = sign(from[i]);
  },
  step(from, to) {
    for (let i = 0; i < to.length; i++) to[i] = step(from[i]);
  },
  relu(from, to) {
    for (let i = 0; i < to.length; i++) to[i] = relu(from[i]);
  },
  hardTanh(from, to) {
    for (let i = 0; i < to.length; i++) to[i] = hardTanh(from[i]);
  },
};

function looped(loop: (from: TensorData, to: TensorData) => void): Operation<ActivationName>['reference'] {
  return ({ x }) => {
    const y = zeros(x.shape);
    loop(x.data, y.data);
    return { y };
  };
}

/** A slope with a step in it, or the same everywhere, leaves open what NaN gives. */
function undefinedOfSlope({ name, smooth }: ActivationFacts): Readonly<Record<string, string>> {
  if (smooth) return {};
  return { nan: name === 'identity' ? constant : choice };
}

/** The same for dy times the slope; where that is 0 everywhere nothing shows of dy. */
function undefinedOfBackward(facts: ActivationFacts): Readonly<Record<string, string>> {
  const isFlat = facts.name === 'sign' || facts.name === 'step';
  return { ...undefinedOfSlope(facts), ...(isFlat && everyIn(['dy'], flat, Object.keys(askedValues))) };
}

/** A positively homogeneous activation and its gradient are adjoint. */
function adjoint(name: ActivationName): readonly Relation[] {
  const rows = { relu: ['A7'], identity: ['A1'] };
  return name === 'relu' || name === 'identity'
    ? [adjointOf({ map: name, input: 'x', inputs: ['x'], gradient: 'dx' }, rows[name])]
    : [];
}

/** The three entries of one activation. */
function linesOf(facts: ActivationFacts): AnyOperation[] {
  const { name, smooth, slopesAtKinks } = facts;
  const scaled = name === 'scaledTanh';
  const attributes: Given = scaled ? { ...defaultScale } : {};
  const { value, derivative } = activations[name] as { value: Scalar; derivative: Scalar };
  const loop = loops[name];
  const mistakes = [...facts.mistakes, ...(smooth ? coarseMistakes(value) : [])];
  const derivativeMistakes = [...facts.derivativeMistakes, ...(smooth ? coarseMistakes(derivative) : [])];

  const x = {
    dimensions: shape,
    values: { kind: 'regimes' as const, low: -facts.range, high: facts.range, always: facts.regimes },
  };
  const dy = {
    dimensions: shape,
    values: { kind: 'uniform' as const, low: -2, high: 2 },
    description: 'gradient with respect to y',
  };
  const tiers: readonly Tier[] = smooth ? ['random'] : ['random', 'exact'];
  const benchmark = { name: 'benchmark', sizes: { batch: 64, features: 512 }, attributes, tiers: ['random'] as const };
  // Piecewise linear functions cost nothing to know: every output is compared.
  const large = {
    name: 'large',
    sizes: { batch: 832, features: 1024 },
    attributes,
    tiers: ['random'] as const,
    values: { x: ramps(facts.range) },
  };
  const common = {
    rows: facts.rows,
    topic: 'Activations',
    source: 'reference/activations.ts' as const,
    attributes: scaled ? { a: 'amplitude a of a·tanh(b·x)', b: 'slope b of a·tanh(b·x)' } : {},
    independent: shape,
    constraints: [],
    tiers,
    draw: fc.record({
      sizes: fc.record({ batch: fc.integer({ min: 1, max: 4 }), features: fc.integer({ min: 1, max: 5 }) }),
      attributes: scaled ? fc.constantFrom<Given>({ ...defaultScale }, { ...steepScale }) : fc.constant<Given>({}),
    }),
  };

  const unary = (f: Scalar) => (inputs: Unary, given: Given) => {
    if (!scaled) return { y: map(inputs.x, f as (x: number) => number) };
    const scale = scaleOf(given);
    return { y: map(inputs.x, (v) => f(v, scale)) };
  };
  const backward = (f: Scalar) => (inputs: Upstream, given: Given) => {
    const scale = scaleOf(given);
    return { dx: combine(inputs.x, inputs.dy, (v, d) => d * f(v, scale)) };
  };
  const valueClass: ErrorClass = smooth ? 'elementary' : 'exact';
  const slopeClass: ErrorClass = slopesAtKinks ? 'set-valued' : valueClass;
  const alternatives = <Inputs, Outputs>(lift: (f: Scalar) => (inputs: Inputs, given: Given) => Outputs) =>
    slopesAtKinks?.map((kink) => ({ name: kink.name, outputs: lift((v, scale) => kink.slopes[v] ?? derivative(v, scale)) }));

  const slope = (given: Tensor, precision: Precision, scale: Given) =>
    activationDerivative(name, input(given, precision), precision, scaleOf(scale));

  const rectified = name === 'relu' || name === 'hardTanh';
  /** A rectified number is the input or nothing; the others of a few values see no subnormal number. */
  const flushedWhereItShows = <Of extends Known>(reference: Operation<Of>['reference']): readonly HonestVariant<Of>[] =>
    rectified ? [flushedInputs<Of>(reference)] : [];
  const plain = loop ? looped(loop) : unary(value);
  const [plainSlope, plainBackward] = [unary(derivative), backward(derivative)];

  return [
    defineOperation<ActivationName>({
      ...common,
      name,
      title: facts.title,
      formula: facts.formula,
      onnx: facts.onnx,
      inputs: () => ({ x }),
      outputs: () => ({ y: { dimensions: shape } }),
      keepsSignOfZero: facts.keepsSignOfZero,
      reference: plain,
      bound: {
        errorClass: valueClass,
        ...facts.bound,
        limits: ({ inputs, attributes: given, precision }) => {
          // A piecewise linear function of numbers that the format holds rounds nothing.
          if (!smooth && !roundsInputs(precision)) return { y: { limit: new Float64Array(inputs.x.data.length) } };
          return { y: { limit: activation(name, input(inputs.x, precision), precision, scaleOf(given)).error } };
        },
      },
      cases: recipesOf(facts, false),
      benchmark,
      ...(!smooth && { large }),
      flops: ({ batch, features }) => batch * features,
      knownMistakes: mistakes.map(({ compute, ...mistake }) => ({ ...mistake, outputs: unary(compute) })),
      variants: smooth
        ? [...activationVariants<ActivationName>(name), flushedResults(plain), flushedInputs(plain)]
        : flushedWhereItShows(plain),
    }),
    defineOperation<`${ActivationName}.derivative`>({
      ...common,
      name: `${name}.derivative`,
      title: `${facts.title}, derivative`,
      formula: facts.derivativeFormula,
      inputs: () => ({ x }),
      outputs: () => ({ y: { dimensions: shape } }),
      undefinedSpecialValues: undefinedOfSlope(facts),
      reference: plainSlope,
      bound: {
        errorClass: slopeClass,
        ...facts.derivativeBound,
        limits: ({ inputs, attributes: given, precision }) => ({ y: { limit: slope(inputs.x, precision, given).error } }),
      },
      alternatives: alternatives(unary),
      cases: recipesOf(facts, true),
      benchmark,
      flops: ({ batch, features }) => batch * features,
      variants: smooth
        ? [
            ...activationVariants<`${ActivationName}.derivative`>(`${name}.derivative`),
            flushedResults(plainSlope),
            flushedInputs(plainSlope),
          ]
        : flushedWhereItShows(plainSlope),
      knownMistakes: derivativeMistakes.map(({ compute, ...mistake }) => ({ ...mistake, outputs: unary(compute) })),
    }),
    defineOperation<`${ActivationName}.backward`>({
      ...common,
      name: `${name}.backward`,
      // A slope of 1 everywhere hands dy on as it is.
      keepsSignOfZero: facts.keepsSignOfZero && !slopesAtKinks,
      title: `${facts.title}, backward`,
      formula: "dx = dy\\,f'(x)",
      inputs: () => ({ x, dy }),
      outputs: () => ({ dx: { dimensions: shape } }),
      undefinedSpecialValues: undefinedOfBackward(facts),
      relations: [linearIn('dy'), ...adjoint(name)],
      reference: plainBackward,
      bound: {
        errorClass: slopeClass,
        formula: smooth ? `|dy|\\,e_{f'} + u\\,(|dx| + |dy|\\,e_{f'})` : '0',
        derivation: smooth
          ? 'The derivative’s own limit weighs |dy|; the product rounds once.'
          : 'A slope of 0 or 1 times dy: nothing is rounded.',
        limits: ({ inputs, attributes: given, precision }) => {
          const upstream = input(inputs.dy, precision);
          const { error } = multiply(upstream, slope(inputs.x, precision, given), precision);
          // At a kink the slope 1 may stand where the reference has 0: what dy is off by must not be lost in the product.
          return { dx: { limit: slopesAtKinks ? error.map((e, i) => Math.max(e, upstream.error[i])) : error } };
        },
      },
      alternatives: alternatives(backward),
      cases: recipesOf(facts, true),
      benchmark,
      flops: ({ batch, features }) => 2 * batch * features,
      variants: smooth ? [...backwardVariants(name), flushedInputs(plainBackward)] : flushedWhereItShows(plainBackward),
      knownMistakes: [
        ...derivativeMistakes.map(({ compute, ...mistake }) => ({
          ...mistake,
          says: `dy·f′(x) with f′ as ${mistake.says}`,
          outputs: backward(compute),
        })),
        ...upstreamMistakes(facts, derivative),
      ],
    }),
  ];
}

/** What people do to dy rather than to f′. */
function upstreamMistakes(
  { name, slopesAtKinks }: ActivationFacts,
  derivative: Scalar,
): Operation<`${ActivationName}.backward`>['knownMistakes'] {
  const combined = (f: (slope: number, dy: number) => number) => (inputs: Upstream, given: Given) => ({
    dx: combine(inputs.x, inputs.dy, (v, d) => f(derivative(v, scaleOf(given)), d)),
  });
  // Where the derivative is 0 everywhere, dy ignored or negated changes nothing and dy added is the straight-through gradient.
  if (name === 'sign' || name === 'step') return [];
  return [
    { name: 'upstream-added', says: 'dy + f′(x): a sum for the product', outputs: combined((s, d) => d + s) },
    { name: 'upstream-ignored', says: 'f′(x): dy is ignored', outputs: combined((s) => s) },
    // The sigmoid's list has its derivative with the wrong sign.
    ...(name === 'sigmoid'
      ? []
      : [{ name: 'negative-gradient', says: '−dy·f′(x)', outputs: combined((s: number, d: number) => -s * d) }]),
    ...(slopesAtKinks
      ? [
          {
            name: 'mask-from-upstream',
            says: 'dy where dy is positive: the mask is taken from the gradient',
            outputs: combined((_, d) => Math.max(d, 0)),
          },
        ]
      : []),
  ];
}

export const activationOperations: readonly AnyOperation[] = activationFacts.flatMap(linesOf);
