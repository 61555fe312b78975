import { describe, expect, it } from 'vitest';
import { kernelsResult } from '../selftest/hostile/kernels.ts';
import { hostileKernels } from './hostile/hostileKernels.ts';
import { believed } from './kernel.ts';

describe('the time of a call', () => {
  /** Blocks of two calls of so many milliseconds, of which the process tells another number. */
  const blocks = (truthMs: number, ownMs: number, noise: (block: number) => number = () => 0) =>
    Array.from({ length: 11 }, (_, i) => ({
      ownMs,
      libraryMs: 1,
      intervalMs: 20 + 2 * truthMs + noise(i),
      emptyMs: 20 + noise(i + 5),
    }));
  const unknown = { kernelMs: Number.NaN, emptyMs: Number.NaN };

  it("is the process's own word where our clock agrees with it", () => {
    expect(believed(blocks(8, 8), unknown)).toEqual({ kernelMs: 8, clock: 'own' });
    expect(believed(blocks(8, 7), unknown)).toEqual({ kernelMs: 7, clock: 'own' });
  });

  it('is by our clock where its word is less than half of what passed', () => {
    expect(believed(blocks(8, 0.001), unknown)).toEqual({ kernelMs: 8, clock: 'ours' });
  });

  it('accuses nobody where our clock is too noisy to know, unless the processor worked for it', () => {
    const noise = (i: number) => 40 * ((i * 7) % 11);
    expect(believed(blocks(8, 0.1, noise), unknown).clock).toBe('own');
    // 22 calls of 8 ms, and the way there and back.
    expect(believed(blocks(8, 0.1, noise), { kernelMs: 176 + 80, emptyMs: 80 }, 1)).toMatchObject({ clock: 'ours' });
    expect(believed(blocks(0.1, 0.1, noise), { kernelMs: 2.2 + 80, emptyMs: 80 }, 1).clock).toBe('own');
    // Two cores may have worked at once.
    expect(believed(blocks(5, 5, noise), { kernelMs: 220 + 80, emptyMs: 80 }, 2).clock).toBe('own');
  });
});

describe('hostile kernels', () => {
  it('cover what generated kernels were caught at', () => {
    const names = hostileKernels.map(({ name, library }) => `${name} on ${library}`);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(hostileKernels.map(({ row }) => row))).toEqual(
      new Set([
        'answers cached by input',
        'a wrong answer once the check is over',
        'the output buffer of an earlier call',
        'a no-op on uninitialised memory',
        'timing functions patched',
        'work left to a thread',
        "the answer taken from the caller's memory",
        'a fall-back to the library',
        'a lower precision',
        'a constant',
        'mutated inputs',
        'forged replies',
        'reading the answers',
      ]),
    );
  });

  it('make the self-test red where one is not held, and say what was not tried', () => {
    const record = (name: string, held: boolean) =>
      ({ name, row: 'a constant', library: 'numpy', held, says: 'it is taken to be right and fast', seconds: 1 }) as const;
    const result = kernelsResult([record('a', true), record('b', false)], ['numpy']);
    expect(result.problems).toEqual(['the kernel b on numpy is not held: it is taken to be right and fast']);
    expect(result.record).toEqual({ kernels: { tried: 2, held: 1 } });
    expect(result.summary).toBe('1 of 2 kernels held, kernels on torch were not tried: etalon setup torch brings it');
  });
});
