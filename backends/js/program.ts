/** The parts of a kernel of this backend: shapes fixed, buffers made and geometry worked out before the first number arrives. */
import type { Shape } from '../../reference/tensor.ts';
import type { AttributesOf, InputsOf, OperationName, OutputsOf } from '../signatures.ts';

/** Buffers by name; float32, row-major. */
export type Buffers<Named> = { readonly [Key in keyof Named]: Float32Array };
export type Shapes<Named> = { readonly [Key in keyof Named]: Shape };

export interface Program<Name extends OperationName> {
  readonly outputs: Shapes<OutputsOf<Name>>;
  /** Fills the outputs from the inputs; allocates nothing. */
  readonly run: (inputs: Buffers<InputsOf<Name>>, outputs: Buffers<OutputsOf<Name>>) => void;
}

export type Builder<Name extends OperationName> = (
  attributes: AttributesOf<Name>,
  shapes: Shapes<InputsOf<Name>>,
) => Program<Name>;
export type Builders<Name extends OperationName> = { readonly [Each in Name]: Builder<Each> };
