/** Losses summed over all elements, and their gradients. A target of 0 contributes nothing, whatever the prediction. */
import type { Builder, Builders } from './program.ts';

type LossName = 'squaredError' | 'crossEntropy' | 'binaryCrossEntropy';
type Buffer = Float32Array;

/** A target of 0 leaves out even an infinite logarithm. */
const weighed = (t: number, logarithm: number) => (t === 0 ? 0 : t * logarithm);

function squaredError(p: Buffer, t: Buffer): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += ((t[i] - p[i]) * (t[i] - p[i])) / 2;
  return sum;
}

function squaredErrorSlopes(p: Buffer, t: Buffer, slopes: Buffer): void {
  for (let i = 0; i < slopes.length; i++) slopes[i] = p[i] - t[i];
}

function crossEntropy(p: Buffer, t: Buffer): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum -= weighed(t[i], Math.log(p[i]));
  return sum;
}

function crossEntropySlopes(p: Buffer, t: Buffer, slopes: Buffer): void {
  for (let i = 0; i < slopes.length; i++) slopes[i] = t[i] === 0 ? 0 : -t[i] / p[i];
}

function binaryCrossEntropy(p: Buffer, t: Buffer): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum -= weighed(t[i], Math.log(p[i])) + weighed(1 - t[i], Math.log1p(-p[i]));
  return sum;
}

function binaryCrossEntropySlopes(p: Buffer, t: Buffer, slopes: Buffer): void {
  for (let i = 0; i < slopes.length; i++) slopes[i] = (p[i] - t[i]) / (p[i] * (1 - p[i]));
}

function lossOf(sum: (p: Buffer, t: Buffer) => number): Builder<LossName> {
  return () => ({
    outputs: { loss: [] },
    run: ({ prediction, target }, { loss }) => {
      loss[0] = sum(prediction, target);
    },
  });
}

function gradientOf(fill: (p: Buffer, t: Buffer, slopes: Buffer) => void): Builder<`${LossName}.gradient`> {
  return (_, { prediction: shape }) => ({
    outputs: { dPrediction: shape },
    run: ({ prediction, target }, { dPrediction }) => fill(prediction, target, dPrediction),
  });
}

export const lossKernels: Builders<LossName | `${LossName}.gradient`> = {
  squaredError: lossOf(squaredError),
  'squaredError.gradient': gradientOf(squaredErrorSlopes),
  crossEntropy: lossOf(crossEntropy),
  'crossEntropy.gradient': gradientOf(crossEntropySlopes),
  binaryCrossEntropy: lossOf(binaryCrossEntropy),
  'binaryCrossEntropy.gradient': gradientOf(binaryCrossEntropySlopes),
};
