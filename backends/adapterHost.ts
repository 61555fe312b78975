/** Parts that the adapters of libraries share: which operations they support, how they check shapes, how they say where an error came from. */
import type { Shape, Tensor } from '../reference/tensor.ts';
import type { Support } from './contract.ts';
import type { Attributes, AttributesOf, OperationName } from './signatures.ts';

/** Why a device does not run an operation: the library's own words where it has some, and where they can be read. */
export interface Hole {
  readonly reason: string;
  readonly link?: string;
}

/** What a device lacks; a function that returns undefined says that with these attributes nothing is lacking. */
export type Holes = { readonly [Name in OperationName]?: (attributes: AttributesOf<Name>) => Hole | undefined };

/** Makes an adapter's `supports` from its table of kernels and from what its device lacks. */
export function supportsFrom(
  library: string,
  kernels: object,
  holes: Holes = {},
): (operation: string, attributes: Attributes) => Support {
  const lacking = holes as Readonly<Record<string, ((attributes: Attributes) => Hole | undefined) | undefined>>;
  return (operation, attributes) => {
    if (!Object.hasOwn(kernels, operation)) {
      return { supported: false, reason: `the ${library} adapter knows no operation '${operation}'` };
    }
    const lack = lacking[operation]?.(attributes);
    return lack ? { supported: false, ...lack } : { supported: true };
  };
}

/** @throws Error naming the backend and the reason, where an operation is not supported. */
export function requireSupport(backend: string, operation: string, support: Support): asserts support is { supported: true } {
  if (!support.supported) throw new Error(`${backend}: ${operation} is unsupported: ${support.reason}`);
}

/** @throws RangeError when an input is missing or has not the shape that its kernel was prepared for. */
export function requireShape(name: string, value: Tensor | undefined, shape: Shape): Tensor {
  if (value?.shape.join() === shape.join()) return value;
  throw new RangeError(`input ${name} was prepared as [${shape.join(', ')}], got [${value?.shape.join(', ') ?? 'nothing'}]`);
}

/** Makes an error of a library say which kernel and step it came from. */
export function inStep(backend: string, operation: string, step: string, cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${backend}: ${operation}: ${step}: ${message}`, { cause });
}
