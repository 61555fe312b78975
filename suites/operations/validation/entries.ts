/** Splitting samples into folds and choosing the weights of a training by its validation losses (Rows V5, V4). */
import fc from 'fast-check';
import type { EarlyStoppingAttributes, InputsOf, OutputsOf } from '../../../backends/signatures.ts';
import { kFolds, trainingSamples, trainWithEarlyStopping } from '../../../reference/generalization.ts';
import { scalar, type Tensor, tensor, zeros } from '../../../reference/tensor.ts';
import type { AnyOperation, OutputBound, Values } from '../../judging/operation.ts';
import { defineOperation } from '../define.ts';
import { every, sampleNumbers } from '../shared/undefinedSpecialValues.ts';

const topic = 'Generalization';
const source = 'reference/generalization.ts';

const exactly = ({ data }: Tensor): OutputBound => ({ limit: new Float64Array(data.length) });

/** A shuffle of 0 … n − 1. */
const permutation: Values = {
  kind: 'computed',
  draw: (random, [samples]) => {
    const order = Float64Array.from({ length: samples }, (_, n) => n);
    for (let i = samples - 1; i > 0; i--) {
      const j = random.integer(0, i);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  },
};

/** Fold k's samples as a row of ones. */
function asMask(folds: readonly (readonly number[])[], samples: number): Tensor {
  const mask = zeros([folds.length, samples]);
  folds.forEach((members, k) => {
    for (const n of members) mask.data[k * samples + n] = 1;
  });
  return mask;
}

/** Both masks of folds; `turns` gives what each turn trains on. */
function masksOf(
  folds: readonly (readonly number[])[],
  samples: number,
  turns: (turn: number) => readonly number[] = (turn) => trainingSamples(folds, turn),
): OutputsOf<'kFolds'> {
  return {
    validation: asMask(folds, samples),
    training: asMask(
      folds.map((_, turn) => turns(turn)),
      samples,
    ),
  };
}

/** Consecutive folds of the order, of the sizes given. */
function foldsOfSizes(order: readonly number[], sizes: readonly number[]): number[][] {
  let from = 0;
  return sizes.map((size) => {
    from += size;
    return order.slice(from - size, from);
  });
}

const orderOf = ({ order }: InputsOf<'kFolds'>) => Array.from(order.data);

interface Stop {
  readonly bestStep: number;
  readonly lastStep: number;
}

function stopOf({ losses }: InputsOf<'earlyStopping'>, patience: number): Stop {
  const steps = losses.data.length - 1;
  const { bestStep, validationLosses } = trainWithEarlyStopping(
    0,
    (step) => step + 1,
    { training: () => 0, validation: (step) => losses.data[step] },
    { steps, patience },
  );
  return { bestStep, lastStep: validationLosses.length - 1 };
}

/** The outputs for a stop; `from` is the step whose weights are returned. */
function stopped(
  { weights }: InputsOf<'earlyStopping'>,
  { bestStep, lastStep }: Stop,
  from = bestStep,
): OutputsOf<'earlyStopping'> {
  const [, parameters] = weights.shape;
  return {
    weights: tensor([parameters], weights.data.subarray(from * parameters, (from + 1) * parameters)),
    bestStep: scalar(bestStep),
    lastStep: scalar(lastStep),
  };
}

/** The rule with a part of it changed. */
function stopWith(
  { losses }: InputsOf<'earlyStopping'>,
  { patience }: EarlyStoppingAttributes,
  change: {
    readonly better?: (loss: number, best: number) => boolean;
    readonly goesOn?: (step: number, bestStep: number) => boolean;
  },
): Stop {
  const better = change.better ?? ((loss, best) => loss < best);
  const goesOn = change.goesOn ?? ((step, bestStep) => step - bestStep <= patience);
  let bestStep = 0;
  let step = 1;
  for (; step < losses.data.length && goesOn(step, bestStep); step++) {
    if (better(losses.data[step], losses.data[bestStep])) bestStep = step;
  }
  return { bestStep, lastStep: step - 1 };
}

/** Falls, then rises, with noise and with equal values: a validation loss as one meets it. */
const validationCurve: Values = {
  kind: 'computed',
  draw: (random, [steps], _, tier) => {
    const turn = random.integer(0, Math.max(0, Math.floor((2 * steps) / 3)));
    return Float64Array.from({ length: steps }, (_unused, step) => {
      const loss = 1 + Math.abs(step - turn) / 4 + random.next() / 2;
      return tier === 'exact' ? Math.round(2 * loss) : loss;
    });
  },
};
const many: Values = { kind: 'uniform', low: -1000, high: 1000 };

export const validationOperations: readonly AnyOperation[] = [
  defineOperation<'kFolds'>({
    name: 'kFolds',
    undefinedSpecialValues: { ...every(sampleNumbers), 'size-1': 'two folds need two samples' },
    title: 'Folds of K-fold cross-validation',
    topic,
    formula:
      '\\{1, \\dots, N\\} = F_1 \\cup \\dots \\cup F_K, \\quad |F_k| \\in \\{\\lfloor N/K \\rfloor, \\lceil N/K \\rceil\\}, \\quad \\text{turn } k \\text{ trains on } \\bigcup_{j \\neq k} F_j',
    rows: ['V5', 'R21'],
    source,
    attributes: { folds: 'K, the number of folds: consecutive parts of the order, the larger ones first' },
    inputs: () => ({
      order: {
        dimensions: ['samples'],
        values: permutation,
        description: 'a permutation of 0 … samples − 1, drawn by the caller',
      },
    }),
    outputs: () => ({
      validation: { dimensions: ['folds', 'samples'], description: "1 where the sample is in the turn's fold" },
      training: { dimensions: ['folds', 'samples'], description: '1 where the turn trains on the sample' },
    }),
    derivedSizes: (_, { folds }) => ({ folds }),
    constraints: [
      {
        id: 'C1',
        text: 'folds is a whole number, at least 2 and at most the number of samples',
        holds: ({ samples }, { folds }) => Number.isInteger(folds) && (folds as number) >= 2 && (folds as number) <= samples,
      },
    ],
    reference: (inputs, { folds }) => {
      const order = orderOf(inputs);
      return masksOf(kFolds(order, folds), order.length);
    },
    bound: {
      errorClass: 'exact',
      formula: '0',
      derivation: 'Zeros and ones: membership of a sample in a fold is one or the other.',
      limits: ({ expected }) => ({ validation: exactly(expected.validation), training: exactly(expected.training) }),
    },
    tiers: ['exact'],
    cases: [
      { name: 'plain', sizes: { samples: 11 }, attributes: { folds: 3 } },
      { name: 'even', sizes: { samples: 12 }, attributes: { folds: 4 } },
      { name: 'halves', sizes: { samples: 7 }, attributes: { folds: 2 } },
      { name: 'one-left-out', sizes: { samples: 5 }, attributes: { folds: 5 } },
      { name: 'ten-folds', sizes: { samples: 37 }, attributes: { folds: 10 } },
      // Two folds more than ten: nine are not the rest.
      { name: 'twelve-folds', sizes: { samples: 29 }, attributes: { folds: 12 } },
      {
        // 7 samples in 3 folds: {4, 0, 6}, {2, 5}, {1, 3}.
        name: 'by-hand',
        sizes: { samples: 7 },
        attributes: { folds: 3 },
        given: { order: [4, 0, 6, 2, 5, 1, 3] },
      },
    ],
    draw: fc
      .tuple(fc.integer({ min: 2, max: 4 }), fc.nat({ max: 9 }))
      .map(([folds, more]) => ({ sizes: { samples: folds + more }, attributes: { folds } })),
    variants: [],
    knownMistakes: [
      {
        name: 'nine-folds-to-train-on',
        says: 'nine of the other folds to train on, whatever K is',
        erratum: 'R21',
        outputs: (inputs, { folds: k }) => {
          const order = orderOf(inputs);
          const folds = kFolds(order, k);
          return masksOf(folds, order.length, (turn) =>
            folds
              .filter((_, fold) => fold !== turn)
              .slice(0, 9)
              .flat(),
          );
        },
      },
      {
        name: 'order-ignored',
        says: 'consecutive samples, the order not looked at',
        outputs: (inputs, { folds }) => {
          const samples = inputs.order.data.length;
          return masksOf(
            kFolds(
              Array.from({ length: samples }, (_, n) => n),
              folds,
            ),
            samples,
          );
        },
      },
      {
        name: 'order-inverted',
        says: 'the fold of position n for that of sample n: the permutation applied the wrong way round',
        outputs: (inputs, { folds }) => {
          const order = orderOf(inputs);
          return masksOf(
            kFolds(
              order.map((_, n) => order.indexOf(n)),
              folds,
            ),
            order.length,
          );
        },
      },
      {
        name: 'rest-in-the-last-fold',
        says: 'folds of ⌊N/K⌋ samples, with all that are left over in the last one',
        outputs: (inputs, { folds: k }) => {
          const order = orderOf(inputs);
          const size = Math.floor(order.length / k);
          const sizes = Array.from({ length: k }, (_, fold) => (fold < k - 1 ? size : order.length - size * (k - 1)));
          return masksOf(foldsOfSizes(order, sizes), order.length);
        },
      },
      {
        name: 'rest-left-out',
        says: 'folds of ⌊N/K⌋ samples, those left over in none',
        outputs: (inputs, { folds: k }) => {
          const order = orderOf(inputs);
          return masksOf(foldsOfSizes(order, Array<number>(k).fill(Math.floor(order.length / k))), order.length);
        },
      },
      {
        name: 'rest-missing-in-the-last-fold',
        says: 'folds of ⌈N/K⌉ samples, the last ones short or empty',
        outputs: (inputs, { folds: k }) => {
          const order = orderOf(inputs);
          return masksOf(foldsOfSizes(order, Array<number>(k).fill(Math.ceil(order.length / k))), order.length);
        },
      },
      {
        name: 'trains-on-everything',
        says: 'all samples to train on, those that are validated on among them',
        outputs: (inputs, { folds }) => {
          const order = orderOf(inputs);
          return masksOf(kFolds(order, folds), order.length, () => order);
        },
      },
      {
        name: 'trains-on-one-fold',
        says: 'one fold to train on and the others to validate on',
        outputs: (inputs, { folds }) => {
          const order = orderOf(inputs);
          const { validation, training } = masksOf(kFolds(order, folds), order.length);
          return { validation: training, training: validation };
        },
      },
    ],
  }),

  defineOperation<'earlyStopping'>({
    name: 'earlyStopping',
    title: 'Early stopping',
    topic,
    formula:
      'k^* = \\min \\arg\\min_{k \\le k_{\\mathrm{last}}} L_k, \\quad k_{\\mathrm{last}} = \\min \\{k : k + 1 - k^*_k > \\mathrm{patience}\\}, \\quad w = w_{k^*}',
    rows: ['V4'],
    source,
    attributes: { patience: 'steps without a smaller loss after which training ends' },
    inputs: () => ({
      losses: { dimensions: ['steps'], values: validationCurve, description: 'on data that is not trained on' },
      weights: { dimensions: ['steps', 'parameters'], values: many, description: 'before each step, the start first' },
    }),
    outputs: () => ({
      weights: { dimensions: ['parameters'], description: 'of the smallest loss' },
      bestStep: { dimensions: [], description: 'the earliest of equals' },
      lastStep: { dimensions: [], description: 'after which training ended' },
    }),
    constraints: [
      {
        id: 'C1',
        text: 'patience is a positive whole number',
        holds: (_, { patience }) => Number.isInteger(patience) && (patience as number) >= 1,
      },
      { id: 'C2', text: 'there is at least one step', holds: ({ steps }) => steps >= 1 },
    ],
    independent: ['parameters'],
    reference: (inputs, { patience }) => stopped(inputs, stopOf(inputs, patience)),
    bound: {
      errorClass: 'exact',
      formula: '0',
      derivation:
        'Losses are compared, not computed with, and weights are chosen: whatever the numbers, there is one right step and its weights are copied.',
      limits: ({ expected }) => ({
        weights: exactly(expected.weights),
        bestStep: exactly(expected.bestStep),
        lastStep: exactly(expected.lastStep),
      }),
    },
    tiers: ['random', 'exact'],
    cases: [
      { name: 'plain', sizes: { steps: 12, parameters: 5 }, attributes: { patience: 3 } },
      { name: 'patience-1', sizes: { steps: 9, parameters: 4 }, attributes: { patience: 1 } },
      { name: 'patience-never-runs-out', sizes: { steps: 8, parameters: 3 }, attributes: { patience: 20 } },
      { name: 'many-steps', sizes: { steps: 70, parameters: 2 }, attributes: { patience: 7 } },
      { name: 'one-step', sizes: { steps: 1, parameters: 6 }, attributes: { patience: 2 } },
      {
        // Stops at step 5, three steps after the 2 at step 2: the 1 at step 7 is never met. The second 2 is no improvement.
        name: 'later-minimum-not-met',
        sizes: { steps: 8, parameters: 2 },
        attributes: { patience: 3 },
        tiers: ['exact'],
        given: { losses: [5, 3, 2, 4, 2, 3, 3, 1] },
      },
      {
        name: 'still-falling',
        sizes: { steps: 6, parameters: 3 },
        attributes: { patience: 2 },
        tiers: ['exact'],
        given: { losses: [9, 8, 6, 5, 3, 2] },
      },
      {
        name: 'rises-from-the-start',
        sizes: { steps: 7, parameters: 3 },
        attributes: { patience: 4 },
        tiers: ['exact'],
        given: { losses: [2, 3, 5, 7, 11, 13, 1] },
      },
      {
        // Each improvement is one unit of float32's last place: patience never runs out.
        name: 'least-improvement',
        sizes: { steps: 6, parameters: 3 },
        attributes: { patience: 1 },
        tiers: ['random'],
        given: { losses: [1, 1 - 2 ** -24, 1 - 2 ** -23, 1 - 3 * 2 ** -24, 1 - 2 ** -22, 1 - 5 * 2 ** -24] },
      },
      {
        // A loss that is no number is no improvement, and none is measured against it.
        name: 'nan-loss',
        sizes: { steps: 9, parameters: 2 },
        attributes: { patience: 2 },
        tiers: ['random'],
        given: { losses: [5, 3, Number.NaN, 2, Number.NaN, Number.NaN, 1, 0, 0] },
      },
      {
        name: 'all-equal',
        sizes: { steps: 7, parameters: 4 },
        attributes: { patience: 5 },
        tiers: ['exact'],
        given: { losses: [4, 4, 4, 4, 4, 4, 4] },
      },
    ],
    draw: fc
      .record({ steps: fc.integer({ min: 1, max: 8 }), parameters: fc.integer({ min: 1, max: 3 }) })
      .chain((sizes) => fc.integer({ min: 1, max: 4 }).map((patience) => ({ sizes, attributes: { patience } }))),
    variants: [],
    knownMistakes: [
      {
        name: 'last-weights',
        says: 'the weights of the last step, after patience ran out, for those of the best',
        outputs: (inputs, { patience }) => {
          const stop = stopOf(inputs, patience);
          return stopped(inputs, stop, stop.lastStep);
        },
      },
      {
        name: 'latest-of-equals',
        says: 'a loss as small as the best taken for an improvement',
        outputs: (inputs, attributes) =>
          stopped(inputs, stopWith(inputs, attributes, { better: (loss, best) => loss <= best })),
      },
      {
        name: 'patience-ignored',
        says: 'the smallest loss of all, also of steps that are never made',
        outputs: (inputs, attributes) => stopped(inputs, stopWith(inputs, attributes, { goesOn: () => true })),
      },
      {
        name: 'one-step-too-few',
        says: 'the end one step before patience runs out',
        outputs: (inputs, attributes) => {
          const goesOn = (step: number, bestStep: number) => step - bestStep < attributes.patience;
          return stopped(inputs, stopWith(inputs, attributes, { goesOn }));
        },
      },
      {
        name: 'one-step-too-many',
        says: 'the end one step after patience has run out',
        outputs: (inputs, attributes) => {
          const goesOn = (step: number, bestStep: number) => step - bestStep <= attributes.patience + 1;
          return stopped(inputs, stopWith(inputs, attributes, { goesOn }));
        },
      },
      {
        name: 'patience-from-the-start',
        says: 'patience counted from the start, not from the last improvement',
        outputs: (inputs, attributes) => {
          const goesOn = (step: number) => step <= attributes.patience;
          return stopped(inputs, stopWith(inputs, attributes, { goesOn }));
        },
      },
      {
        name: 'compared-with-the-step-before',
        says: 'a loss below that of the step before taken for the best',
        outputs: (inputs, { patience }) => {
          const { data } = inputs.losses;
          let [bestStep, step] = [0, 1];
          for (; step < data.length && step - bestStep <= patience; step++) if (data[step] < data[step - 1]) bestStep = step;
          return stopped(inputs, { bestStep, lastStep: step - 1 });
        },
      },
      {
        name: 'largest-taken',
        says: 'the largest loss, as if it were an accuracy',
        outputs: (inputs, attributes) => stopped(inputs, stopWith(inputs, attributes, { better: (loss, best) => loss > best })),
      },
      {
        name: 'weights-one-step-on',
        says: 'the weights after the best step, not those whose loss it is',
        outputs: (inputs, { patience }) => {
          const stop = stopOf(inputs, patience);
          return stopped(inputs, stop, Math.min(stop.bestStep + 1, inputs.losses.data.length - 1));
        },
      },
    ],
  }),
];
