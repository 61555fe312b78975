/**
 * An operation as one typed object: an entry of the table. The compiler checks the names of its inputs, outputs and attributes against
 * `backends/signatures.ts`, or against a signature that is given outright. The table itself is `suites/operations/index.ts`.
 */
import type { Arbitrary } from 'fast-check';
import type { FastAlgorithm } from '../../backends/contract.ts';
import type { Attributes, NamedTensors, OperationName, OperationSignatures, Signature } from '../../backends/signatures.ts';
import type { Tensor } from '../../reference/tensor.ts';
import type { Form } from './forms.ts';
import type { Precision } from './precision.ts';
import type { Random } from './random.ts';
import type { Relation } from './relation.ts';

/** An operation is known by its name in `backends/signatures.ts` or by a signature of its own. */
export type Known = OperationName | Signature;
type SignatureOf<Of extends Known> = Of extends OperationName ? OperationSignatures[Of] : Of;
export type AttributesOf<Of extends Known> = SignatureOf<Of>['attributes'];
export type InputsOf<Of extends Known> = SignatureOf<Of>['inputs'];
export type OutputsOf<Of extends Known> = SignatureOf<Of>['outputs'];
/** The signature of an operation that the compiler does not know. */
export interface AnySignature {
  attributes: Attributes;
  inputs: NamedTensors;
  outputs: NamedTensors;
}
/** A value for every name of a tensor or an attribute, also for optional ones. */
type ForEach<Named, Value> = { readonly [Name in keyof Named]-?: Value };

/** Named dimensions and their sizes: { batch: 2, inputs: 3 }. */
export type Sizes = Readonly<Record<string, number>>;

/** The source of an input's numbers. Every value is representable in the backend's dtype before anyone computes with it. */
export type Values =
  /** Uniform on [low, high]; the exact tier and the properties draw small integers and simple fractions from the same range. */
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  /** The values a one-dimensional function is asked at: a fixed set that covers its regimes, then uniform on [low, high]. */
  | { readonly kind: 'regimes'; readonly low: number; readonly high: number; readonly always: readonly number[] }
  /** −1 or +1. */
  | { readonly kind: 'labels' }
  /** Along the last axis, one 1 and otherwise 0. */
  | { readonly kind: 'oneHot' }
  /** Along the last axis, positive numbers whose sum is 1 up to rounding. */
  | { readonly kind: 'distribution' }
  /** The operation's own way, from the inputs drawn before it (a label that a separator classifies rightly, say). */
  | {
      readonly kind: 'computed';
      readonly draw: (random: Random, shape: readonly number[], drawn: NamedTensors, tier: Tier) => Float64Array;
    };

export interface InputSpecification {
  /** Names of the axes, outermost first; [] is a scalar. */
  readonly dimensions: readonly string[];
  readonly values: Values;
  readonly description?: string;
  /** May be absent; a recipe says in `without` when it is. */
  readonly optional?: boolean;
}
export interface OutputSpecification {
  readonly dimensions: readonly string[];
  readonly description?: string;
}

export interface Constraint<A = object> {
  /** C1, C2, …: the same number stands in error messages. */
  readonly id: `C${number}`;
  readonly text: string;
  readonly holds: (sizes: Sizes, attributes: A) => boolean;
}

/** How the numbers of a case are chosen. */
export type Tier =
  /** Uniform reals: what a network meets. */
  | 'random'
  /** Integers for which every order of summation gives the same float32 result: the tolerance is zero. */
  | 'exact';

/** A case without its numbers: sizes, attributes and tiers. With a seed and a dtype it becomes a Case. */
export interface CaseRecipe<Of extends Known = AnySignature> {
  /** Part of the case's id; kebab-case, unique within the operation, never reused for another meaning. */
  readonly name: string;
  readonly sizes: Sizes;
  readonly attributes: AttributesOf<Of>;
  /** Default: the operation's own tiers. */
  readonly tiers?: readonly Tier[];
  /** Other values than the input's own, by input name. */
  readonly values?: Readonly<Record<string, Values>>;
  /** Numbers given outright (a worked example), by input name; such a case has one tier and no randomness. */
  readonly given?: Readonly<Record<string, readonly number[]>>;
  /** Optional inputs left out. */
  readonly without?: readonly string[];
  /** Why it is asked, for a person; a recipe that a rule makes says so. */
  readonly asks?: string;
  /** Many outputs: judged on a part of them, where the operation says of which axes the parts are independent. */
  readonly sampled?: boolean;
}

