import { describe, expect, it } from 'vitest';
import {
  networkFromTruthTable,
  networkFromTruthTableByClauses,
  type ThresholdNetwork,
} from '../../../reference/booleanCircuits.ts';
import { materialize } from '../../running/cases.ts';
import { drawnCases } from '../../testing/tableLine.ts';
import { thresholdNetworkOperations } from './entries.ts';

const [operation] = thresholdNetworkOperations;
/** The operation's outputs for a network of `inputs` inputs. */
function outputsOf(network: ThresholdNetwork, inputs: number): number[] {
  const recipe = {
    name: 'given',
    sizes: { inputs, hidden: network.hidden.length },
    attributes: {},
    given: {
      hiddenWeights: network.hidden.flatMap(({ weights }) => weights),
      hiddenBias: network.hidden.map(({ bias }) => bias),
      outputWeights: network.output.weights,
      outputBias: [network.output.bias],
    },
  };
  const asked = materialize(operation, recipe, 'exact', 1, 'float32');
  return Array.from(operation.reference(asked.inputs, {}).y.data);
}

describe('thresholdNetwork', () => {
  it('computes every function of up to three inputs by either normal form', () => {
    for (const inputs of [1, 2, 3]) {
      const rows = 2 ** inputs;
      for (let number = 0; number < 2 ** rows; number++) {
        const table = Array.from({ length: rows }, (_, row) => (number >> row) & 1);
        // A form without a unit has nothing to evaluate: "never" and "always".
        if (number > 0) expect(outputsOf(networkFromTruthTable(table), inputs)).toEqual(table);
        if (number < 2 ** rows - 1) expect(outputsOf(networkFromTruthTableByClauses(table), inputs)).toEqual(table);
      }
    }
  });

  it('is asked about tables with as many ones, or zeros, as there are hidden units', () => {
    for (const seed of [1, 2]) {
      for (const { id, inputs, sizes } of drawnCases(operation, seed)) {
        const ones = operation.reference(inputs, {}).y.data.filter((value) => value === 1).length;
        if (id.includes('clauses') || id.includes('never')) expect(ones).toBe(sizes.rows - sizes.hidden);
        else if (!id.includes('integers') && !id.includes('xor')) expect(ones, id).toBe(sizes.hidden);
      }
    }
  });

  it('is XOR with OR and NAND below AND', () => {
    const asked = drawnCases(operation, 1).find(({ id }) => id.includes('xor'))!;
    const { hidden, y } = operation.reference(asked.inputs, {});
    expect(Array.from(hidden.data)).toEqual([0, 1, 1, 1, 1, 1, 1, 0]);
    expect(Array.from(y.data)).toEqual([0, 1, 1, 0]);
  });
});
