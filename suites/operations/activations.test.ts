import { describe } from 'vitest';
import { describeLine } from '../testing/tableLine.ts';
import { activationOperations } from './activations.ts';

describe('lines', () => {
  for (const operation of activationOperations) describeLine(operation, 3);
});
