import { describe, expect, it } from 'vitest';
import { scalar, type Tensor, tensor } from '../../../reference/tensor.ts';
import { precisions } from '../../judging/precision.ts';
import { prepareQuestion } from '../../judging/question.ts';
import { materialize } from '../../running/cases.ts';
import { describeVariants, drawnCases, judgeAnswer } from '../../testing/tableLine.ts';
import { mlpOperations } from './entries.ts';

const [forward, backward, trainStep] = mlpOperations;
for (const operation of mlpOperations) describeVariants(operation);

describe("kim's example", () => {
  const asked = (operation: typeof forward) =>
    materialize(operation, operation.cases.find(({ name }) => name === 'kim-example')!, 'random', 1, 'float64');
  const outputs = (operation: typeof forward) => {
    const { inputs, attributes } = asked(operation);
    return operation.reference(inputs, attributes);
  };

  it('gives the digits of rows M2, R9, R10 and R11', () => {
    expect(outputs(forward).y.data[0]).toBeCloseTo(0.625016596053, 12);
    const { loss, dWeights2 } = outputs(backward);
    expect(loss.data[0]).toBeCloseTo(0.0703, 4);
    expect(Array.from(dWeights2.data, (value) => value.toFixed(3))).toEqual(['-0.070', '-0.081', '-0.014']);
    expect(Array.from(outputs(trainStep).weights2.data, (value) => value.toFixed(3))).toEqual(['-0.130', '0.581', '1.314']);
  });

  it('tells what is printed (R9: δ·Θ₂; R10: the step with it) from what is right', () => {
    const printed = (operation: typeof forward, erratum: string) => {
      const { inputs, attributes } = asked(operation);
      return operation.knownMistakes.find((mistake) => mistake.erratum === erratum)!.outputs(inputs, attributes);
    };
    const digits = ({ data }: Tensor) => Array.from(data, (value) => value.toFixed(2));
    // Printed as (0.02, −0.05, −0.12) and (−0.22, 0.55, 1.42), from intermediate results rounded to two digits: δ is −0.0879.
    expect(digits(printed(backward, 'R9').dWeights2)).toEqual(['0.02', '-0.04', '-0.11']);
    expect(digits(printed(trainStep, 'R10').weights2)).toEqual(['-0.22', '0.54', '1.41']);
  });
});

describe('limits', () => {
  it('are 0 for integers through identity and ReLU, and no net is 0 there', () => {
    for (const operation of mlpOperations)
      for (const asked of drawnCases(operation, 1).filter(({ tier }) => tier === 'exact')) {
        const { limits } = prepareQuestion(operation, asked, precisions.float32);
        for (const { limit } of Object.values(limits)) expect(limit.every((value) => value === 0)).toBe(true);
        const [first, other] = operation.alternatives?.map(({ outputs }) => outputs(asked.inputs, asked.attributes)) ?? [];
        if (first) expect(other).toEqual(first);
      }
  });

  it('leave a gradient free only where rounding may move a net across the kink of ReLU', () => {
    const recipe = backward.cases.find(({ name }) => name === 'relu')!;
    const asked = materialize(backward, recipe, 'random', 1, 'float32');
    const { limits, expected } = prepareQuestion(backward, asked, precisions.float32);
    for (const [name, { limit }] of Object.entries(limits)) {
      const largest = Math.max(...Array.from(expected[name].data, Math.abs));
      expect(Math.max(...limit)).toBeLessThan(1e-4 * largest);
    }
  });

  it('stay small relative to the results, so that mistakes of one part in a thousand show', () => {
    for (const name of ['plain', 'one-layer', 'softplus', 'every-activation', 'wide', 'kim-example']) {
      const recipe = backward.cases.find((candidate) => candidate.name === name)!;
      const asked = materialize(backward, recipe, 'random', 1, 'float32');
      const { limits, expected } = prepareQuestion(backward, asked, precisions.float32);
      for (const [output, { limit }] of Object.entries(limits)) {
        const largest = Math.max(...Array.from(expected[output].data, Math.abs));
        expect(Math.max(...limit), `${name} ${output}`).toBeLessThan(1e-3 * largest);
      }
    }
  });

  it('accept either derivative of ReLU at 0, and say which', () => {
    const sizes = { batch: 1, width0: 1, width1: 1 };
    const given = { x: [1], target: [3], weights1: [2], bias1: [-2] };
    const recipe = { name: 'kink', sizes, attributes: { activations: ['relu'] }, given };
    const asked = materialize(backward, recipe, 'random', 1, 'float32');
    for (const [index, slope] of [0, 1].entries()) {
      // y = 0, so that ∂L/∂y = −3.
      const outputs = { loss: scalar(4.5), dWeights1: tensor([1, 1], [-3 * slope]), dBias1: tensor([1], [-3 * slope]) };
      const judgement = judgeAnswer(backward, asked, outputs);
      expect(judgement.passed).toBe(true);
      expect(judgement.alternative).toBe(`ReLU'(0) = ${index}`);
    }
    const half = { loss: scalar(4.5), dWeights1: tensor([1, 1], [-1.5]), dBias1: tensor([1], [-1.5]) };
    expect(judgeAnswer(backward, asked, half).passed).toBe(false);
  });
});
