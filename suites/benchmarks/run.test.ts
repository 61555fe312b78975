/** The scheduler on machines that are not there, and on processes that cheat. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createWorkerSupervisor, hostCommand, type WorkerSupervisor } from '../../backends/index.ts';
import type { BenchOptions } from '../../backends/worker/startWorker.ts';
import type { NamedTensors } from '../judging/operation.ts';
import { randomFrom } from '../judging/random.ts';
import { operationNamed } from '../operations/index.ts';
import type { BenchmarksRecord, Timing } from '../runReport.ts';
import { environmentWarnings, processorTicks, stealShare } from './environment.ts';
import { roundOrder } from './order.ts';
import { turned } from './questions.ts';
import { type BenchmarkOptions, benchmark } from './run.ts';
import { type BenchmarkSize, benchmarkSizes } from './sizes.ts';
import { cheatNames } from './testing/cheats.ts';
import type { TimedBackend } from './visit.ts';

const sizeNamed = (operation: string, name: string): BenchmarkSize =>
  benchmarkSizes.find((line) => line.operation.name === operation && line.name === name)!;
const settings = {
  suite: 'test',
  processes: 3,
  iterations: 8,
  budgetMs: 20,
  limitMs: 1000,
  cold: 0,
  seed: 1,
  timeoutMs: 10_000,
};
const idle = { environment: () => ({ load: 0 }), availableBytes: () => 2 ** 40 };

function listening() {
  const timings = new Map<string, Timing>();
  const heard = { timings, updates: 0, record: undefined as BenchmarksRecord | undefined, progress: [] as string[] };
  return {
    heard,
    timing: (timing: Timing) => {
      heard.updates++;
      timings.set(`${timing.backend} ${timing.caseId}`, timing);
    },
    benchmarks: (record: BenchmarksRecord) => {
      heard.record = record;
    },
    progress: (label: string, done: number, total: number) => heard.progress.push(`${label} ${done}/${total}`),
  };
}

async function run(
  backends: readonly TimedBackend[],
  sizes: readonly BenchmarkSize[],
  options: Partial<BenchmarkOptions> = {},
  machine = idle,
) {
  const listener = listening();
  await benchmark(backends, listener, { ...settings, sizes, ...options }, machine);
  return listener.heard;
}

/** A clock that nobody waits for, and processes that move it on. */
function simulated() {
  const clock = { ms: 0 };
  const calls: string[] = [];
  let processes = 0;
  function backend(name: string, msOf: (operation: string, clockMs: number) => number, answers = right): TimedBackend {
    const fresh = (): WorkerSupervisor => {
      const process = ++processes;
      const random = randomFrom(process, name);
      const bench = async (
        operation: string,
        attributes: object,
        inputs: NamedTensors,
        { iterations, measure }: BenchOptions,
      ) => {
        calls.push(`${process} ${name} ${operation}`);
        const executeMs = Array.from({ length: iterations }, () => {
          const ms = msOf(operation, clock.ms) * (1 + 0.01 * random.next());
          clock.ms += ms;
          return ms;
        });
        const zeros = executeMs.map(() => 0.001);
        const own = answers(operation, attributes, inputs);
        const next = answers(operation, attributes, turned(inputs, measure!.shift, 1));
        const each = executeMs[0];
        const chain = {
          calls: 4,
          executesMs: 4 * each,
          allMs: 4 * each + 0.001,
          oneMs: each + 0.001,
          readMs: 0.001,
          rereadMs: 0.001,
        };
        return {
          ...{ kind: 'timed' as const, executeMs, loadMs: zeros, readMs: zeros, firstCallMs: 10 * each },
          ...{
            outputs: own,
            sampleOutputs: next,
            sampled: 0,
            chain,
            coldMs: [],
            bracketMs: 1e-4,
            clockMs: 1e-5,
            milliseconds: 1e6,
          },
        };
      };
      const hello = { protocol: 1 as const, name, version: '1', device: 'cpu', dtype: 'float32' as const, measures: true };
      return {
        start: async () => ({ kind: 'started', hello }),
        bench: bench as WorkerSupervisor['bench'],
        supports: async () => ({ kind: 'supported' }),
        run: async () => ({ kind: 'failed', message: 'nothing runs here' }),
        pid: () => process,
        stop: () => {},
        stopped: () => undefined,
        close: async () => undefined,
      };
    };
    const description = { name, library: name, version: '1', device: 'cpu', dtype: 'float32' as const };
    return { name, description, fresh, supervisor: fresh(), expectedFailures: [], replayOptions: `--backend ${name}` };
  }
  return { clock, calls, backend };
}

function right(operation: string, attributes: object, inputs: NamedTensors): NamedTensors {
  const asFloats = (tensors: NamedTensors): NamedTensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, { shape, data }]) => [
        name,
        { dtype: 'float32', shape, data: Float32Array.from(data) },
      ]),
    );
  return asFloats(operationNamed(operation).reference(inputs, { ...attributes }));
}

