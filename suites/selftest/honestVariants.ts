/**
 * Is what is right left in peace? Correct implementations, each different from the others, answer cases with fresh numbers: another
 * order of summation, another formula, another right answer where there are several. None may be refused.
 */
import { fastAlgorithms } from '../../backends/contract.ts';
import type { ScaledTanhAttributes } from '../../backends/signatures.ts';
import { combine, map, type Tensor, tensor } from '../../reference/tensor.ts';
import { diagnose } from '../judging/diagnosis/index.ts';
import { asAnswer } from '../judging/diagnosis/knownMistakes.ts';
import { arithmeticsOf } from '../judging/forms.ts';
import { judge } from '../judging/judge.ts';
import type { AnyOperation, NamedTensors } from '../judging/operation.ts';
import { algorithmNames, type Precision, precisions } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { type Random, randomFrom } from '../judging/random.ts';
import { shapeFrom } from '../judging/shapes.ts';
import { honestActivations, times } from '../operations/activations/variants.ts';
import { convolutionAlgorithms } from '../operations/convolution/algorithmVariants.ts';
import { honestConvolution } from '../operations/convolution/variants.ts';
import { isForWinograd, winograd } from '../operations/convolution/winogradVariants.ts';
import { honestDense } from '../operations/dense/variants.ts';
import { operationNamed, operations } from '../operations/index.ts';
import { honestLosses, honestLossGradients, lossOf } from '../operations/losses/variants.ts';
import { arithmetics, honestMlp } from '../operations/mlp/variants.ts';
import { boundFormulas, honestBound, honestTraining } from '../operations/perceptron/variants.ts';
import { honestPooling } from '../operations/pooling/variants.ts';
import { honestFunctions } from '../operations/shared/honestFunctions.ts';
import { everySum } from '../operations/shared/honestSums.ts';
import { jacobianEntries, softmaxBackwards, softmaxRows, split } from '../operations/softmax/variants.ts';
import { type CaseReference, casesOf, fullSizes, materialize } from '../running/cases.ts';
import type { SelfTestPart } from './part.ts';

/** One way to be right, for some operations. `random` chooses what the way leaves open. */
export interface HonestVariant {
  readonly name: string;
  readonly outputs: (question: Question, random: Random) => NamedTensors;
}

/** Variants of the same operations: a case is prepared once and put to all of them. */
export interface HonestFamily {
  readonly name: string;
  readonly operations: readonly AnyOperation[];
  readonly variants: readonly HonestVariant[];
  /** What such a backend must declare; without it some of these answers must be refused, and the diagnosis must say what to declare. */
  readonly declared?: Pick<Precision, 'algorithms' | 'subnormals'>;
  /** Format of the answers; float32 by default. */
  readonly format?: 'float32' | 'float64';
  /** The cases that it is a way to answer; all of them by default. */
  readonly answers?: (reference: CaseReference) => boolean;
}

export interface HonestVariantRecord {
  readonly name: string;
  readonly operations: readonly string[];
  /** Cases answered, each with numbers of its own. */
  readonly draws: number;
  readonly alarms: number;
  /** The first refusal: case, draw and reason. */
  readonly firstAlarm?: string;
  /** Largest error over its limit that any draw reached. */
  readonly errorRatio: number;
  /** Of a fifth of the same answers where nothing is declared: those refused, and of these the ones whose diagnosis says what to declare. */
  readonly undeclared?: { readonly refused: number; readonly named: number };
}

const oneOf = <Value>(values: readonly Value[], random: Random): Value => values[random.integer(0, values.length - 1)];
const valuesOf = <Value>(table: Readonly<Record<string, Value>>): Value[] => Object.values(table);

const family = (
  name: string,
  names: readonly string[],
  variants: Readonly<Record<string, HonestVariant['outputs']>>,
  rest: Pick<HonestFamily, 'declared' | 'answers' | 'format'> = {},
): HonestFamily => ({
  ...rest,
  name,
  operations: names.map(operationNamed),
  variants: Object.entries(variants).map(([variant, outputs]) => ({ name: `${name}: ${variant}`, outputs })),
});

const sumOfProducts = { ...honestDense, ...honestConvolution };
const sumOfProductsAnswer =
  (sum: (typeof everySum)[string]) =>
  ({ case: asked }: Question): NamedTensors =>
    asked.operation in honestDense
      ? honestDense[asked.operation](asked.inputs, sum)
      : honestConvolution[asked.operation](asked, sum);

