import { describe, expect, it } from 'vitest';
import { bridgeCumulant, type RoundingModel } from '../../judging/statistics/roundingModel.ts';
import { drawDotProducts, halfUlp, outputs } from './data.ts';
import { dotProductExperiment } from './experiment.ts';
import { harderFaults, harderShifts, honest, moreHonest, sequential } from './kernels.ts';
import { bestPower, information, power, shiftToNoise, smallestShift, wantedShift } from './limit.ts';
import { powerCurves } from './power.ts';
import { precisionTable } from './precision.ts';
import { curveProblems, experimentProblems } from './report.ts';
import { preparedVerdict, verdictProbability } from './verdict.ts';

const short = { lengths: [16] };

describe('the experiment at length 16', () => {
  const experiment = dotProductExperiment(11, short);
  const { plain, harder } = experiment;

  it('catches every fault and leaves every honest implementation in peace', () => {
    expect(plain).toMatchObject({ caught: 28, faults: 28, falseAlarms: 0, honest: 12, missed: [], alarmed: [] });
    expect(harder).toMatchObject({ falseAlarms: 0, honest: 36, faults: 25, alarmed: [] });
    expect(harder.missed.filter(({ ofLimit }) => ofLimit > 2)).toEqual([]);
    expect(experimentProblems(experiment)).toEqual([]);
  });

  it('puts every rule beside it; none of the others does both', () => {
    expect(plain.rules.map(({ name }) => name)).toEqual([
      'JAX',
      'ONNX backend tests',
      'tfjs',
      'PyTorch float32',
      'Higham γ_K alone',
      'WebNN',
      'TOSA',
      'reference BLAS',
      'Etalon',
    ]);
    for (const { caught, falseAlarms } of plain.rules.slice(0, -1)) expect(caught < 28 || falseAlarms > 0).toBe(true);
  });

  it('states a false-alarm probability below 10⁻⁶', () => {
    expect(experiment.verdicts).toBe(28 + 12 + 25 + 36);
    expect(experiment.falseAlarmProbability).toBeLessThan(1e-6);
    expect(experiment.falseAlarmProbability).toBeGreaterThan(0);
  });

  it('is the same again for the same seed, and other numbers for another', () => {
    expect(dotProductExperiment(11, short)).toEqual(experiment);
    expect(drawDotProducts('cancelling', 16, 1).a).not.toEqual(drawDotProducts('cancelling', 16, 2).a);
  });

  it('calls a missed fault and a false alarm problems', () => {
    const cell = { implementation: 'bf16 inputs', dataSet: 'tiny', length: 16 };
    const withMiss = { ...experiment, plain: { ...plain, missed: [{ ...cell, ofLimit: 5, bestPower: 1 }] } };
    expect(experimentProblems(withMiss)).toEqual(['missed bf16 inputs, tiny, length 16']);
    const tooSmall = { ...experiment, harder: { ...harder, missed: [{ ...cell, ofLimit: 0.9, bestPower: 0.6 }] } };
    expect(experimentProblems(tooSmall)).toEqual([]);
    const withAlarm = { ...experiment, harder: { ...harder, alarmed: [cell] } };
    expect(experimentProblems(withAlarm)).toEqual(['false alarm on bf16 inputs, tiny, length 16']);
  });
});

describe('implementations', () => {
  // At length 16 one matrix tile is the whole pairwise sum.
  const data = drawDotProducts('standard normal', 64, 5);

  it('are all different, and honest ones within γ₆₆·Σ|a||b|', () => {
    const answers = Object.entries({ ...honest, ...moreHonest }).map(([name, kernel]) => ({ name, y: kernel(data, 5) }));
    for (const { name, y } of answers) {
      for (let i = 0; i < outputs; i++) {
        expect(Math.abs(y[i] - data.expected[i]), name).toBeLessThanOrEqual(66 * 2 ** -24 * data.scale[i]);
      }
    }
    expect(new Set(answers.map(({ y }) => y.join())).size).toBe(answers.length);
  });

  it('faults shift the result by what they say', () => {
    const right = sequential(data, 5);
    for (const [name, shift] of Object.entries(harderShifts)) {
      const wrong = harderFaults[name](data, 5);
      for (let i = 0; i < outputs; i++) {
        const rounding = halfUlp(wrong[i]) + halfUlp(right[i]);
        expect(Math.abs(wrong[i] - right[i] - shift(data, i, 5)), name).toBeLessThanOrEqual(rounding);
      }
    }
  });

  it('half an ulp of float32', () => {
    expect([1, 1.5, 2, 0.75, 0].map(halfUlp)).toEqual([2 ** -24, 2 ** -24, 2 ** -23, 2 ** -25, 2 ** -150]);
  });
});

