import type { Experiment } from './experiment.ts';

export const multilayerExperiments: Readonly<Record<string, Experiment>> = {};
