/**
 * What an algorithm is: a computation composed of operations of the table, written once and run on the reference or on any
 * backend's kernels. Between operations it may only keep, cut and reshape tensors, and do the arithmetic that it states, rounded
 * to the backend's element type, so that every operation's inputs are exactly what the backend itself has computed.
 */
import type { AttributesOf, InputsOf, OperationName, OutputsOf } from '../../../backends/signatures.ts';
import type { Tensor } from '../../../reference/tensor.ts';
import type { Random } from '../../judging/random.ts';
import type { AlgorithmOutcome, Curve, Evidence } from '../../runReport.ts';

export interface AlgorithmContext {
  /** Puts one operation to the backend. The tensors are float64, their values those of the backend's own element type. */
  readonly execute: <Name extends OperationName>(
    operation: Name,
    attributes: AttributesOf<Name>,
    inputs: InputsOf<Name>,
  ) => Promise<OutputsOf<Name>>;
  /** One step of training. Calls inside are judged as the algorithm's `judgedSteps` says, calls outside always. */
  readonly step: <Result>(calls: () => Promise<Result>) => Promise<Result>;
  /** Rounds to the backend's element type. */
  readonly round: (value: number) => number;
  /** A tensor of rounded values. */
  readonly tensor: (shape: readonly number[], values: ArrayLike<number>) => Tensor;
  /** The same stream for every backend. */
  readonly random: Random;
  readonly seed: number;
  /** Takes the time that a good picture needs. */
  readonly thorough: boolean;
}

export interface AlgorithmResult {
  /** What must hold at the end, besides every judged call: "all four patterns right". Never empty. */
  readonly evidence: readonly Evidence[];
  readonly curves: readonly Curve[];
}

export interface Algorithm extends Pick<AlgorithmOutcome, 'title' | 'statement' | 'rows' | 'formula'> {
  /** kebab-case: what `--algorithm` takes. */
  readonly name: string;
  /** The first `first` steps and every `every`-th are judged, and all of them in a thorough run; without it every step is. */
  readonly judgedSteps?: { readonly first: number; readonly every: number };
  readonly run: (context: AlgorithmContext) => Promise<AlgorithmResult>;
}
