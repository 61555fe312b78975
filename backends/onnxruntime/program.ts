/** The parts of a kernel of this folder: a function that writes an operation as a graph of ONNX operators. */
import type { Shape } from '../../reference/tensor.ts';
import type { AttributesOf, InputsOf, OperationName, OutputsOf } from '../signatures.ts';
import type { Graph, Value } from './model.ts';

/** A value of the graph in place of each tensor, under the same names. */
export type InGraph<Named> = { [Key in keyof Named]: Value };

export interface BuilderContext<Name extends OperationName> {
  readonly graph: Graph;
  readonly attributes: AttributesOf<Name>;
  /** One shape per input that will be loaded. */
  readonly shapes: { readonly [Input in keyof InputsOf<Name>]: Shape };
  readonly inputs: InGraph<InputsOf<Name>>;
}

/** Adds the operation's operators to the graph and says which values are its outputs. */
export type Builder<Name extends OperationName> = (context: BuilderContext<Name>) => InGraph<OutputsOf<Name>>;
export type Builders<Name extends OperationName> = { readonly [Each in Name]: Builder<Each> };
