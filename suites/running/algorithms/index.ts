/** The table of algorithms. */
import { adaptiveRates } from './adaptiveRates.ts';
import type { Algorithm } from './algorithm.ts';
import { batchPerceptron } from './batchPerceptron.ts';
import { conjugateGradientSolve } from './conjugateGradient.ts';
import { digitsNetwork } from './digits.ts';
import { halfAdder } from './halfAdder.ts';
import { momentumAndDecay } from './momentum.ts';
import { supervisedPretraining, unsupervisedPretraining } from './pretraining.ts';

export const algorithms: readonly Algorithm[] = [
  batchPerceptron,
  halfAdder,
  momentumAndDecay,
  adaptiveRates,
  conjugateGradientSolve,
  supervisedPretraining,
  unsupervisedPretraining,
  digitsNetwork,
];
