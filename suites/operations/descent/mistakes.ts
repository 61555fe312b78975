/** How people get the steps of gradient descent and its relatives wrong. */
import type { InputsOf, OutputsOf } from '../../../backends/signatures.ts';
import {
  adagradStep,
  adamStep,
  batchEpoch,
  conjugateGradientStep,
  gradientStep,
  momentumStep,
  patternEpoch,
  rmspropStep,
} from '../../../reference/descent.ts';
import { combine, map, sum, type Tensor, tensor } from '../../../reference/tensor.ts';
import type { KnownMistake } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { mirrored, onlyLast, rounded, scaled, withoutLast } from '../../judging/tensorChanges.ts';
import { matrixTimesVector } from '../linear/bound.ts';

const plus = (a: Tensor, b: Tensor) => combine(a, b, (x, y) => x + y);
const minus = (a: Tensor, b: Tensor) => combine(a, b, (x, y) => x - y);
const times = (a: Tensor, b: Tensor) => combine(a, b, (x, y) => x * y);
const over = (a: Tensor, b: Tensor) => combine(a, b, (x, y) => x / y);
const tf32 = (x: Tensor) => rounded(x, precisions.tf32);

export const gradientStepMistakes: readonly KnownMistake<'gradientStep'>[] = [
  {
    name: 'climbs',
    says: 'w + ηg: a step uphill',
    erratum: 'R17',
    outputs: ({ weights, gradient }, { learningRate }) => ({ weights: gradientStep(weights, gradient, -learningRate) }),
  },
  {
    name: 'rate-forgotten',
    says: 'w − g without η',
    outputs: ({ weights, gradient }) => ({ weights: minus(weights, gradient) }),
  },
  {
    name: 'rate-squared',
    says: 'w − η²g: the rate applied twice',
    outputs: ({ weights, gradient }, { learningRate }) => ({ weights: gradientStep(weights, gradient, learningRate ** 2) }),
  },
  {
    name: 'step-alone',
    says: '−ηg without w',
    outputs: ({ gradient }, { learningRate }) => ({ weights: scaled(gradient, -learningRate) }),
  },
  {
    name: 'last-row-missing',
    says: 'the step with the last row of the gradient left out',
    outputs: ({ weights, gradient }, { learningRate }) => ({
      weights: gradientStep(weights, withoutLast(gradient, 0), learningRate),
    }),
  },
  {
    name: 'tf32',
    says: 'the step with weights and gradient rounded to TF32',
    outputs: ({ weights, gradient }, { learningRate }) => ({
      weights: gradientStep(tf32(weights), tf32(gradient), learningRate),
    }),
  },
];

/** The change as stated, then w + change. */
const moved = (
  name: string,
  says: string,
  next: (inputs: InputsOf<'momentumStep'>, learningRate: number, momentum: number) => Tensor,
  erratum?: string,
): KnownMistake<'momentumStep'> => ({
  name,
  says,
  ...(erratum && { erratum }),
  outputs: (inputs, { learningRate, momentum }) => {
    const change = next(inputs, learningRate, momentum);
    return { weights: plus(inputs.weights, change), change };
  },
});

