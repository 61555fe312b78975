/** Gradients of hidden outputs (Row M5) by tf.grad, linear layers as one (Row M9), and the multiplication gate (Row M11). */
import { activations } from './activations.ts';
import { squaredError } from './losses.ts';
import { network, parameterNames } from './mlp.ts';
import type { Builders, DeviceTensor } from './program.ts';

export const mlpIdentityBuilders: Builders<'mlp.pathGradient' | 'mlp.collapse' | 'multiplicationGate'> = {
  /** The library has no paths, only back-propagation, which is the same sum. */
  'mlp.pathGradient': ({ tf, attributes: { activations: names, from }, shapes }) => {
    const [below, above] = [network(tf, names.slice(0, from)), network(tf, names.slice(from))];
    const parameters = parameterNames(names.length);
    const loss = squaredError(tf);
    const [width] = shapes[`weights${from}`];
    return {
      compute: (inputs) => {
        const values = parameters.map((name) => inputs[name]);
        const h = below(inputs.x, values.slice(0, 2 * from));
        const upper = values.slice(2 * from);
        const gradient = tf.grad((hidden: DeviceTensor) => loss(inputs.target, above(hidden, upper)))(h);
        return { gradient: tf.reshape(gradient, [width]) };
      },
    };
  },

  'mlp.collapse': ({ tf, attributes: { depth } }) => ({
    compute: (inputs) => {
      let weights: DeviceTensor = tf.clone(inputs.weights1);
      let bias: DeviceTensor = tf.clone(inputs.bias1);
      for (let l = 2; l <= depth; l++) {
        const own = inputs[`weights${l}`];
        weights = tf.matMul(own, weights);
        bias = tf.add(tf.dot(own, bias), inputs[`bias${l}`]);
      }
      return { weights, bias };
    },
  }),

  multiplicationGate: ({ tf, attributes: { activation, ...numbers }, keep }) => {
    const f = activations[activation](tf);
    const [lambda, mu, shift] = [numbers.lambda, numbers.mu, numbers.shift].map((value) => keep(tf.scalar(value)));
    return {
      compute: ({ u, v }) => {
        const [sum, difference] = [tf.mul(lambda, tf.add(u, v)), tf.mul(lambda, tf.sub(u, v))];
        const pair = (z: DeviceTensor) => tf.add(f(tf.add(shift, z)), f(tf.sub(shift, z)));
        return { y: tf.mul(mu, tf.sub(pair(sum), pair(difference))) };
      },
    };
  },
};