const rectified = ['relu', 'hardTanh'];
const smooth = ['sigmoid', 'tanh', 'scaledTanh', 'softplus'];

/** A smooth activation, its slope or its backward pass by any of the formulas. */
function activationAnswer(question: Question, functions: (typeof honestFunctions)[string], random: Random): NamedTensors {
  const { inputs, attributes, operation } = question.case;
  const backward = operation.endsWith('.backward');
  const formula = oneOf(valuesOf(honestActivations(functions)[operation.replace('.backward', '.derivative')]), random);
  const y = map(inputs.x, (x) => formula(x, attributes as unknown as ScaledTanhAttributes));
  return backward ? { dx: combine(y, inputs.dy, times) } : { y };
}

/** Softmax and what follows from it, its rows made by one way. */
const softmaxAnswer =
  (row: (typeof softmaxRows)[string]): HonestVariant['outputs'] =>
  ({ case: { operation, inputs } }, random): NamedTensors => {
    const arithmetic = { functions: oneOf(valuesOf(honestFunctions), random), sum: oneOf(valuesOf(everySum), random) };
    const { x, dy } = inputs;
    const rows = split(x).map((values) => row(values, arithmetic));
    if (operation === 'softmax') return { y: tensor(x.shape, rows.flat()) };
    if (operation === 'softmax.backward') {
      const backward = oneOf(valuesOf(softmaxBackwards), random);
      const upstream = split(dy);
      return {
        dx: tensor(
          x.shape,
          rows.flatMap((y, n) => backward(y, upstream[n], arithmetic.sum)),
        ),
      };
    }
    const entry = oneOf(valuesOf(jacobianEntries), random);
    const values = rows.flatMap((y) => y.flatMap((yi, i) => y.map((yj, j) => entry(yi, yj, i === j ? 1 : 0))));
    return { jacobian: tensor([x.shape[0], x.shape[1], x.shape[1]], values) };
  };

const lossNames = Object.keys(honestLosses);
const gradientNames = Object.keys(honestLossGradients);

/** Results below the smallest normal number as zeros of their sign, which is how processors flush. */
function flushed(outputs: NamedTensors): NamedTensors {
  const { smallestNormal } = precisions.float32;
  const flush = (x: Tensor) => map(x, (value) => (Math.abs(Math.fround(value)) < smallestNormal ? 0 * value : value));
  return Object.fromEntries(Object.entries(outputs).map(([name, x]) => [name, flush(x)]));
}

const withAlternatives = operations.filter(({ alternatives }) => (alternatives?.length ?? 0) > 1);

