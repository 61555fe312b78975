/** The table of operations: the single source of what exists. */
import type { AnyOperation } from '../judging/operation.ts';
import { activationOperations } from './activations/entries.ts';
import { convolutionOperations } from './convolution/entries.ts';
import { convolutionMatrixOperations } from './convolution/matrix.ts';
import { convolutionalNetworkOperations } from './convolutionalNetwork/entries.ts';
import { denseOperations } from './dense/entries.ts';
import { descentOperations } from './descent/entries.ts';
import { dropoutOperations } from './dropout/entries.ts';
import { ensembleOperations } from './ensemble/entries.ts';
import { forms } from './forms.ts';
import { linearOperations } from './linear/entries.ts';
import { locallyConnectedOperations } from './locallyConnected/entries.ts';
import { lossOperations } from './losses/entries.ts';
import { maximumMarginOperations } from './maximumMargin/entries.ts';
import { mlpOperations } from './mlp/entries.ts';
import { mlpIdentityOperations } from './mlp/pathsAndCollapse.ts';
import { multiplicationGateOperations } from './multiplicationGate/entries.ts';
import { perceptronOperations } from './perceptron/entries.ts';
import { poolingOperations } from './pooling/entries.ts';
import { pretrainingOperations } from './pretraining/entries.ts';
import { regressionOperations } from './regression/entries.ts';
import { specialRecipes } from './shared/specialValues.ts';
import { samplesRelations } from './shared/symmetries.ts';
import { softmaxOperations } from './softmax/entries.ts';
import { thresholdNetworkOperations } from './thresholdNetwork/entries.ts';
import { validationOperations } from './validation/entries.ts';

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

/** Completes an entry with the cases and relations that follow from its inputs: special values, samples that do not know of each other. */
export function completed(entry: AnyOperation): AnyOperation {
  return {
    ...entry,
    forms: forms[entry.name] ?? entry.forms,
    cases: [...entry.cases, ...specialRecipes(entry)],
    relations: [...(entry.relations ?? []), ...samplesRelations(entry)],
  };
}

export const operations: readonly AnyOperation[] = lines.map(completed);

const byName = new Map(operations.map((operation) => [operation.name, operation]));

/** The line of an operation. @throws RangeError when there is none. */
export function operationNamed(name: string): AnyOperation {
  const operation = byName.get(name);
  if (operation === undefined) throw new RangeError(`operation ${name} is not in the table`);
  return operation;
}
