import type { Experiment } from './experiment.ts';

export const lossExperiments: Readonly<Record<string, Experiment>> = {};