export const momentumStepMistakes: readonly KnownMistake<'momentumStep'>[] = [
  moved(
    'climbs',
    'Δ = +ηg + αΔ: the printed rule, which climbs',
    ({ gradient, change }, rate, share) => plus(scaled(gradient, rate), scaled(change, share)),
    'R17',
  ),
  moved('momentum-forgotten', 'Δ = −ηg', ({ gradient }, rate) => scaled(gradient, -rate)),
  moved('momentum-on-the-gradient', 'Δ = −η(g + αg): α applied to the gradient for the change', ({ gradient }, rate, share) =>
    scaled(gradient, -rate * (1 + share)),
  ),
  moved('dampened', 'Δ = −η(1 − α)g + αΔ', ({ gradient, change }, rate, share) =>
    plus(scaled(gradient, -rate * (1 - share)), scaled(change, share)),
  ),
  moved('change-subtracted', 'Δ = −ηg − αΔ', ({ gradient, change }, rate, share) =>
    plus(scaled(gradient, -rate), scaled(change, -share)),
  ),
  moved('rate-on-both', 'Δ = −η(g + αΔ): the rate applied to the change too', ({ gradient, change }, rate, share) =>
    scaled(plus(gradient, scaled(change, share)), -rate),
  ),
  {
    name: 'nesterov',
    says: "Nesterov's step w + αΔ(t) − ηg",
    outputs: ({ weights, gradient, change }, { learningRate, momentum }) => {
      const next = momentumStep(weights, gradient, change, { learningRate, momentum }).change;
      return { weights: plus(weights, plus(scaled(next, momentum), scaled(gradient, -learningRate))), change: next };
    },
  },
  {
    name: 'rate-outside-the-change',
    says: 'Δ = αΔ + g and w − ηΔ: the rate on the step and not in the change, as PyTorch keeps it',
    link: 'https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html',
    outputs: ({ weights, gradient, change }, { learningRate, momentum }) => {
      const next = plus(scaled(change, momentum), gradient);
      return { weights: minus(weights, scaled(next, learningRate)), change: next };
    },
  },
  {
    name: 'old-change-added',
    says: 'w + Δ(t − 1): the weights moved before the change is updated',
    outputs: ({ weights, gradient, change }, attributes) => ({
      weights: plus(weights, change),
      change: momentumStep(weights, gradient, change, attributes).change,
    }),
  },
];

const decayed = (
  name: string,
  says: string,
  shrinkage: (weights: Tensor, learningRate: number, penalty: number) => Tensor,
  erratum?: string,
): KnownMistake<'weightDecayStep'> => ({
  name,
  says,
  ...(erratum && { erratum }),
  outputs: ({ weights, gradient }, { learningRate, penalty }) => ({
    weights: minus(gradientStep(weights, gradient, learningRate), shrinkage(weights, learningRate, penalty)),
  }),
});

export const weightDecayStepMistakes: readonly KnownMistake<'weightDecayStep'>[] = [
  decayed('grows', 'w − ηg + ηλw: the penalty with the wrong sign', (w, rate, penalty) => scaled(w, -rate * penalty)),
  decayed('half-forgotten', 'w − ηg − 2ηλw: the gradient of λ‖w‖² for that of ½λ‖w‖²', (w, rate, penalty) =>
    scaled(w, 2 * rate * penalty),
  ),
  decayed('rate-forgotten', 'w − ηg − λw: the penalty without η', (w, _, penalty) => scaled(w, penalty)),
  decayed('penalty-forgotten', 'w − ηg without the penalty', (w) => scaled(w, 0)),
  decayed(
    'gradient-of-the-norm',
    'w − ηg − ηλw/‖w‖: the gradient of λ‖w‖',
    (w, rate, penalty) => scaled(w, (rate * penalty) / Math.sqrt(sum(times(w, w)))),
    'R19',
  ),
  decayed('sign-of-the-weight', 'w − ηg − ηλ·sign(w): the penalty λΣ|w|', (w, rate, penalty) =>
    scaled(map(w, Math.sign), rate * penalty),
  ),
  {
    name: 'climbs',
    says: 'w + ηg − ηλw',
    erratum: 'R17',
    outputs: ({ weights, gradient }, { learningRate, penalty }) => ({
      weights: minus(gradientStep(weights, gradient, -learningRate), scaled(weights, learningRate * penalty)),
    }),
  },
  {
    name: 'decay-of-the-moved-weights',
    says: '(1 − ηλ)(w − ηg): the decay applied after the step',
    outputs: ({ weights, gradient }, { learningRate, penalty }) => ({
      weights: scaled(gradientStep(weights, gradient, learningRate), 1 - learningRate * penalty),
    }),
  },
];

/** w − ηg/divisor with AdaGrad's or RMSProp's squares. */
const dividedBy = (
  { weights, gradient }: InputsOf<'adagradStep'>,
  squares: Tensor,
  learningRate: number,
  divisor: (square: number) => number,
) => ({ weights: minus(weights, scaled(over(gradient, map(squares, divisor)), learningRate)), squares });

