/** Many tests at once. */

/**
 * Returns Holm's adjusted p-values in the given order: rejecting those of at most α keeps the probability of any false rejection
 * at α, however the tests depend on each other.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).toSorted((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((place, i) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - i) * pValues[place]));
    adjusted[place] = largest;
  });
  return adjusted;
}
