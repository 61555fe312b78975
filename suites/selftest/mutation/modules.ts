/**
 * The modules of an implementation as text that can be changed and run: types taken off, every loop counting its steps and every
 * function saying that it was entered. The parser and the compiler are development tools; the package does not carry them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { isFunction, isLoop, isNode, type SyntaxNode, walk } from './tree.ts';

export interface ImplementationModule {
  /** './geometry.ts', as the others import it. */
  readonly name: string;
  readonly text: string;
  readonly program: SyntaxNode;
  /** From here on the text is the module's own; before it the compiler's. */
  readonly begin: number;
}

/** What a run counts. */
export interface Meter {
  steps: number;
  /** A run that takes more steps than this is ended: a loop without end. */
  limit: number;
  /** Functions entered, by number. */
  readonly entered: Set<number>;
}

export class TooManySteps extends Error {}

type Parse = (text: string) => unknown;
type Transform = (text: string, options: object) => Promise<{ readonly code: string }>;

/**
 * Reads every module of a folder that is part of the implementation; each of their functions gets a number of its own.
 *
 * @throws Error when there is none: a package carries what was compiled from them.
 */
export async function readModules(folder: URL, leaveOut: RegExp): Promise<ImplementationModule[]> {
  const [{ parseAst }, { transform }] = await Promise.all([import('rolldown/parseAst'), import('esbuild')]);
  const files = readdirSync(folder).filter((file) => /(?<!\.test|\.d)\.ts$/.test(file) && !leaveOut.test(file));
  if (files.length === 0) throw new Error(`no TypeScript in ${folder.pathname}`);
  const numbering = { next: 0 };
  const modules: ImplementationModule[] = [];
  for (const file of files.sort()) {
    const source = readFileSync(new URL(file, folder), 'utf8');
    modules.push(await prepared(`./${file}`, source, parseAst as Parse, transform as Transform, numbering));
  }
  return modules;
}

async function prepared(
  name: string,
  source: string,
  parse: Parse,
  transform: Transform,
  numbering: { next: number },
): Promise<ImplementationModule> {
  const { code } = await transform(source, { loader: 'ts', format: 'cjs', target: 'node20' });
  const text = instrumented(code, program(parse, code), numbering);
  const marker = text.indexOf('module.exports = ');
  return { name, text, program: program(parse, text), begin: marker < 0 ? 0 : text.indexOf('\n', marker) };
}

function program(parse: Parse, text: string): SyntaxNode {
  const parsed = parse(text);
  if (!isNode(parsed)) throw new TypeError('the parser gave no syntax tree');
  return parsed;
}

/** Steps in loops, entries of functions. */
function instrumented(code: string, root: SyntaxNode, numbering: { next: number }): string {
  const insertions: { at: number; text: string }[] = [];
  walk(root, (node) => {
    const body = node.body as SyntaxNode;
    if (isLoop(node)) wrap(insertions, body, '{__step();', '}', '__step();');
    if (isFunction(node)) {
      const entered = `__enter(${numbering.next++})`;
      if (body.type === 'BlockStatement') insertions.push({ at: body.start + 1, text: `${entered};` });
      else wrap(insertions, body, `(${entered}, `, ')', '');
    }
    return undefined;
  });
  // What is inserted at one place keeps the order in which it was found: outer before inner.
  const sorted = insertions
    .map((insertion, order) => ({ ...insertion, order }))
    .sort((a, b) => b.at - a.at || b.order - a.order);
  return sorted.reduce((text, { at, text: inserted }) => text.slice(0, at) + inserted + text.slice(at), code);
}

function wrap(
  insertions: { at: number; text: string }[],
  body: SyntaxNode,
  before: string,
  after: string,
  inBlock: string,
): void {
  if (body.type === 'BlockStatement' && inBlock !== '') insertions.push({ at: body.start + 1, text: inBlock });
  else insertions.push({ at: body.start, text: before }, { at: body.end, text: after });
}

/** float16's 11 significant bits, ties to even; its range is not looked at. */
function half(x: number): number {
  const scaled = x * (2 ** 42 + 1);
  return scaled - (scaled - x);
}
/** bf16's 8 significant bits. */
function bf16(x: number): number {
  const scaled = x * (2 ** 45 + 1);
  return scaled - (scaled - x);
}

export type Exports = Readonly<Record<string, unknown>>;

/** Typed arrays of which no element beyond the end may be read or written, where JavaScript gives undefined and ignores what is written. */
export class OutOfRange extends Error {}

const isIndexName = /^-?\d+$/;

/** A view of a typed array that stops a run which leaves it. */
export function checked<Data extends Float32Array | Float64Array>(data: Data): Data {
  const check = (property: string | symbol) => {
    if (
      typeof property === 'string' &&
      isIndexName.test(property) &&
      !(Number(property) >= 0 && Number(property) < data.length)
    )
      throw new OutOfRange(`element ${property} of ${data.length}`);
  };
  return new Proxy(data, {
    get(target, property) {
      check(property);
      const value: unknown = Reflect.get(target, property, target);
      if (property === 'subarray') return (from?: number, to?: number) => checked(target.subarray(from, to));
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set(target, property, value) {
      check(property);
      return Reflect.set(target, property, value, target);
    },
  });
}

/** The constructors of the implementation's own buffers, checked. */
export const checkedArrays = {
  Float32Array: new Proxy(Float32Array, { construct: (type, args) => checked(Reflect.construct(type, args) as Float32Array) }),
  Float64Array: new Proxy(Float64Array, { construct: (type, args) => checked(Reflect.construct(type, args) as Float64Array) }),
};

/** Runs the modules, one of them with other text, and gives what each exports. What they import from elsewhere is given. */
export function link(
  modules: readonly ImplementationModule[],
  elsewhere: Readonly<Record<string, Exports>>,
  meter: Meter,
  changed?: { readonly name: string; readonly text: string },
  arrays: Readonly<Record<'Float32Array' | 'Float64Array', unknown>> = { Float32Array, Float64Array },
): ReadonlyMap<string, Exports> {
  const loaded = new Map<string, { exports: Exports }>();
  const step = () => {
    if (++meter.steps > meter.limit) throw new TooManySteps();
  };
  const enter = (which: number) => {
    meter.entered.add(which);
  };
  const load = (name: string): Exports => {
    if (name in elsewhere) return elsewhere[name];
    const known = loaded.get(name);
    if (known) return known.exports;
    const found = modules.find((candidate) => candidate.name === name);
    if (!found) throw new Error(`${name} is no module of the implementation`);
    const module = { exports: {} };
    loaded.set(name, module);
    const text = changed?.name === name ? changed.text : found.text;
    // The text is our own source, changed by our own rules.
    new Function('module', 'exports', 'require', '__step', '__enter', '__half', '__bf16', 'Float32Array', 'Float64Array', text)(
      module,
      module.exports,
      load,
      step,
      enter,
      half,
      bf16,
      arrays.Float32Array,
      arrays.Float64Array,
    );
    return module.exports;
  };
  return new Map(modules.map(({ name }) => [name, load(name)]));
}
