import { describe, expect, it } from 'vitest';
import type { NamedTensors, OperationName } from '../../backends/signatures.ts';
import { map, type Tensor } from '../../reference/tensor.ts';
import type { AnyOperation } from '../judging/operation.ts';
import { precisions } from '../judging/precision.ts';
import type { Relation } from '../judging/relation.ts';
import { operationNamed, operations } from '../operations/index.ts';
import { representable } from './cases.ts';
import { checkRelation } from './relations.ts';

interface OwnRelation {
  readonly own: AnyOperation;
  readonly relation: Relation;
}
const relations: readonly OwnRelation[] = operations.flatMap((own) =>
  (own.relations ?? []).map((relation) => ({ own, relation })),
);

type Compute = (inputs: NamedTensors, attributes: Readonly<Record<string, unknown>>) => NamedTensors;

const rounded = (x: Tensor): Tensor => ({ ...x, dtype: 'float32', data: representable(Float64Array.from(x.data), 'float32') });

/** The reference rounded to float32, with one operation computed in another way. */
function check({ own, relation }: OwnRelation, wrong?: OperationName, compute?: (right: Compute) => Compute) {
  return checkRelation(own, relation, {
    table: operationNamed,
    dtype: 'float32',
    precision: precisions.float32,
    seed: 1,
    runs: 40,
    ask: async (operation, attributes, inputs) => {
      const right: Compute = operationNamed(operation).reference;
      const answer = operation === wrong ? compute!(right)(inputs, attributes) : right(inputs, attributes);
      return { kind: 'outputs', outputs: Object.fromEntries(Object.entries(answer).map(([name, x]) => [name, rounded(x)])) };
    },
  });
}

function relationNamed(operation: OperationName, name: string): OwnRelation {
  const found = relations.find(({ own, relation }) => own.name === operation && relation.name === name);
  if (!found) throw new Error(`${operation}: ${name} is not among the relations`);
  return found;
}

it('names each relation of an operation once', () => {
  const names = relations.map(({ own, relation }) => `${own.name}: ${relation.name}`);
  expect(new Set(names).size).toBe(names.length);
});

it.each(relations.map((one) => [`${one.own.name}: ${one.relation.name}`, one] as const))(
  '%s holds for the reference',
  async (_, one) => {
    expect(await check(one)).toMatchObject({ status: 'passed', runs: 40 });
  },
);

const changed =
  (output: string, change: (x: Tensor, inputs: NamedTensors) => Tensor) =>
  (right: Compute): Compute => {
    return (inputs, attributes) => {
      const outputs = right(inputs, attributes);
      return { ...outputs, [output]: change(outputs[output], inputs) };
    };
  };
const plusOne = (x: Tensor) => map(x, (value) => value + 1);
const firstOff = (x: Tensor): Tensor => ({
  ...x,
  data: Float64Array.from(x.data, (value, i) => (i === 0 ? value + 1 : value)),
});
const backwards = (x: Tensor): Tensor => ({ ...x, data: Float64Array.from(x.data).reverse() });

