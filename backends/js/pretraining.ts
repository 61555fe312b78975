/** One step of layer-wise pre-training: the layers below forward, then a step of the two on top. */
import type { Shape } from '../../reference/tensor.ts';
import type { TrainStepAttributes } from '../signatures.ts';
import { network, trainStep } from './mlp.ts';
import type { Builders } from './program.ts';

type Named = Readonly<Record<string, Float32Array>>;

function pretrainingStep({ activations, learningRate }: TrainStepAttributes, shapes: Readonly<Record<string, Shape>>) {
  const below = activations.length - 2;
  const lower = below > 0 ? network({ activations: activations.slice(0, below) }, shapes) : undefined;
  const stage: Shape = lower ? [shapes.x[0], lower.last.width] : shapes.x;
  const top = trainStep({ activations: activations.slice(below) }, learningRate, { ...shapes, x: stage }, below);
  return {
    outputs: top.outputs as { loss: Shape },
    run: (inputs: object, outputs: object) => {
      const named = inputs as Named;
      lower?.forward(named);
      const x = lower?.last.output ?? named.x;
      // Without a target the layer's own input is the target.
      top.run({ ...named, x, target: named.target ?? x }, outputs as Record<string, Float32Array>);
    },
  };
}

export const pretrainingKernels: Builders<'pretraining.supervisedStep' | 'pretraining.autoencoderStep'> = {
  'pretraining.supervisedStep': pretrainingStep,
  'pretraining.autoencoderStep': pretrainingStep,
};