export const honestFamilies: readonly HonestFamily[] = [
  family(
    'sums of products',
    Object.keys(sumOfProducts),
    Object.fromEntries(Object.entries(everySum).map(([name, sum]) => [name, sumOfProductsAnswer(sum)])),
  ),
  family(
    'convolution',
    ['conv2d'],
    Object.fromEntries(
      Object.entries(convolutionAlgorithms).map(([name, algorithm]) => [name, ({ case: asked }: Question) => algorithm(asked)]),
    ),
  ),
  ...fastAlgorithms.map((algorithm) =>
    family(
      'convolution',
      Object.keys(winograd[algorithm]),
      {
        [`${algorithmNames[algorithm]} where declared`]: ({ case: asked }) => winograd[algorithm][asked.operation](asked),
      },
      {
        declared: { algorithms: [algorithm] },
        answers: ({ recipe: { sizes, attributes } }) => isForWinograd({ sizes, attributes }),
      },
    ),
  ),
  family(
    'activations',
    smooth.flatMap((name) => [name, `${name}.derivative`, `${name}.backward`]),
    Object.fromEntries(
      Object.entries(honestFunctions).map(([name, functions]) => [
        `exponentials and logarithms ${name}`,
        (question: Question, random: Random) => activationAnswer(question, functions, random),
      ]),
    ),
  ),
  family(
    'activations',
    [...smooth.flatMap((name) => [name, `${name}.derivative`]), 'softmax', 'softmax.jacobian'],
    { 'subnormal results flushed to 0 where declared': ({ expected }) => flushed(expected) },
    { declared: { subnormals: 'flushed' } },
  ),
  family(
    'activations',
    [...rectified, ...smooth].flatMap((name) => [name, `${name}.derivative`, `${name}.backward`]),
    {
      'subnormal numbers taken for 0 where declared': ({ operation, case: { inputs, attributes } }) =>
        flushed(operation.reference(flushed(inputs), attributes)),
    },
    { declared: { subnormals: 'flushed' } },
  ),
  family(
    'softmax',
    ['softmax', 'softmax.backward', 'softmax.jacobian'],
    Object.fromEntries(Object.entries(softmaxRows).map(([name, row]) => [name, softmaxAnswer(row)])),
  ),
  family('losses', lossNames, {
    'terms in float32, in any order': ({ case: asked }, random) => ({
      loss: lossOf(
        asked.inputs,
        oneOf(valuesOf(honestLosses[asked.operation]), random),
        oneOf(valuesOf(honestFunctions), random),
        oneOf(valuesOf(everySum), random),
      ),
    }),
  }),
  family('loss gradients', gradientNames, {
    'as quotients or with reciprocals': ({ case: asked }, random) => ({
      dPrediction: combine(
        asked.inputs.prediction,
        asked.inputs.target,
        oneOf(valuesOf(honestLossGradients[asked.operation]), random),
      ),
    }),
  }),
  ...Object.entries(honestPooling).map(([name, [operation, outputs]]) =>
    family('pooling', [operation], { [name]: ({ case: asked }, random) => outputs(asked, oneOf(valuesOf(everySum), random)) }),
  ),
  family(
    'networks',
    Object.keys(honestMlp),
    Object.fromEntries(
      Object.entries(arithmetics).map(([name, arithmetic]) => [
        name,
        ({ case: asked }: Question, random: Random) =>
          honestMlp[asked.operation](asked, arithmetic, oneOf(valuesOf(everySum), random)),
      ]),
    ),
  ),
  family('perceptron', ['perceptron.train'], {
    'float32 from beginning to end': ({ case: { inputs, attributes } }, random) =>
      honestTraining(inputs, attributes.passes as number, oneOf(valuesOf(everySum), random)),
  }),
  family(
    "Novikoff's bound",
    ['novikoff.bound'],
    Object.fromEntries(
      Object.keys(boundFormulas).map((formula) => [
        formula,
        ({ case: { inputs } }: Question, random: Random) => honestBound(inputs, formula, oneOf(valuesOf(everySum), random)),
      ]),
    ),
  ),
  family(
    'ties and kinks',
    withAlternatives.map(({ name }) => name),
    {
      'every other right answer': ({ operation, case: { inputs, attributes } }, random) =>
        oneOf(operation.alternatives!, random).outputs(inputs, attributes),
    },
  ),
  ...(['float32', 'float64'] as const).map((format) =>
    family(
      'every form of every operation',
      operations.map(({ name }) => name),
      Object.fromEntries(
        arithmeticsOf(format).map((arithmetic) => [
          arithmetic.name,
          ({ operation, case: asked }: Question, random: Random) =>
            oneOf(valuesOf(operation.forms ?? {}), random)(asked, arithmetic),
        ]),
      ),
      { format },
    ),
  ),
  family(
    'every operation',
    operations.map(({ name }) => name),
    { 'float64 inside, rounded once': ({ expected }) => expected },
  ),
];

/** Larger cases cost more than they add; one draw in so many may take any. */
const anyCaseEvery = 25;
const elementsOtherwise = 1500;

/** What must be declared is put to the judge without its declaration as well, and its diagnosis looked at, in one draw of so many. */
const undeclaredEvery = 5;
/** So many draws meet a case in which it shows that a declaration is missing. */
const fewestTelling = 400;

