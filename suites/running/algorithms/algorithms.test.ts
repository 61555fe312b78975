/** Every algorithm of the table on the backend `js`, in this process: sound, and with one kernel after the other a little wrong. */
import { describe, expect, it } from 'vitest';
import type { Attributes, NamedTensors, OperationName } from '../../../backends/signatures.ts';
import { inventory } from '../../../fixtures/documents/inventory.ts';
import { executeAlgorithm } from './execute.ts';
import { algorithms } from './index.ts';
import { jsParticipant } from './testing/participant.ts';

const options = { seed: 1, thorough: false, budgetMs: 120_000 };
const named = (name: string) => algorithms.find((algorithm) => algorithm.name === name)!;
const quick = algorithms.filter(({ name }) => name !== 'digits');

const scaled = (outputs: NamedTensors): NamedTensors =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, { shape, data }]) => [
      name,
      { dtype: 'float32', shape, data: Float32Array.from(data, (v) => v * (1 + 2 ** -10)) },
    ]),
  );

/** Answers until an operation has been answered otherwise than it should, then no more: what follows would only take time. */
async function wrongAt(wrong: OperationName, answer: (honest: NamedTensors, inputs: NamedTensors) => NamedTensors) {
  let seen = false;
  const change = (inputs: NamedTensors, _: Attributes, honest: NamedTensors) => {
    const changed = answer(honest, inputs);
    seen ||= Object.keys(honest).some((name) => changed[name].data.some((value, i) => value !== honest[name].data[i]));
    return changed;
  };
  const participant = await jsParticipant({ [wrong]: change });
  const ask: typeof participant.ask = async (...question) =>
    seen ? { kind: 'crashed', message: 'the test has seen enough' } : participant.ask(...question);
  return { ...participant, ask };
}

it('has a name, a statement and rows of the inventory for each', () => {
  expect(new Set(algorithms.map(({ name }) => name)).size).toBe(algorithms.length);
  for (const { name, statement, rows } of algorithms) {
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(statement.length).toBeGreaterThan(40);
    expect(inventory).toEqual(expect.arrayContaining([...rows]));
  }
});

describe.each(quick)('$name', (algorithm) => {
  it('passes on a sound backend, with calls that come close enough to their limits to mean something', async () => {
    const execution = (await executeAlgorithm(algorithm, await jsParticipant(), options))!;
    expect(execution.reason).toBeUndefined();
    expect(execution.status).toBe('passed');
    expect(execution.curves[0].points.length).toBeGreaterThan(1);
    for (const { judged, wrong } of execution.operations) {
      expect(judged).toBeGreaterThan(0);
      expect(wrong).toBe(0);
    }
    // Whole numbers leave no room at all; elsewhere float32 is never exact throughout.
    if (algorithm.name === 'batch-perceptron') expect(execution.closest).toBeUndefined();
    else expect(execution.closest?.outputs[0].errorRatio).toBeGreaterThan(0.01);
  });

  it('fails, naming the operation, when any one of its operations is off by a thousandth', async () => {
    const sound = (await executeAlgorithm(algorithm, await jsParticipant(), options))!;
    for (const { operation } of sound.operations) {
      const name = operation as OperationName;
      const execution = await executeAlgorithm(algorithm, await wrongAt(name, scaled), options);
      expect(execution).toMatchObject({ status: 'failed', firstWrong: { operation } });
      expect(execution?.reason).toMatch(new RegExp(`^${operation.replaceAll('.', '\\.')} in step \\d+: `));
    }
  });
});

describe('digits', () => {
  it('beats the linear model that the same backend trained', { timeout: 60_000 }, async () => {
    const execution = (await executeAlgorithm(named('digits'), await jsParticipant(), options))!;
    expect(execution.reason).toBeUndefined();
    expect(execution.status).toBe('passed');
    const used = execution.operations.map(({ operation }) => operation);
    for (const operation of ['conv2d', 'conv2d.weightGradient', 'maxPool2d.backward', 'relu.backward', 'softmax.backward']) {
      expect(used).toContain(operation);
    }
    for (const { judged, wrong } of execution.operations) {
      expect(judged).toBeGreaterThan(0);
      expect(wrong).toBe(0);
    }
    // Chance is 10 %: a network that learns nothing cannot come here.
    expect(Number.parseFloat(execution.evidence[0].actual)).toBeGreaterThan(90);
  });

  it('fails at the first step of the network when a gradient is not summed over the batch', { timeout: 60_000 }, async () => {
    const firstSampleAlone = (_: NamedTensors, { x, dy }: NamedTensors): NamedTensors => {
      const [, , height, width] = dy.shape;
      const [maps, side] = [dy.shape[1], x.shape[2]];
      const data = new Float32Array(maps * 25);
      for (let o = 0; o < maps; o++)
        for (let k = 0; k < 25; k++)
          for (let r = 0; r < height; r++)
            for (let c = 0; c < width; c++) {
              const [row, column] = [r + Math.floor(k / 5) - 1, c + (k % 5) - 1];
              if (row < 0 || row >= side || column < 0 || column >= side) continue;
              data[o * 25 + k] += dy.data[(o * height + r) * width + c] * x.data[row * side + column];
            }
      return { dWeights: { dtype: 'float32', shape: [maps, 1, 5, 5], data } };
    };
    const execution = await executeAlgorithm(
      named('digits'),
      await wrongAt('conv2d.weightGradient', firstSampleAlone),
      options,
    );
    expect(execution).toMatchObject({ status: 'failed', firstWrong: { operation: 'conv2d.weightGradient', check: 'values' } });
    expect(execution?.reason).toMatch(/^conv2d.weightGradient in step 133: dWeights\[/);
  });
});
