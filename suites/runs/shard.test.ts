import { describe, expect, it } from 'vitest';
import { benchmarkSizes } from '../benchmarks/sizes.ts';
import { implementedRows } from '../documents/index.ts';
import { operations } from '../operations/index.ts';
import { algorithms } from '../running/algorithms/index.ts';
import { casesOf } from '../running/cases.ts';
import { type CheckPlan, expectedSeconds, planOfShard } from './plan.ts';
import { parseShard, shardOf } from './shard.ts';

const parts = (of: number) => Array.from({ length: of }, (_, i) => ({ part: i + 1, of }));

describe('a shard', () => {
  it.each(['0/3', '4/3', '3', '1/0', '-1/3', '1.5/3', '1/3/4', 'a/b', '', ' 1/3', '1/1e3'])('is not %j', (text) => {
    expect(() => parseShard(text)).toThrow(RangeError);
  });

  it('is a part and how many there are', () => {
    expect(parseShard('3/16')).toEqual({ part: 3, of: 16 });
    expect(parseShard('1/1')).toEqual({ part: 1, of: 1 });
  });

  it('has the items in their order, each in exactly one part, and parts may be empty', () => {
    const items = [5, 1, 4, 1, 5, 9, 2, 6];
    for (const of of [1, 3, 8, 11]) {
      const all = parts(of).map((shard) => shardOf([...items.keys()], (i) => items[i], shard));
      expect(all.flat().toSorted((a, b) => a - b)).toEqual([...items.keys()]);
      for (const part of all) expect(part).toEqual(part.toSorted((a, b) => a - b));
    }
  });

  it('costs no more than the mean and the costliest item', () => {
    const costs = Array.from({ length: 100 }, (_, i) => 1 + ((i * 37) % 101));
    const mean = costs.reduce((a, b) => a + b) / 7;
    for (const shard of parts(7)) {
      const cost = shardOf(costs, (one) => one, shard).reduce((a, b) => a + b);
      expect(cost).toBeLessThanOrEqual(mean + Math.max(...costs));
      expect(cost).toBeGreaterThan(mean / 2);
    }
  });
});

describe('the parts of a whole check', () => {
  const plan: CheckPlan = {
    cases: operations.flatMap(casesOf),
    properties: operations,
    algorithms,
    rows: implementedRows(),
    again: operations,
    accuracy: true,
    sizes: benchmarkSizes,
  };
  const whole = parts(16).map((shard) => planOfShard(plan, shard));

  it.each(['cases', 'properties', 'again', 'algorithms', 'rows', 'sizes'] as const)('ask all %s, once', (name) => {
    const asked = whole.flatMap((part) => part[name] as readonly unknown[]);
    expect(asked).toHaveLength(plan[name].length);
    expect(new Set(asked)).toEqual(new Set(plan[name] as readonly unknown[]));
  });

  it('ask for the accuracy of the reference once', () => {
    expect(whole.filter(({ accuracy }) => accuracy)).toHaveLength(1);
  });

  it('expect about the same time', () => {
    const seconds = whole.map((part) => expectedSeconds(part));
    expect(Math.max(...seconds)).toBeLessThan((4 / 3) * (expectedSeconds(plan) / 16) + 10);
    expect(Math.min(...seconds)).toBeGreaterThan(0);
  });
});
