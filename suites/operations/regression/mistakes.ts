/** How people get the penalized losses of linear models and their gradients wrong. */
import type { InputsOf, OutputsOf } from '../../../backends/signatures.ts';
import { denseWeightGradient } from '../../../reference/dense.ts';
import { leastSquares, softMargin, softmaxRegression } from '../../../reference/regression.ts';
import { combine, map, scalar, sum, type Tensor, tensor, zeros } from '../../../reference/tensor.ts';
import type { KnownMistake } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { onlyLast, rounded, scaled, withoutLast } from '../../judging/tensorChanges.ts';

type Name = 'leastSquares' | 'softMargin' | 'softmaxRegression';
type Outputs = OutputsOf<Name>;
/** Inputs of any of the three: targets stand for labels too. */
interface Inputs {
  readonly x: Tensor;
  readonly targets: Tensor;
  readonly weights: Tensor;
  readonly bias: Tensor;
}
type Loss = (inputs: Inputs, penalty: number) => Outputs;

const one =
  (loss: typeof leastSquares): Loss =>
  ({ x, targets, weights, bias }, penalty) => {
    const { loss: value, weights: dWeights, bias: dBias } = loss(x, targets, weights, bias.data[0], penalty);
    return { loss: scalar(value), dWeights, dBias };
  };
/** The reference's losses with the outputs of the operations. */
export const losses: Readonly<Record<Name, Loss>> = {
  leastSquares: one(leastSquares),
  softMargin: one(softMargin),
  softmaxRegression: ({ x, targets, weights, bias }, penalty) => {
    const { loss: value, weights: dWeights, bias: dBias } = softmaxRegression(x, targets, weights, bias, penalty);
    return { loss: scalar(value), dWeights, dBias };
  },
};

const plus = (a: Tensor, b: Tensor) => combine(a, b, (p, q) => p + q);
const squares = (w: Tensor) => sum(map(w, (value) => value * value));

interface Mistake {
  readonly name: string;
  readonly says: string;
  readonly outputs: (inputs: Inputs, penalty: number, loss: Loss) => Outputs;
}
const changed = (
  name: string,
  says: string,
  change: (right: Outputs, inputs: Inputs, penalty: number) => Partial<Outputs>,
): Mistake => ({
  name,
  says,
  outputs: (inputs, penalty, loss) => {
    const right = loss(inputs, penalty);
    return { ...right, ...change(right, inputs, penalty) };
  },
});

/** Mistakes that all three can have. */
const shared: readonly Mistake[] = [
  changed('half-of-the-penalty-forgotten', 'the loss with λ‖w‖² for ½λ‖w‖²', ({ loss }, { weights }, penalty) => ({
    loss: plus(loss, scalar((penalty / 2) * squares(weights))),
  })),
  changed('half-in-the-gradient', '½λw for λw in the gradient', ({ dWeights }, { weights }, penalty) => ({
    dWeights: plus(dWeights, scaled(weights, -penalty / 2)),
  })),
  changed('penalty-not-in-the-gradient', 'the gradient without λw', ({ dWeights }, { weights }, penalty) => ({
    dWeights: plus(dWeights, scaled(weights, -penalty)),
  })),
  {
    name: 'penalty-not-in-the-loss',
    says: 'the loss without its penalty, and the gradient with it',
    outputs: (inputs, penalty, loss) => ({ ...loss(inputs, penalty), loss: loss(inputs, 0).loss }),
  },
  changed('bias-penalized', 'λb added to the gradient for the bias', ({ dBias }, { bias }, penalty) => ({
    dBias: plus(dBias, scaled(bias, penalty)),
  })),
  {
    name: 'bias-added',
    says: 'p = wᵀx + b for wᵀx − b',
    outputs: (inputs, penalty, loss) => {
      const { dBias, ...rest } = loss({ ...inputs, bias: scaled(inputs.bias, -1) }, penalty);
      return { ...rest, dBias: scaled(dBias, -1) };
    },
  },
  changed('bias-gradient-with-the-wrong-sign', '∂J/∂b with the sign of wᵀx + b', ({ dBias }) => ({ dBias: scaled(dBias, -1) })),
  changed('climbs', 'the gradients with the opposite sign', ({ dWeights, dBias }) => ({
    dWeights: scaled(dWeights, -1),
    dBias: scaled(dBias, -1),
  })),
  {
    name: 'mean-for-the-sum',
    says: 'the mean over the samples for the sum',
    outputs: (inputs, penalty, loss) => {
      const share = 1 / inputs.x.shape[0];
      const [whole, penalties] = [loss(inputs, 0), scalar((penalty / 2) * squares(inputs.weights))];
      return {
        loss: plus(scaled(whole.loss, share), penalties),
        dWeights: plus(scaled(whole.dWeights, share), scaled(inputs.weights, penalty)),
        dBias: scaled(whole.dBias, share),
      };
    },
  },
];

