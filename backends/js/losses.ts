/** Losses summed over all elements, and their gradients. A target of 0 contributes nothing, whatever the prediction. */
import type { Builder, Builders } from './program.ts';

type LossName = 'squaredError' | 'crossEntropy' | 'binaryCrossEntropy';
type Buffer = Float32Array;

const lossOf =
  (sum: (prediction: Buffer, target: Buffer) => number): Builder<LossName> =>
  () => ({
    outputs: { loss: [] },
    run: ({ prediction, target }, { loss }) => {
      loss[0] = sum(prediction, target);
    },
  });

const gradientOf =
  (fill: (prediction: Buffer, target: Buffer, dPrediction: Buffer) => void): Builder<`${LossName}.gradient`> =>
  (_, { prediction: shape }) => ({
    outputs: { dPrediction: shape },
    run: ({ prediction, target }, { dPrediction }) => fill(prediction, target, dPrediction),
  });

const weighed = (t: number, logarithm: number) => (t === 0 ? 0 : t * logarithm);

export const lossKernels: Builders<LossName | `${LossName}.gradient`> = {
  squaredError: lossOf((p, t) => {
    let sum = 0;
    for (let i = 0; i < p.length; i++) sum += ((t[i] - p[i]) * (t[i] - p[i])) / 2;
    return sum;
  }),
  'squaredError.gradient': gradientOf((p, t, slope) => {
    for (let i = 0; i < p.length; i++) slope[i] = p[i] - t[i];
  }),
  crossEntropy: lossOf((p, t) => {
    let sum = 0;
    for (let i = 0; i < p.length; i++) sum -= weighed(t[i], Math.log(p[i]));
    return sum;
  }),
  'crossEntropy.gradient': gradientOf((p, t, slope) => {
    for (let i = 0; i < p.length; i++) slope[i] = t[i] === 0 ? 0 : -t[i] / p[i];
  }),
  binaryCrossEntropy: lossOf((p, t) => {
    let sum = 0;
    for (let i = 0; i < p.length; i++) sum -= weighed(t[i], Math.log(p[i])) + weighed(1 - t[i], Math.log1p(-p[i]));
    return sum;
  }),
  'binaryCrossEntropy.gradient': gradientOf((p, t, slope) => {
    for (let i = 0; i < p.length; i++) slope[i] = (p[i] - t[i]) / (p[i] * (1 - p[i]));
  }),
};
