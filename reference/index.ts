/**
 * The reference: every algorithm of the inventory in float64, one file for each topic. `doubleDouble.ts` is internal to them;
 * `accuracy.ts`, which measures them, is imported by its path.
 */
export * from './activations.ts';
export * from './booleanCircuits.ts';
export * from './convolution.ts';
export * from './convolutionalNetwork.ts';
export * from './dense.ts';
export * from './descent.ts';
export * from './gatedUnits.ts';
export * from './generalization.ts';
export * from './linear.ts';
export * from './linearSystem.ts';
export * from './locallyConnected.ts';
export * from './losses.ts';
export * from './maximumMargin.ts';
export * from './mlp.ts';
export * from './multiplicationGate.ts';
export * from './pathGradients.ts';
export * from './perceptron.ts';
export * from './pooling.ts';
export * from './pretraining.ts';
export * from './regression.ts';
export * from './softmax.ts';
export * from './tensor.ts';