const tf32: Mistake = {
  name: 'tf32',
  says: 'the result with samples and weights rounded to TF32',
  outputs: (inputs, penalty, loss) =>
    loss({ ...inputs, x: rounded(inputs.x, precisions.tf32), weights: rounded(inputs.weights, precisions.tf32) }, penalty),
};

const leastSquaresOnly: readonly Mistake[] = [
  changed('two-forgotten', 'Σ(p − y)x for Σ2(p − y)x', ({ dWeights, dBias }, { weights }, penalty) => ({
    dWeights: plus(scaled(plus(dWeights, scaled(weights, -penalty)), 0.5), scaled(weights, penalty)),
    dBias: scaled(dBias, 0.5),
  })),
  {
    name: 'last-sample-missing',
    says: 'the sums without the last sample',
    outputs: (inputs, penalty) => {
      const { x, targets, weights, bias } = inputs;
      const cut = (t: Tensor) => tensor([t.shape[0] - 1, ...t.shape.slice(1)], t.data.slice(0, -t.data.length / t.shape[0]));
      return losses.leastSquares({ x: cut(x), targets: cut(targets), weights, bias }, penalty);
    },
  },
  {
    name: 'last-sample-alone',
    says: 'the gradient of the last sample alone',
    outputs: (inputs, penalty) => {
      const right = losses.leastSquares(inputs, penalty);
      const { x, targets, bias } = inputs;
      const errors = onlyLast(
        combine(predictionsOf(x, inputs.weights, bias), targets, (p, y) => 2 * (p - y)),
        0,
      );
      return { ...right, dWeights: plus(gradientOf(x, errors), scaled(inputs.weights, penalty)) };
    },
  },
  tf32,
];

function predictionsOf(x: Tensor, weights: Tensor, bias: Tensor): Tensor {
  const [samples, features] = x.shape;
  const p = zeros([samples]);
  for (let n = 0; n < samples; n++) {
    p.data[n] = -bias.data[0];
    for (let j = 0; j < features; j++) p.data[n] += weights.data[j] * x.data[n * features + j];
  }
  return p;
}

/** Σ slopeₙxₙ. */
function gradientOf(x: Tensor, slopes: Tensor): Tensor {
  const { data } = denseWeightGradient(x, { ...slopes, shape: [x.shape[0], 1] });
  return tensor([x.shape[1]], data);
}

/** The soft margin with another loss of a sample, from y·p, and its slope. */
const marginWith = (
  name: string,
  says: string,
  sample: (agreement: number, label: number) => { loss: number; slope: number },
): Mistake => ({
  name,
  says,
  outputs: ({ x, targets, weights, bias }, penalty) => {
    const p = predictionsOf(x, weights, bias);
    const parts = Array.from(p.data, (value, n) => sample(targets.data[n] * value, targets.data[n]));
    const slopes = tensor(
      [parts.length],
      parts.map(({ slope }) => slope),
    );
    return {
      loss: scalar(parts.reduce((total, { loss }) => total + loss, 0) + (penalty / 2) * squares(weights)),
      dWeights: plus(gradientOf(x, slopes), scaled(weights, penalty)),
      dBias: scalar(-sum(slopes)),
    };
  },
});

