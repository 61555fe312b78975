/** Losses summed over all elements, and their gradients. A target of 0 contributes nothing, whatever the prediction. */
import type { Builder, Builders } from './program.ts';

type LossName = 'squaredError' | 'crossEntropy' | 'binaryCrossEntropy';

function lossOf(term: (p: number, t: number) => number): Builder<LossName> {
  return () => ({
    outputs: { loss: [] },
    run: ({ prediction, target }, { loss }) => {
      let sum = 0;
      for (let i = 0; i < prediction.length; i++) sum += term(prediction[i], target[i]);
      loss[0] = sum;
    },
  });
}

function gradientOf(slope: (p: number, t: number) => number): Builder<`${LossName}.gradient`> {
  return (_, { prediction: shape }) => ({
    outputs: { dPrediction: shape },
    run: ({ prediction, target }, { dPrediction }) => {
      for (let i = 0; i < dPrediction.length; i++) dPrediction[i] = slope(prediction[i], target[i]);
    },
  });
}

const weighed = (t: number, logarithm: number) => (t === 0 ? 0 : t * logarithm);

export const lossKernels: Builders<LossName | `${LossName}.gradient`> = {
  squaredError: lossOf((p, t) => ((t - p) * (t - p)) / 2),
  'squaredError.gradient': gradientOf((p, t) => p - t),
  crossEntropy: lossOf((p, t) => -weighed(t, Math.log(p))),
  'crossEntropy.gradient': gradientOf((p, t) => (t === 0 ? 0 : -t / p)),
  binaryCrossEntropy: lossOf((p, t) => -weighed(t, Math.log(p)) - weighed(1 - t, Math.log1p(-p))),
  'binaryCrossEntropy.gradient': gradientOf((p, t) => (p - t) / (p * (1 - p))),
};
