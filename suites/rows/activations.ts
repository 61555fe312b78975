import type { Experiment } from './experiment.ts';

export const activationExperiments: Readonly<Record<string, Experiment>> = {};
