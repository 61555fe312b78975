/**
 * The contract between Etalon and a backend that lives in JavaScript. A program in another language speaks the protocol
 * (protocol.ts) instead; the worker host translates between the two.
 */
import type { Dtype } from '../reference/tensor.ts';
import type { Attributes, NamedShapes, NamedTensors } from './signatures.ts';

/**
 * Algorithms that trade a little accuracy for speed, by the name under which a backend declares them: Winograd's convolutions of 3×3
 * kernels in tiles of 2×2 outputs, F(2×2, 3×3), and of 4×4, F(4×4, 3×3).
 */
export const fastAlgorithms = ['winograd2x2', 'winograd4x4'] as const;
export type FastAlgorithm = (typeof fastAlgorithms)[number];

/** What a backend says about itself; everything is shown in the report. */
export interface BackendDescription {
  /** Name that users type: 'js', 'onnxruntime-cpu'. */
  readonly name: string;
  /** Library that computes and its version. */
  readonly library: string;
  readonly version: string;
  /** What it runs on: 'cpu', 'wasm', 'webgpu', 'cuda'. */
  readonly device: string;
  /** Driver or adapter, where the device has one. */
  readonly driver?: string;
  /** Element type of its tensors. */
  readonly dtype: Dtype;
  /**
   * What its results are judged by; defaults to dtype. 'wgsl' is the published accuracy of f32 in the WebGPU Shading Language: directed
   * rounding, quotients within 2.5 ULP, tanh within 10⁻⁵.
   */
  readonly precision?: 'float64' | 'float32' | 'tf32' | 'float16' | 'bf16' | 'wgsl';
  /** Fast algorithms that it may choose; where one applies, its results are judged by that algorithm's own bound, and the report says so. */
  readonly algorithms?: readonly FastAlgorithm[];
  /** 'flushed': numbers below the smallest normal one may be taken for zero, and results made zero. 'wgsl' includes it. */
  readonly subnormals?: 'flushed';
  /** The same question has the same answer, bit by bit, whatever was asked before: another one is a failure then. */
  readonly deterministic?: boolean;
  /** Sizes of the blocks in which its kernels work: sizes beside and between their multiples are asked too. */
  readonly blocks?: readonly number[];
  /** Anything a reader of the report should know. */
  readonly notes?: readonly string[];
}

/** Whether an operation can be run with these attributes; a hole says why and, where there is one, links to the library's own word on it. */
export type Support =
  | { readonly supported: true }
  | { readonly supported: false; readonly reason: string; readonly link?: string };

/**
 * A backend. `prepare` may compile; a kernel may be executed many times.
 *
 * An adapter never sees expected values: it may import this file, signatures.ts and the tensor type, and nothing else of Etalon.
 */
export interface Backend {
  describe(): Promise<BackendDescription>;
  /** Asked before every `prepare`; must not throw for an unknown operation. */
  supports(operation: string, attributes: Attributes): Support;
  /** `shapes` has one entry per input that will be loaded; an optional input that is absent is not there. */
  prepare(operation: string, attributes: Attributes, shapes: NamedShapes): Promise<Kernel>;
  dispose?(): Promise<void>;
}

/** One operation for one set of shapes. The three steps are apart so that upload, compute and download can be timed apart. */
export interface Kernel {
  /** Brings inputs (of the backend's dtype) to the device. May be called again with other values of the same shapes. */
  load(inputs: NamedTensors): Promise<void>;
  /** Resolves when the device has finished. May be called again: same inputs, same outputs. */
  execute(): Promise<void>;
  /** Outputs of the latest execute, copied: later calls must not change what was returned. */
  read(): Promise<NamedTensors>;
  dispose(): Promise<void>;
}