describe('a mistake that breaks it', () => {
  it.each<[OperationName, string, OperationName, (right: Compute) => Compute]>([
    ['matmul', 'linear in a', 'matmul', changed('y', plusOne)],
    ['conv2d', 'linear in weights', 'conv2d', changed('y', (y) => map(y, Math.abs))],
    ['tanh.backward', 'linear in dy', 'tanh.backward', changed('dx', (dx) => map(dx, Math.abs))],
    [
      'dense.weightGradient',
      'adjoint of dense in weights',
      'dense.weightGradient',
      changed('dWeights', (x) => map(x, (v) => v / 2)),
    ],
    ['conv2d.inputGradient', 'adjoint of conv2d in x', 'conv2d.inputGradient', changed('dx', backwards)],
    ['conv2d.biasGradient', 'adjoint of conv2d in bias', 'conv2d.biasGradient', changed('dBias', plusOne)],
    ['dense.biasGradient', 'adjoint of dense in bias', 'dense', changed('y', (y) => map(y, (v) => 2 * v))],
    [
      'locallyConnected2d.inputGradient',
      'adjoint of locallyConnected2d in x',
      'locallyConnected2d.inputGradient',
      changed('dx', backwards),
    ],
    [
      'locallyConnected2d.weightGradient',
      'adjoint of locallyConnected2d in weights',
      'locallyConnected2d.weightGradient',
      changed('dWeights', backwards),
    ],
    ['locallyConnected2d', 'linear in weights', 'locallyConnected2d', changed('y', plusOne)],
    ['dropout.backward', 'adjoint of dropout in x', 'dropout.backward', changed('dx', (x) => map(x, (v) => v / 2))],
    ['dropconnect', 'linear in weights', 'dropconnect', changed('y', (y) => map(y, Math.abs))],
    ['matmul', 'linear in a', 'matmul', changed('y', (y) => map(y, () => Number.NaN))],
    ['maxPool2d.backward', 'adjoint of maxPool2d in x', 'maxPool2d.backward', changed('dx', backwards)],
    ['conv2d', 'shifted with its input', 'conv2d', changed('y', backwards)],
    ['averagePool2d', 'shifted with its input', 'averagePool2d', changed('y', firstOff)],
    ['softmax', 'samples permuted and repeated', 'softmax', changed('y', firstOff)],
    ['dense', 'samples permuted and repeated', 'dense', changed('y', backwards)],
    ['softmax', 'unchanged by a constant', 'softmax', changed('y', (y, { x }) => map(y, (value) => value + x.data[0] / 1e4))],
    ['mlp.forward', 'identity activations collapse to dense layers', 'mlp.forward', changed('y', plusOne)],
    ['perceptron.train', 'each line of Novikoff’s proof', 'perceptron.train', changed('mistakes', (x) => map(x, () => 0))],
    ['perceptron.train', 'each line of Novikoff’s proof', 'perceptron.train', changed('weights', plusOne)],
    ['dropout', 'a mask and its complement make up the scaled input', 'dropout', changed('y', (_, { x }) => x)],
    [
      'softmax.jacobian',
      'rows add up to 0, symmetric, and is what backward multiplies by',
      'softmax.jacobian',
      changed('jacobian', (x) => map(x, (v) => -v)),
    ],
    [
      'softmax.jacobian',
      'rows add up to 0, symmetric, and is what backward multiplies by',
      'softmax.jacobian',
      changed('jacobian', (x) => map(x, Math.abs)),
    ],
  ])('%s: %s (%s computed wrongly)', async (operation, name, wrong, compute) => {
    const verdict = await check(relationNamed(operation, name), wrong, compute);
    expect(verdict.status).toBe('failed');
    const values = Object.values(verdict.counterexample!.inputs).flatMap((input) => input.values);
    expect(values.every((value) => Number.isInteger(Number(value)))).toBe(true);
  });

  it('is shrunk to what a person can work by hand', async () => {
    const verdict = await check(
      relationNamed('conv2d.inputGradient', 'linear in dy'),
      'conv2d.inputGradient',
      changed('dx', plusOne),
    );
    const { inputs } = verdict.counterexample!;
    expect(inputs.dy.values).toEqual([0]);
    expect(inputs.weights.values).toEqual([0]);
  });
});

describe('what is not required', () => {
  it('is reported: other bits in the second call', async () => {
    let calls = 0;
    const wavering = changed('y', (y) => map(y, (value) => value * (1 + calls++ * 2 ** -22)));
    const verdict = await check(relationNamed('matmul', 'same call, same bits'), 'matmul', wavering);
    expect(verdict).toMatchObject({ status: 'passed', reason: expect.stringContaining('differ in their last bits') });
    expect((await check(relationNamed('matmul', 'same call, same bits'))).reason).toBeUndefined();
  });
});

it.each(relations.map((one) => [`${one.own.name}: ${one.relation.name}`, one] as const))(
  '%s is unsupported where one of its operations is',
  async (_, { own, relation }) => {
    const verdict = await checkRelation(own, relation, {
      table: operationNamed,
      dtype: 'float32',
      precision: precisions.float32,
      seed: 1,
      runs: 5,
      ask: async () => ({ kind: 'unsupported', message: 'not here' }),
    });
    expect(verdict).toMatchObject({ status: 'unsupported', reason: 'not here' });
  },
);

it('skips examples without a bound, and is no pass where there are no others', async () => {
  const right = operationNamed('softmax').reference;
  const { own, relation } = relationNamed('softmax', 'unchanged by a constant');
  const verdict = await checkRelation(own, relation, {
    table: operationNamed,
    dtype: 'float32',
    precision: precisions.bf16,
    seed: 1,
    runs: 5,
    ask: async (_, attributes, inputs) => ({ kind: 'outputs', outputs: right(inputs, attributes) }),
  });
  expect(verdict).toMatchObject({ status: 'unsupported', reason: 'bf16 does not bound softmax here' });
});
