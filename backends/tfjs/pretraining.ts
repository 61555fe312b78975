/** One step of layer-wise pre-training (Rows M13, M14): the layers below forward, then a step of the library's own optimizer on two. */
import { squaredError } from './losses.ts';
import { network, parameterNames } from './mlp.ts';
import type { BuilderContext, Builders, DeviceTensor, Tf } from './program.ts';

type Steps = 'pretraining.supervisedStep' | 'pretraining.autoencoderStep';

function pretrainingStep({ tf, attributes, shapes, keep }: BuilderContext<Steps>) {
  const { activations } = attributes;
  const below = activations.length - 2;
  const [lower, top] = [network(tf, activations.slice(0, below)), network(tf, activations.slice(below))];
  const names = parameterNames(activations.length);
  const [fixed, trained] = [names.slice(0, 2 * below), names.slice(2 * below)];
  const loss = squaredError(tf);
  const variables = trained.map((name) => {
    const initial = tf.zeros([...shapes[name]]);
    const variable = keep(tf.variable(initial));
    initial.dispose();
    return variable;
  });
  const optimizer = keep(tf.train.sgd(attributes.learningRate));
  return {
    /** tf.train.sgd changes variables in place: each execute first gives them the loaded values again. */
    compute: (inputs: { x: DeviceTensor; target?: DeviceTensor } & Record<string, DeviceTensor>) => {
      trained.forEach((name, index) => {
        variables[index].assign(inputs[name]);
      });
      const input = lower(
        inputs.x,
        fixed.map((name) => inputs[name]),
      );
      const target = inputs.target ?? input;
      const value = optimizer.minimize(() => loss(target, top(input, variables)) as ReturnType<Tf['scalar']>, true, variables);
      if (value === null) throw new Error('pretraining: the optimizer returned no loss');
      const outputs: { loss: DeviceTensor } & Record<string, DeviceTensor> = { loss: value };
      trained.forEach((name, index) => {
        outputs[name] = tf.clone(variables[index]);
      });
      return outputs;
    },
  };
}

export const pretrainingBuilders: Builders<Steps> = {
  'pretraining.supervisedStep': pretrainingStep,
  'pretraining.autoencoderStep': pretrainingStep,
};