const small = [sizeNamed('matmul', '64'), sizeNamed('relu', '1e3'), sizeNamed('softmax', '32x100')];

describe('the scheduler', () => {
  it('gives every number three fresh processes, which visit all sizes one backend at a time', async () => {
    const { backend, calls } = simulated();
    const { timings, record, progress } = await run([backend('one', () => 1), backend('two', () => 2)], small);
    expect([...timings.values()].map(({ status, processes }) => `${status} ${processes}`)).toEqual(Array(6).fill('valid 3'));
    expect(new Set(calls.map((call) => call.split(' ')[0])).size).toBe(6);
    for (const { execute } of timings.values()) expect(execute!.perProcess).toEqual([8, 8, 8]);
    // One size after the other: its backends are neighbours.
    for (let at = 0; at < calls.length; at += 2) expect(calls[at].split(' ')[2]).toBe(calls[at + 1].split(' ')[2]);
    expect(record).toMatchObject({
      processes: 3,
      warnings: [],
      means: [
        { backend: 'one', ratioToFastest: 1, numbers: 3 },
        { backend: 'two', numbers: 3 },
      ],
    });
    expect(record!.means[1].ratioToFastest).toBeCloseTo(2, 1);
    expect(progress.at(-1)).toBe('timing 18/18');
  });

  it('lets drift of the machine favour nobody', async () => {
    // The machine gets twice as slow on the way. Measured one backend after the other, the second would look slower.
    const { backend } = simulated();
    const slowing = (_operation: string, clockMs: number) => 1 + clockMs / 500;
    const sizes = [...small, ...['relu', 'sigmoid'].map((name) => sizeNamed(name, '1e4'))];
    const { timings } = await run([backend('one', slowing), backend('two', slowing)], sizes, { processes: 5 });
    const ratios = [...timings.values()].map(({ ratioToFastest }) => ratioToFastest!);
    expect(Math.max(...ratios)).toBeLessThan(1.1);
    const [first] = timings.values();
    expect(first.execute!.highMs! / first.execute!.lowMs!).toBeGreaterThan(1.2);
  });

  it('draws another order in every round, the sizes of one operation from small to large', () => {
    const [first, second] = [0, 1].map((round) =>
      roundOrder(benchmarkSizes, 1, round).map(({ operation, name }) => `${operation.name} ${name}`),
    );
    expect(first).not.toEqual(second);
    expect(new Set(first)).toEqual(new Set(second));
    const products = first.filter((title) => /^matmul \d+$/.test(title));
    expect(products).toEqual([
      'matmul 64',
      'matmul 128',
      'matmul 256',
      'matmul 512',
      'matmul 1024',
      'matmul 2048',
      'matmul 4096',
    ]);
  });

  it('leaves out what would take too long, as the smaller size tells, and says so', async () => {
    const { backend } = simulated();
    const cubic = [64, 512].map((n) => sizeNamed('matmul', String(n)));
    const { timings } = await run([backend('slow', () => 50)], cubic);
    expect(timings.get('slow matmul/benchmark-64/random')!.status).toBe('valid');
    expect(timings.get('slow matmul/benchmark-512/random')).toMatchObject({
      status: 'skipped',
      reason: 'one call takes about 26 s; test leaves out what takes over 4 s',
    });
  });

  it('leaves out what does not fit into memory', async () => {
    const { backend } = simulated();
    const { timings } = await run(
      [backend('one', () => 1)],
      [sizeNamed('matmul', '64')],
      {},
      { ...idle, availableBytes: () => 1000 },
    );
    expect(timings.get('one matmul/benchmark-64/random')!.reason).toMatch(/^needs \d MiB of memory, 0 MiB are available$/);
  });

  it('keeps what was measured when it is interrupted, and goes on with what is missing', async () => {
    const { backend, calls } = simulated();
    const interruption = new AbortController();
    let asked = 0;
    const one = backend('one', () => {
      if (++asked === 24 + 8) interruption.abort('enough');
      return 1;
    });
    const stopped = await run([one], small, { signal: interruption.signal });
    const kept = [...stopped.timings.values()];
    expect(kept.map(({ processes }) => processes)).toEqual([1, 1, 1]);
    expect(kept[0].warnings?.map(({ kind }) => kind)).toContain('few processes');
    expect(stopped.record).toBeDefined();
    const before = calls.length;
    const { timings } = await run([one], small, { known: kept });
    expect([...timings.values()].map(({ processes, warnings }) => `${processes} ${warnings?.length ?? 0}`)).toEqual([
      '3 0',
      '3 0',
      '3 0',
    ]);
    expect(calls.length - before).toBe(6);
    // The first process's samples are those that were kept.
    for (const timing of kept) {
      const resumed = timings.get(`one ${timing.caseId}`)!;
      expect(resumed.execute!.samplesMs.slice(0, 8)).toEqual(timing.execute!.samplesMs);
    }
  });

  it('gives a wrong answer no number, and asks no further', async () => {
    const { backend, calls } = simulated();
    const wrong = (operation: string, attributes: object, inputs: NamedTensors) => {
      const { y } = right(operation, attributes, inputs);
      (y.data as Float32Array)[7] += 1;
      return { y };
    };
    const { timings } = await run([backend('bad', () => 1, wrong)], [sizeNamed('matmul', '64')]);
    const [timing] = timings.values();
    expect(timing.status).toBe('invalid');
    expect(timing.reason).toContain('wrong answer after the chained executions: y[0, 7]');
    expect(timing.execute).toBeUndefined();
    expect(calls).toHaveLength(1);
  });

  it('refuses times that no machine reaches', async () => {
    const { backend } = simulated();
    const { timings } = await run([backend('magic', () => 1e-6)], [sizeNamed('matmul', '256')]);
    expect([...timings.values()][0]).toMatchObject({
      status: 'invalid',
      reason: expect.stringContaining('cores of any processor reach at most'),
    });
  });
});

