/**
 * What every operation is called with: attributes, named inputs, named outputs.
 *
 * This is the one list of operation names. The table in `suites/operations` has a line for each of them and the adapters have
 * a kernel for those that they support; the compiler checks both against this file.
 *
 * Conventions: images are NCHW, kernels OIHW, `weights` of a dense layer are [outputs, inputs]. `dy` is the gradient of a
 * scalar loss with respect to the operation's output y; `dx`, `dWeights`, `dBias` are its gradients with respect to the inputs.
 */
import type { Tensor } from '../reference/tensor.ts';

export type None = Record<never, never>;
export type Pair = readonly [vertical: number, horizontal: number];
export type Padding = readonly [top: number, left: number, bottom: number, right: number];

export interface ScaledTanhAttributes {
  /** Amplitude a of a·tanh(b·x). */
  readonly a: number;
  /** Slope b of a·tanh(b·x). */
  readonly b: number;
}
export interface LeakyReluAttributes {
  /** Slope below 0. */
  readonly alpha: number;
}
export interface EluAttributes {
  /** −α is the limit at −∞, and α the slope on the left of 0. */
  readonly alpha: number;
}
export interface GeluAttributes {
  /** `none` is x·Φ(x) with the normal distribution Φ, through erf; `tanh` is its usual approximation. ONNX's and PyTorch's names. */
  readonly approximate: 'none' | 'tanh';
}
export interface ConvolutionAttributes {
  readonly stride: Pair;
  readonly padding: Padding;
  readonly dilation: Pair;
  readonly groups: number;
}
/** The input's height and width cannot be told from dy when the stride skips rows, so the gradient states them. */
export interface ConvolutionInputGradientAttributes extends ConvolutionAttributes {
  readonly inputSize: Pair;
}
export interface ConvolutionWeightGradientAttributes extends ConvolutionAttributes {
  readonly kernelSize: Pair;
}
export interface LocallyConnectedAttributes {
  readonly stride: Pair;
  readonly padding: Padding;
}
export interface LocallyConnectedInputGradientAttributes extends LocallyConnectedAttributes {
  readonly inputSize: Pair;
}
export interface LocallyConnectedWeightGradientAttributes extends LocallyConnectedAttributes {
  readonly kernelSize: Pair;
}
export interface PoolingAttributes {
  readonly window: Pair;
  readonly stride: Pair;
  /** Zero padding; a maximum ignores it, an average divides by the number of real elements in the window. */
  readonly padding: Padding;
}
export interface PoolingGradientAttributes extends PoolingAttributes {
  readonly inputSize: Pair;
}
export const activationNames = [
  'identity',
  'sign',
  'step',
  'sigmoid',
  'tanh',
  'scaledTanh',
  'relu',
  'leakyRelu',
  'elu',
  'hardTanh',
  'softplus',
  'silu',
  'gelu',
] as const;
export type ActivationName = (typeof activationNames)[number];
/** Activations that a trained layer may have: those without attributes whose derivative is not zero everywhere. */
export type LayerActivation = 'identity' | 'sigmoid' | 'tanh' | 'relu' | 'softplus';
export interface ConvolutionalNetworkAttributes {
  readonly convolution: ConvolutionAttributes;
  /** Max pooling. */
  readonly pooling: PoolingAttributes;
}
export interface ConvolutionalTrainStepAttributes extends ConvolutionalNetworkAttributes {
  readonly learningRate: number;
}
export interface MlpAttributes {
  /** One activation per layer; its length is the depth. */
  readonly activations: readonly LayerActivation[];
}
export interface PathGradientAttributes extends MlpAttributes {
  /** The layer whose outputs the gradient is for; 1 is the first. */
  readonly from: number;
}
export interface CollapseAttributes {
  /** Number of layers. */
  readonly depth: number;
}
export interface MultiplicationGateAttributes {
  readonly activation: LayerActivation;
  readonly lambda: number;
  readonly mu: number;
  /** Operating point: what is added to every unit's argument. */
  readonly shift: number;
}
export interface TrainStepAttributes extends MlpAttributes {
  readonly learningRate: number;
}
export interface DropoutAttributes {
  /** Probability of a 1 in the mask, which the caller draws. */
  readonly keep: number;
}
export interface KFoldsAttributes {
  /** Number of folds K. */
  readonly folds: number;
}
export interface EarlyStoppingAttributes {
  /** Steps without a smaller validation loss after which training ends. */
  readonly patience: number;
}
export interface PerceptronAttributes {
  /** How often the samples are gone through, in order. */
  readonly passes: number;
}

