/**
 * Steps downhill (Rows G1, G3–G5, G8). Gradient descent and Adam are the library's own optimizers. Its momentum keeps the change
 * without the rate, and its AdaGrad and RMSProp add ε under the root: other formulas, so these are composed of its operators.
 */
import type { AdagradAttributes } from '../signatures.ts';
import type { Builders, DeviceTensor, Tf } from './program.ts';

type Names =
  | 'gradientStep'
  | 'momentumStep'
  | 'weightDecayStep'
  | 'adagradStep'
  | 'rmspropStep'
  | 'adamStep'
  | 'conjugateGradientStep'
  | 'batchEpoch'
  | 'patternEpoch';

type Variable = ReturnType<Tf['variable']>;
/** The state that tf.train.adam carries from step to step; private in the library's types, and set only by a method that is asynchronous. */
interface AdamState {
  readonly accBeta1: Variable;
  readonly accBeta2: Variable;
  readonly accumulatedFirstMoment: readonly { readonly variable: Variable }[];
  readonly accumulatedSecondMoment: readonly { readonly variable: Variable }[];
}

function variableOf(tf: Tf, shape: readonly number[]): Variable {
  return tf.tidy(() => tf.variable(tf.zeros([...shape])));
}

/** w − ηg/(√s + ε). */
function adapted(
  tf: Tf,
  weights: DeviceTensor,
  gradient: DeviceTensor,
  squares: DeviceTensor,
  { learningRate, epsilon }: AdagradAttributes,
) {
  const step = tf.div(tf.mul(gradient, learningRate), tf.add(tf.sqrt(squares), epsilon));
  return { weights: tf.sub(weights, step), squares };
}

export const descentBuilders: Builders<Names> = {
  /** The variable changes in place: each execute first gives it the loaded weights again. */
  gradientStep: ({ tf, attributes: { learningRate }, shapes, keep }) => {
    const variable = keep(variableOf(tf, shapes.weights));
    const optimizer = keep(tf.train.sgd(learningRate));
    return {
      compute: ({ weights, gradient }) => {
        variable.assign(weights);
        optimizer.applyGradients([{ name: variable.name, tensor: gradient }]);
        return { weights: tf.clone(variable) };
      },
    };
  },

  momentumStep: ({ tf, attributes: { learningRate, momentum } }) => ({
    compute: ({ weights, gradient, change }) => {
      const next = tf.sub(tf.mul(change, momentum), tf.mul(gradient, learningRate));
      return { weights: tf.add(weights, next), change: next };
    },
  }),

  weightDecayStep: ({ tf, attributes: { learningRate, penalty } }) => ({
    compute: ({ weights, gradient }) => {
      const slope = tf.add(gradient, tf.mul(weights, penalty));
      return { weights: tf.sub(weights, tf.mul(slope, learningRate)) };
    },
  }),

  adagradStep: ({ tf, attributes }) => ({
    compute: ({ weights, gradient, squares }) =>
      adapted(tf, weights, gradient, tf.add(squares, tf.square(gradient)), attributes),
  }),

  rmspropStep: ({ tf, attributes }) => ({
    compute: ({ weights, gradient, squares }) => {
      const next = tf.add(tf.mul(squares, attributes.decay), tf.mul(tf.square(gradient), 1 - attributes.decay));
      return adapted(tf, weights, gradient, next, attributes);
    },
  }),

  /** The optimizer's own state is set to the loaded one before each step, as its setWeights does. */
  adamStep: ({ tf, attributes: { learningRate, beta1, beta2, epsilon, step }, shapes, keep }) => {
    const variable = keep(variableOf(tf, shapes.weights));
    const optimizer = keep(tf.train.adam(learningRate, beta1, beta2, epsilon));
    // The state comes into being with the first step.
    tf.tidy(() => optimizer.applyGradients([{ name: variable.name, tensor: tf.zeros([...shapes.weights]) }]));
    const state = optimizer as unknown as AdamState;
    const [{ variable: first }] = state.accumulatedFirstMoment;
    const [{ variable: second }] = state.accumulatedSecondMoment;
    return {
      compute: ({ weights, gradient, means, squares }) => {
        variable.assign(weights);
        first.assign(means);
        second.assign(squares);
        state.accBeta1.assign(tf.pow(beta1, step));
        state.accBeta2.assign(tf.pow(beta2, step));
        optimizer.applyGradients([{ name: variable.name, tensor: gradient }]);
        return { weights: tf.clone(variable), means: tf.clone(first), squares: tf.clone(second) };
      },
    };
  },

  /** Where the residual is 0 the system is solved, and nothing moves. */
  conjugateGradientStep: ({ tf }) => ({
    compute: ({ a, x, residual, direction }) => {
      const product = tf.dot(a, direction);
      const squared = tf.sum(tf.square(residual));
      const solved = tf.equal(squared, 0);
      const length = tf.where(solved, 0, tf.div(squared, tf.dot(direction, product)));
      const next = tf.sub(residual, tf.mul(length, product));
      const ratio = tf.where(solved, 1, tf.div(tf.sum(tf.square(next)), squared));
      return {
        x: tf.add(x, tf.mul(length, direction)),
        residual: next,
        direction: tf.add(next, tf.mul(ratio, direction)),
      };
    },
  }),

  batchEpoch: ({ tf, attributes: { learningRate } }) => ({
    compute: ({ x, targets, weights }) => {
      const errors = tf.sub(targets, tf.dot(x, weights));
      return { weights: tf.add(weights, tf.mul(tf.dot(errors, x), learningRate)) };
    },
  }),

  patternEpoch: ({ tf, attributes: { learningRate } }) => ({
    compute: ({ x, targets, weights }) => {
      const samples = tf.unstack(x);
      const wanted = tf.unstack(targets);
      const learned = samples.reduce((w: DeviceTensor, sample, n) => {
        const error = tf.sub(wanted[n], tf.dot(sample, w));
        return tf.add(w, tf.mul(tf.mul(error, learningRate), sample));
      }, weights);
      return { weights: learned };
    },
  }),
};
