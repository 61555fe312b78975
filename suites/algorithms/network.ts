/** Weights of multilayer networks as the `mlp` operations take them: weights1, bias1, weights2, … */
import type { InputsOf } from '../../backends/signatures.ts';
import type { Tensor } from '../../reference/tensor.ts';
import type { AlgorithmContext } from './algorithm.ts';

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
