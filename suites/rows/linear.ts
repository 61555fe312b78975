import type { Experiment } from './experiment.ts';

export const linearExperiments: Readonly<Record<string, Experiment>> = {};
