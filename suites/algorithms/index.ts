/** The table of algorithms. */
import type { Algorithm } from './algorithm.ts';
import { halfAdder } from './halfAdder.ts';

export const algorithms: readonly Algorithm[] = [halfAdder];