export type ErrorClass = 'exact' | 'sum of products' | 'elementary' | 'composed' | 'trajectory' | 'set-valued';

/** The limits that one output is judged by, element by element: |actual − expected| ≤ limit. */
export interface OutputBound {
  /** Largest permitted absolute error of each element; 0 where the class is exact. */
  readonly limit: Float64Array;
  /** Σ|a||b| of each element, for sums of products: what the statistics scale the error by. */
  readonly scale?: Float64Array;
  /** Number of terms of each sum. */
  readonly terms?: number;
  /**
   * Σ(ab)² of each element, made when asked for: what honest rounding does to a sum is in proportion to it. Given only where no two
   * elements share a rounding; then many of them together get a statistical verdict.
   */
  readonly squares?: () => ArrayLike<number>;
  /** Declared fast algorithms whose own bounds are part of the limits: no statistics of a direct sum then. */
  readonly algorithms?: readonly FastAlgorithm[];
}

export interface BoundContext<Of extends Known = AnySignature> {
  readonly inputs: InputsOf<Of>;
  readonly attributes: AttributesOf<Of>;
  /** The reference's outputs, float64. */
  readonly expected: OutputsOf<Of>;
  readonly precision: Precision;
}

export interface ErrorBound<Of extends Known = AnySignature> {
  readonly errorClass: ErrorClass;
  /** LaTeX of the bound, for the report. */
  readonly formula: string;
  /** One or two sentences: where the formula comes from. */
  readonly derivation: string;
  readonly limits: (context: BoundContext<Of>) => ForEach<OutputsOf<Of>, OutputBound>;
  /** Fast algorithms that have bounds of their own here, where a backend declares them. */
  readonly algorithms?: readonly FastAlgorithm[];
}

/** A right answer other than the reference's own (ReLU′(0) = 1, the last of two tied maxima); the report says which was taken. */
export interface Alternative<Of extends Known = AnySignature> {
  readonly name: string;
  readonly outputs: (inputs: InputsOf<Of>, attributes: AttributesOf<Of>) => OutputsOf<Of>;
}

/** An error that people really make, as code: what they would have computed. */
export interface KnownMistake<Of extends Known = AnySignature> {
  /** kebab-case, unique within the operation. */
  readonly name: string;
  /** Completes the sentence "the output equals …": "1 − 2·tanh²(x)". */
  readonly says: string;
  /** Erratum that prints this mistake (R1 …), if one does. */
  readonly erratum?: string;
  /** A page on which a library's users met it. */
  readonly link?: string;
  readonly outputs: (inputs: InputsOf<Of>, attributes: AttributesOf<Of>) => OutputsOf<Of>;
}

/** A correct implementation other than the reference: another order of summation, another formula. It must never be refused. */
export interface HonestVariant<Of extends Known = AnySignature> {
  /** Group and way, 'sums of products: pairwise'; operations that are varied alike share it. */
  readonly name: string;
  /** Answers a case; `random` chooses what the way leaves open. */
  readonly outputs: (asked: Case<Of>, random: Random) => OutputsOf<Of>;
  /** Format of its answers; float32 by default. */
  readonly format?: 'float32' | 'float64';
  /** Declarations that such a backend must make; without them some of its answers must be refused. */
  readonly declared?: Pick<Precision, 'algorithms' | 'subnormals'>;
  /** Tells whether it can answer such a case; absent where it always is. */
  readonly answers?: (recipe: Pick<CaseRecipe<Of>, 'sizes' | 'attributes'>) => boolean;
}

