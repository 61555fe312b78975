/** Cases of the activations: the same for a function, its derivative and its backward pass. */
import type { ActivationName, AttributesOf } from '../../../backends/signatures.ts';
import { sizeOf } from '../../../reference/tensor.ts';
import type { AnyCaseRecipe, Tier, Values } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import type { ActivationFacts } from './facts.ts';

const { smallestNormal, smallestSubnormal, largest } = precisions.float32;

interface Recipe extends Omit<AnyCaseRecipe, 'attributes'> {
  readonly attributes: AttributesOf<ActivationName>;
}

/** ±2⁻²⁴ to ±1: a result with a small absolute and a large relative error shows here. */
const nearZero: Values = {
  kind: 'computed',
  draw: (random, of) => drawn(of, () => (random.next() < 0.5 ? -1 : 1) * 2 ** -(24 * random.next())),
};
/** ±8 to ±104: where a sigmoid is nearly 0 or 1, exponentials overflow and results end in subnormal numbers. */
const tails: Values = {
  kind: 'computed',
  draw: (random, of) => drawn(of, () => (random.next() < 0.5 ? -1 : 1) * (8 + 96 * random.next())),
};

function drawn(of: readonly number[], next: () => number): Float64Array {
  return Float64Array.from({ length: of.reduce((product, size) => product * size, 1) }, next);
}

/** What the format can hold beside ordinary numbers. The slope at NaN is undefined and not asked where a comparison chooses it. */
const specialValues = (withNaN: boolean) => [
  withNaN ? NaN : 0.5,
  Infinity,
  -Infinity,
  0,
  -0,
  largest,
  -largest,
  smallestNormal,
  -smallestNormal,
  1.5,
];
const subnormalValues = [1, -1, 3, -12345, -0, 2 ** 20, 2 ** 22 + 1, -(2 ** 23 - 1)].map((units) => units * smallestSubnormal);

/** The recipes of an activation, or of its slope, for which NaN may be left out. */
export function recipesOf({ range, regimes, smooth, attributes: asked }: ActivationFacts, withNaN: boolean): Recipe[] {
  const attributes = asked?.usual ?? {};
  const uniform = { x: { kind: 'uniform', low: -range, high: range } } as const;
  const random: readonly Tier[] = ['random'];
  return [
    { name: 'plain', sizes: { batch: 3, features: 7 }, attributes, values: uniform },
    { name: 'regimes', sizes: { batch: 4, features: Math.ceil(regimes.length / 4) + 1 }, attributes },
    { name: 'one-row', sizes: { batch: 1, features: 37 }, attributes },
    { name: 'one-feature', sizes: { batch: 5, features: 1 }, attributes, values: uniform },
    { name: 'many', sizes: { batch: 16, features: 96 }, attributes, values: uniform },
    ...(smooth
      ? [
          { name: 'near-zero', sizes: { batch: 5, features: 13 }, attributes, values: { x: nearZero } },
          { name: 'tails', sizes: { batch: 7, features: 11 }, attributes, values: { x: tails } },
        ]
      : [
          {
            name: 'large-integers',
            sizes: { batch: 5, features: 6 },
            attributes,
            tiers: ['exact'] as const,
            values: {
              x: { kind: 'uniform', low: -(2 ** 24), high: 2 ** 24 } as const,
              dy: { kind: 'uniform', low: -4095, high: 4095 } as const,
            },
          },
        ]),
    ...(asked?.others ?? []),
    {
      name: 'special-values',
      sizes: { batch: 2, features: 5 },
      attributes,
      tiers: random,
      given: { x: specialValues(withNaN) },
    },
    { name: 'subnormal', sizes: { batch: 2, features: 4 }, attributes, tiers: random, given: { x: subnormalValues } },
  ];
}

const rampLength = 1024;

/**
 * Ramps that begin anywhere: other numbers at every place, quickly drawn, and a processor mostly guesses right where the reference asks on
 * which side of a kink one is.
 */
export const ramps = (range: number): Values => ({
  kind: 'computed',
  draw: (random, shape) => {
    const data = new Float64Array(sizeOf(shape));
    for (let start = 0; start < data.length; start += rampLength) {
      const [first, slope] = [range * (2 * random.next() - 1), (range * random.next()) / (4 * rampLength)];
      const end = Math.min(start + rampLength, data.length);
      for (let i = start; i < end; i++) data[i] = first + slope * (i - start);
    }
    return data;
  },
});