export interface LearningRate {
  /** η: the length of a step along the gradient. */
  readonly learningRate: number;
}
export interface StochasticEpochAttributes extends LearningRate {
  /** The samples' numbers from 0, in the order in which they are gone through. */
  readonly order: readonly number[];
}
export interface PenaltyAttributes {
  /** λ of the penalty ½λ‖w‖²; the bias is not penalized. */
  readonly penalty: number;
}
export interface MaximumMarginAttributes {
  /** Largest permitted (primal − dual)/primal: how far from optimal the separator may be. */
  readonly tolerance: number;
}
export interface MomentumAttributes extends LearningRate {
  /** α: the share of the change before that a change keeps. */
  readonly momentum: number;
}
export interface PenalizedStepAttributes extends LearningRate, PenaltyAttributes {}
export interface AdagradAttributes extends LearningRate {
  /** ε, added to the root of the squares, not under it. */
  readonly epsilon: number;
}
export interface RmspropAttributes extends AdagradAttributes {
  /** ρ: the share of the squares before that is kept. */
  readonly decay: number;
}
export interface AdamAttributes extends AdagradAttributes {
  /** β₁: the share of the means before that is kept. */
  readonly beta1: number;
  /** β₂: the share of the squares before that is kept. */
  readonly beta2: number;
  /** t: 1 for the first step. */
  readonly step: number;
}

interface Unary {
  x: Tensor;
}
interface Result {
  y: Tensor;
}
interface InputGradient {
  dx: Tensor;
}
interface Prediction {
  prediction: Tensor;
  target: Tensor;
}
interface Slope {
  weights: Tensor;
  /** Of the weights' shape. */
  gradient: Tensor;
}
interface ConjugateGradient {
  x: Tensor;
  residual: Tensor;
  direction: Tensor;
}
interface LabelledSamples {
  x: Tensor;
  labels: Tensor;
  weights: Tensor;
}
interface PenalizedLoss {
  loss: Tensor;
  dWeights: Tensor;
  dBias: Tensor;
}
interface LinearModel {
  x: Tensor;
  targets: Tensor;
  weights: Tensor;
}
/** `weights1` is the first layer's, [width of layer 1, width of the input]; `bias1` its bias. */
type Layers = Record<`weights${number}`, Tensor> & Record<`bias${number}`, Tensor>;
type LayerGradients = Record<`dWeights${number}`, Tensor> & Record<`dBias${number}`, Tensor>;

/**
 * kernels [maps, inputChannels / groups, kernelHeight, kernelWidth], kernelBias [maps], weights [classes, maps · height · width after
 * pooling], bias [classes].
 */
interface NetworkWeights {
  kernels: Tensor;
  kernelBias: Tensor;
  weights: Tensor;
  bias: Tensor;
}

/** Attributes, named inputs and named outputs of one operation. */
export interface Signature {
  attributes: object;
  inputs: object;
  outputs: object;
}

/** Attributes of the activations that have any. */
interface AttributesOfActivations {
  scaledTanh: ScaledTanhAttributes;
  leakyRelu: LeakyReluAttributes;
  elu: EluAttributes;
  gelu: GeluAttributes;
}
/** Activations without attributes. */
export type PlainActivation = Exclude<ActivationName, keyof AttributesOfActivations>;
type AttributesOfActivation<Name> = Name extends keyof AttributesOfActivations ? AttributesOfActivations[Name] : None;
/** The attributes of all activations together; each activation reads its own. */
export interface ActivationAttributes extends ScaledTanhAttributes, LeakyReluAttributes, EluAttributes, GeluAttributes {}
type ActivationSignatures = {
  [Name in ActivationName]: { attributes: AttributesOfActivation<Name>; inputs: Unary; outputs: Result };
} & {
  [Name in ActivationName as `${Name}.derivative`]: {
    attributes: AttributesOfActivation<Name>;
    inputs: Unary;
    outputs: Result;
  };
} & {
  [Name in ActivationName as `${Name}.backward`]: {
    attributes: AttributesOfActivation<Name>;
    inputs: { x: Tensor; dy: Tensor };
    outputs: InputGradient;
  };
};

