/** Honest float32 arithmetic: every operation rounded to float32, the sums in orders that real implementations use. */

export type Sum = (terms: readonly number[]) => number;

const sequential: Sum = (terms) => terms.reduce((sum, term) => Math.fround(sum + term), 0);

function pairwise(terms: readonly number[]): number {
  if (terms.length <= 2) return sequential(terms);
  const middle = terms.length >> 1;
  return Math.fround(pairwise(terms.slice(0, middle)) + pairwise(terms.slice(middle)));
}

export const honestSums: Readonly<Record<string, Sum>> = {
  sequential,
  reversed: (terms) => sequential(terms.toReversed()),
  pairwise,
  /** Eight accumulators, as a vector unit has them. */
  lanes: (terms) =>
    sequential(Array.from({ length: 8 }, (_, lane) => sequential(terms.filter((_, position) => position % 8 === lane)))),
};

/** The product rounded to float32. */
export const product = (a: number, b: number): number => Math.fround(a * b);
