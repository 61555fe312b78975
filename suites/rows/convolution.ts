import type { Experiment } from './experiment.ts';

export const convolutionExperiments: Readonly<Record<string, Experiment>> = {};