describe('the limit', () => {
  it('needs 6 deviations for 10⁻⁹ and 0.84 more for four of five', () => {
    expect(wantedShift()).toBeCloseTo(5.9978 + 0.8416, 3);
    expect(wantedShift(1000)).toBeGreaterThan(wantedShift() + 1);
  });

  it('information times variance is 1 for a normal distribution, more for a mixture', () => {
    expect(information(1000, 0)).toBeCloseTo(1, 3);
    expect(information(0.1, 0)).toBeGreaterThan(1.02);
  });

  it('scales with the shift', () => {
    const data = drawDotProducts('uniform positive', 16, 3);
    const one = shiftToNoise(data, (i) => 1e-7 * data.expected[i]);
    expect(shiftToNoise(data, (i) => 2e-7 * data.expected[i]) / one).toBeCloseTo(2, 10);
  });

  it('of a shift far below the error of every output is that of a normal statistic', () => {
    const data = drawDotProducts('standard normal', 16, 3);
    const all = (i: number) => data.expected[i];
    expect(smallestShift(data, all)).toBe(wantedShift() / shiftToNoise(data, all));
  });

  it('is where the best test sees four of five', () => {
    const data = drawDotProducts('standard normal', 16, 3);
    for (const shift of [(i: number) => data.expected[i], (i: number) => Number(i === 7)]) {
      const limit = smallestShift(data, shift);
      const at = (times: number) => bestPower(data, (i) => times * limit * shift(i));
      expect(at(1)).toBeGreaterThan(power - 0.03);
      expect(at(1)).toBeLessThan(power + 0.03);
      expect(at(0.7)).toBeLessThan(0.25);
      expect(at(1.4)).toBeGreaterThan(0.98);
      expect(bestPower(data, (i) => limit * shift(i), 1000)).toBeLessThan(0.6);
    }
    expect(bestPower(data, (i) => 1e-9 * data.expected[i])).toBeLessThan(1e-6);
  });

  it('of one output is that of errors over all orders, by the saddlepoint of their cumulant', () => {
    for (const dataSet of ['standard normal', 'cancelling'] as const) {
      const data = drawDotProducts(dataSet, 512, 3);
      const { model } = preparedVerdict(data);
      const one = (i: number) => Number(i === data.median);
      const real = model.variance.reduce((sum, variance, i) => sum + data.sequentialVariance[i] / variance, 0) / outputs;
      const modelled = Math.sqrt(model.variance[data.median]);
      const tail = saddlepointQuantile(model, data.median, verdictProbability) / modelled;
      // Far beyond the six deviations of a normal distribution.
      expect(tail).toBeGreaterThan(10);
      const limit = smallestShift(data, one) / (Math.sqrt(real) * modelled);
      expect(limit / (tail + 0.84)).toBeGreaterThan(0.94);
      expect(limit / (tail + 0.84)).toBeLessThan(1.06);
    }
  });
});

/** t with P(e > t) = α where P(e > t) ≈ exp(K − λK′)/(λ√(2πK″)), t = K′(λ) (Daniels, 1954). */
function saddlepointQuantile(model: RoundingModel, i: number, probability: number): number {
  const k = (slope: number) => bridgeCumulant(model, i, slope);
  const at = (slope: number) => {
    const step = 1e-4 * slope;
    const [below, here, above] = [k(slope - step), k(slope), k(slope + step)];
    const first = (above - below) / (2 * step);
    const second = (above - 2 * here + below) / (step * step);
    return { t: first, logTail: here - slope * first - Math.log(slope * Math.sqrt(2 * Math.PI * second)) };
  };
  let [low, high] = [0.1 / model.spread[i], 3.14 / model.spread[i]];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (at(middle).logTail > Math.log(probability)) low = middle;
    else high = middle;
  }
  return at(low).t;
}

it('power curves: Etalon below the other rules, within twice the limit', () => {
  const curves = powerCurves(4, { dataSets: ['standard normal'], lengths: [16], draws: 2 });
  expect(curves).toHaveLength(5);
  for (const { fault, rules, limit, ratio } of curves) {
    const others = rules.slice(0, -1).map(({ smallest }) => smallest[0] ?? Infinity);
    const ours = rules[rules.length - 1];
    expect(ours.name).toBe('Etalon');
    expect(ours.smallest[0], fault).toBeLessThan(Math.min(...others));
    expect(ratio[0], fault).toBeLessThanOrEqual(2);
    expect(limit[0]).toBeGreaterThan(0);
    // What no test sees is not seen by ours either.
    expect(ratio[0], fault).toBeGreaterThan(0.9);
  }
  const far = { ...curves[0], ratio: [2.01] };
  expect(curveProblems(far)).toEqual([`${far.fault}, standard normal, length 16: 2.01 times the limit`]);
  expect(curveProblems({ ...far, ratio: [2] })).toEqual([]);
  expect(curveProblems({ ...curves[0], ratio: [null] })).toHaveLength(1);
  expect(curves.flatMap(curveProblems)).toEqual([]);
});

it('injected precisions are all told apart', () => {
  const rows = precisionTable(3, 20);
  expect(rows.map(({ injected, right }) => `${injected}: ${right}`)).toEqual([
    'float32: 20',
    'float32, pairwise: 20',
    'float32, fused multiply-add: 20',
    'TF32 inputs: 20',
    'float16 inputs: 20',
    'bf16 inputs: 20',
    'float16 accumulator: 20',
    'TF32 accumulator: 20',
    'bf16 accumulator: 20',
    'float64, rounded to float32: 20',
    'float64: 20',
  ]);
});
