/** Back-propagation with a part of it changed: what the known mistakes of the multilayer perceptron are made of. */
import type { LayerActivation, MlpAttributes, NamedTensors } from '../../../backends/signatures.ts';
import { activations } from '../../../reference/activations.ts';
import { denseBiasGradient, denseInputGradient, denseWeightGradient } from '../../../reference/dense.ts';
import { type Layer, type MlpGradients, mlpForward } from '../../../reference/mlp.ts';
import { combine, map, type Tensor, tensor } from '../../../reference/tensor.ts';

/** weights1, bias1, weights2, … as layers. */
export function layersOf(inputs: NamedTensors, { activations: names }: MlpAttributes): Layer[] {
  return names.map((activation, l) => ({ weights: inputs[`weights${l + 1}`], bias: inputs[`bias${l + 1}`], activation }));
}

/** y of the layers with other activations, weights or biases. */
export function forwardThrough(
  x: Tensor,
  layers: readonly Layer[],
  change: (layer: Layer, l: number) => Partial<Layer>,
): Tensor {
  return mlpForward(
    x,
    layers.map((layer, l) => ({ ...layer, ...change(layer, l) })),
  ).y;
}

export interface BackwardChange {
  /** ∂L/∂y of the loss. */
  readonly outputGradient?: (y: Tensor, target: Tensor) => Tensor;
  /** f'(net) of a layer; `last` marks the output layer. */
  readonly slope?: (layer: { net: Tensor; output: Tensor; activation: LayerActivation; last: boolean }) => Tensor;
  readonly weightGradient?: (layer: {
    input: Tensor;
    delta: Tensor;
    weights: Tensor;
    activation: LayerActivation;
    first: boolean;
  }) => Tensor;
  readonly biasGradient?: (delta: Tensor) => Tensor;
  /** The weights through which δ goes back to the layer before. */
  readonly weightsBack?: (layer: Layer, gradient: Tensor) => Tensor;
}

export function slopeOf(net: Tensor, activation: LayerActivation): Tensor {
  return map(net, activations[activation].derivative);
}

/** Gradients with a part of back-propagation changed; without a change, the right ones. */
export function backwardWith(
  x: Tensor,
  target: Tensor,
  layers: readonly Layer[],
  change: BackwardChange,
): MlpGradients['gradients'] {
  const { y, nets, outputs } = mlpForward(x, layers);
  const gradients: { weights: Tensor; bias: Tensor }[] = [];
  let dOutput = (change.outputGradient ?? difference)(y, target);
  for (let l = layers.length - 1; l >= 0; l--) {
    const layer = layers[l];
    const input = l > 0 ? outputs[l - 1] : x;
    const activation = layer.activation as LayerActivation;
    const slope =
      change.slope?.({ net: nets[l], output: outputs[l], activation, last: l === layers.length - 1 }) ??
      slopeOf(nets[l], activation);
    const delta = combine(dOutput, slope, (d, s) => d * s);
    const weights =
      change.weightGradient?.({ input, delta, weights: layer.weights, activation, first: l === 0 }) ??
      denseWeightGradient(input, delta);
    gradients.unshift({ weights, bias: (change.biasGradient ?? denseBiasGradient)(delta) });
    dOutput = denseInputGradient(change.weightsBack?.(layer, weights) ?? layer.weights, delta);
  }
  return gradients;
}

/** y − target. */
export function difference(y: Tensor, target: Tensor): Tensor {
  return combine(y, target, (a, b) => a - b);
}

/** dWeights[k, j] = Σₙ δ[n, k]·weights[k, j]: the old weights in place of the layer's inputs (erratum R9). */
export function deltaTimesWeights(delta: Tensor, weights: Tensor): Tensor {
  const inputs = weights.shape[1];
  const sums = denseBiasGradient(delta);
  return { ...weights, data: weights.data.map((weight, i) => weight * sums.data[Math.floor(i / inputs)]) };
}

/** dWeights[j, i] = Σₙ δ[n, i]·input[n, i] (erratum R26); where the layer has fewer units than the one before it, i starts again. */
export function sendersDelta(input: Tensor, delta: Tensor): Tensor {
  const [samples, inputs] = input.shape;
  const units = delta.shape[1];
  const sums = Array.from({ length: inputs }, (_, i) =>
    Array.from({ length: samples }, (__, n) => delta.data[n * units + (i % units)] * input.data[n * inputs + i]).reduce(
      (total, product) => total + product,
      0,
    ),
  );
  return tensor([units, inputs], Array.from({ length: units }, () => sums).flat());
}

/** oₖ(1 − o₁) for oₖ(1 − oₖ) in sigmoid layers: another unit's output in the derivative (erratum R18). */
export function slopeOfFirstUnit(layer: { net: Tensor; output: Tensor; activation: LayerActivation }): Tensor {
  if (layer.activation !== 'sigmoid') return slopeOf(layer.net, layer.activation);
  const units = layer.output.shape[1];
  const { data } = layer.output;
  return { ...layer.output, data: data.map((value, i) => value * (1 - data[i - (i % units)])) };
}
