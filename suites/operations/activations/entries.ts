/** The activations, each with its derivative and its backward pass (dx = dy·f'(x)): three entries of the table for each of the facts. */
import fc from 'fast-check';
import type { ActivationAttributes, ActivationName, AttributesOf, InputsOf } from '../../../backends/signatures.ts';
import { activations, hardTanh, identity, relu, sign, step } from '../../../reference/activations.ts';
import { combine, map, type Tensor, type TensorData, zeros } from '../../../reference/tensor.ts';
import { input, multiply } from '../../judging/bounds/enclosure.ts';
import type { AnyOperation, ErrorClass, HonestVariant, Known, Operation, Tier } from '../../judging/operation.ts';
import { type Precision, roundsInputs } from '../../judging/precision.ts';
import type { Relation } from '../../judging/relation.ts';
import { defineOperation } from '../define.ts';
import { adjointOf, linearIn } from '../shared/linearity.ts';
import { specialValues as askedValues } from '../shared/specialValueNames.ts';
import { choice, constant, everyIn, flat } from '../shared/undefinedSpecialValues.ts';
import { flushedInputs, flushedResults } from '../shared/variants.ts';
import { activationBounds, centredOn } from './bound.ts';
import { ramps, recipesOf } from './cases.ts';
import { type ActivationFacts, activationFacts, type Scalar, unread } from './facts.ts';
import { activationMistakes, coarseMistakes } from './mistakes.ts';

const shape = ['batch', 'features'];

type Given = AttributesOf<ActivationName>;
type Unary = InputsOf<ActivationName>;
type Upstream = InputsOf<`${ActivationName}.backward`>;

/** Completes the attributes of one activation to those of all, which it does not read. */
function complete(given: Given): ActivationAttributes {
  return { ...unread, ...given };
}

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

/** Tells whether a comparison chooses the slope, or it is the same everywhere: what NaN gives is then open. */
const choosesSlope = ({ smooth, slopesAtKinks }: ActivationFacts) => !smooth || slopesAtKinks !== undefined;

function undefinedOfSlope(facts: ActivationFacts): Readonly<Record<string, string>> {
  const { name } = facts;
  if (!choosesSlope(facts)) return {};
  return { nan: name === 'identity' ? constant : choice };
}

/** The same for dy times the slope; where that is 0 everywhere nothing shows of dy. */
function undefinedOfBackward(facts: ActivationFacts): Readonly<Record<string, string>> {
  const isFlat = facts.name === 'sign' || facts.name === 'step';
  return { ...undefinedOfSlope(facts), ...(isFlat && everyIn(['dy'], flat, Object.keys(askedValues))) };
}

/** A positively homogeneous activation and its gradient are adjoint. */
function adjoint(name: ActivationName): readonly Relation[] {
  const rows = { relu: ['A7'], leakyRelu: [], identity: ['A1'] };
  return name === 'relu' || name === 'leakyRelu' || name === 'identity'
    ? [adjointOf({ map: name, input: 'x', inputs: ['x'], gradient: 'dx' }, rows[name])]
    : [];
}

