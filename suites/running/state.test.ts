import { describe, expect, it } from 'vitest';
import type { BackendDescription } from '../../backends/contract.ts';
import { asDtype } from '../../backends/worker/tensors.ts';
import type { RunResult, WorkerSupervisor } from '../../backends/worker/worker.ts';
import type { NamedTensors } from '../judging/operation.ts';
import { operationNamed } from '../operations/index.ts';
import type { Outcome, PropertyOutcome } from '../runReport.ts';
import { checkBlocks } from './blocks.ts';
import { casesOf } from './cases.ts';
import { type BackendUnderTest, checkCases, type RunListener } from './run.ts';
import { checkState } from './state.ts';

/** What a wrong worker makes of a right answer; it may keep what it wants between calls. */
type Fault = (call: number, operation: string, inputs: NamedTensors, right: NamedTensors) => NamedTensors;

function backend(fault: Fault, description: Partial<BackendDescription> = {}): BackendUnderTest {
  let call = 0;
  const run = async (name: string, attributes: object, inputs: NamedTensors): Promise<RunResult> => {
    const right = rounded(operationNamed(name).reference(inputs, { ...attributes }));
    return { kind: 'outputs', outputs: rounded(fault(++call, name, inputs, right)), milliseconds: 1 };
  };
  return {
    name: 'worker',
    supervisor: { run, stopped: () => undefined } as unknown as WorkerSupervisor,
    description: { name: 'worker', library: 'worker', version: '1', device: 'cpu', dtype: 'float32', ...description },
    expectedFailures: [],
    replayOptions: '--worker worker',
  };
}

const rounded = (tensors: NamedTensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, asDtype(tensor, 'float32')]));
const keyOf = (inputs: NamedTensors) => JSON.stringify(Object.values(inputs).map(({ shape }) => shape));

/** The value of a key; the first that is given stays. */
function kept<Value>(cache: Map<string, Value>, key: string, value: Value): Value {
  const known = cache.get(key) ?? value;
  cache.set(key, known);
  return known;
}

const withFirst = (right: NamedTensors, change: (value: number) => number): NamedTensors =>
  Object.fromEntries(
    Object.entries(right).map(([name, x]) => [
      name,
      { ...x, data: Float64Array.from(x.data, (v, i) => (i === 0 ? change(v) : v)) },
    ]),
  );

const nobody = () => {};
const listenerOf = (heard: Partial<RunListener>): RunListener => ({
  ...{
    backend: nobody,
    outcome: nobody,
    diagnosis: nobody,
    property: nobody,
    timing: nobody,
    benchmarks: nobody,
    row: nobody,
    algorithm: nobody,
    caseSeconds: nobody,
    stopped: nobody,
  },
  progress: nobody,
  ...heard,
});
const names = ['matmul', 'relu', 'softmax', 'conv2d'];

async function stateOf(under: BackendUnderTest, seed = 1): Promise<PropertyOutcome[]> {
  const found: PropertyOutcome[] = [];
  const listener = listenerOf({ property: (one) => found.push(one) });
  await checkState([under], names.map(operationNamed), listener, { seed, timeoutMs: 1000, again: 256 });
  return found;
}

/** Workers that are right as long as nothing was asked before. */
const faults: Readonly<Record<string, { make: () => Fault; says: RegExp; all?: boolean }>> = {
  'a cache of answers whose key is the shape': {
    make: () => {
      const cache = new Map<string, NamedTensors>();
      return (_, name, inputs, right) => kept(cache, name + keyOf(inputs), right);
    },
    says: /an earlier call|previous|question before/,
    all: true,
  },
  'weights that stay those of the first call with their shape': {
    make: () => {
      const weights = new Map<string, NamedTensors[string]>();
      return (_, name, inputs, right) => {
        if (name !== 'matmul') return right;
        return operationNamed(name).reference({ ...inputs, b: kept(weights, inputs.b.shape.join(), inputs.b) }, {});
      };
    },
    says: /equals the result with b of an earlier call/,
  },
  'a cache whose key is every element but the last': {
    make: () => {
      const cache = new Map<string, NamedTensors>();
      return (_, name, inputs, right) => {
        const key = name + JSON.stringify(Object.values(inputs).map(({ shape, data }) => [shape, [...data].slice(0, -1)]));
        return kept(cache, key, right);
      };
    },
    says: /an earlier call|previous|question before/,
    all: true,
  },
  'a small batch after a large one': {
    make: () => {
      const largest = new Map<string, number>();
      return (_, name, inputs, right) => {
        const size = Object.values(inputs)[0].data.length;
        const before = largest.get(name) ?? 0;
        const isSmaller = size < before;
        largest.set(name, Math.max(size, before));
        return isSmaller ? withFirst(right, (value) => value + 1) : right;
      };
    },
    says: /another answer when asked again/,
    all: true,
  },
  'a sum that begins where the one before ended': {
    make: () => {
      let before = 0;
      return (_, __, ___, right) => {
        const answer = withFirst(right, (value) => value + before);
        before = Object.values(right)[0].data[0] * 1e-3;
        return answer;
      };
    },
    says: /another answer when asked again/,
  },
  'NaN that stays': {
    make: () => {
      let left = 0;
      return (_, __, inputs, right) => {
        const answer = left-- > 0 ? withFirst(right, () => Number.NaN) : right;
        if (Object.values(inputs).some(({ data }) => data.some(Number.isNaN))) left = 2;
        return answer;
      };
    },
    says: /another answer when asked again/,
    all: true,
  },
  'one garbage element in 200 calls': {
    make: () => (call, _, __, right) => (call % 200 === 199 ? withFirst(right, (value) => value + 3e4) : right),
    says: /another answer when asked again/,
    all: true,
  },
};