describe('a process that cheats', () => {
  const adapter = fileURLToPath(new URL('./testing/cheats.ts', import.meta.url));
  const verdicts: Readonly<Record<string, string | undefined>> = {
    honest: undefined,
    'wrong when timed': 'wrong answer',
    'cached by input': undefined,
    'cached by shape': 'wrong answer',
    'not awaited': 'execute resolves before the work is done',
    'answers before it has computed': 'wrong answer',
    'computes when it is read': 'the read computes',
    'output of the request before': 'wrong answer',
    'nothing after the first call': 'wrong answer',
  };

  it('is known in all its kinds', () => {
    expect(Object.keys(verdicts)).toEqual(cheatNames);
  });

  const known = new Map<string, Promise<Timing>>();
  function timingOfCheat(name: string): Promise<Timing> {
    if (!known.has(name)) known.set(name, timeCheat(name));
    return known.get(name)!;
  }
  async function timeCheat(name: string): Promise<Timing> {
    const fresh = () => createWorkerSupervisor({ ...hostCommand(adapter), environment: { CHEAT: name }, timeoutMs: 30_000 });
    const description = { name: 'cheat', library: 'none', version: '1', device: 'cpu', dtype: 'float32' as const };
    const backend = { name: 'cheat', description, fresh, supervisor: fresh(), expectedFailures: [], replayOptions: '' };
    const { timings } = await run([backend], [sizeNamed('matmul', '128')], { processes: 1 });
    return [...timings.values()][0];
  }

  it.each(Object.entries(verdicts))('%s: %s', async (name, reason) => {
    const timing = await timingOfCheat(name);
    if (reason === undefined) expect(timing.status).toBe('valid');
    else {
      expect(timing.status).toBe('invalid');
      expect(timing.reason).toMatch(reason);
      expect(timing.execute).toBeUndefined();
    }
  });

  it('gains nothing by a cache: no timed call has the inputs of another', async () => {
    const [honest, cached] = [await timingOfCheat('honest'), await timingOfCheat('cached by input')];
    // A product takes a millisecond, a look-up a thousandth of it.
    expect(Math.min(...cached.execute!.samplesMs)).toBeGreaterThan(Math.min(...honest.execute!.samplesMs) / 10);
  });
});

describe('the surroundings', () => {
  it('are read from the kernel’s counters', () => {
    const ticks = processorTicks('cpu  100 0 50 800 10 0 5 35 7 0\ncpu0 …');
    expect(ticks).toEqual({ total: 1000, steal: 35 });
    const reading = (total: number, steal: number) => ({ load: 0, ticks: { total, steal } });
    expect(stealShare(reading(1000, 35), reading(2000, 135))).toBe(0.1);
    expect(processorTicks(undefined)).toBeUndefined();
    expect(stealShare({ load: 0 }, { load: 0 })).toBeUndefined();
  });

  it('are warned of: load and a governor that changes the pace', () => {
    expect(environmentWarnings({ load: 1.5 }, 2)[0]).toContain('under load: 1.50 processes on 2 cores');
    expect(environmentWarnings({ load: 0.1, governor: 'powersave' }, 2)[0]).toContain('governor is powersave');
    expect(environmentWarnings({ load: 0.1, governor: 'performance' }, 2)).toEqual([]);
  });
});

it('the reference kernel is pinned', () => {
  const source = readFileSync(new URL('./probe/referenceKernel.ts', import.meta.url));
  expect(createHash('sha256').update(source).digest('hex')).toBe(
    '124f868598c1ee54a1e379fbabb8986bfcd783e44b540e674b84ab98b56ae812',
  );
});