/** The three entries of one activation. */
function linesOf(facts: ActivationFacts): AnyOperation[] {
  const { name, smooth, rounds = smooth, slopesAtKinks, attributes: asked } = facts;
  const attributes: Given = asked?.usual ?? {};
  const bound = activationBounds[name];
  const { value, derivative } = activations[name] as { value: Scalar; derivative: Scalar };
  const loop = loops[name];
  const mistakes = [...activationMistakes[name].value, ...(smooth ? coarseMistakes(value) : [])];
  const derivativeMistakes = [...activationMistakes[name].derivative, ...(smooth ? coarseMistakes(derivative) : [])];

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
  // Functions of straight pieces cost nothing to know: every output is compared.
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
    attributes: asked?.descriptions ?? {},
    independent: shape,
    constraints: [],
    tiers,
    draw: fc.record({
      sizes: fc.record({ batch: fc.integer({ min: 1, max: 4 }), features: fc.integer({ min: 1, max: 5 }) }),
      attributes: asked ? fc.constantFrom<Given>(asked.usual, asked.drawn) : fc.constant<Given>({}),
    }),
  };

  const unary = (f: Scalar) => (inputs: Unary, given: Given) => {
    if (!asked) return { y: map(inputs.x, f as (x: number) => number) };
    const all = complete(given);
    return { y: map(inputs.x, (v) => f(v, all)) };
  };
  const backward = (f: Scalar) => (inputs: Upstream, given: Given) => {
    const all = complete(given);
    return { dx: combine(inputs.x, inputs.dy, (v, d) => d * f(v, all)) };
  };
  const valueClass: ErrorClass = rounds ? 'elementary' : 'exact';
  const slopeClass: ErrorClass = slopesAtKinks ? 'set-valued' : valueClass;
  const alternatives = <Inputs, Outputs>(lift: (f: Scalar) => (inputs: Inputs, given: Given) => Outputs) =>
    slopesAtKinks?.map((kink) => ({ name: kink.name, outputs: lift((v, all) => kink.slopes[v]?.(all) ?? derivative(v, all)) }));

  const slope = (given: Tensor, precision: Precision, all: Given) =>
    bound.derivative.enclose(input(given, precision), precision, complete(all));

  const rectified = name === 'relu' || name === 'leakyRelu' || name === 'hardTanh';
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
        formula: bound.value.formula,
        derivation: bound.value.derivation,
        limits: ({ inputs, attributes: given, precision }) => {
          // A comparison of numbers that the format holds rounds nothing.
          if (!rounds && !roundsInputs(precision)) return { y: { limit: new Float64Array(inputs.x.data.length) } };
          return { y: { limit: bound.value.enclose(input(inputs.x, precision), precision, complete(given)).error } };
        },
      },
      cases: recipesOf(facts, true),
      benchmark,
      ...(loop && { large }),
      flops: ({ batch, features }) => batch * features,
      knownMistakes: mistakes.map(({ compute, ...mistake }) => ({ ...mistake, outputs: unary(compute) })),
      variants: rounds ? [flushedResults(plain), flushedInputs(plain)] : flushedWhereItShows(plain),
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
        formula: bound.derivative.formula,
        derivation: bound.derivative.derivation,
        limits: ({ inputs, attributes: given, precision }) => ({
          y: { limit: slope(inputs.x, precision, given).error },
        }),
      },
      alternatives: alternatives(unary),
      cases: recipesOf(facts, !choosesSlope(facts)),
      benchmark,
      flops: ({ batch, features }) => batch * features,
      variants: smooth ? [flushedResults(plainSlope), flushedInputs(plainSlope)] : flushedWhereItShows(plainSlope),
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
        formula: rounds ? `|dy|\\,e_{f'} + u\\,(|dx| + |dy|\\,e_{f'})` : '0',
        derivation: rounds
          ? 'The derivative’s own limit weighs |dy|; the product rounds once.'
          : 'A slope of 0 or 1 times dy: nothing is rounded.',
        limits: ({ inputs, attributes: given, precision }) => {
          const upstream = input(inputs.dy, precision);
          const product = multiply(upstream, slope(inputs.x, precision, given), precision);
          const inTerms = bound.backward?.(input(inputs.x, precision), upstream, precision, complete(given));
          const error = inTerms
            ? centredOn(product.value, inTerms).error.map((e, i) => Math.max(e, product.error[i]))
            : product.error;
          // At a kink the slope 1 may stand where the reference has another: what dy is off by must not be lost in the product.
          return { dx: { limit: slopesAtKinks ? error.map((e, i) => Math.max(e, upstream.error[i])) : error } };
        },
      },
      alternatives: alternatives(backward),
      cases: recipesOf(facts, !choosesSlope(facts)),
      benchmark,
      flops: ({ batch, features }) => 2 * batch * features,
      variants: smooth ? [flushedInputs(plainBackward)] : flushedWhereItShows(plainBackward),
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

/** The mistakes that people make with dy rather than with f′. */
function upstreamMistakes(
  { name, slopesAtKinks }: ActivationFacts,
  derivative: Scalar,
): Operation<`${ActivationName}.backward`>['knownMistakes'] {
  const combined = (f: (slope: number, dy: number) => number) => (inputs: Upstream, given: Given) => ({
    dx: combine(inputs.x, inputs.dy, (v, d) => f(derivative(v, complete(given)), d)),
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