export interface OperationSignatures extends ActivationSignatures {
  /** Softmax over the last axis of [batch, classes]. */
  softmax: { attributes: None; inputs: Unary; outputs: Result };
  'softmax.backward': { attributes: None; inputs: { x: Tensor; dy: Tensor }; outputs: InputGradient };
  /** [batch, classes] → [batch, classes, classes]: element (n, i, j) is ∂o_i/∂x_j of sample n. */
  'softmax.jacobian': { attributes: None; inputs: Unary; outputs: { jacobian: Tensor } };

  /** [rows, inner] × [inner, columns] → [rows, columns]. */
  matmul: { attributes: None; inputs: { a: Tensor; b: Tensor }; outputs: Result };
  /** x [batch, inputs], weights [outputs, inputs], bias [outputs] → y [batch, outputs]. */
  dense: { attributes: None; inputs: { x: Tensor; weights: Tensor; bias: Tensor }; outputs: Result };
  'dense.inputGradient': { attributes: None; inputs: { weights: Tensor; dy: Tensor }; outputs: InputGradient };
  'dense.weightGradient': { attributes: None; inputs: { x: Tensor; dy: Tensor }; outputs: { dWeights: Tensor } };
  'dense.biasGradient': { attributes: None; inputs: { dy: Tensor }; outputs: { dBias: Tensor } };

  /** ½Σ(target − prediction)² over all elements of [batch, outputs] → []. */
  squaredError: { attributes: None; inputs: Prediction; outputs: { loss: Tensor } };
  'squaredError.gradient': { attributes: None; inputs: Prediction; outputs: { dPrediction: Tensor } };
  /** −Σ target·ln(prediction). */
  crossEntropy: { attributes: None; inputs: Prediction; outputs: { loss: Tensor } };
  'crossEntropy.gradient': { attributes: None; inputs: Prediction; outputs: { dPrediction: Tensor } };
  /** −Σ [target·ln(prediction) + (1 − target)·ln(1 − prediction)]. */
  binaryCrossEntropy: { attributes: None; inputs: Prediction; outputs: { loss: Tensor } };
  'binaryCrossEntropy.gradient': { attributes: None; inputs: Prediction; outputs: { dPrediction: Tensor } };

  /** x [batch, inputChannels, height, width], weights [outputChannels, inputChannels / groups, kernelHeight, kernelWidth]. */
  conv2d: {
    attributes: ConvolutionAttributes;
    inputs: { x: Tensor; weights: Tensor; bias?: Tensor };
    outputs: Result;
  };
  'conv2d.inputGradient': {
    attributes: ConvolutionInputGradientAttributes;
    inputs: { weights: Tensor; dy: Tensor };
    outputs: InputGradient;
  };
  'conv2d.weightGradient': {
    attributes: ConvolutionWeightGradientAttributes;
    inputs: { x: Tensor; dy: Tensor };
    outputs: { dWeights: Tensor };
  };
  /** The matrix of one image's convolution: [outputChannels · outputHeight · outputWidth, inputChannels · height · width]. */
  'conv2d.matrix': {
    attributes: ConvolutionInputGradientAttributes;
    inputs: { weights: Tensor };
    outputs: { matrix: Tensor };
  };
  /** dy [batch, outputChannels, height, width] → [outputChannels]. */
  'conv2d.biasGradient': { attributes: None; inputs: { dy: Tensor }; outputs: { dBias: Tensor } };

  /**
   * A convolution whose weights are not shared. x [batch, inputChannels, height, width], weights [outputHeight, outputWidth,
   * outputChannels, inputChannels, kernelHeight, kernelWidth], bias [outputChannels, outputHeight, outputWidth].
   */
  locallyConnected2d: {
    attributes: LocallyConnectedAttributes;
    inputs: { x: Tensor; weights: Tensor; bias?: Tensor };
    outputs: Result;
  };
  'locallyConnected2d.inputGradient': {
    attributes: LocallyConnectedInputGradientAttributes;
    inputs: { weights: Tensor; dy: Tensor };
    outputs: InputGradient;
  };
  'locallyConnected2d.weightGradient': {
    attributes: LocallyConnectedWeightGradientAttributes;
    inputs: { x: Tensor; dy: Tensor };
    outputs: { dWeights: Tensor };
  };
  /** dy [batch, outputChannels, outputHeight, outputWidth] → [outputChannels, outputHeight, outputWidth]. */
  'locallyConnected2d.biasGradient': { attributes: None; inputs: { dy: Tensor }; outputs: { dBias: Tensor } };

