/** The code that executes each row, by the row's ID. */
import { activationExperiments } from './activations.ts';
import { convolutionExperiments } from './convolution.ts';
import { descentExperiments } from './descent.ts';
import { errataExperiments } from './errata.ts';
import type { Experiment } from './experiment.ts';
import { generalizationExperiments } from './generalization.ts';
import { linearExperiments } from './linear.ts';
import { lossExperiments } from './losses.ts';
import { multilayerExperiments } from './multilayer.ts';

export const experiments: Readonly<Record<string, Experiment>> = {
  ...linearExperiments,
  ...activationExperiments,
  ...lossExperiments,
  ...descentExperiments,
  ...multilayerExperiments,
  ...convolutionExperiments,
  ...generalizationExperiments,
  ...errataExperiments,
};
