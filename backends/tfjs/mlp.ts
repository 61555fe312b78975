/** Multilayer perceptron (Rows M1, M4): the gradients of the composed loss, and a step of the library's own optimizer. */
import type { LayerActivation } from '../signatures.ts';
import { activations } from './activations.ts';
import { squaredError } from './losses.ts';
import type { Builders, DeviceTensor, Tf } from './program.ts';

/** weights1, bias1, weights2, bias2, …: the order in which a network's parameters are listed here. */
export function parameterNames(depth: number): (`weights${number}` | `bias${number}`)[] {
  return Array.from({ length: depth }, (_, layer) => [`weights${layer + 1}`, `bias${layer + 1}`] as const).flat();
}

/** Feed-forward: y = f(x·weightsᵀ + bias), layer after layer. */
export function network(tf: Tf, layers: readonly LayerActivation[]) {
  const functions = layers.map((name) => activations[name](tf));
  return (x: DeviceTensor, parameters: readonly DeviceTensor[]): DeviceTensor =>
    functions.reduce(
      (y, f, layer) => f(tf.add(tf.matMul(y, parameters[2 * layer], false, true), parameters[2 * layer + 1])),
      x,
    );
}

export const mlpBuilders: Builders<'mlp.forward' | 'mlp.backward' | 'mlp.trainStep'> = {
  'mlp.forward': ({ tf, attributes }) => {
    const forward = network(tf, attributes.activations);
    const names = parameterNames(attributes.activations.length);
    return {
      compute: (inputs) => ({
        y: forward(
          inputs.x,
          names.map((name) => inputs[name]),
        ),
      }),
    };
  },

  'mlp.backward': ({ tf, attributes }) => {
    const forward = network(tf, attributes.activations);
    const loss = squaredError(tf);
    const names = parameterNames(attributes.activations.length);
    return {
      compute: ({ x, target, ...parameters }) => {
        const differentiate = tf.valueAndGrads((...variables) => loss(target, forward(x, variables)));
        const { value, grads } = differentiate(names.map((name) => parameters[name]));
        const outputs: { loss: DeviceTensor } & Record<string, DeviceTensor> = { loss: value };
        names.forEach((name, index) => {
          outputs[`d${name[0].toUpperCase()}${name.slice(1)}`] = grads[index];
        });
        return outputs;
      },
    };
  },

  /** tf.train.sgd changes variables in place: each execute first gives them the loaded values again. */
  'mlp.trainStep': ({ tf, attributes, shapes, keep }) => {
    const forward = network(tf, attributes.activations);
    const loss = squaredError(tf);
    const names = parameterNames(attributes.activations.length);
    const variables = names.map((name) => {
      const initial = tf.zeros([...shapes[name]]);
      const variable = keep(tf.variable(initial));
      initial.dispose();
      return variable;
    });
    const optimizer = keep(tf.train.sgd(attributes.learningRate));
    return {
      compute: ({ x, target, ...parameters }) => {
        names.forEach((name, index) => {
          variables[index].assign(parameters[name]);
        });
        const value = optimizer.minimize(
          () => loss(target, forward(x, variables)) as ReturnType<Tf['scalar']>,
          true,
          variables,
        );
        if (value === null) throw new Error('mlp.trainStep: the optimizer returned no loss');
        const outputs: { loss: DeviceTensor } & Record<string, DeviceTensor> = { loss: value };
        names.forEach((name, index) => {
          outputs[name] = tf.clone(variables[index]);
        });
        return outputs;
      },
    };
  },
};
