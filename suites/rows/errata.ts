import type { Experiment } from './experiment.ts';

export const errataExperiments: Readonly<Record<string, Experiment>> = {};