export const adagradStepMistakes: readonly KnownMistake<'adagradStep'>[] = [
  {
    name: 'epsilon-under-the-root',
    says: 'w − ηg/√(s + ε): ε under the root',
    outputs: (inputs, { learningRate, epsilon }) =>
      dividedBy(inputs, plus(inputs.squares, times(inputs.gradient, inputs.gradient)), learningRate, (s) =>
        Math.sqrt(s + epsilon),
      ),
  },
  {
    name: 'root-forgotten',
    says: 'w − ηg/(s + ε)',
    outputs: (inputs, { learningRate, epsilon }) =>
      dividedBy(inputs, plus(inputs.squares, times(inputs.gradient, inputs.gradient)), learningRate, (s) => s + epsilon),
  },
  {
    name: 'squares-not-added-up',
    says: 's = g²: the squares of the last gradient alone',
    outputs: (inputs, { learningRate, epsilon }) =>
      dividedBy(inputs, times(inputs.gradient, inputs.gradient), learningRate, (s) => Math.sqrt(s) + epsilon),
  },
  {
    name: 'squares-used-before-they-are-updated',
    says: "the step with the squares before this gradient's",
    outputs: (inputs, { learningRate, epsilon }) => ({
      weights: dividedBy(inputs, inputs.squares, learningRate, (s) => Math.sqrt(s) + epsilon).weights,
      squares: plus(inputs.squares, times(inputs.gradient, inputs.gradient)),
    }),
  },
  {
    name: 'gradient-not-squared',
    says: 's + |g| for s + g²',
    outputs: (inputs, { learningRate, epsilon }) =>
      dividedBy(inputs, plus(inputs.squares, map(inputs.gradient, Math.abs)), learningRate, (s) => Math.sqrt(s) + epsilon),
  },
  {
    name: 'climbs',
    says: 'w + ηg/(√s + ε)',
    outputs: ({ weights, gradient, squares }, { learningRate, epsilon }) =>
      adagradStep(weights, gradient, squares, { learningRate: -learningRate, epsilon }),
  },
  {
    name: 'rate-forgotten',
    says: 'the step without η',
    outputs: ({ weights, gradient, squares }, { epsilon }) =>
      adagradStep(weights, gradient, squares, { learningRate: 1, epsilon }),
  },
];

const rmsSquares = ({ gradient, squares }: InputsOf<'rmspropStep'>, kept: number, added: number) =>
  plus(scaled(squares, kept), scaled(times(gradient, gradient), added));

export const rmspropStepMistakes: readonly KnownMistake<'rmspropStep'>[] = [
  {
    name: 'epsilon-under-the-root',
    says: 'w − ηg/√(s + ε): ε under the root',
    outputs: (inputs, { learningRate, epsilon, decay }) =>
      dividedBy(inputs, rmsSquares(inputs, decay, 1 - decay), learningRate, (s) => Math.sqrt(s + epsilon)),
  },
  {
    name: 'adagrad',
    says: "s + g²: AdaGrad's squares, which never decay",
    outputs: ({ weights, gradient, squares }, attributes) => adagradStep(weights, gradient, squares, attributes),
  },
  {
    name: 'rest-forgotten',
    says: 'ρs + g² without the factor 1 − ρ',
    outputs: (inputs, { learningRate, epsilon, decay }) =>
      dividedBy(inputs, rmsSquares(inputs, decay, 1), learningRate, (s) => Math.sqrt(s) + epsilon),
  },
  {
    name: 'decay-the-other-way-round',
    says: '(1 − ρ)s + ρg²',
    outputs: ({ weights, gradient, squares }, attributes) =>
      rmspropStep(weights, gradient, squares, { ...attributes, decay: 1 - attributes.decay }),
  },
  {
    name: 'squares-used-before-they-are-updated',
    says: "the step with the squares before this gradient's",
    outputs: (inputs, { learningRate, epsilon, decay }) => ({
      weights: dividedBy(inputs, inputs.squares, learningRate, (s) => Math.sqrt(s) + epsilon).weights,
      squares: rmsSquares(inputs, decay, 1 - decay),
    }),
  },
  {
    name: 'root-forgotten',
    says: 'w − ηg/(s + ε)',
    outputs: (inputs, { learningRate, epsilon, decay }) =>
      dividedBy(inputs, rmsSquares(inputs, decay, 1 - decay), learningRate, (s) => s + epsilon),
  },
  {
    name: 'climbs',
    says: 'w + ηg/(√s + ε)',
    outputs: ({ weights, gradient, squares }, attributes) =>
      rmspropStep(weights, gradient, squares, { ...attributes, learningRate: -attributes.learningRate }),
  },
];