  maxPool2d: { attributes: PoolingAttributes; inputs: Unary; outputs: Result };
  'maxPool2d.backward': { attributes: PoolingAttributes; inputs: { x: Tensor; dy: Tensor }; outputs: InputGradient };
  averagePool2d: { attributes: PoolingAttributes; inputs: Unary; outputs: Result };
  'averagePool2d.backward': { attributes: PoolingGradientAttributes; inputs: { dy: Tensor }; outputs: InputGradient };

  /** x [batch, inputs] through dense layers and activations → y [batch, outputs]. */
  'mlp.forward': { attributes: MlpAttributes; inputs: { x: Tensor } & Layers; outputs: Result };
  /** Gradients of the squared error ½Σ(target − y)², summed over the batch. */
  'mlp.backward': {
    attributes: MlpAttributes;
    inputs: { x: Tensor; target: Tensor } & Layers;
    outputs: { loss: Tensor } & LayerGradients;
  };
  /** One gradient-descent step: weights ← weights − learningRate · gradient; the loss is the one before the step. */
  'mlp.trainStep': {
    attributes: TrainStepAttributes;
    inputs: { x: Tensor; target: Tensor } & Layers;
    outputs: { loss: Tensor } & Layers;
  };

  /**
   * x [batch, inputChannels, height, width] through convolution, rectifier, max pooling, a dense layer (features in the order maps,
   * rows, columns) and softmax → probabilities [batch, classes].
   */
  'convolutionalNetwork.forward': {
    attributes: ConvolutionalNetworkAttributes;
    inputs: { x: Tensor } & NetworkWeights;
    outputs: { probabilities: Tensor };
  };
  /** Gradients of the cross entropy −Σ target·ln(probability), summed over the batch; each row of the target sums to 1. */
  'convolutionalNetwork.backward': {
    attributes: ConvolutionalNetworkAttributes;
    inputs: { x: Tensor; target: Tensor } & NetworkWeights;
    outputs: { loss: Tensor; dKernels: Tensor; dKernelBias: Tensor; dWeights: Tensor; dBias: Tensor };
  };
  /** One gradient-descent step on that loss; the loss is the one before the step. */
  'convolutionalNetwork.trainStep': {
    attributes: ConvolutionalTrainStepAttributes;
    inputs: { x: Tensor; target: Tensor } & NetworkWeights;
    outputs: { loss: Tensor } & NetworkWeights;
  };
  /**
   * One step of layer-wise pre-training: of the layers the last is the stage's output layer, the one before it is trained, and those
   * below carry x upwards. Only the last two come back; the loss is the one before the step.
   */
  'pretraining.supervisedStep': {
    attributes: TrainStepAttributes;
    inputs: { x: Tensor; target: Tensor } & Layers;
    outputs: { loss: Tensor } & Layers;
  };
  /** The same as an autoencoder: the target is the trained layer's own input. */
  'pretraining.autoencoderStep': {
    attributes: TrainStepAttributes;
    inputs: { x: Tensor } & Layers;
    outputs: { loss: Tensor } & Layers;
  };
  /** ∂L/∂h of layer `from` for L = ½Σ(target − y)² and one sample: the sum over all paths to the output. → [width of that layer]. */
  'mlp.pathGradient': {
    attributes: PathGradientAttributes;
    inputs: { x: Tensor; target: Tensor } & Layers;
    outputs: { gradient: Tensor };
  };
  /** Layers with identity activations as one: weights [width of the last layer, width of the input], bias. */
  'mlp.collapse': { attributes: CollapseAttributes; inputs: Layers; outputs: { weights: Tensor; bias: Tensor } };
  /** μ{σ[s + λ(u + v)] + σ[s − λ(u + v)] − σ[s + λ(u − v)] − σ[s − λ(u − v)]}, element by element of u and v [samples]. */
  multiplicationGate: {
    attributes: MultiplicationGateAttributes;
    inputs: { u: Tensor; v: Tensor };
    outputs: Result;
  };