/** One line of the table. */
export interface Operation<Of extends Known = AnySignature> {
  readonly name: Of extends OperationName ? Of : string;
  /** Its name for people: "Hyperbolic tangent, derivative". */
  readonly title: string;
  /** Heading it stands under in the report. */
  readonly topic: string;
  /** LaTeX. */
  readonly formula: string;
  /** Rows of the inventory it implements. */
  readonly rows: readonly string[];
  /** File where the code is: in `reference/`, or the user's own. */
  readonly source: string;
  /** ONNX's operator, where one does the same. */
  readonly onnx?: string;
  /** Description of each attribute. */
  readonly attributes: ForEach<AttributesOf<Of>, string>;
  /** Inputs in the order in which their values are drawn. */
  readonly inputs: (attributes: AttributesOf<Of>) => ForEach<InputsOf<Of>, InputSpecification>;
  readonly outputs: (attributes: AttributesOf<Of>) => ForEach<OutputsOf<Of>, OutputSpecification>;
  /** Sizes that follow from the others (outputHeight from height, kernel, stride, …). */
  readonly derivedSizes?: (sizes: Sizes, attributes: AttributesOf<Of>) => Sizes;
  readonly constraints: readonly Constraint<AttributesOf<Of>>[];
  readonly reference: (inputs: InputsOf<Of>, attributes: AttributesOf<Of>) => OutputsOf<Of>;
  readonly bound: ErrorBound<Of>;
  readonly alternatives?: readonly Alternative<Of>[];
  /**
   * The right answer that an answer has taken, where there are too many to list (any of several largest elements, in each window its own);
   * undefined where it has taken none.
   */
  readonly choiceOf?: {
    readonly name: string;
    readonly outputs: (inputs: InputsOf<Of>, attributes: AttributesOf<Of>, answer: NamedTensors) => OutputsOf<Of> | undefined;
  };
  /** Tells whether the alternatives can differ with these attributes; absent where they always may. */
  readonly hasChoice?: (attributes: AttributesOf<Of>) => boolean;
  /** Every honest way to compute it that the field writes: where numbers are not finite, what they give is right (`otherForms.ts`). */
  readonly forms?: Readonly<Record<string, Form>>;
  /**
   * The inputs that a form is left with which chooses among samples or weights instead of multiplying by 0: without the samples that it
   * leaves out, or with 0 for what it does not look at.
   */
  readonly selected?: (inputs: InputsOf<Of>, attributes: AttributesOf<Of>) => InputsOf<Of>;
  /** Tells whether numbers are handed on as they are, so that a zero keeps its sign. Elsewhere 0 and −0 are one answer. */
  readonly keepsSignOfZero?: boolean;
  /**
   * Special values to which no answer is the right one, each with the reason: `nan` in the first input, `nan-in-weights` in another. They are
   * counted and not asked.
   */
  readonly undefinedSpecialValues?: Readonly<Record<string, string>>;
  /** Tiers of a recipe that names none. An operation of which integers in give no exact float32 out has only 'random'. */
  readonly tiers: readonly Tier[];
  readonly cases: readonly CaseRecipe<Of>[];
  /** Draws sizes and attributes that satisfy the constraints, small first, so that shrinking ends at the smallest failing shape. */
  readonly draw: Arbitrary<{ sizes: Sizes; attributes: AttributesOf<Of> }>;
  readonly knownMistakes: readonly KnownMistake<Of>[];
  /** Metamorphic relations between a backend's own answers, beside those that hold of whole groups of operations. */
  readonly relations?: readonly Relation[];
  /** Empty where there is one way alone to compute it. */
  readonly variants: readonly HonestVariant<Of>[];
  /** Sizes for timing: large enough that the arithmetic dominates. */
  readonly benchmark?: CaseRecipe<Of>;
  /** One question of 10⁵ outputs or more: asked by `etalon check` beside the cases, and by nothing that goes through them again and again. */
  readonly large?: CaseRecipe<Of>;
  /**
   * The question whose one output is element `position` of the answer to a larger question: a row times a column, one window of an
   * image. Where it is given, the large case is judged on a sample of its outputs, each with the reference's own value and bound.
   */
  readonly element?: (
    inputs: InputsOf<Of>,
    attributes: AttributesOf<Of>,
    position: number,
  ) => { readonly inputs: InputsOf<Of>; readonly attributes: AttributesOf<Of> };
  /**
   * Axes of which a part of the inputs gives that part of every output: the rows and columns of a product, the samples of a batch. A
   * question with many outputs is judged on such a part.
   */
  readonly independent?: readonly string[] | ((attributes: AttributesOf<Of>) => readonly string[]);
  /** Floating-point operations of one execution, from the full sizes (derived ones included). */
  readonly flops?: (sizes: Sizes, attributes: AttributesOf<Of>) => number;
}

/** An entry whose signature the compiler does not know: what code that walks the table sees. */
export type AnyOperation = Operation<AnySignature>;
export type AnyCaseRecipe = CaseRecipe<AnySignature>;

/** A question with its numbers. */
export interface Case<Of extends Known = AnySignature> {
  /** `operation/recipe/tier`, stable across versions. */
  readonly id: string;
  readonly operation: string;
  readonly tier: Tier;
  readonly seed: number;
  readonly attributes: AttributesOf<Of>;
  readonly sizes: Sizes;
  /** The answer is judged on elements drawn one by one, or on a part of its axes. */
  readonly sampled?: 'elements' | 'part';
  /** float64 tensors whose every value is representable in the backend's dtype. */
  readonly inputs: InputsOf<Of>;
}

export type { NamedTensors, Tensor };
