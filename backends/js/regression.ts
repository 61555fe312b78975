/** The penalized losses of linear models and their gradients; sums in double, rounded once. */
import type { PenaltyAttributes } from '../signatures.ts';
import { dot } from './perceptron.ts';
import type { Builders } from './program.ts';

type Names = 'leastSquares' | 'softMargin' | 'softmaxRegression';
type Buffer = Float32Array;

interface Outputs {
  readonly loss: Buffer;
  readonly dWeights: Buffer;
  readonly dBias: Buffer;
}

/** ½λ‖w‖² and its gradient added to sums that are then rounded. */
function finish(loss: number, sums: Float64Array, weights: Buffer, penalty: number, outputs: Outputs): void {
  let squares = 0;
  for (let i = 0; i < weights.length; i++) {
    squares += weights[i] * weights[i];
    outputs.dWeights[i] = sums[i] + penalty * weights[i];
  }
  outputs.loss[0] = loss + (penalty / 2) * squares;
}

/** A loss of p = wᵀx − b. `slope` gives ∂l/∂p and `loss` l, of one sample. */
function oneOutput(
  { penalty }: PenaltyAttributes,
  [samples, features]: readonly number[],
  loss: (p: number, y: number) => number,
  slope: (p: number, y: number) => number,
) {
  const sums = new Float64Array(features);
  return {
    outputs: { loss: [], dWeights: [features], dBias: [] },
    run: ({ x, weights, bias }: { x: Buffer; weights: Buffer; bias: Buffer }, targets: Buffer, outputs: Outputs) => {
      let [total, slopes] = [0, 0];
      sums.fill(0);
      for (let n = 0; n < samples; n++) {
        const p = dot(x, n * features, weights, features) - bias[0];
        const s = slope(p, targets[n]);
        total += loss(p, targets[n]);
        slopes += s;
        for (let j = 0; j < features; j++) sums[j] += s * x[n * features + j];
      }
      outputs.dBias[0] = -slopes;
      finish(total, sums, weights, penalty, outputs);
    },
  };
}

export const regressionKernels: Builders<Names> = {
  leastSquares: (attributes, { x: shape }) => {
    const { outputs, run } = oneOutput(
      attributes,
      shape,
      (p, y) => (p - y) ** 2,
      (p, y) => 2 * (p - y),
    );
    return { outputs, run: (inputs, results) => run(inputs, inputs.targets, results) };
  },

  softMargin: (attributes, { x: shape }) => {
    const { outputs, run } = oneOutput(
      attributes,
      shape,
      (p, y) => Math.max(0, 1 - y * p),
      (p, y) => (1 - y * p > 0 ? -y : 0),
    );
    return { outputs, run: (inputs, results) => run(inputs, inputs.labels, results) };
  },

  softmaxRegression: ({ penalty }, { x: [samples, features], weights: [classes] }) => {
    const sums = new Float64Array(classes * features);
    const biases = new Float64Array(classes);
    const z = new Float64Array(classes);
    return {
      outputs: { loss: [], dWeights: [classes, features], dBias: [classes] },
      run: ({ x, targets, weights, bias }, outputs) => {
        let loss = 0;
        sums.fill(0);
        biases.fill(0);
        for (let n = 0; n < samples; n++) {
          let largest = -Infinity;
          for (let c = 0; c < classes; c++) {
            z[c] = -bias[c];
            for (let j = 0; j < features; j++) z[c] += weights[c * features + j] * x[n * features + j];
            if (!(z[c] <= largest)) largest = z[c];
          }
          let [total, mass] = [0, 0];
          for (let c = 0; c < classes; c++) {
            total += Math.exp(z[c] - largest);
            mass += targets[n * classes + c];
          }
          for (let c = 0; c < classes; c++) {
            const y = targets[n * classes + c];
            const slope = (mass * Math.exp(z[c] - largest)) / total - y;
            loss -= y * (z[c] - largest - Math.log(total));
            biases[c] -= slope;
            for (let j = 0; j < features; j++) sums[c * features + j] += slope * x[n * features + j];
          }
        }
        outputs.dBias.set(biases);
        finish(loss, sums, weights, penalty, outputs);
      },
    };
  },
};