  /** x and a mask of 0 and 1, [batch, features] each → y = x·mask/keep. */
  dropout: { attributes: DropoutAttributes; inputs: { x: Tensor; mask: Tensor }; outputs: Result };
  'dropout.backward': { attributes: DropoutAttributes; inputs: { mask: Tensor; dy: Tensor }; outputs: InputGradient };
  /** A dense layer in which weights·mask/keep take part; the mask has the shape of the weights. */
  dropconnect: {
    attributes: DropoutAttributes;
    inputs: { x: Tensor; weights: Tensor; mask: Tensor; bias: Tensor };
    outputs: Result;
  };
  'dropconnect.backward': {
    attributes: DropoutAttributes;
    inputs: { x: Tensor; weights: Tensor; mask: Tensor; dy: Tensor };
    outputs: { dx: Tensor; dWeights: Tensor; dBias: Tensor };
  };

  /**
   * order [samples], a permutation of 0 … samples − 1, cut into folds whose sizes differ by at most one, the larger first →
   * validation and training [folds, samples]: 1 where the sample is validated on, or trained on, in the fold's turn.
   */
  kFolds: { attributes: KFoldsAttributes; inputs: { order: Tensor }; outputs: { validation: Tensor; training: Tensor } };
  /**
   * Validation losses [steps] and weights [steps, parameters] of a training → the weights of the smallest loss met, its step, the
   * earliest of equals, and the last step made before patience ran out.
   */
  earlyStopping: {
    attributes: EarlyStoppingAttributes;
    inputs: { losses: Tensor; weights: Tensor };
    outputs: { weights: Tensor; bestStep: Tensor; lastStep: Tensor };
  };
  /** predictions [models, samples], target [samples] → their mean, its mean squared error [] and that of each model [models]. */
  ensemble: {
    attributes: None;
    inputs: { predictions: Tensor; target: Tensor };
    outputs: { prediction: Tensor; squaredError: Tensor; memberErrors: Tensor };
  };
  /** predictions [sets, points] of models trained on as many data sets, truth [points] → scalars, means over the points. */
  biasVariance: {
    attributes: None;
    inputs: { predictions: Tensor; truth: Tensor };
    outputs: { squaredBias: Tensor; variance: Tensor };
  };

  /** x [samples, features], labels ±1 [samples] → weights [features], mistakes [passes, samples] (1 where it erred). */
  'perceptron.train': {
    attributes: PerceptronAttributes;
    inputs: { x: Tensor; labels: Tensor };
    outputs: { weights: Tensor; mistakes: Tensor };
  };
  /** radius max‖x‖, margin min yᵢuᵀxᵢ, bound ‖u‖²·radius²/margin²; scalars. */
  'novikoff.bound': {
    attributes: None;
    inputs: { x: Tensor; labels: Tensor; separator: Tensor };
    outputs: { radius: Tensor; margin: Tensor; bound: Tensor };
  };

  /** x [samples, features], weights [features], bias [] → f = wᵀx + b, its sign and f/‖w‖, each [samples]. */
  linearDiscriminant: {
    attributes: None;
    inputs: { x: Tensor; weights: Tensor; bias: Tensor };
    outputs: { values: Tensor; classes: Tensor; distances: Tensor };
  };
  /** x [samples, features], labels ±1 [samples] → −Σ yₙwᵀxₙ over the misclassified samples, and its gradient [features]. */
  perceptronCriterion: { attributes: None; inputs: LabelledSamples; outputs: { loss: Tensor; gradient: Tensor } };
  /** weights − learningRate · gradient of the criterion. */
  batchPerceptronStep: { attributes: LearningRate; inputs: LabelledSamples; outputs: { weights: Tensor } };
  /** weights + learningRate·Σ(label − sign(wᵀx))·x; the loss ½Σ(label − sign(wᵀx))² is the one before the step. */
  surrogatePerceptronStep: { attributes: LearningRate; inputs: LabelledSamples; outputs: { loss: Tensor; weights: Tensor } };
  /** The same step for one sample after the other. */
  stochasticPerceptronEpoch: { attributes: StochasticEpochAttributes; inputs: LabelledSamples; outputs: { weights: Tensor } };

  /**
   * x [samples, features], labels ±1 [samples] → the separator of smallest length with label·uᵀx ≥ 1 [features], its margin 1/‖u‖,
   * primal ½‖u‖² and a dual bound, whose gap to the primal is at most tolerance·primal.
   */
  maximumMargin: {
    attributes: MaximumMarginAttributes;
    inputs: { x: Tensor; labels: Tensor };
    outputs: { separator: Tensor; margin: Tensor; primal: Tensor; dual: Tensor };
  };
  /**
   * Bits x [rows, inputs] through two layers of threshold units, 1 where wᵀx + b ≥ 0 and otherwise 0: hidden [rows, hidden], y [rows].
   * hiddenWeights [hidden, inputs], hiddenBias and outputWeights [hidden], outputBias [].
   */
  thresholdNetwork: {
    attributes: None;
    inputs: { x: Tensor; hiddenWeights: Tensor; hiddenBias: Tensor; outputWeights: Tensor; outputBias: Tensor };
    outputs: { hidden: Tensor; y: Tensor };
  };

