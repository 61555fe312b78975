/**
 * The parts of a tfjs kernel. A builder turns attributes and shapes into a program; the adapter (adapter.ts) gives the
 * program its inputs, runs it and fetches its outputs.
 */
import type { Shape } from '../../reference/tensor.ts';
import type { AttributesOf, InputsOf, OperationName, OutputsOf } from '../signatures.ts';

/** The library's API object; `@tensorflow/tfjs` and `@tensorflow/tfjs-node-gpu` export the same one. */
export type Tf = typeof import('@tensorflow/tfjs');
export type DeviceTensor = import('@tensorflow/tfjs').Tensor;
export type DeviceTensor4D = import('@tensorflow/tfjs').Tensor4D;

/** A tensor of the library in place of each of ours, under the same names. */
export type OnDevice<Named> = { [Key in keyof Named]: DeviceTensor };

/** How the axes of a tensor stand on the device. Conversions belong to load and read, outside the timing of execute. */
export interface Layout {
  readonly toDevice: (tf: Tf, outside: DeviceTensor) => DeviceTensor;
  readonly fromDevice: (tf: Tf, inside: DeviceTensor) => DeviceTensor;
}

export interface Program<Name extends OperationName> {
  /** Inputs and outputs that are not named here keep Etalon's own order of axes. */
  readonly inputLayouts?: { readonly [Input in keyof InputsOf<Name>]?: Layout };
  readonly outputLayouts?: { readonly [Output in keyof OutputsOf<Name>]?: Layout };
  /** The library's calls, and nothing else. Runs inside tf.tidy: every tensor that is not returned is freed. */
  readonly compute: (inputs: OnDevice<InputsOf<Name>>) => OnDevice<OutputsOf<Name>>;
}

export interface BuilderContext<Name extends OperationName> {
  readonly tf: Tf;
  readonly attributes: AttributesOf<Name>;
  /** One shape per input that will be loaded, in Etalon's own order of axes. */
  readonly shapes: { readonly [Input in keyof InputsOf<Name>]: Shape };
  /** Hands over something that lives as long as the kernel: constants are uploaded once and disposed with it. */
  readonly keep: <Kept extends { dispose(): void }>(kept: Kept) => Kept;
}

export type Builder<Name extends OperationName> = (context: BuilderContext<Name>) => Program<Name>;
export type Builders<Name extends OperationName> = { readonly [Each in Name]: Builder<Each> };