describe('what a backend keeps between calls', () => {
  it('passes a backend that keeps nothing', async () => {
    const found = await stateOf(backend((_, __, ___, right) => right, { deterministic: true }));
    expect(found.map(({ status, reason }) => [status, reason])).toEqual(names.map(() => ['passed', undefined]));
    expect(Math.min(...found.map(({ runs }) => runs))).toBeGreaterThan(256);
  });

  for (const [name, { make, says, all }] of Object.entries(faults)) {
    for (const seed of [3, 4]) {
      it(`refuses and names ${name}, seed ${seed}`, async () => {
        const red = (await stateOf(backend(make()), seed)).filter(({ status }) => status === 'failed');
        expect(red.length).toBeGreaterThanOrEqual(all ? names.length : 1);
        for (const { reason, diagnosis, operation } of red) {
          expect(reason).toMatch(/^call \d+ of \d+, /);
          expect(`${operation}: ${diagnosis}`).toMatch(says);
        }
      });
    }
  }

  it('reports other bits within the limits, and refuses them where the backend declares itself deterministic', async () => {
    const jitter: Fault = (call, name, _, right) =>
      name === 'softmax' && call % 2 === 0 ? withFirst(right, (value) => value * (1 + 2 ** -23)) : right;
    const [, , softmax] = await stateOf(backend(jitter));
    expect(softmax).toMatchObject({ operation: 'softmax', status: 'passed' });
    expect(softmax.reason).toMatch(
      /^other bits when asked again in \d+ of \d+ answers, first in call \d+: y\[0, 0\] was .* within their limits$/,
    );
    const [matmul, , strict] = await stateOf(backend(jitter, { deterministic: true }));
    expect(matmul.status).toBe('passed');
    expect(strict).toMatchObject({ status: 'failed', diagnosis: 'another answer when asked again' });
    expect(strict.reason).toContain('declares itself deterministic');
  });

  it('asks a wrong case again, and says so where it is right then', async () => {
    const outcomes: Outcome[] = [];
    const once: Fault = (call, _, __, right) => (call === 3 ? withFirst(right, (value) => value + 3e4) : right);
    const cases = casesOf(operationNamed('matmul')).slice(0, 6);
    const says: string[] = [];
    const listener = listenerOf({
      outcome: (one) => outcomes.push(one),
      diagnosis: ({ caseId, diagnosis }) => says.push(`${caseId}: ${diagnosis}`),
    });
    await checkCases([backend(once)], cases, listener, { seed: 1, timeoutMs: 1000 });
    expect(outcomes.filter(({ status }) => status === 'failed')).toHaveLength(1);
    expect(says).toHaveLength(1);
    expect(says[0]).toContain(`${outcomes[2].caseId}: another answer when asked again: right at another time`);
    says.length = 0;
    await checkCases([backend((_, __, ___, right) => withFirst(right, (v) => v + 3e4))], cases, listener, {
      seed: 1,
      timeoutMs: 1000,
    });
    expect(says.length).toBeGreaterThan(0);
    expect(says.filter((one) => one.includes('asked again'))).toEqual([]);
  });
});

describe('blocks that a backend declares', () => {
  async function blocksOf(under: BackendUnderTest, operation = 'matmul') {
    const [outcomes, properties]: [Outcome[], PropertyOutcome[]] = [[], []];
    const listener = listenerOf({ outcome: (one) => outcomes.push(one), property: (one) => properties.push(one) });
    await checkBlocks([under], [operationNamed(operation)], listener, { seed: 1, timeoutMs: 1000 });
    return { outcomes, properties };
  }

  it('are asked beside and between their multiples: a fault at 3½ blocks of 24 shows there alone', async () => {
    const at84: Fault = (_, __, inputs, right) => (inputs.a.shape[1] === 84 ? withFirst(right, (value) => value + 1) : right);
    const { outcomes, properties } = await blocksOf(backend(at84, { blocks: [24] }));
    expect(outcomes.filter(({ status }) => status === 'failed').length).toBeGreaterThan(0);
    expect(outcomes.every(({ caseId }) => caseId.startsWith('matmul/block-24-'))).toBe(true);
    expect(properties).toMatchObject([{ status: 'passed', property: 'has cases at blocks of 24' }]);
  });

  it('are red without their cases', async () => {
    const { properties } = await blocksOf(
      backend((_, __, ___, right) => right, { blocks: [1024] }),
      'mlp.pathGradient',
    );
    expect(properties[0].status).toBe('failed');
    expect(properties[0].reason).toContain('block 1024: no size');
  });

  it('are asked of nobody who declares none', async () => {
    expect(await blocksOf(backend((_, __, ___, right) => right))).toEqual({ outcomes: [], properties: [] });
  });
});
