/** Makes an entry of the table from a typed object. It registers nothing. */
import fc from 'fast-check';
import type { OperationName } from '../../backends/signatures.ts';
import type { AnyOperation, Known, Operation, Sizes } from '../judging/operation.ts';

/**
 * Checks an entry against its signature and returns it as code that walks the table sees it. `Of` is an operation's name in
 * `backends/signatures.ts`, or a signature: `{ attributes: …; inputs: { x: Tensor }; outputs: { y: Tensor } }`.
 *
 * The cast loses the signature and nothing else: whoever walks the table gives an entry only what it has asked for.
 */
export function defineOperation<Of extends Known>(entry: Operation<Of>): AnyOperation & { readonly name: NameOf<Of> } {
  return entry as unknown as AnyOperation & { readonly name: NameOf<Of> };
}
type NameOf<Of extends Known> = Of extends OperationName ? Of : string;

/** Draws sizes between bounds for an operation without attributes: `drawSizes({ rows: [1, 4], columns: [1, 5] })`. */
export function drawSizes(
  bounds: Readonly<Record<string, readonly [least: number, most: number]>>,
): fc.Arbitrary<{ sizes: Sizes; attributes: Record<never, never> }> {
  const each = Object.entries(bounds).map(([name, [min, max]]) => [name, fc.integer({ min, max })] as const);
  return fc.record(Object.fromEntries(each)).map((sizes) => ({ sizes, attributes: {} }));
}
