/** Honest float32 arithmetic: every operation rounded to float32, the sums in orders that real implementations use. */

/** Adds up terms. Products come exact, as float64 holds them: only a fused multiply-add leaves them so. */
export type Sum = (terms: readonly number[]) => number;

const { fround } = Math;

/** A sum of terms that are rounded first, as products of separate multiplications are. */
const ofRounded =
  (sum: Sum): Sum =>
  (terms) =>
    sum(terms.map(fround));

const sequential: Sum = (terms) => terms.reduce((sum, term) => fround(sum + term), 0);

function pairwise(terms: readonly number[]): number {
  if (terms.length <= 2) return sequential(terms);
  const middle = terms.length >> 1;
  return fround(pairwise(terms.slice(0, middle)) + pairwise(terms.slice(middle)));
}

/** Sums of `count` parts, then the sum of these. */
const inParts =
  (parts: (terms: readonly number[]) => number[][]): Sum =>
  (terms) =>
    sequential(parts(terms).map(sequential));

const lanes = (terms: readonly number[]) =>
  Array.from({ length: 8 }, (_, lane) => terms.filter((_, position) => position % 8 === lane));

const blocks = (size: number) => (terms: readonly number[]) =>
  Array.from({ length: Math.ceil(terms.length / size) }, (_, block) => terms.slice(block * size, (block + 1) * size));

/** The four orders with which every operation's own test is made. */
export const honestSums: Readonly<Record<string, Sum>> = {
  sequential: ofRounded(sequential),
  reversed: ofRounded((terms) => sequential(terms.toReversed())),
  pairwise: ofRounded(pairwise),
  /** Eight accumulators, as a vector unit has them. */
  lanes: ofRounded(inParts(lanes)),
};

/** What is lost of an infinity is no number; then the plain sum counts. */
const orPlain = (sum: number, terms: readonly number[]) => (Number.isNaN(sum) ? sequential(terms) : sum);

/** Kahan: what was lost of each addition is given to the next. */
const compensated: Sum = (terms) => {
  let sum = 0;
  let lost = 0;
  for (const term of terms) {
    const corrected = fround(term - lost);
    const next = fround(sum + corrected);
    lost = fround(fround(next - sum) - corrected);
    sum = next;
  }
  return orPlain(sum, terms);
};

/** Neumaier: what was lost is kept apart and added last. */
const improvedCompensated: Sum = (terms) => {
  let sum = 0;
  let lost = 0;
  for (const term of terms) {
    const next = fround(sum + term);
    const smaller = Math.abs(sum) >= Math.abs(term) ? fround(fround(sum - next) + term) : fround(fround(term - next) + sum);
    lost = fround(lost + smaller);
    sum = next;
  }
  return orPlain(fround(sum + lost), terms);
};

const byMagnitude = (terms: readonly number[]) => terms.toSorted((a, b) => Math.abs(a) - Math.abs(b));

/** An order that has nothing to do with the values: 0, 5, 10, … around the list. */
const shuffled = (terms: readonly number[]) => {
  const step = [7, 5, 3, 2, 1].find((candidate) => terms.length % candidate !== 0) ?? 1;
  return terms.map((_, i) => terms[(i * step) % terms.length]);
};

/**
 * Every order and every kind of accumulator; what `etalon selftest` puts to the judge. Positive terms summed apart from negative ones are
 * not among them: partial sums grow far beyond those of an order that does not look at the signs, and the statistics say so.
 */
export const everySum: Readonly<Record<string, Sum>> = {
  ...honestSums,
  'in an order of its own': ofRounded((terms) => sequential(shuffled(terms))),
  'blocked by 8': ofRounded(inParts(blocks(8))),
  'split in four': ofRounded((terms) => inParts(blocks(Math.max(1, Math.ceil(terms.length / 4))))(terms)),
  'smallest first': ofRounded((terms) => sequential(byMagnitude(terms))),
  'largest first': ofRounded((terms) => sequential(byMagnitude(terms).toReversed())),
  'compensated (Kahan)': ofRounded(compensated),
  'compensated (Neumaier)': ofRounded(improvedCompensated),
  'fused multiply-add': sequential,
  'fused multiply-add, pairwise': pairwise,
  'rounded products in a float64 accumulator': ofRounded((terms) => fround(terms.reduce((sum, term) => sum + term, 0))),
  'float64 inside, rounded once': (terms) => fround(terms.reduce((sum, term) => sum + term, 0)),
};

/** The product rounded to float32. */
export const product = (a: number, b: number): number => fround(a * b);
/** The product of two float32 numbers as it is: 48 bits, which float64 holds. */
export const exactProduct = (a: number, b: number): number => a * b;