type AdamOutputs = OutputsOf<'adamStep'>;
/** The right means and squares, and the weights that a wrong use of them gives. */
const adamWith = (
  name: string,
  says: string,
  step: (
    m: number,
    v: number,
    attributes: { beta1: number; beta2: number; epsilon: number; step: number; learningRate: number },
  ) => number,
): KnownMistake<'adamStep'> => ({
  name,
  says,
  outputs: ({ weights, gradient, means, squares }, attributes): AdamOutputs => {
    const right = adamStep(weights, gradient, means, squares, attributes);
    return {
      ...right,
      weights: minus(
        weights,
        combine(right.means, right.squares, (m, v) => step(m, v, attributes)),
      ),
    };
  },
});

export const adamStepMistakes: readonly KnownMistake<'adamStep'>[] = [
  adamWith(
    'bias-correction-forgotten',
    'w − ηm/(√v + ε) without the corrections',
    (m, v, { learningRate, epsilon }) => (learningRate * m) / (Math.sqrt(v) + epsilon),
  ),
  adamWith(
    'squares-not-corrected',
    'm corrected and v not',
    (m, v, { learningRate, epsilon, beta1, step }) => (learningRate * m) / (1 - beta1 ** step) / (Math.sqrt(v) + epsilon),
  ),
  adamWith(
    'epsilon-under-the-root',
    'w − ηm̂/√(v̂ + ε)',
    (m, v, { learningRate, epsilon, beta1, beta2, step }) =>
      (learningRate * m) / (1 - beta1 ** step) / Math.sqrt(v / (1 - beta2 ** step) + epsilon),
  ),
  adamWith(
    'epsilon-before-the-correction',
    'ε added to √v before the correction: η√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m/(√v + ε)',
    (m, v, { learningRate, epsilon, beta1, beta2, step }) =>
      ((learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step)) * (m / (Math.sqrt(v) + epsilon)),
  ),
  adamWith(
    'counts-from-zero',
    'the corrections of the step after: 1 − βᵗ⁺¹',
    (m, v, { learningRate, epsilon, beta1, beta2, step }) =>
      (learningRate * m) / (1 - beta1 ** (step + 1)) / (Math.sqrt(v / (1 - beta2 ** (step + 1))) + epsilon),
  ),
  adamWith(
    'root-of-the-correction-forgotten',
    '√v/(1 − β₂ᵗ) for √(v/(1 − β₂ᵗ))',
    (m, v, { learningRate, epsilon, beta1, beta2, step }) =>
      (learningRate * m) / (1 - beta1 ** step) / (Math.sqrt(v) / (1 - beta2 ** step) + epsilon),
  ),
  adamWith(
    'corrections-multiplied',
    'm(1 − β₁ᵗ) and v(1 − β₂ᵗ): multiplied by the corrections, not divided',
    (m, v, { learningRate, epsilon, beta1, beta2, step }) =>
      (learningRate * m * (1 - beta1 ** step)) / (Math.sqrt(v * (1 - beta2 ** step)) + epsilon),
  ),
  {
    name: 'betas-exchanged',
    says: 'β₁ for β₂ and β₂ for β₁',
    outputs: ({ weights, gradient, means, squares }, attributes) =>
      adamStep(weights, gradient, means, squares, { ...attributes, beta1: attributes.beta2, beta2: attributes.beta1 }),
  },
  {
    name: 'means-used-before-they-are-updated',
    says: "the step with the means before this gradient's",
    outputs: ({ weights, gradient, means, squares }, attributes) => {
      const right = adamStep(weights, gradient, means, squares, attributes);
      const { learningRate, beta1, beta2, epsilon, step } = attributes;
      const divisor = map(right.squares, (v) => (Math.sqrt(v / (1 - beta2 ** step)) + epsilon) * (1 - beta1 ** step));
      return { ...right, weights: minus(weights, scaled(over(means, divisor), learningRate)) };
    },
  },
  {
    name: 'corrected-state-returned',
    says: 'm̂ and v̂ returned as the new means and squares',
    outputs: ({ weights, gradient, means, squares }, attributes) => {
      const right = adamStep(weights, gradient, means, squares, attributes);
      return {
        weights: right.weights,
        means: scaled(right.means, 1 / (1 - attributes.beta1 ** attributes.step)),
        squares: scaled(right.squares, 1 / (1 - attributes.beta2 ** attributes.step)),
      };
    },
  },
  {
    name: 'climbs',
    says: 'w + ηm̂/(√v̂ + ε)',
    outputs: ({ weights, gradient, means, squares }, attributes) =>
      adamStep(weights, gradient, means, squares, { ...attributes, learningRate: -attributes.learningRate }),
  },
];

