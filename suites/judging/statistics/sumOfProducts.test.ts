import { describe, expect, it } from 'vitest';
import { precisions } from '../precision.ts';
import { randomFrom } from '../random.ts';
import { runFalseAlarmProbability, shareOfRun } from './budget.ts';
import { largestErrorOfTerms } from './heavyTerms.ts';
import { largestHonestError } from './roundingModel.ts';
import { judgeStatistics, prepareStatistics, type StatisticalQuestion, type StatisticalVerdict } from './sumOfProducts.ts';

const { float32 } = precisions;
const { fround } = Math;
const outputs = 1000;

interface Products {
  readonly question: StatisticalQuestion;
  readonly products: Float64Array;
  /** Products rounded to float32, outputs × terms. */
  readonly rounded: Float64Array;
}

function draw(terms: number, seed: number, number: 'normal' | 'next' = 'normal'): Products {
  const random = randomFrom(seed, 'statistics', String(terms));
  return productsOf(
    terms,
    Float64Array.from({ length: outputs * terms }, () => fround(random[number]()) * fround(random[number]())),
  );
}

/** Some terms, at places of their own in each output, so many times larger. */
function drawHeavy(terms: number, seed: number, heavy: number): Products {
  const random = randomFrom(seed, 'heavy', String(terms));
  return productsOf(
    terms,
    Float64Array.from({ length: outputs * terms }, () => {
      const size = random.next() < 1 / 8 ? heavy : 1;
      return fround(size * random.normal()) * fround(random.normal());
    }),
  );
}

function productsOf(terms: number, products: Float64Array): Products {
  const sums = (term: (p: number) => number) =>
    Float64Array.from({ length: outputs }, (_, i) =>
      products.subarray(i * terms, (i + 1) * terms).reduce((sum, p) => sum + term(p), 0),
    );
  const scale = sums(Math.abs);
  return {
    question: {
      expected: sums((p) => p),
      scale,
      squares: sums((p) => p * p),
      terms,
      precision: float32,
      limit: scale.map((s) => (terms + 1) * 2 ** -24 * s),
    },
    products,
    rounded: products.map(fround),
  };
}

type Add = (sum: number, term: number) => number;
const nearest: Add = (sum, term) => fround(sum + term);
const towardZero: Add = (sum, term) => {
  const exact = sum + term;
  const rounded = fround(exact);
  return Math.abs(rounded) > Math.abs(exact) ? rounded * (1 - 2 ** -24) : rounded;
};

function sumUp({ rounded, question: { terms } }: Products, add: Add): Float64Array {
  return Float64Array.from({ length: outputs }, (_, i) =>
    rounded.subarray(i * terms, (i + 1) * terms).reduce((sum, term) => fround(add(sum, term)), 0),
  );
}

function failing(verdict: StatisticalVerdict): string[] {
  return Object.entries(verdict.tests).flatMap(([name, { passed }]) => (passed ? [] : [name]));
}

