/** Boolean functions as threshold networks and as circuits: rows X1–X4. Bits are 0 and 1; a truth table lists 2ⁿ outputs, input 1 being the highest bit. */

/** A unit that fires, giving 1, when wᵀx + b ≥ 0; ties fire, as in row P2. */
export interface ThresholdUnit {
  readonly weights: readonly number[];
  readonly bias: number;
}

/** Two layers of threshold units, the second of them a single unit. */
export interface ThresholdNetwork {
  readonly hidden: readonly ThresholdUnit[];
  readonly output: ThresholdUnit;
}

/** 1 when wᵀx + b ≥ 0, otherwise 0. */
export function fires(unit: ThresholdUnit, x: readonly number[]): number {
  const net = unit.weights.reduce((sum, weight, i) => sum + weight * x[i], unit.bias);
  return net >= 0 ? 1 : 0;
}

/** The network's output for the bits x. */
export function runThresholdNetwork(network: ThresholdNetwork, x: readonly number[]): number {
  return fires(
    network.output,
    network.hidden.map((unit) => fires(unit, x)),
  );
}

/** The n bits of a row of a truth table, highest first: row 2 of n = 3 is (0, 1, 0). */
export function bitsOf(row: number, n: number): number[] {
  return Array.from({ length: n }, (_, i) => (row >> (n - 1 - i)) & 1);
}

/**
 * A two-layer threshold network for any truth table, by its disjunctive normal form: one hidden unit for each row whose output
 * is 1, and an output unit that is their OR.
 *
 * The hidden unit of a row with bits c has weights +1 where c is 1 and −1 where it is 0, and fires on c alone: there its net is
 * Σc, everywhere else at least 1 less, so the bias is −Σc. Row X3 (pena).
 *
 * @throws RangeError when the length of the table is not a power of two.
 */
export function networkFromTruthTable(outputs: readonly number[]): ThresholdNetwork {
  const n = Math.log2(outputs.length);
  if (!Number.isInteger(n))
    throw new RangeError(`networkFromTruthTable: a truth table has 2ⁿ rows, this one has ${outputs.length}`);
  const hidden = outputs.flatMap((output, row) => {
    if (output === 0) return [];
    const bits = bitsOf(row, n);
    return [{ weights: bits.map((bit) => (bit === 1 ? 1 : -1)), bias: -bits.reduce((sum, bit) => sum + bit, 0) }];
  });
  return { hidden, output: { weights: hidden.map(() => 1), bias: -1 } };
}

/**
 * The same by the conjunctive normal form: one hidden unit for each row whose output is 0, which fires everywhere but there, and
 * an output unit that is their AND. Row X3 (pena).
 */
export function networkFromTruthTableByClauses(outputs: readonly number[]): ThresholdNetwork {
  const { hidden } = networkFromTruthTable(outputs.map((output) => 1 - output));
  // "Not (wᵀx + b ≥ 0)" is −wᵀx − b − 1 ≥ 0, since the nets are whole numbers.
  const clauses = hidden.map(({ weights, bias }) => ({ weights: weights.map((weight) => -weight), bias: -bias - 1 }));
  return { hidden: clauses, output: { weights: clauses.map(() => 1), bias: -clauses.length } };
}

/** Parity of n bits: 1 when an odd number of them is 1. */
export function parityTable(n: number): number[] {
  return Array.from({ length: 2 ** n }, (_, row) => bitsOf(row, n).reduce((sum, bit) => sum + bit, 0) % 2);
}

/**
 * The prime implicants of a truth table (Quine and McCluskey): the terms of which every minimal disjunctive normal form is made.
 * A term is a string over 0, 1 and − (either), one character for each input.
 */
export function primeImplicants(outputs: readonly number[]): string[] {
  const n = Math.log2(outputs.length);
  let terms = new Set(outputs.flatMap((output, row) => (output === 1 ? [bitsOf(row, n).join('')] : [])));
  const prime: string[] = [];
  while (terms.size > 0) {
    const next = new Set<string>();
    for (const term of terms) {
      let merged = false;
      for (let i = 0; i < n; i++) {
        if (term[i] === '-') continue;
        const other = `${term.slice(0, i)}${term[i] === '0' ? '1' : '0'}${term.slice(i + 1)}`;
        if (!terms.has(other)) continue;
        merged = true;
        next.add(`${term.slice(0, i)}-${term.slice(i + 1)}`);
      }
      if (!merged) prime.push(term);
    }
    terms = next;
  }
  return prime;
}

/**
 * Parity of n bits as a chain of n − 1 two-input XOR gates; returns the output and the number of gates used. Row X4 (pena).
 */
export function parityByXorGates(bits: readonly number[]): { parity: number; gates: number } {
  let parity = bits[0];
  let gates = 0;
  for (let i = 1; i < bits.length; i++) {
    parity = parity === bits[i] ? 0 : 1;
    gates++;
  }
  return { parity, gates };
}
