/** Parts of a whole that machines do on their own: disjoint, complete, of about the same cost, the same every time. */

/** `part` of `of`, counted from 1. */
export interface Shard {
  readonly part: number;
  readonly of: number;
}

/** @throws RangeError for anything but "3/16": a part, and how many there are. */
export function parseShard(text: string): Shard {
  const [, part, of] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (!(part >= 1 && part <= of)) throw new RangeError('a part and how many there are are needed, as in 3/16');
  return { part, of };
}

export function shardText({ part, of }: Shard): string {
  return `${part}/${of}`;
}

/**
 * Returns the items of one part, in their own order. The costliest item goes first, each to the part that has least so far (Graham's
 * longest processing time: no part costs more than 4/3 of the best split's); equals go to the earlier part.
 */
export function shardOf<Item>(items: readonly Item[], costOf: (item: Item) => number, { part, of }: Shard): Item[] {
  const costs = items.map(costOf);
  const order = items.map((_, i) => i).toSorted((a, b) => costs[b] - costs[a] || a - b);
  const loads = new Array<number>(of).fill(0);
  const taken = new Set<number>();
  for (const i of order) {
    let least = 0;
    for (let other = 1; other < of; other++) if (loads[other] < loads[least]) least = other;
    loads[least] += costs[i];
    if (least === part - 1) taken.add(i);
  }
  return items.filter((_, i) => taken.has(i));
}
