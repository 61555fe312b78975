/** The backend `js`: float32 typed arrays and our own loops. Every operation, no hole. */
import { sizeOf } from '../../reference/tensor.ts';
import type { Backend, Kernel } from '../contract.ts';
import type { Attributes, NamedShapes, OperationName } from '../signatures.ts';
import { activationKernels } from './activations.ts';
import { convolutionKernels } from './convolution.ts';
import { convolutionalNetworkKernels } from './convolutionalNetwork.ts';
import { denseKernels } from './dense.ts';
import { descentKernels } from './descent.ts';
import { dropoutKernels } from './dropout.ts';
import { ensembleKernels } from './ensemble.ts';
import { linearKernels } from './linear.ts';
import { locallyConnectedKernels } from './locallyConnected.ts';
import { lossKernels } from './losses.ts';
import { mlpKernels } from './mlp.ts';
import { mlpIdentityKernels } from './mlpIdentities.ts';
import { perceptronKernels } from './perceptron.ts';
import { poolingKernels } from './pooling.ts';
import { pretrainingKernels } from './pretraining.ts';
import type { Builders } from './program.ts';
import { regressionKernels } from './regression.ts';
import { softmaxKernels } from './softmax.ts';
import { validationKernels } from './validation.ts';

/** An operation that is not in the table shows as unsupported. */
const kernels: Partial<Builders<OperationName>> = {
  ...activationKernels,
  ...softmaxKernels,
  ...denseKernels,
  ...lossKernels,
  ...convolutionKernels,
  ...locallyConnectedKernels,
  ...poolingKernels,
  ...convolutionalNetworkKernels,
  ...mlpKernels,
  ...linearKernels,
  ...mlpIdentityKernels,
  ...pretrainingKernels,
  ...perceptronKernels,
  ...regressionKernels,
  ...dropoutKernels,
  ...validationKernels,
  ...ensembleKernels,
  ...descentKernels,
};

/** Every operation that exists: the compiler has checked the table against the signatures. */
export const operationNames = Object.keys(kernels) as readonly OperationName[];

/** A builder as code sees it that does not know the operation: names and buffers without their types. */
type AnyBuilder = (
  attributes: Attributes,
  shapes: NamedShapes,
) => {
  outputs: NamedShapes;
  run: (inputs: Readonly<Record<string, Float32Array>>, outputs: Readonly<Record<string, Float32Array>>) => void;
};

function prepare(operation: string, attributes: Attributes, shapes: NamedShapes): Kernel {
  const { outputs: outputShapes, run } = (kernels[operation as OperationName] as unknown as AnyBuilder)(attributes, shapes);
  const buffers = (named: NamedShapes) =>
    Object.fromEntries(Object.entries(named).map(([name, shape]) => [name, new Float32Array(sizeOf(shape))]));
  const inputs = buffers(shapes);
  const outputs = buffers(outputShapes);
  return {
    load: async (tensors) => {
      for (const name of Object.keys(inputs)) inputs[name].set(tensors[name].data);
    },
    execute: async () => run(inputs, outputs),
    read: async () =>
      Object.fromEntries(
        Object.entries(outputs).map(([name, data]) => [
          name,
          { dtype: 'float32' as const, shape: outputShapes[name], data: data.slice() },
        ]),
      ),
    dispose: async () => {},
  };
}

export default async function createJsBackend(): Promise<Backend> {
  return {
    describe: async () => ({
      name: 'js',
      // The library that computes; the kernels are this package's own.
      library: 'Node.js',
      version: process.version.slice(1),
      device: 'cpu',
      dtype: 'float32',
    }),
    supports: (operation) =>
      operation in kernels ? { supported: true } : { supported: false, reason: `js has no kernel for ${operation}` },
    prepare: async (operation, attributes, shapes) => prepare(operation, attributes, shapes),
  };
}
