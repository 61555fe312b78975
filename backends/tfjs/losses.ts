/** Losses (Row J4) and their gradients with respect to the prediction, by tf.grad of the loss itself. */
import type { Builders, DeviceTensor, Tf } from './program.ts';

type Loss = (target: DeviceTensor, prediction: DeviceTensor) => DeviceTensor;
type LossName = 'squaredError' | 'crossEntropy' | 'binaryCrossEntropy';

/** ½Σ(target − prediction)²: the library's loss with weight ½, summed instead of averaged. */
export function squaredError(tf: Tf): Loss {
  return (target, prediction) => tf.losses.meanSquaredError(target, prediction, 0.5, tf.Reduction.SUM);
}

/** −Σ target·ln(prediction), where 0·ln 0 is 0. The library's own cross entropy takes logits, not probabilities. */
function crossEntropy(tf: Tf): Loss {
  return (target, prediction) => {
    // Before the logarithm, not after it: the gradient of what is left out would be 0·∞.
    const counted = tf.where(tf.equal(target, 0), tf.onesLike(prediction), prediction);
    return tf.neg(tf.sum(tf.mul(target, tf.log(counted))));
  };
}

/** The library's loss, summed instead of averaged and without its epsilon (1e-7), which would be another function. */
function binaryCrossEntropy(tf: Tf): Loss {
  return (target, prediction) => tf.losses.logLoss(target, prediction, undefined, 0, tf.Reduction.SUM);
}

function operationsOf(lossOf: (tf: Tf) => Loss) {
  interface Inputs {
    readonly target: DeviceTensor;
    readonly prediction: DeviceTensor;
  }
  return {
    value: ({ tf }: { readonly tf: Tf }) => {
      const loss = lossOf(tf);
      return { compute: ({ target, prediction }: Inputs) => ({ loss: loss(target, prediction) }) };
    },
    gradient: ({ tf }: { readonly tf: Tf }) => {
      const loss = lossOf(tf);
      return {
        compute: ({ target, prediction }: Inputs) => ({
          dPrediction: tf.grad((variable) => loss(target, variable))(prediction),
        }),
      };
    },
  };
}

const squared = operationsOf(squaredError);
const cross = operationsOf(crossEntropy);
const binary = operationsOf(binaryCrossEntropy);

export const lossBuilders: Builders<LossName | `${LossName}.gradient`> = {
  squaredError: squared.value,
  'squaredError.gradient': squared.gradient,
  crossEntropy: cross.value,
  'crossEntropy.gradient': cross.gradient,
  binaryCrossEntropy: binary.value,
  'binaryCrossEntropy.gradient': binary.gradient,
};