/** α, β and what else a step of conjugate gradient is made of, each of which may be changed. */
function conjugateGradientWith(
  { a, x, residual, direction }: InputsOf<'conjugateGradientStep'>,
  change: {
    readonly length?: (squared: number, curvature: number) => number;
    readonly ratio?: (next: number, before: number) => number;
    readonly residual?: (length: number, product: Tensor) => Tensor;
    readonly along?: (next: Tensor) => Tensor;
  },
): OutputsOf<'conjugateGradientStep'> {
  const product = matrixTimesVector(a, direction);
  const dot = (b: Tensor, c: Tensor) => sum(times(b, c));
  const squared = dot(residual, residual);
  if (squared === 0) return { x, residual, direction };
  const curvature = dot(direction, product);
  const length = change.length?.(squared, curvature) ?? squared / curvature;
  const next = change.residual?.(length, product) ?? minus(residual, scaled(product, length));
  const ratio = change.ratio?.(dot(next, next), squared) ?? dot(next, next) / squared;
  return {
    x: plus(x, scaled(direction, length)),
    residual: next,
    direction: plus(change.along?.(next) ?? next, scaled(direction, ratio)),
  };
}

export const conjugateGradientStepMistakes: readonly KnownMistake<'conjugateGradientStep'>[] = [
  {
    name: 'ratio-upside-down',
    says: "β = rᵀr/r'ᵀr'",
    outputs: (inputs) => conjugateGradientWith(inputs, { ratio: (next, before) => before / next }),
  },
  {
    name: 'steepest-descent',
    says: "the direction r' with β = 0: steepest descent",
    outputs: (inputs) => conjugateGradientWith(inputs, { ratio: () => 0 }),
  },
  {
    name: 'direction-from-the-old-residual',
    says: "r + βp for r' + βp",
    outputs: (inputs) => conjugateGradientWith(inputs, { along: () => inputs.residual }),
  },
  {
    name: 'residual-grows',
    says: "r' = r + αAp",
    outputs: (inputs) =>
      conjugateGradientWith(inputs, { residual: (length, product) => plus(inputs.residual, scaled(product, length)) }),
  },
  {
    name: 'matrix-missing-in-the-residual',
    says: "r' = r − αp",
    outputs: (inputs) =>
      conjugateGradientWith(inputs, { residual: (length) => minus(inputs.residual, scaled(inputs.direction, length)) }),
  },
  {
    name: 'curvature-forgotten',
    says: 'α = rᵀr',
    outputs: (inputs) => conjugateGradientWith(inputs, { length: (squared) => squared }),
  },
  {
    name: 'solved-divides-by-zero',
    says: 'α = 0/0 where the residual is 0',
    outputs: (inputs) => {
      const right = conjugateGradientStep(inputs.a, inputs);
      const solved = inputs.residual.data.every((value) => value === 0);
      return solved ? { ...right, x: map(right.x, () => Number.NaN) } : right;
    },
  },
];

type EpochName = 'batchEpoch' | 'patternEpoch';

