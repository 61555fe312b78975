import type { Experiment } from './experiment.ts';

export const descentExperiments: Readonly<Record<string, Experiment>> = {};
