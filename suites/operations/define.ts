/** Helpers that keep a line of the table short; none of them registers anything. */
import type { OperationName } from '../../backends/signatures.ts';
import type { AnyOperation, Operation } from '../judging/operation.ts';

/**
 * Checks one line against its signature and returns it as code that walks the table sees it. The cast loses only the
 * connection between the name and its types, which `Operation<Name>` has checked by then.
 */
export function defineOperation<Name extends OperationName>(line: Operation<Name>): AnyOperation & { readonly name: Name } {
  return line as unknown as AnyOperation & { readonly name: Name };
}
