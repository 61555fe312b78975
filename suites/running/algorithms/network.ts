/** Weights of multilayer networks as the `mlp` operations take them: weights1, bias1, weights2, … */
import type { InputsOf } from '../../../backends/signatures.ts';
import type { Tensor } from '../../../reference/tensor.ts';
import { holds } from '../../documents/experiment.ts';
import type { AlgorithmContext, AlgorithmResult } from './algorithm.ts';
import { thinned } from './curves.ts';

export type Layers = Omit<InputsOf<'mlp.forward'>, 'x'>;

/** Weights from the normal distribution, divided by √inputs; biases 0. `widths` begins with the input's. */
export function randomLayers({ random, tensor }: AlgorithmContext, widths: readonly number[], spread = 1): Layers {
  const layers = widths.slice(1).flatMap((units, l): [string, Tensor][] => {
    const inputs = widths[l];
    const weights = Array.from({ length: units * inputs }, () => (spread * random.normal()) / Math.sqrt(inputs));
    return [
      [`weights${l + 1}`, tensor([units, inputs], weights)],
      [`bias${l + 1}`, tensor([units], new Float64Array(units))],
    ];
  });
  return Object.fromEntries(layers);
}

/** The largest distance of an output from its target. */
export function furthestFrom(target: Tensor, y: Tensor): number {
  return Math.max(...Array.from(y.data, (value, i) => Math.abs(value - target.data[i])));
}

/** What came of a training until every output is within `tolerance` of its target; `losses` by step. */
export function trainedWithin(
  tolerance: number,
  { furthest, losses }: { readonly furthest: number; readonly losses: readonly [number, number][] },
): AlgorithmResult {
  return {
    evidence: [
      holds(
        'largest distance of an output from its target',
        `at most ${tolerance}`,
        furthest.toFixed(4),
        furthest <= tolerance,
      ),
    ],
    curves: [{ title: 'Loss', xLabel: 'step', yLabel: '½Σ(t − y)²', yScale: 'log', points: thinned(losses) }],
  };
}
