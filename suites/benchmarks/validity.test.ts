/** Which times can be those of the work; numbers are milliseconds. */
import { describe, expect, it } from 'vitest';
import { type Evidence, suspicionOf } from './validity.ts';

const work = { flops: 2e6, bytes: 1e6, device: 'cpu', cores: 2 };
const honest: Evidence = {
  executeMs: [1, 1.1, 0.9],
  readMs: [0.1, 0.12, 0.1],
  chain: { calls: 10, executesMs: 10, allMs: 10.1, readMs: 0.1, rereadMs: 0.1 },
  clockMs: 1e-4,
};
const kindOf = (evidence: Partial<Evidence>, other: Partial<typeof work> = {}) =>
  suspicionOf({ ...honest, ...evidence }, { ...work, ...other })?.kind;
const chain = (changed: Partial<NonNullable<Evidence['chain']>>) => ({ chain: { ...honest.chain!, ...changed } });

describe('suspicionOf', () => {
  it('leaves honest times alone', () => {
    expect(kindOf({})).toBeUndefined();
    // An honest backend on a busy machine: its read waited 0.71 ms longer after two calls of 1.32 ms than after one.
    const busy = { calls: 2, executesMs: 2.64, allMs: 3.85, readMs: 0.5, rereadMs: 0.5 };
    expect(kindOf({ executeMs: [1.32], readMs: [0.5], ...chain(busy) })).toBeUndefined();
    expect(kindOf({ chain: undefined, freshMs: 4 })).toBeUndefined();
  });

  it('sees work that goes on after execute has resolved', () => {
    const quick = { executeMs: [0.01], readMs: [1.1, 1.2] };
    expect(kindOf({ ...quick, ...chain({ executesMs: 0.1, allMs: 10.2, readMs: 1.1, rereadMs: 1.1 }) })).toBe('unfinished');
    // A slow download is none: it takes as long after one execution.
    expect(kindOf({ readMs: [5, 5.1], ...chain({ allMs: 15.1, readMs: 5, rereadMs: 5 }) })).toBeUndefined();
    // Nor is one disturbed read after one execution a reason to think that the fence waits.
    expect(kindOf({ ...quick, ...chain({ executesMs: 0.1, allMs: 10.2, readMs: 30, rereadMs: 1.1 }) })).toBe('unfinished');
  });

  it('sees a read that computes, on a processor', () => {
    const lazy = { executeMs: [0.001], readMs: [8, 9], ...chain({ executesMs: 0.01, allMs: 8.01, readMs: 8, rereadMs: 0.02 }) };
    expect(kindOf(lazy)).toBe('computed by the read');
    // Its last read was disturbed, and took half as long again.
    expect(kindOf({ ...lazy, ...chain({ ...lazy.chain, allMs: 12 }) })).toBe('computed by the read');
    // Every further call makes it longer: this one does not wait for the end of any.
    expect(kindOf({ ...lazy, ...chain({ ...lazy.chain, allMs: 80 }) })).toBe('unfinished');
    // An accelerator may keep what it has brought back.
    expect(kindOf(lazy, { device: 'webgpu' })).toBeUndefined();
    // One disturbed read is not all of them.
    expect(kindOf({ ...chain({ readMs: 50, allMs: 10.1 }) })).toBeUndefined();
  });

  it('sees rates that no machine has', () => {
    expect(kindOf({ executeMs: [1e-4] }, { flops: 2e9 })).toBe('beyond the machine');
    expect(kindOf({ executeMs: [1e-4] }, { flops: 0, bytes: 4e9 })).toBe('beyond the machine');
    expect(kindOf({ executeMs: [1e-3] }, { flops: 2e9, device: 'cuda' })).toBeUndefined();
    expect(kindOf({ executeMs: [1e-5] }, { flops: 2e12, device: 'cuda' })).toBe('beyond the machine');
    // The clock's step stands for a time that it cannot show.
    expect(kindOf({ executeMs: [1e-9], clockMs: 1 })).toBeUndefined();
  });

  it('sees repeated calls that are not computed again', () => {
    expect(kindOf({ chain: undefined, executeMs: [0.01], freshMs: 3 })).toBe('not computed again');
  });
});
