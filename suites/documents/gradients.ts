/**
 * Row J5: every gradient of the reference against central differences and, where the function is analytic, against the complex
 * step, at random points away from kinks; and the ladder itself: the differences must converge with order two.
 */
import { type Random, randomFrom } from '../judging/random.ts';
import type { Chart } from '../runReport.ts';
import { type Differentiable, differentiables } from './differentiables.ts';
import { type Experiment, equal, near, numberOf } from './experiment.ts';

type Scalar = (point: readonly number[]) => number;
type Difference = (f: Scalar, point: readonly number[], direction: readonly number[], h: number) => number;

/** Slope along a direction by central differences with step h: error O(h²) of the function plus O(u/h) of the arithmetic. */
export const centralDifference: Difference = (f, point, direction, h) => {
  const moved = (sign: number) => f(point.map((value, i) => value + sign * h * direction[i]));
  return (moved(1) - moved(-1)) / (2 * h);
};

/** (4·fine − coarse)/3 of two differences of order two, steps h and h/2 (Richardson): error O(h⁴). */
export function extrapolated(
  f: Scalar,
  point: readonly number[],
  direction: readonly number[],
  h: number,
  difference: Difference = centralDifference,
): number {
  return (4 * difference(f, point, direction, h / 2) - difference(f, point, direction, h)) / 3;
}

/** The ladder's findings about one gradient. */
export interface Rung {
  readonly name: string;
  readonly dimension: number;
  /** Points that were asked; those beside a kink are drawn again. */
  readonly points: number;
  /** Largest distance from the extrapolated central difference, of the slope or of 1. */
  readonly difference: number;
  /** The same from the complex step; absent where the function is not analytic. */
  readonly complexStep?: number;
  /** log₂ of how much the error shrinks when the step is halved, median over the points; absent where there is a kink, or no error to shrink. */
  readonly order?: number;
}

const [coarse, fine] = [2 ** -8, 2 ** -9];
/** The order is seen best where the error is far above rounding; a function without kinks allows such steps. */
const wide = 2 ** -5;
/** No difference is taken, so the step can be tiny and nothing cancels. */
const complexStep = 1e-100;

/** Asks a gradient at so many random points, each along a random direction. `difference` is central where nothing else is given. */
export function climb(
  { name, dimension, draw, value, gradient, analytic }: Differentiable,
  points: number,
  random: Random,
  difference: Difference = centralDifference,
): Rung {
  const ratios: number[] = [];
  let [asked, largest, largestComplex] = [0, 0, 0];
  for (let tries = 0; asked < points && tries < 4 * points; tries++) {
    const point = Array.from({ length: dimension }, () => draw(random));
    const direction = Array.from({ length: dimension }, () => random.normal() / Math.sqrt(dimension));
    if (analytic === undefined && hasKink(value, point, direction)) continue;
    asked++;
    const slopes = gradient(point);
    const slope = direction.reduce((sum, d, i) => sum + d * slopes[i], 0);
    const size = Math.max(1, Math.abs(slope));
    largest = worse(largest, Math.abs(extrapolated(value, point, direction, coarse, difference) - slope) / size);
    if (analytic) {
      const [before, after] = [wide, wide / 2].map((h) => Math.abs(difference(value, point, direction, h) - slope));
      if (before > 1e-9 * size) ratios.push(before / after);
      const [, im] = analytic(point.map((re, i) => [re, complexStep * direction[i]] as const));
      largestComplex = worse(largestComplex, Math.abs(im / complexStep - slope) / size);
    }
  }
  return {
    ...{ name, dimension, points: asked, difference: largest },
    complexStep: analytic && largestComplex,
    order: ratios.length >= points / 2 ? Math.log2(median(ratios)) : undefined,
  };
}

/** The larger one; NaN is worse than everything. */
function worse(a: number, b: number): number {
  return Number.isNaN(a) || a > b ? a : b;
}

/** Limits of the two comparisons. The first is what the fourth order leaves at h = 2⁻⁸, the second rounding. */
export const limits = { difference: 1e-7, complexStep: 1e-13 } as const;

