/** Activations (Rows A1, A3, A4) by the library's own kernels; derivative and backward are the library's own gradients. */
import type { Shape } from '../../reference/tensor.ts';
import type { ActivationName, PlainActivation } from '../signatures.ts';
import type { BuilderContext, Builders, DeviceTensor, Tf } from './program.ts';

type Unary = (x: DeviceTensor) => DeviceTensor;

/** Those without attributes. */
export const activations: Readonly<Record<PlainActivation, (tf: Tf) => Unary>> = {
  // tf.clone is the library's Identity kernel: tf.grad refuses a function that applies no kernel to its argument.
  identity: (tf) => (x) => tf.clone(x),
  sign: (tf) => (x) => tf.sign(x),
  // tf.step is 0 at 0, where Etalon's step is 1; greaterEqual alone would make NaN a 0.
  step: (tf) => (x) => tf.where(tf.isNaN(x), x, tf.cast(tf.greaterEqual(x, 0), 'float32')),
  sigmoid: (tf) => (x) => tf.sigmoid(x),
  tanh: (tf) => (x) => tf.tanh(x),
  relu: (tf) => (x) => tf.relu(x),
  hardTanh: (tf) => (x) => tf.clipByValue(x, -1, 1),
  softplus: (tf) => (x) => tf.softplus(x),
  silu: (tf) => (x) => tf.mul(x, tf.sigmoid(x)),
};

/** a·tanh(b·x); the library has no such kernel. */
function scaledTanh({ tf, attributes, keep }: BuilderContext<'scaledTanh'>): Unary {
  const a = keep(tf.scalar(attributes.a));
  const b = keep(tf.scalar(attributes.b));
  return (x) => tf.mul(a, tf.tanh(tf.mul(b, x)));
}

/** The library's own kernel. */
const leakyRelu =
  ({ tf, attributes }: BuilderContext<'leakyRelu'>): Unary =>
  (x) =>
    tf.leakyRelu(x, attributes.alpha);

/** The library's own kernel, which knows no other α than 1. */
const elu =
  ({ tf, attributes: { alpha } }: BuilderContext<'elu'>): Unary =>
  (x) =>
    alpha === 1 ? tf.elu(x) : tf.add(tf.relu(x), tf.mul(alpha, tf.elu(tf.minimum(x, 0))));

/** The library has erf and tanh, and composes nothing of them. */
const gelu =
  ({ tf, attributes: { approximate } }: BuilderContext<'gelu'>): Unary =>
  (x) => {
    if (approximate === 'none') return tf.mul(tf.mul(0.5, x), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
    const cube = tf.mul(tf.mul(x, x), x);
    const argument = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, cube)));
    return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(argument)));
  };

type Shared = Pick<BuilderContext<'relu'>, 'tf' | 'keep'> & { readonly shapes: { readonly x: Shape } };

/** The three operations of one activation f: f(x), tf.grad(f)(x, 1) and tf.grad(f)(x, dy). */
function operationsOf<Context extends Shared>(functionOf: (context: Context) => Unary) {
  return {
    value: (context: Context) => {
      const f = functionOf(context);
      return { compute: ({ x }: { x: DeviceTensor }) => ({ y: f(x) }) };
    },
    derivative: (context: Context) => {
      const gradient = context.tf.grad(functionOf(context));
      const ones = context.keep(context.tf.ones([...context.shapes.x]));
      return { compute: ({ x }: { x: DeviceTensor }) => ({ y: gradient(x, ones) }) };
    },
    backward: (context: Context) => {
      const gradient = context.tf.grad(functionOf(context));
      return { compute: ({ x, dy }: { x: DeviceTensor; dy: DeviceTensor }) => ({ dx: gradient(x, dy) }) };
    },
  };
}

function activation(name: PlainActivation) {
  return operationsOf(({ tf }: Shared) => activations[name](tf));
}

const identity = activation('identity');
const sign = activation('sign');
const step = activation('step');
const sigmoid = activation('sigmoid');
const tanh = activation('tanh');
const relu = activation('relu');
const hardTanh = activation('hardTanh');
const softplus = activation('softplus');
const silu = activation('silu');
const scaled = operationsOf(scaledTanh);
const leaky = operationsOf(leakyRelu);
const exponential = operationsOf(elu);
const gaussian = operationsOf(gelu);

export const activationBuilders: Builders<ActivationName | `${ActivationName}.derivative` | `${ActivationName}.backward`> = {
  identity: identity.value,
  'identity.derivative': identity.derivative,
  'identity.backward': identity.backward,
  sign: sign.value,
  'sign.derivative': sign.derivative,
  'sign.backward': sign.backward,
  step: step.value,
  'step.derivative': step.derivative,
  'step.backward': step.backward,
  sigmoid: sigmoid.value,
  'sigmoid.derivative': sigmoid.derivative,
  'sigmoid.backward': sigmoid.backward,
  tanh: tanh.value,
  'tanh.derivative': tanh.derivative,
  'tanh.backward': tanh.backward,
  scaledTanh: scaled.value,
  'scaledTanh.derivative': scaled.derivative,
  'scaledTanh.backward': scaled.backward,
  relu: relu.value,
  'relu.derivative': relu.derivative,
  'relu.backward': relu.backward,
  leakyRelu: leaky.value,
  'leakyRelu.derivative': leaky.derivative,
  'leakyRelu.backward': leaky.backward,
  elu: exponential.value,
  'elu.derivative': exponential.derivative,
  'elu.backward': exponential.backward,
  hardTanh: hardTanh.value,
  'hardTanh.derivative': hardTanh.derivative,
  'hardTanh.backward': hardTanh.backward,
  softplus: softplus.value,
  'softplus.derivative': softplus.derivative,
  'softplus.backward': softplus.backward,
  silu: silu.value,
  'silu.derivative': silu.derivative,
  'silu.backward': silu.backward,
  gelu: gaussian.value,
  'gelu.derivative': gaussian.derivative,
  'gelu.backward': gaussian.backward,
};