/** An epoch in pattern mode in which each step but the first uses the gradient at the weights that the step before it started from. */
function staleEpoch({ x, targets, weights }: InputsOf<EpochName>, learningRate: number): Tensor {
  const [samples, features] = x.shape;
  let [before, now] = [weights, weights];
  for (let n = 0; n < samples; n++) {
    const row = tensor([1, features], x.data.subarray(n * features, (n + 1) * features));
    const step = minus(batchEpoch(row, tensor([1], [targets.data[n]]), before, learningRate), before);
    [before, now] = [now, plus(now, step)];
  }
  return now;
}
const epochs = { batchEpoch, patternEpoch };

/** Mistakes of one epoch in either mode. */
export function epochMistakes<Name extends EpochName>(name: Name): readonly KnownMistake<Name>[] {
  const epoch = epochs[name];
  type Given = InputsOf<EpochName>;
  const other: Record<EpochName, { name: string; says: string; run: typeof batchEpoch }> = {
    batchEpoch: {
      name: 'pattern-mode',
      says: 'the epoch in pattern mode: each gradient at weights that have already moved',
      run: patternEpoch,
    },
    patternEpoch: {
      name: 'batch-mode',
      says: 'the epoch in batch mode: every gradient at the weights of its beginning',
      run: batchEpoch,
    },
  };
  const mistakes: readonly {
    name: string;
    says: string;
    erratum?: string;
    weights: (given: Given, learningRate: number) => Tensor;
  }[] = [
    {
      name: other[name].name,
      says: other[name].says,
      weights: ({ x, targets, weights }, rate) => other[name].run(x, targets, weights, rate),
    },
    {
      name: 'climbs',
      says: 'w − η(y − p)x: a step uphill',
      erratum: 'R17',
      weights: ({ x, targets, weights }, rate) => epoch(x, targets, weights, -rate),
    },
    {
      name: 'loss-for-the-gradient',
      says: 'w − ηL in every weight: the value of the loss in place of its gradient',
      erratum: 'R3',
      weights: ({ x, targets, weights }, rate) => {
        const predicted = matrixTimesVector(x, weights);
        const value = sum(combine(predicted, targets, (p, y) => (y - p) ** 2)) / 2;
        return map(weights, (w) => w - rate * value);
      },
    },
    // In batch mode there is one step alone.
    ...(name === 'patternEpoch'
      ? [
          {
            name: 'slope-of-the-step-before',
            says: 'steps along gradients at the weights before the last step',
            erratum: 'R23',
            weights: staleEpoch,
          },
        ]
      : []),
    {
      name: 'rate-forgotten',
      says: 'the steps without η',
      weights: ({ x, targets, weights }) => epoch(x, targets, weights, 1),
    },
    {
      name: 'factor-two',
      says: 'steps along the gradient of Σ(y − p)² without the ½',
      weights: ({ x, targets, weights }, rate) => epoch(x, targets, weights, 2 * rate),
    },
    {
      name: 'mean-for-the-sum',
      says: 'steps divided by the number of samples',
      weights: ({ x, targets, weights }, rate) => epoch(x, targets, weights, rate / x.shape[0]),
    },
    {
      name: 'last-sample-alone',
      says: 'the step of the last sample alone',
      weights: ({ x, targets, weights }, rate) => epoch(onlyLast(x, 0), onlyLast(targets, 0), weights, rate),
    },
    {
      name: 'last-sample-missing',
      says: 'the epoch without its last sample',
      weights: ({ x, targets, weights }, rate) => epoch(withoutLast(x, 0), withoutLast(targets, 0), weights, rate),
    },
    {
      name: 'targets-in-the-wrong-order',
      says: 'the targets in the reverse order of the samples',
      weights: ({ x, targets, weights }, rate) => epoch(x, mirrored(targets, [0]), weights, rate),
    },
  ];
  return mistakes.map(({ weights, ...rest }) => ({
    ...rest,
    outputs: (inputs: InputsOf<Name>, { learningRate }: { learningRate: number }) => ({
      weights: weights(inputs as Given, learningRate),
    }),
  })) as unknown as readonly KnownMistake<Name>[];
}
