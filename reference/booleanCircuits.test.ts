import { describe, expect, it } from 'vitest';
import {
  bitsOf,
  networkFromTruthTable,
  networkFromTruthTableByClauses,
  parityByXorGates,
  parityTable,
  primeImplicants,
  runThresholdNetwork,
} from './booleanCircuits.ts';

describe('two-layer networks', () => {
  it('compute every function of up to three inputs, in either normal form', () => {
    for (const n of [1, 2, 3]) {
      const rows = 2 ** n;
      for (let number = 0; number < 2 ** rows; number++) {
        const table = Array.from({ length: rows }, (_, row) => (number >> row) & 1);
        const disjunctive = networkFromTruthTable(table);
        const conjunctive = networkFromTruthTableByClauses(table);
        const ones = table.reduce((sum, value) => sum + value, 0);
        expect([disjunctive.hidden.length, conjunctive.hidden.length]).toEqual([ones, rows - ones]);
        for (const network of [disjunctive, conjunctive])
          expect(table.map((_, row) => runThresholdNetwork(network, bitsOf(row, n)))).toEqual(table);
      }
    }
  });

  it('need a table of 2ⁿ rows', () => {
    expect(() => networkFromTruthTable([0, 1, 1])).toThrow('networkFromTruthTable: a truth table has 2ⁿ rows, this one has 3');
  });
});

describe('parity', () => {
  it('is 0, 1, 1, 0 for two bits, and a chain of n − 1 gates computes it', () => {
    expect(parityTable(2)).toEqual([0, 1, 1, 0]);
    for (const n of [1, 3, 6])
      parityTable(n).forEach((want, row) => {
        expect(parityByXorGates(bitsOf(row, n))).toEqual({ parity: want, gates: n - 1 });
      });
  });

  it('has no implicant but its own rows', () => {
    expect(primeImplicants(parityTable(5)).length).toBe(2 ** 4);
  });
});

it('finds the prime implicants of a textbook table', () => {
  // x₁x₂ + x₃ (and no more): rows 001, 011, 101, 110, 111.
  expect(primeImplicants([0, 1, 0, 1, 0, 1, 1, 1]).sort()).toEqual(['--1', '11-']);
});
