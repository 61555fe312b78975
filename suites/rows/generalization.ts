import type { Experiment } from './experiment.ts';

export const generalizationExperiments: Readonly<Record<string, Experiment>> = {};
