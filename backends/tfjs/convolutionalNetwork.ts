/** A small convolutional network (Row C8): the gradients of the composed loss, and a step of the library's own optimizer. */
import type { Shape } from '../../reference/tensor.ts';
import type { ConvolutionalNetworkAttributes } from '../signatures.ts';
import { convolution } from './convolution.ts';
import { images } from './layouts.ts';
import { pooling } from './pooling.ts';
import type { Builders, DeviceTensor, Tf } from './program.ts';

type NetworkOperations = 'convolutionalNetwork.forward' | 'convolutionalNetwork.backward' | 'convolutionalNetwork.trainStep';

const names = ['kernels', 'kernelBias', 'weights', 'bias'] as const;
type Parameters = Readonly<Record<(typeof names)[number], DeviceTensor>>;

/** Logits of images in NHWC; features are flattened in the order maps, rows, columns. `trained`: its kernels are differentiated. */
function network(tf: Tf, attributes: ConvolutionalNetworkAttributes, inputChannels: number, trained: boolean) {
  const { kernels, apply } = convolution(tf, attributes.convolution, inputChannels, trained ? 'Filter' : undefined);
  const pool = pooling(tf, 'maxPool', attributes.pooling);
  function logits(x: DeviceTensor, given: Parameters): DeviceTensor {
    const maps = pool(tf.relu(tf.add(apply(x, given.kernels), given.kernelBias)));
    const [batch, height, width, channels] = maps.shape;
    const features = tf.reshape(tf.transpose(maps, [0, 3, 1, 2]), [batch, channels * height * width]);
    return tf.add(tf.matMul(features, given.weights, false, true), given.bias);
  }
  /** The library's loss takes logits; summed instead of averaged. */
  const loss = (target: DeviceTensor, x: DeviceTensor, given: Parameters): DeviceTensor =>
    tf.losses.softmaxCrossEntropy(target, logits(x, given), undefined, 0, tf.Reduction.SUM);
  return { kernels, logits, loss };
}
const byName = ([kernels, kernelBias, weights, bias]: readonly DeviceTensor[]): Parameters => ({
  kernels,
  kernelBias,
  weights,
  bias,
});

export const convolutionalNetworkBuilders: Builders<NetworkOperations> = {
  'convolutionalNetwork.forward': ({ tf, attributes, shapes }) => {
    const { kernels, logits } = network(tf, attributes, shapes.x[1], false);
    return {
      inputLayouts: { x: images, kernels },
      compute: ({ x, ...given }) => ({ probabilities: tf.softmax(logits(x, given)) }),
    };
  },

  'convolutionalNetwork.backward': ({ tf, attributes, shapes }) => {
    const { kernels, loss } = network(tf, attributes, shapes.x[1], true);
    return {
      inputLayouts: { x: images, kernels },
      outputLayouts: { dKernels: kernels },
      compute: ({ x, target, ...given }) => {
        const differentiate = tf.valueAndGrads((...variables: DeviceTensor[]) => loss(target, x, byName(variables)));
        const { value, grads } = differentiate(names.map((name) => given[name]));
        const [dKernels, dKernelBias, dWeights, dBias] = grads;
        return { loss: value, dKernels, dKernelBias, dWeights, dBias };
      },
    };
  },

  /** tf.train.sgd changes variables in place: each execute first gives them the loaded values again. */
  'convolutionalNetwork.trainStep': ({ tf, attributes, shapes, keep }) => {
    const { kernels, loss } = network(tf, attributes, shapes.x[1], true);
    const onDevice = (name: (typeof names)[number]): Shape =>
      name === 'kernels' ? tf.tidy(() => kernels.toDevice(tf, tf.zeros([...shapes.kernels])).shape) : shapes[name];
    const variables = names.map((name) => {
      const initial = tf.zeros([...onDevice(name)]);
      const variable = keep(tf.variable(initial));
      initial.dispose();
      return variable;
    });
    const optimizer = keep(tf.train.sgd(attributes.learningRate));
    return {
      inputLayouts: { x: images, kernels },
      outputLayouts: { kernels },
      compute: ({ x, target, ...given }) => {
        names.forEach((name, index) => {
          variables[index].assign(given[name]);
        });
        const value = optimizer.minimize(() => loss(target, x, byName(variables)) as ReturnType<Tf['scalar']>, true, variables);
        if (value === null) throw new Error('convolutionalNetwork.trainStep: the optimizer returned no loss');
        const [after, kernelBias, weights, bias] = variables.map((variable) => tf.clone(variable));
        return { loss: value, kernels: after, kernelBias, weights, bias };
      },
    };
  },
};
