/** The linear discriminant and the ways of training a perceptron beside the online rule; sums in double, rounded once. */
import { dot } from './perceptron.ts';
import type { Builders } from './program.ts';

type Names =
  | 'linearDiscriminant'
  | 'perceptronCriterion'
  | 'batchPerceptronStep'
  | 'surrogatePerceptronStep'
  | 'stochasticPerceptronEpoch';

/** Adds −yₙxₙ of each misclassified sample to the gradient and returns the criterion. */
function criterion(
  { x, labels, weights }: { x: Float32Array; labels: Float32Array; weights: Float32Array },
  gradient: Float64Array,
): number {
  const features = weights.length;
  let loss = 0;
  gradient.fill(0);
  for (let n = 0; n < labels.length; n++) {
    const agreement = labels[n] * dot(x, n * features, weights, features);
    if (agreement > 0) continue;
    loss -= agreement;
    for (let j = 0; j < features; j++) gradient[j] -= labels[n] * x[n * features + j];
  }
  return loss;
}

export const linearKernels: Builders<Names> = {
  linearDiscriminant: (_, { x: [samples, features] }) => ({
    outputs: { values: [samples], classes: [samples], distances: [samples] },
    run: ({ x, weights, bias }, { values, classes, distances }) => {
      const length = Math.sqrt(dot(weights, 0, weights, features));
      for (let n = 0; n < samples; n++) {
        const value = dot(x, n * features, weights, features) + bias[0];
        values[n] = value;
        classes[n] = Math.sign(value);
        distances[n] = value / length;
      }
    },
  }),

  perceptronCriterion: (_, { x: [, features] }) => {
    const sums = new Float64Array(features);
    return {
      outputs: { loss: [], gradient: [features] },
      run: (inputs, { loss, gradient }) => {
        loss[0] = criterion(inputs, sums);
        gradient.set(sums);
      },
    };
  },

  batchPerceptronStep: ({ learningRate }, { x: [, features] }) => {
    const sums = new Float64Array(features);
    return {
      outputs: { weights: [features] },
      run: (inputs, { weights: next }) => {
        criterion(inputs, sums);
        for (let j = 0; j < features; j++) next[j] = inputs.weights[j] - learningRate * sums[j];
      },
    };
  },

  surrogatePerceptronStep: ({ learningRate }, { x: [samples, features] }) => {
    const sums = new Float64Array(features);
    return {
      outputs: { loss: [], weights: [features] },
      run: ({ x, labels, weights }, { loss, weights: next }) => {
        let total = 0;
        sums.fill(0);
        for (let n = 0; n < samples; n++) {
          const error = labels[n] - Math.sign(dot(x, n * features, weights, features));
          total += (error * error) / 2;
          for (let j = 0; j < features; j++) sums[j] += error * x[n * features + j];
        }
        loss[0] = total;
        for (let j = 0; j < features; j++) next[j] = weights[j] + learningRate * sums[j];
      },
    };
  },

  stochasticPerceptronEpoch: ({ learningRate, order }, { x: [, features] }) => {
    const w = new Float64Array(features);
    return {
      outputs: { weights: [features] },
      run: ({ x, labels, weights }, { weights: next }) => {
        w.set(weights);
        for (const n of order) {
          const step = learningRate * (labels[n] - Math.sign(dot(x, n * features, w, features)));
          for (let j = 0; j < features; j++) w[j] += step * x[n * features + j];
        }
        next.set(w);
      },
    };
  },
};