/** The other right answer where a sample lies on the hinge: u(0) = 1. */
export const slopeOneAtTheHinge = (inputs: Inputs, penalty: number): Outputs =>
  marginWith('', '', (a, y) => ({ loss: Math.max(0, 1 - a), slope: a <= 1 ? -y : 0 })).outputs(
    inputs,
    penalty,
    losses.softMargin,
  );

const softMarginOnly: readonly Mistake[] = [
  marginWith('perceptron-criterion', 'max(0, −y·p): no margin', (a, y) => ({ loss: Math.max(0, -a), slope: a < 0 ? -y : 0 })),
  marginWith('squared-hinge', 'max(0, 1 − y·p)²', (a, y) => ({
    loss: Math.max(0, 1 - a) ** 2,
    slope: -2 * y * Math.max(0, 1 - a),
  })),
  marginWith('not-cut-off', '1 − y·p without the maximum', (a, y) => ({ loss: 1 - a, slope: -y })),
  marginWith('label-missing-in-the-slope', '−1 for −y in the slope', (a) => ({
    loss: Math.max(0, 1 - a),
    slope: a < 1 ? -1 : 0,
  })),
  marginWith('half-at-the-hinge', 'u(0) = ½ at the hinge', (a, y) => ({
    loss: Math.max(0, 1 - a),
    slope: a < 1 ? -y : a === 1 ? -y / 2 : 0,
  })),
  {
    name: 'last-feature-missing',
    says: 'the result without the last feature',
    outputs: (inputs, penalty, loss) => loss({ ...inputs, x: withoutLast(inputs.x, 1) }, penalty),
  },
];

/** Wx − b and its softmax, row by row; `shift` says what is taken out of the exponent. */
function softmaxOf({ x, weights, bias }: Inputs, shift: (z: readonly number[]) => number): { z: Tensor; p: Tensor } {
  const [classes, features] = weights.shape;
  const [samples] = x.shape;
  const [z, p] = [zeros([samples, classes]), zeros([samples, classes])];
  for (let n = 0; n < samples; n++) {
    const row = Array.from({ length: classes }, (_, c) => {
      let net = -bias.data[c];
      for (let j = 0; j < features; j++) net += weights.data[c * features + j] * x.data[n * features + j];
      return net;
    });
    const exponentials = row.map((value) => Math.exp(value - shift(row)));
    const total = exponentials.reduce((a, b) => a + b, 0);
    z.data.set(row, n * classes);
    p.data.set(
      exponentials.map((value) => value / total),
      n * classes,
    );
  }
  return { z, p };
}
const largest = (z: readonly number[]) => Math.max(...z);
/** Row n of y summed. */
const massOf = ({ targets: { shape, data } }: Inputs, n: number) =>
  Array.from(data.subarray(n * shape[1], (n + 1) * shape[1])).reduce((a, b) => a + b, 0);

function fromSlopes(inputs: Inputs, penalty: number, slopes: Tensor): Pick<Outputs, 'dWeights' | 'dBias'> {
  const [samples, classes] = slopes.shape;
  const dBias = zeros([classes]);
  for (let n = 0; n < samples; n++) for (let c = 0; c < classes; c++) dBias.data[c] -= slopes.data[n * classes + c];
  return { dWeights: plus(denseWeightGradient(inputs.x, slopes), scaled(inputs.weights, penalty)), dBias };
}