  /** x [samples, features], targets [samples], p = wᵀx − bias: Σ(p − target)² + ½·penalty·‖w‖² and its gradients. */
  leastSquares: {
    attributes: PenaltyAttributes;
    inputs: { x: Tensor; targets: Tensor; weights: Tensor; bias: Tensor };
    outputs: PenalizedLoss;
  };
  /** The same with labels ±1 and Σmax(0, 1 − label·p). */
  softMargin: {
    attributes: PenaltyAttributes;
    inputs: { x: Tensor; labels: Tensor; weights: Tensor; bias: Tensor };
    outputs: PenalizedLoss;
  };
  /** targets [samples, classes], weights [classes, features], bias [classes]: −Σ target·ln softmax(Wx − bias) + ½·penalty·‖W‖². */
  softmaxRegression: {
    attributes: PenaltyAttributes;
    inputs: { x: Tensor; targets: Tensor; weights: Tensor; bias: Tensor };
    outputs: PenalizedLoss;
  };

  /** weights − learningRate·gradient, of any shape. */
  gradientStep: { attributes: LearningRate; inputs: Slope; outputs: { weights: Tensor } };
  /** change ← momentum·change − learningRate·gradient, weights ← weights + change. */
  momentumStep: {
    attributes: MomentumAttributes;
    inputs: Slope & { change: Tensor };
    outputs: { weights: Tensor; change: Tensor };
  };
  /** weights − learningRate·gradient − learningRate·penalty·weights. */
  weightDecayStep: { attributes: PenalizedStepAttributes; inputs: Slope; outputs: { weights: Tensor } };
  /** squares ← squares + gradient², weights ← weights − learningRate·gradient/(√squares + epsilon). */
  adagradStep: {
    attributes: AdagradAttributes;
    inputs: Slope & { squares: Tensor };
    outputs: { weights: Tensor; squares: Tensor };
  };
  /** squares ← decay·squares + (1 − decay)·gradient², weights as in AdaGrad. */
  rmspropStep: {
    attributes: RmspropAttributes;
    inputs: Slope & { squares: Tensor };
    outputs: { weights: Tensor; squares: Tensor };
  };
  /** Means and squares decay by beta1 and beta2 and are divided by 1 − betaᵗ before they are used; they are returned undivided. */
  adamStep: {
    attributes: AdamAttributes;
    inputs: Slope & { means: Tensor; squares: Tensor };
    outputs: { weights: Tensor; means: Tensor; squares: Tensor };
  };
  /** a [size, size] symmetric positive definite; x, residual, direction [size]: one step towards ax = b. */
  conjugateGradientStep: {
    attributes: None;
    inputs: { a: Tensor } & ConjugateGradient;
    outputs: ConjugateGradient;
  };
  /** x [samples, features], targets [samples], weights [features]: one step along the gradient of ½Σ(target − wᵀx)². */
  batchEpoch: { attributes: LearningRate; inputs: LinearModel; outputs: { weights: Tensor } };
  /** The same with a step for each sample, in order. */
  patternEpoch: { attributes: LearningRate; inputs: LinearModel; outputs: { weights: Tensor } };
}

export type OperationName = keyof OperationSignatures & string;
export type AttributesOf<Name extends OperationName> = OperationSignatures[Name]['attributes'];
export type InputsOf<Name extends OperationName> = OperationSignatures[Name]['inputs'];
export type OutputsOf<Name extends OperationName> = OperationSignatures[Name]['outputs'];

/** Tensors by name, when the operation is not known to the compiler (on the wire, in the judge). */
export type NamedTensors = Readonly<Record<string, Tensor>>;
export type NamedShapes = Readonly<Record<string, readonly number[]>>;
/** Attributes as they travel: plain JSON. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Fails to compile when a signature lacks attributes, inputs or outputs. */
export type EverySignatureIsWhole = OperationSignatures[OperationName] extends Signature ? true : never;
