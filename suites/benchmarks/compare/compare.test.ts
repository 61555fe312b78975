/** Verdicts on pairs with known answers, and the paired design on processes that are not there. */
import { describe, expect, it } from 'vitest';
import type { WorkerSupervisor } from '../../../backends/index.ts';
import type { NamedTensors } from '../../judging/operation.ts';
import { randomFrom } from '../../judging/random.ts';
import { operationNamed } from '../../operations/index.ts';
import { benchmarkSizes } from '../sizes.ts';
import { measurePairs, type Side } from './pairs.ts';
import { alarmRate, compareCases } from './verdict.ts';

/** Twenty differences with the scatter of a quiet machine. */
function pairs(centre: number, scatter = 0.004, count = 20, word = 'pairs'): number[] {
  const random = randomFrom(1, word);
  return Array.from({ length: count }, () => centre + scatter * random.normal());
}

describe('a verdict', () => {
  it.each([
    ['regression', Math.log(1.03)],
    ['improvement', -Math.log(1.03)],
    ['equivalent', 0],
    ['equivalent', Math.log(1.003)],
  ] as const)('is %s for a change of the logarithm by %s', (verdict, centre) => {
    const [comparison] = compareCases([pairs(centre)]);
    expect(comparison.verdict).toBe(verdict);
    expect(Math.log(comparison.ratio)).toBeCloseTo(centre, 2);
    expect(comparison.low).toBeLessThan(comparison.ratio);
    expect(comparison.high).toBeGreaterThan(comparison.ratio);
    expect(comparison.visible).toBeGreaterThan(1.01);
    expect(comparison.visible).toBeLessThan(1.02);
  });

  it('is inconclusive where the pairs scatter, and says what could have been seen', () => {
    const [comparison] = compareCases([pairs(Math.log(1.02), 0.1)]);
    expect(comparison.verdict).toBe('inconclusive');
    expect(comparison.visible).toBeGreaterThan(1.04);
  });

  it('is inconclusive for fewer pairs than can be significant', () => {
    // Six pairs reach 1/64 at best.
    expect(compareCases([pairs(0.5, 0.001, 6)])[0]).toMatchObject({
      verdict: 'inconclusive',
      visible: Number.POSITIVE_INFINITY,
    });
    expect(compareCases([pairs(0.5, 0.001, 7)])[0].verdict).toBe('regression');
  });

  it('pays for many cases', () => {
    // One of 2⁻⁷ is significant alone and not among ten.
    const seven = pairs(0.5, 0.001, 7);
    const others = Array.from({ length: 9 }, (_, i) => pairs(0, 0.004, 20, String(i)));
    expect(compareCases([seven, ...others])[0].verdict).toBe('inconclusive');
  });

  it('alarms rarely on identical code and sees three per cent', () => {
    const next = randomFrom(1, 'resamples').next;
    const same = pairs(0, 0.008, 200);
    expect(alarmRate(same, { pairs: 20, resamples: 300, shift: 0, next })).toBeLessThanOrEqual(0.01);
    expect(alarmRate(same, { pairs: 20, resamples: 300, shift: Math.log(1.03), next })).toBeGreaterThanOrEqual(0.99);
  });
});

describe('a pair of processes', () => {
  const line = benchmarkSizes.find(({ operation, name }) => operation.name === 'matmul' && name === '64')!;

  /** Processes whose own pace differs by 20 %, on a machine that gets slower and slower. */
  function simulated() {
    const clock = { ms: 0 };
    let started = 0;
    const side = (name: string, ms: number, wrong = false): Side => ({
      name,
      fresh(): WorkerSupervisor {
        const random = randomFrom(++started, name);
        const own = wrong ? 1 : 1 + 0.002 * random.next();
        return {
          start: async () => ({
            kind: 'started',
            hello: { protocol: 1, name, version: '1', device: 'cpu', dtype: 'float32', operations: ['matmul'] },
          }),
          async bench(operation, attributes, inputs, { iterations }) {
            const executeMs = Array.from({ length: iterations }, () => {
              const sample = ms * own * (1 + clock.ms / 3000) * (1 + 0.01 * random.next());
              clock.ms += sample;
              return sample;
            });
            const { y } = operationNamed(operation).reference(inputs, attributes);
            const data = Float32Array.from(y.data);
            if (wrong) data[3] += 1;
            const outputs: NamedTensors = { y: { dtype: 'float32', shape: y.shape, data } };
            const zeros = executeMs.map(() => 0);
            return { kind: 'timed', outputs, executeMs, loadMs: zeros, readMs: zeros, milliseconds: 1e6 };
          },
          supports: async () => ({ kind: 'supported' }),
          run: async () => ({ kind: 'failed', message: 'nothing runs here' }),
          pid: () => 1,
          stop: () => {},
          stopped: () => undefined,
          close: async () => undefined,
        };
      },
    });
    return { side, started: () => started };
  }
  const options = { seed: 1, pairs: 8, timeoutMs: 1000 };

  it('shows the change and not the drift, with fresh processes in every pair', async () => {
    const { side, started } = simulated();
    const [one] = await measurePairs(side('a', 1), side('b', 1.05), [line], options);
    expect(started()).toBe(24);
    expect(one.differences).toHaveLength(8);
    for (const difference of one.differences) expect(Math.abs(difference - Math.log(1.05))).toBeLessThan(0.01);
    for (const difference of one.canary) expect(Math.abs(difference)).toBeLessThan(0.01);
    expect(compareCases([one.differences])[0].verdict).toBe('regression');
    expect(compareCases([one.canary])[0].verdict).not.toBe('regression');
  });

  it('gives a wrong answer no time', async () => {
    const { side } = simulated();
    const [one] = await measurePairs(side('a', 1), side('b', 0.1, true), [line], options);
    expect(one.reason).toContain('wrong answer: y[0, 3]');
    expect(one.differences).toEqual([]);
  });

  it('keeps whole pairs when it is interrupted', async () => {
    const { side } = simulated();
    const interruption = new AbortController();
    const progress = (done: number) => {
      if (done === 3) interruption.abort();
    };
    const [one] = await measurePairs(side('a', 1), side('b', 1), [line], { ...options, signal: interruption.signal, progress });
    expect(one.differences.length).toBeGreaterThanOrEqual(3);
    expect(one.differences.length).toBeLessThan(8);
  });
});