/** Answers `draws` cases by every variant of a family. */
export function checkFamily(
  { name, operations: covered, variants, declared, format = 'float32', answers = () => true }: HonestFamily,
  seed: number,
  draws: number,
): HonestVariantRecord[] {
  const precision = { ...precisions[format], ...declared };
  const cases = covered.map((operation) => {
    const all = casesOf(operation).filter(answers);
    const small = all.filter((reference) => elementsOf(reference) <= elementsOtherwise);
    return { all, small: small.length > 0 ? small : all };
  });
  const records = variants.map((variant) => ({
    name: variant.name,
    operations: covered.map((operation) => operation.name),
    draws: 0,
    alarms: 0,
    firstAlarm: undefined as string | undefined,
    errorRatio: 0,
    ...(declared && { undeclared: { refused: 0, named: 0 } }),
  }));
  for (let draw = 0; draw < draws; draw++) {
    const random = randomFrom(seed, 'honest', name, String(draw));
    const { all, small } = cases[draw % covered.length];
    const { operation, recipe, tier } = oneOf(draw % anyCaseEvery === anyCaseEvery - 1 ? all : small, random);
    const drawSeed = random.integer(1, 2 ** 31 - 1);
    const asked = materialize(operation, recipe, tier, drawSeed, format);
    const question = prepareQuestion(operation, asked, precision);
    const strict = declared && draw % undeclaredEvery === 0 && prepareQuestion(operation, asked, precisions.float32);
    variants.forEach(({ outputs }, i) => {
      const answer = asAnswer(outputs(question, random), format);
      const judgement = judge(question, answer, format);
      const record = records[i];
      if (strict && record.undeclared && !judge(strict, answer, 'float32').passed) {
        record.undeclared.refused++;
        if (diagnose(strict, answer, 'float32')?.includes('does not declare')) record.undeclared.named++;
      }
      record.draws++;
      for (const { errorRatio } of judgement.outputs)
        if (typeof errorRatio === 'number') record.errorRatio = Math.max(record.errorRatio, errorRatio);
      if (judgement.passed) return;
      record.alarms++;
      record.firstAlarm ??= `${asked.id} --seed ${drawSeed}: ${judgement.reason}`;
    });
  }
  return records;
}

function elementsOf({ operation, recipe }: CaseReference): number {
  const sizes = fullSizes(operation, recipe.sizes, recipe.attributes);
  return Object.values(operation.inputs(recipe.attributes)).reduce(
    (count, { dimensions }) =>
      count + shapeFrom(dimensions, sizes, operation.name).reduce((product, size) => product * size, 1),
    0,
  );
}

export const honestVariantsPart: SelfTestPart = {
  name: 'honest-variants',
  title: 'Honest variants: correct in another way, and never refused',
  seconds: 55,
  run({ seed, draws, progress }) {
    const records = honestFamilies.flatMap((members, i) => {
      progress('honest variants', i, honestFamilies.length);
      return checkFamily(members, seed, draws);
    });
    progress('honest variants', honestFamilies.length, honestFamilies.length);
    const alarmed = records.filter(({ alarms }) => alarms > 0);
    return {
      summary: `${alarmed.length} of ${records.length} alarmed, in ${draws} seeds each`,
      record: { honestVariants: { total: records.length, alarmed: alarmed.length, seeds: draws } },
      details: { honestVariants: records },
      operations: Object.fromEntries(
        operations.map(({ name }) => [
          name,
          { honestVariants: records.filter((record) => record.operations.includes(name)).length },
        ]),
      ),
      problems: [
        ...alarmed.map(({ name, alarms, firstAlarm }) => `${name} is refused ${alarms} times, first ${firstAlarm}`),
        ...records
          .filter(({ undeclared }) => undeclared && (undeclared.named < undeclared.refused || undeclared.refused === 0))
          // A few draws may well meet none of the cases that tell.
          .filter(({ undeclared }) => draws >= fewestTelling || undeclared!.refused > 0)
          .map(
            ({ name, undeclared }) =>
              `${name}: where it is not declared ${undeclared!.refused} are refused, and of ${undeclared!.named} it is said what to declare`,
          ),
      ],
      tables: [
        {
          title: 'Honest variants',
          columns: [
            'variant',
            'operations',
            'draws',
            'alarms',
            'largest error / limit',
            'refused where not declared, of a fifth of the draws',
          ],
          rows: records.map((record) => [
            record.name,
            record.operations.length === 1 ? record.operations[0] : String(record.operations.length),
            String(record.draws),
            String(record.alarms),
            record.errorRatio.toFixed(3),
            record.undeclared ? String(record.undeclared.refused) : '',
          ]),
          notes: [`${records.length} variants, ${alarmed.length} alarmed, ${draws} draws each.`],
        },
      ],
    };
  },
};