export const gradientExperiment: Experiment = {
  source: 'reference/index.ts',
  run: ({ fixture, seed }) => {
    const points = numberOf(fixture, 'points');
    const order = numberOf(fixture, 'order');
    const random = randomFrom(seed, fixture.id);
    const rungs = differentiables.map((differentiable) => climb(differentiable, points, random));
    const analytic = rungs.filter((rung) => rung.complexStep !== undefined);
    const orders = rungs.flatMap((rung) => rung.order ?? []);
    const furthest = orders.reduce((a, b) => (Math.abs(b - order) > Math.abs(a - order) ? b : a));
    const over = (errors: readonly number[], limit: number) => errors.filter((error) => !(error <= limit)).length;
    return {
      evidence: [
        equal(
          `gradients asked at fewer than ${points} points, of ${rungs.length}`,
          [0],
          [rungs.filter((rung) => rung.points < points).length],
        ),
        equal(
          `gradients further than ${limits.difference} from the extrapolated difference`,
          [0],
          [
            over(
              rungs.map((rung) => rung.difference),
              limits.difference,
            ),
          ],
        ),
        equal(
          `gradients further than ${limits.complexStep} from the complex step, of ${analytic.length} of analytic functions`,
          [0],
          [
            over(
              analytic.map((rung) => rung.complexStep as number),
              limits.complexStep,
            ),
          ],
        ),
        near(`order of convergence furthest from ${order}, of ${orders.length} functions`, order, furthest, 0.1),
      ],
      charts: [errorAgainstStep(randomFrom(seed, fixture.id, 'picture'))],
      tables: [
        {
          title: `Largest error at ${points} points each; central differences of parabolas have no error that could converge`,
          columns: ['gradient of', 'parameters', 'against differences', 'against the complex step', 'order of convergence'],
          rows: rungs.map((rung) => [
            rung.name,
            String(rung.dimension),
            rung.difference.toExponential(1),
            rung.complexStep?.toExponential(1) ?? 'not analytic',
            rung.order?.toFixed(3) ?? (rung.complexStep === undefined ? 'has kinks' : 'no error'),
          ]),
        },
      ],
    };
  },
};

/** The error of a central difference falls with the square of the step until rounding takes over and it grows again. */
function errorAgainstStep(random: Random): Chart {
  const pictured = ['tanh.derivative', 'softmax.backward', 'crossEntropy.gradient', 'mlp.backward'];
  const exponents = Array.from({ length: 15 }, (_, i) => -1 - 2 * i);
  return {
    title: 'Error of the central difference against its step',
    kind: 'line',
    ...{ xLabel: 'step h', yLabel: 'error', xScale: 'log', yScale: 'log' },
    series: differentiables
      .filter(({ name }) => pictured.includes(name))
      .map(({ name, dimension, draw, value, gradient }) => {
        const point = Array.from({ length: dimension }, () => draw(random));
        const direction = Array.from({ length: dimension }, () => random.normal() / Math.sqrt(dimension));
        const slopes = gradient(point);
        const slope = direction.reduce((sum, d, i) => sum + d * slopes[i], 0);
        const errorAt = (h: number) => Math.abs(centralDifference(value, point, direction, h) - slope);
        return { name, points: exponents.map((exponent) => [2 ** exponent, errorAt(2 ** exponent)] as const) };
      }),
  };
}

/**
 * Tells whether a kink lies within the coarse step: there a difference is wrong whatever the gradient. The gap between the slopes to
 * the right and to the left is proportional to the step where the function is smooth, and it is not where it is kinked.
 */
function hasKink(f: Scalar, point: readonly number[], direction: readonly number[]): boolean {
  const gap = (h: number) => Math.abs(centralDifference(f, point, direction, h) * 2 - 2 * oneSided(f, point, direction, h));
  const gaps = [coarse, fine, fine / 2].map(gap);
  const halves = (wide: number, narrow: number) => wide > 1.8 * narrow && wide < 2.2 * narrow;
  return gaps[0] > 1e-6 && !(halves(gaps[0], gaps[1]) && halves(gaps[1], gaps[2]));
}

export const oneSided: Difference = (f, point, direction, h) =>
  (f(point.map((value, i) => value + h * direction[i])) - f(point)) / h;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
