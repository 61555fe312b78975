/** The table of operations: the single source of what exists. */
import type { OperationName } from '../../backends/signatures.ts';
import type { AnyOperation } from '../operation.ts';
import { activationOperations } from './activations.ts';
import { convolutionOperations } from './convolution.ts';
import { convolutionalNetworkOperations } from './convolutionalNetwork.ts';
import { convolutionMatrixOperations } from './convolutionMatrix.ts';
import { denseOperations } from './dense.ts';
import { descentOperations } from './descent.ts';
import { dropoutOperations } from './dropout.ts';
import { ensembleOperations } from './ensemble.ts';
import { linearOperations } from './linear.ts';
import { locallyConnectedOperations } from './locallyConnected.ts';
import { lossOperations } from './losses.ts';
import { maximumMarginOperations } from './maximumMargin.ts';
import { mlpOperations } from './mlp.ts';
import { mlpIdentityOperations } from './mlpIdentities.ts';
import { multiplicationGateOperations } from './multiplicationGate.ts';
import { perceptronOperations } from './perceptron.ts';
import { poolingOperations } from './pooling.ts';
import { pretrainingOperations } from './pretraining.ts';
import { regressionOperations } from './regression.ts';
import { softmaxOperations } from './softmax.ts';
import { specialRecipes } from './specialValues.ts';
import { thresholdNetworkOperations } from './thresholdNetwork.ts';
import { validationOperations } from './validation.ts';

const lines: readonly AnyOperation[] = [
  ...activationOperations,
  ...softmaxOperations,
  ...denseOperations,
  ...lossOperations,
  ...convolutionOperations,
  ...convolutionMatrixOperations,
  ...locallyConnectedOperations,
  ...poolingOperations,
  ...convolutionalNetworkOperations,
  ...mlpOperations,
  ...linearOperations,
  ...mlpIdentityOperations,
  ...multiplicationGateOperations,
  ...pretrainingOperations,
  ...perceptronOperations,
  ...maximumMarginOperations,
  ...thresholdNetworkOperations,
  ...regressionOperations,
  ...dropoutOperations,
  ...validationOperations,
  ...ensembleOperations,
  ...descentOperations,
];

export const operations: readonly AnyOperation[] = lines.map((line) => ({
  ...line,
  cases: [...line.cases, ...specialRecipes(line)],
}));

const byName = new Map(operations.map((operation) => [operation.name, operation]));

/** The line of an operation. @throws RangeError when there is none. */
export function operationNamed(name: OperationName | string): AnyOperation {
  const operation = byName.get(name as OperationName);
  if (operation === undefined) throw new RangeError(`operation ${name} is not in the table`);
  return operation;
}
