/**
 * The multilayer perceptron: any number of dense layers, each followed by an activation, and back-propagation through them. Rows M1–M4
 * (cai, kim). Composed of the operations of `dense.ts`, `activations.ts` and `losses.ts`, whose error bounds it carries.
 */
import { type ActivationName, activations } from './activations.ts';
import { dense, denseBiasGradient, denseInputGradient, denseWeightGradient, matmul } from './dense.ts';
import { squaredError, squaredErrorGradient } from './losses.ts';
import { combine, map, reshape, type Tensor } from './tensor.ts';

export interface Layer {
  /** [outputs, inputs]. */
  readonly weights: Tensor;
  /** [outputs]. */
  readonly bias: Tensor;
  /** `scaledTanh` has its usual scale. */
  readonly activation: ActivationName;
}

export interface MlpForward {
  /** The last layer's output [batch, outputs]. */
  readonly y: Tensor;
  /** weights·input + bias of each layer. */
  readonly nets: readonly Tensor[];
  /** f(net) of each layer. */
  readonly outputs: readonly Tensor[];
}

/**
 * h_l = f_l(W_l·h_{l−1} + b_l) from h₀ = x. x [batch, inputs] → y [batch, outputs]; with no layers y is x. Row M1 (cai).
 *
 * @throws RangeError of `dense` when a layer does not fit the one before it.
 */
export function mlpForward(x: Tensor, layers: readonly Layer[]): MlpForward {
  const nets: Tensor[] = [];
  const outputs: Tensor[] = [];
  let h = x;
  for (const { weights, bias, activation } of layers) {
    const net = dense(h, weights, bias);
    h = map(net, activations[activation].value);
    nets.push(net);
    outputs.push(h);
  }
  return { y: h, nets, outputs };
}

/**
 * The one layer that layers with identity activations are together: W = W_k…W₁ and b = W_k(…(W₂b₁ + b₂)…) + b_k. As matrices of
 * columns, W₁ᵀ…W_kᵀ = (W_k…W₁)ᵀ. Row M9 (khe).
 *
 * @throws RangeError when there is no layer, or one does not fit the one before it.
 */
export function collapseLayers(layers: readonly Pick<Layer, 'weights' | 'bias'>[]): Pick<Layer, 'weights' | 'bias'> {
  if (layers.length === 0) throw new RangeError('collapseLayers: (C1) there must be at least one layer');
  let { weights, bias } = layers[0];
  for (const layer of layers.slice(1)) {
    const through = dense(reshape(bias, [1, bias.data.length]), layer.weights, layer.bias);
    bias = reshape(through, layer.bias.shape);
    weights = matmul(layer.weights, weights);
  }
  return { weights, bias };
}

export interface MlpGradients {
  /** E = ½Σ(target − y)² over outputs and batch. */
  readonly loss: number;
  /** ∂E/∂weights and ∂E/∂bias of each layer, first layer first. */
  readonly gradients: readonly { readonly weights: Tensor; readonly bias: Tensor }[];
}

/**
 * Back-propagation of E = ½Σ(target − y)². From the last layer to the first, δ_l = ∂E/∂h_l · f_l'(net_l), where ∂E/∂h = y − target at
 * the output; then ∂E/∂W_l = δ_lᵀ·h_{l−1}, ∂E/∂b_l = Σδ_l over the batch and ∂E/∂h_{l−1} = δ_l·W_l. Row M4 (cai), R9.
 *
 * x [batch, inputs], target [batch, outputs].
 *
 * @throws RangeError when target has not the shape of y, or a layer does not fit the one before it.
 */
export function mlpBackward(x: Tensor, target: Tensor, layers: readonly Layer[]): MlpGradients {
  const { y, nets, outputs } = mlpForward(x, layers);
  const gradients: { weights: Tensor; bias: Tensor }[] = [];
  let dh = squaredErrorGradient(y, target);
  for (let l = layers.length - 1; l >= 0; l--) {
    const slope = map(nets[l], activations[layers[l].activation].derivative);
    const delta = combine(dh, slope, (d, s) => d * s);
    const input = l > 0 ? outputs[l - 1] : x;
    gradients.unshift({ weights: denseWeightGradient(input, delta), bias: denseBiasGradient(delta) });
    dh = denseInputGradient(layers[l].weights, delta);
  }
  return { loss: squaredError(y, target), gradients };
}

/**
 * One step of gradient descent: W ← W − learningRate·∂E/∂W and b ← b − learningRate·∂E/∂b, all from the gradients at the same, old
 * weights. The loss is the one before the step; the given layers are not changed. Rows M3 (kim), R10.
 */
export function mlpTrainStep(
  x: Tensor,
  target: Tensor,
  layers: readonly Layer[],
  learningRate: number,
): { loss: number; layers: Layer[] } {
  const { loss, gradients } = mlpBackward(x, target, layers);
  const descend = (from: Tensor, gradient: Tensor) => combine(from, gradient, (w, g) => w - learningRate * g);
  const next = layers.map(({ weights, bias, activation }, l) => ({
    weights: descend(weights, gradients[l].weights),
    bias: descend(bias, gradients[l].bias),
    activation,
  }));
  return { loss, layers: next };
}
