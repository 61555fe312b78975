/** The ONNX operators of each operation. One that is not here shows as unsupported; what a provider lacks is said in its `holes`. */
import type { OperationName } from '../signatures.ts';
import { activationBuilders } from './activations.ts';
import { convolutionBuilders } from './convolution.ts';
import { convolutionalNetworkBuilders } from './convolutionalNetwork.ts';
import { denseBuilders } from './dense.ts';
import { descentBuilders } from './descent.ts';
import { dropoutBuilders } from './dropout.ts';
import { ensembleBuilders } from './ensemble.ts';
import { linearBuilders } from './linear.ts';
import { locallyConnectedBuilders } from './locallyConnected.ts';
import { lossBuilders } from './losses.ts';
import { mlpBuilders } from './mlp.ts';
import { mlpIdentityBuilders } from './mlpIdentities.ts';
import { perceptronBuilders } from './perceptron.ts';
import { poolingBuilders } from './pooling.ts';
import { pretrainingBuilders } from './pretraining.ts';
import type { Builders } from './program.ts';
import { regressionBuilders } from './regression.ts';
import { softmaxBuilders } from './softmax.ts';
import { validationBuilders } from './validation.ts';

export const builders: Partial<Builders<OperationName>> = {
  ...activationBuilders,
  ...softmaxBuilders,
  ...denseBuilders,
  ...lossBuilders,
  ...convolutionBuilders,
  ...locallyConnectedBuilders,
  ...poolingBuilders,
  ...convolutionalNetworkBuilders,
  ...mlpBuilders,
  ...linearBuilders,
  ...mlpIdentityBuilders,
  ...pretrainingBuilders,
  ...perceptronBuilders,
  ...regressionBuilders,
  ...dropoutBuilders,
  ...validationBuilders,
  ...ensembleBuilders,
  ...descentBuilders,
};