const softmaxOnly: readonly Mistake[] = [
  {
    name: 'maximum-not-subtracted',
    says: 'log(e^z/Σe^z) as it stands, in float32: it overflows for large nets',
    outputs: (inputs, penalty) => {
      const exponentialOverflow = Math.log(precisions.float32.largest);
      const { z } = softmaxOf(inputs, largest);
      const right = losses.softmaxRegression(inputs, penalty);
      return z.data.some((value) => value > exponentialOverflow)
        ? { ...right, loss: map(right.loss, () => Number.NaN) }
        : right;
    },
  },
  {
    name: 'logarithm-of-the-softmax',
    says: 'log p of a p that has underflowed in float32: an infinite loss',
    outputs: (inputs, penalty) => {
      const { p } = softmaxOf(inputs, largest);
      const right = losses.softmaxRegression(inputs, penalty);
      const infinite = p.data.some(
        (value, i) => value < precisions.float32.smallestSubnormal / 2 && inputs.targets.data[i] > 0,
      );
      return infinite ? { ...right, loss: scalar(Infinity) } : right;
    },
  },
  {
    name: 'logarithm-of-p-and-a-little',
    says: 'log(p + 10⁻⁷) for log p',
    outputs: (inputs, penalty) => {
      const { p } = softmaxOf(inputs, largest);
      const terms = combine(p, inputs.targets, (value, y) => -y * Math.log(value + 1e-7));
      return {
        ...losses.softmaxRegression(inputs, penalty),
        loss: scalar(sum(terms) + (penalty / 2) * squares(inputs.weights)),
      };
    },
  },
  {
    name: 'targets-taken-for-a-distribution',
    says: 'p − y for p·Σy − y: right only where the targets sum to 1',
    outputs: (inputs, penalty) => {
      const slopes = combine(softmaxOf(inputs, largest).p, inputs.targets, (p, y) => p - y);
      return { ...losses.softmaxRegression(inputs, penalty), ...fromSlopes(inputs, penalty, slopes) };
    },
  },
  {
    name: 'softmax-over-the-samples',
    says: 'the softmax over the samples for the classes, in the gradient',
    outputs: (inputs, penalty) => {
      const { z } = softmaxOf(inputs, largest);
      const [samples, classes] = z.shape;
      const slopes = zeros(z.shape);
      for (let c = 0; c < classes; c++) {
        const column = Array.from({ length: samples }, (_, n) => z.data[n * classes + c]);
        const exponentials = column.map((value) => Math.exp(value - largest(column)));
        const total = exponentials.reduce((a, b) => a + b, 0);
        exponentials.forEach((e, n) => {
          slopes.data[n * classes + c] = (massOf(inputs, n) * e) / total - inputs.targets.data[n * classes + c];
        });
      }
      return { ...losses.softmaxRegression(inputs, penalty), ...fromSlopes(inputs, penalty, slopes) };
    },
  },
  {
    name: 'binary-cross-entropy',
    says: '−Σ[y log p + (1 − y) log(1 − p)]: each class for itself',
    outputs: (inputs, penalty) => {
      const { p } = softmaxOf(inputs, largest);
      const terms = combine(p, inputs.targets, (value, y) =>
        y === 1 ? -Math.log(value) : -(y * Math.log(value) + (1 - y) * Math.log1p(-value)),
      );
      return {
        ...losses.softmaxRegression(inputs, penalty),
        loss: scalar(sum(terms) + (penalty / 2) * squares(inputs.weights)),
      };
    },
  },
  tf32,
];

const all: Readonly<Record<Name, readonly Mistake[]>> = {
  leastSquares: [...shared, ...leastSquaresOnly],
  softMargin: [...shared, ...softMarginOnly],
  softmaxRegression: [...shared, ...softmaxOnly],
};

/** The mistakes of one loss, with its own names of the inputs. */
export function regressionMistakes<Own extends Name>(name: Own): readonly KnownMistake<Own>[] {
  return all[name].map(({ name: mistake, says, outputs }) => ({
    name: mistake,
    says,
    outputs: (inputs: InputsOf<Own>, { penalty }: { penalty: number }) => {
      const { labels, targets = labels, ...rest } = inputs as Omit<Inputs, 'targets'> & { targets?: Tensor; labels?: Tensor };
      return outputs({ ...rest, targets: targets! }, penalty, losses[name]);
    },
  })) as unknown as readonly KnownMistake<Own>[];
}
