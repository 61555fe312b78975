/** The multilayer perceptron: any number of dense layers, each followed by an activation, and back-propagation through them. Rows M1–M4. */
import { activations } from './activations.ts';
import { dense, denseBiasGradient, denseInputGradient, denseWeightGradient } from './dense.ts';
import { squaredError, squaredErrorGradient } from './losses.ts';
import { combine, map, type Tensor } from './tensor.ts';

/** Activations without attributes. */
export type LayerActivation = Exclude<keyof typeof activations, 'scaledTanh'>;

export interface Layer {
  /** [outputs, inputs]. */
  readonly weights: Tensor;
  /** [outputs]. */
  readonly bias: Tensor;
  readonly activation: LayerActivation;
}

export interface MlpForward {
  /** The last layer's output [batch, outputs]. */
  readonly y: Tensor;
  /** net = weights·input + bias of each layer. */
  readonly nets: readonly Tensor[];
  /** f(net) of each layer. */
  readonly outputs: readonly Tensor[];
}

/** h_l = f_l(W_l·h_{l−1} + b_l) with h₀ = x [batch, inputs]. Row M1 (cai). */
export function mlpForward(x: Tensor, layers: readonly Layer[]): MlpForward {
  const nets: Tensor[] = [];
  const outputs: Tensor[] = [];
  for (const { weights, bias, activation } of layers) {
    const net = dense(outputs.at(-1) ?? x, weights, bias);
    nets.push(net);
    outputs.push(map(net, activations[activation].value));
  }
  return { y: outputs.at(-1) ?? x, nets, outputs };
}

export interface MlpGradients {
  /** ½Σ(target − y)² over outputs and batch. */
  readonly loss: number;
  /** ∂E/∂weights and ∂E/∂bias of each layer, first layer first. */
  readonly gradients: readonly { readonly weights: Tensor; readonly bias: Tensor }[];
}

/**
 * Back-propagation. From the output backwards, δ_l = ∂E/∂h_l · f'(net_l); ∂E/∂W_l = δ_lᵀh_{l−1}, ∂E/∂b_l = Σδ_l,
 * ∂E/∂h_{l−1} = δ_l·W_l. Row M4 (cai).
 */
export function mlpBackward(x: Tensor, target: Tensor, layers: readonly Layer[]): MlpGradients {
  const { y, nets, outputs } = mlpForward(x, layers);
  const gradients: { weights: Tensor; bias: Tensor }[] = [];
  let dOutput = squaredErrorGradient(y, target);
  for (let l = layers.length - 1; l >= 0; l--) {
    const slope = map(nets[l], activations[layers[l].activation].derivative);
    const delta = combine(dOutput, slope, (d, s) => d * s);
    const input = l > 0 ? outputs[l - 1] : x;
    gradients.unshift({ weights: denseWeightGradient(input, delta), bias: denseBiasGradient(delta) });
    dOutput = denseInputGradient(layers[l].weights, delta);
  }
  return { loss: squaredError(y, target), gradients };
}

/** One step of gradient descent: every weight and bias less learningRate times its gradient. The loss is the one before the step. */
export function mlpTrainStep(
  x: Tensor,
  target: Tensor,
  layers: readonly Layer[],
  learningRate: number,
): { loss: number; layers: Layer[] } {
  const { loss, gradients } = mlpBackward(x, target, layers);
  const step = (from: Tensor, gradient: Tensor) => combine(from, gradient, (w, g) => w - learningRate * g);
  const next = layers.map((layer, l) => ({
    ...layer,
    weights: step(layer.weights, gradients[l].weights),
    bias: step(layer.bias, gradients[l].bias),
  }));
  return { loss, layers: next };
}
