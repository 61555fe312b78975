/** The order of measurement, drawn by the seed. */
import { randomFrom } from '../judging/random.ts';
import type { BenchmarkSize } from './sizes.ts';
import { workOf } from './work.ts';

/** Returns the items in an order drawn with the seed and the words (Fisher and Yates). */
export function shuffled<Item>(items: readonly Item[], seed: number, ...words: string[]): Item[] {
  const random = randomFrom(seed, 'benchmark order', ...words);
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Returns a round's order of sizes: random, except that the sizes of one operation come from small to large, so that the small ones tell what the large ones will take. */
export function roundOrder(sizes: readonly BenchmarkSize[], seed: number, round: number): BenchmarkSize[] {
  const order = shuffled(sizes, seed, `round ${round}`);
  const work = new Map(sizes.map((line) => [line, amountOf(line)]));
  const waiting = new Map<string, BenchmarkSize[]>();
  for (const line of order) waiting.set(line.operation.name, [...(waiting.get(line.operation.name) ?? []), line]);
  for (const own of waiting.values()) own.sort((a, b) => work.get(a)! - work.get(b)!);
  return order.map(({ operation }) => waiting.get(operation.name)!.shift()!);
}

/** What time is in proportion to: operations where they are counted, bytes elsewhere. */
export function amountOf(line: BenchmarkSize): number {
  const { flops, bytes } = workOf(line);
  return flops ?? bytes;
}
