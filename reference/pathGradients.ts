import { activations } from './activations.ts';
import { squaredErrorGradient } from './losses.ts';
import { type Layer, mlpForward } from './mlp.ts';
import type { Tensor } from './tensor.ts';

export interface PathGradient {
  /** ∂L/∂h for every unit of the layer. */
  readonly gradient: number[];
  /** Number of paths from one unit of the layer to the outputs: the product of the widths above. */
  readonly paths: number;
  /** Multiplications made. */
  readonly products: number;
}

/**
 * ∂L/∂h of layer `from` (1 is the first hidden layer) as the sum over all paths to an output of the product of the local
 * derivatives along the path: ∂L/∂o · Π ∂h_{i+1}/∂h_i, with ∂h_{i+1}/∂h_i = w·f'(net_{i+1}).
 *
 * The number of paths is the product of the widths, exponential in the depth; back-propagation computes the same with each sum
 * taken once. x is one sample [1, inputs], the loss ½Σ(target − y)². Row M5 (khe).
 */
export function pathGradient(x: Tensor, target: Tensor, layers: readonly Layer[], from: number): PathGradient {
  const { y, nets } = mlpForward(x, layers);
  const dOutput = squaredErrorGradient(y, target);
  let paths = 0;
  let products = 0;
  const width = layers[from - 1].weights.shape[0];

  /** Follows every path upwards from unit `unit` of layer `layer`, carrying the product of the derivatives so far. */
  const follow = (layer: number, unit: number, product: number): number => {
    if (layer === layers.length) {
      paths++;
      products++;
      return dOutput.data[unit] * product;
    }
    const { weights, activation } = layers[layer];
    const [outputs, inputs] = weights.shape;
    let sum = 0;
    for (let next = 0; next < outputs; next++) {
      const slope = activations[activation].derivative(nets[layer].data[next]);
      products += 2;
      sum += follow(layer + 1, next, product * slope * weights.data[next * inputs + unit]);
    }
    return sum;
  };

  const gradient = Array.from({ length: width }, (_, unit) => follow(from, unit, 1));
  return { gradient, paths: paths / width, products };
}
