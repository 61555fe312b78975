import { type Tensor, zeros } from '../../../reference/tensor.ts';
import type { Algorithm } from './algorithm.ts';
import { furthestFrom, type Layers, randomLayers, trainedWithin } from './network.ts';
import { cut, joined } from './parameters.ts';

const activations = ['tanh', 'identity'] as const;
const bits = 4;
const hidden = 12;
const learningRate = 0.02;
const momentum = 0.9;
const penalty = 0.001;
const tolerance = 0.25;
const roundOfSteps = 20;
const stepsAtMost = 1500;
const patterns = 2 ** bits;

/** Rows G4 and G5 (khe), on the parity of four bits, all patterns in every step. */
export const momentumAndDecay: Algorithm = {
  name: 'momentum',
  title: 'Momentum and weight decay on four-bit parity',
  rows: ['G4', 'G5', 'M4'],
  statement: `A network of ${bits} inputs, ${hidden} tanh units and 1 linear unit learns the parity of four bits from all ${patterns} patterns at once: back-propagation, a step with momentum ${momentum}, then the weights (not the biases) shrink by the factor $1-\\eta\\lambda$ of weight decay.`,
  formula:
    '\\Delta w \\leftarrow -\\eta\\,\\frac{\\partial E}{\\partial w} + \\alpha\\,\\Delta w, \\qquad w \\leftarrow (1-\\eta\\lambda)(w + \\Delta w)',
  run: async (context) => {
    const { execute, step, tensor } = context;
    const pattern = Array.from({ length: patterns }, (_, n) => Array.from({ length: bits }, (__, b) => 2 * ((n >> b) & 1) - 1));
    const x = tensor([patterns, bits], pattern.flat());
    const target = tensor(
      [patterns, 1],
      pattern.map((row) => row.reduce((product, bit) => product * bit, 1)),
    );
    let layers: Layers = randomLayers(context, [bits, hidden, 1]);
    const names = Object.keys(layers) as (keyof Layers)[];
    const decaying = names.filter((name) => name.startsWith('weights'));
    let change = zerosLike(joined(names.map((name) => layers[name])));
    const losses: [number, number][] = [];
    let furthest = 1;
    for (let k = 1; k <= stepsAtMost && furthest > tolerance; k++) {
      await step(async () => {
        const { loss, ...slopes } = await execute('mlp.backward', { activations }, { x, target, ...layers });
        losses.push([k, loss.data[0]]);
        const gradient = joined(names.map((name) => slopes[gradientName(name)]));
        const weights = joined(names.map((name) => layers[name]));
        const moved = await execute('momentumStep', { learningRate, momentum }, { weights, gradient, change });
        change = moved.change;
        layers = cut(moved.weights, layers);
        const large = joined(decaying.map((name) => layers[name]));
        const decay = { weights: large, gradient: zerosLike(large) };
        const decayed = await execute('weightDecayStep', { learningRate, penalty }, decay);
        layers = { ...layers, ...cut(decayed.weights, Object.fromEntries(decaying.map((name) => [name, layers[name]]))) };
      });
      if (k % roundOfSteps > 0) continue;
      const { y } = await execute('mlp.forward', { activations }, { x, ...layers });
      furthest = furthestFrom(target, y);
    }
    return trainedWithin(tolerance, { furthest, losses });
  },
};

function zerosLike({ shape }: Tensor): Tensor {
  return zeros(shape);
}

/** weights1 → dWeights1 */
function gradientName(name: keyof Layers): `dWeights${number}` | `dBias${number}` {
  return `d${name[0].toUpperCase()}${name.slice(1)}` as `dWeights${number}`;
}
