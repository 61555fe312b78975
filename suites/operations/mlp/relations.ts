/** Metamorphic relation of multilayer perceptrons: identity activations collapse (Row M9). */
import fc from 'fast-check';
import type { LayerActivation, NamedTensors } from '../../../backends/signatures.ts';
import type { Tensor } from '../../../reference/tensor.ts';
import { Inapplicable, type Relation, requireEqual } from '../../judging/relation.ts';
import { integers, tensorOf } from '../shared/examples.ts';

/** A batch through layers that compute only W x + b. */
export const collapsesToDenseLayers: Relation = {
  name: 'identity activations collapse to dense layers',
  rows: ['M9'],
  draw: () =>
    fc
      .record({
        batch: fc.integer({ min: 1, max: 3 }),
        widths: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 4 }),
      })
      .chain(({ batch, widths }) => {
        const layers = widths
          .slice(1)
          .flatMap((width, i) => [
            [`weights${i + 1}`, integers([width, widths[i]])] as const,
            [`bias${i + 1}`, integers([width])] as const,
          ]);
        const activations = widths.slice(1).map((): LayerActivation => 'identity');
        return fc
          .record({ x: integers([batch, widths[0]]), ...Object.fromEntries(layers) } as Record<string, fc.Arbitrary<Tensor>>)
          .map((tensors) => ({ sizes: {}, attributes: { activations }, tensors }));
      }),
  async check({ attributes, tensors }, ask) {
    const net = await ask('mlp.forward', attributes, tensors);
    let y = tensors.x;
    for (let layer = 1; `weights${layer}` in tensors; layer++) {
      const inputs: NamedTensors = { x: y, weights: tensors[`weights${layer}`], bias: tensors[`bias${layer}`] };
      const { outputs, limits } = await ask('dense', {}, inputs);
      if (limits.y.some((limit) => limit !== 0)) throw new Inapplicable('the layers were not exact');
      y = tensorOf(outputs.y.shape, outputs.y.data);
    }
    requireEqual('mlp.forward beside dense layers', net.outputs.y.data, y.data, (i) => net.limits.y[i]);
    return undefined;
  },
};
