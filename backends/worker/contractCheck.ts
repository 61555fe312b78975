/** Checks that a backend keeps the contract in what the types alone promise: its author may write JavaScript. */
import type { Backend, Kernel, Support } from '../contract.ts';

const functionsOfBackend = ['describe', 'supports', 'prepare'] as const;
const functionsOfKernel = ['load', 'execute', 'read', 'dispose'] as const;

/** Returns the backend, which says by name what is missing from it, from what `supports` returned or from a kernel. */
export function checkedBackend(candidate: unknown): Backend {
  const backend = withFunctions<Backend>(candidate, functionsOfBackend, 'the backend');
  return {
    describe: async () => {
      const description = await backend.describe();
      return isObject(description) ? description : refuse('describe()', description, 'an object { name, library, version, … }');
    },
    supports: (operation, attributes) => checkedSupport(backend.supports(operation, attributes)),
    prepare: async (operation, attributes, shapes) => {
      const kernel = await backend.prepare(operation, attributes, shapes);
      return withFunctions<Kernel>(kernel, functionsOfKernel, `the kernel that prepare('${operation}', …) returns`);
    },
    dispose: async () => backend.dispose?.(),
  };
}

function checkedSupport(support: unknown): Support {
  const { supported, reason } = (isObject(support) ? support : {}) as { supported?: unknown; reason?: unknown };
  if (supported === true || (supported === false && typeof reason === 'string')) return support as Support;
  return refuse('supports()', support, "{ supported: true } or { supported: false, reason: '…' }");
}

/** Returns the value as what it is when it has these functions. */
function withFunctions<Value>(value: unknown, names: readonly (keyof Value & string)[], what: string): Value {
  if (!isObject(value)) throw new TypeError(`${what} is ${shown(value)}; an object with ${names.join(', ')} is needed`);
  const missing = names.filter((name) => typeof Reflect.get(value, name) !== 'function');
  if (missing.length === 0) return value as Value;
  throw new TypeError(`${what} has no function ${missing.join(', ')}; it needs ${names.join(', ')}`);
}

function refuse(call: string, value: unknown, due: string): never {
  throw new TypeError(`${call} returned ${shown(value)}; ${due} is due`);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Shows a value in at most a few words. */
function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