describe('an honest sum', () => {
  it.each([
    [1, 'normal'],
    [16, 'normal'],
    [100, 'next'],
  ] as const)('of %i terms keeps to a false-alarm probability even where that is large', (terms, number) => {
    let alarms = 0;
    const draws = 20;
    for (let seed = 0; seed < draws; seed++) {
      const data = draw(terms, seed, number);
      if (!judgeStatistics(prepareStatistics(data.question, 0.2), sumUp(data, nearest)).passed) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(0.2 * draws);
  });

  it.each([
    ['normal', 1],
    ['one term of every eight a thousand times larger', 1000],
  ] as const)('keeps to it where the terms are known: %s', (_, heavy) => {
    let alarms = 0;
    const draws = 10;
    for (let seed = 0; seed < draws; seed++) {
      const data = drawHeavy(16, seed, heavy);
      const prepared = prepareStatistics({ ...data.question, products: data.products }, 0.2);
      if (!judgeStatistics(prepared, sumUp(data, nearest)).passed) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(0.2 * draws);
  });

  it('states the probability that it was given', () => {
    const data = draw(16, 1);
    const verdict = judgeStatistics(prepareStatistics(data.question, 1e-9), sumUp(data, nearest));
    expect(verdict).toMatchObject({ passed: true, outputs });
    expect(verdict.falseAlarmProbability / 1e-9).toBeCloseTo(1, 9);
    expect(Object.keys(verdict.tests)).toEqual(['hardBound', 'largestElement', 'meanSquare', 'bias', 'result', 'sign']);
  });
});

describe('a fault within the hard bound', () => {
  const data = draw(64, 3);
  const positive = draw(64, 3, 'next');
  const judged = ({ question }: Products, actual: ArrayLike<number>) =>
    failing(judgeStatistics(prepareStatistics(question, 1e-10), actual));

  it('a result scaled by 1 + 4e-7', () => {
    const scaled = sumUp(data, nearest).map((y) => fround(y * (1 + 4e-7)));
    expect(judged(data, scaled)).toContain('result');
    expect(judged(data, scaled)).not.toContain('hardBound');
  });

  it('additions cut off toward zero', () => {
    const cut = sumUp(positive, towardZero);
    expect(judged(positive, cut)).toContain('bias');
    expect(judged(positive, cut)).not.toContain('hardBound');
  });

  it('a constant added to everything', () => {
    const typical = Math.sqrt(64) * 2 ** -24;
    expect(
      judged(
        data,
        sumUp(data, nearest).map((y) => y + typical * 4),
      ),
    ).toContain('bias');
  });

  it('sums rounded to 20 bits', () => {
    const twentyBits: Add = (sum, term) => {
      const scaled = (sum + term) * (2 ** 33 + 1);
      return scaled - (scaled - (sum + term));
    };
    expect(judged(data, sumUp(data, twentyBits))).toContain('meanSquare');
  });

  it('one output alone, where a few terms are most of it, at a smaller size where they are known', () => {
    const heavy = drawHeavy(64, 4, 1000);
    const { question, products } = heavy;
    const prepared = prepareStatistics({ ...question, products }, 1e-10);
    const { model, elementProbability } = prepared;
    // Of these numbers one of the outputs in which the few terms are most of the sum.
    const i = 9;
    const known = largestErrorOfTerms(model, i, products.subarray(i * 64, (i + 1) * 64), elementProbability);
    const others = largestHonestError(model, i, elementProbability);
    expect(known).toBeLessThan(0.8 * others);
    const one = sumUp(heavy, nearest);
    one[i] = question.expected[i] + 0.9 * others;
    expect(judged(heavy, one)).toEqual([]);
    expect(failing(judgeStatistics(prepared, one))).toEqual(['largestElement']);
  });

  it('one output alone', () => {
    const one = sumUp(data, nearest);
    one[17] += 4e-5;
    expect(judged(data, one)).toEqual(['largestElement']);
  });

  it('a dropped term, named, where the terms are known', () => {
    const { question, rounded } = data;
    const dropped = sumUp(data, nearest).map((y, i) => fround(y - 1e-5 * rounded[i * 64 + 40]));
    const verdict = judgeStatistics(prepareStatistics({ ...question, products: rounded }, 1e-10), dropped);
    expect(failing(verdict)).toContain('positions');
    expect(verdict.position).toBe(40);
  });

  it('a suspect, named', () => {
    const { question } = data;
    const random = randomFrom(9, 'suspect');
    const suspect = Float64Array.from({ length: outputs }, () => 1e-6 * random.normal());
    const other = Float64Array.from({ length: outputs }, () => 1e-6 * random.normal());
    const shifted = sumUp(data, nearest).map((y, i) => y + suspect[i]);
    const verdict = judgeStatistics(prepareStatistics({ ...question, suspects: { other, suspect } }, 1e-10), shifted);
    expect(failing(verdict)).toContain('suspects');
    expect(verdict.suspect).toBe('suspect');
  });

  it('NaN', () => {
    const broken = sumUp(data, nearest);
    broken[5] = Number.NaN;
    expect(judged(data, broken)).toContain('meanSquare');
  });
});

it('refuses a format that rounds its inputs', () => {
  const { question } = draw(4, 1);
  expect(() => prepareStatistics({ ...question, precision: precisions.tf32 }, 1e-10)).toThrow(
    /declared tf32 rounds its inputs/,
  );
});

it('shares the probability of a run equally', () => {
  expect(shareOfRun(250) * 250).toBeCloseTo(runFalseAlarmProbability, 18);
  expect(shareOfRun(0)).toBe(runFalseAlarmProbability);
});
