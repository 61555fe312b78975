/** Every mutant of an implementation, each under a name that says where it is and what was changed. */
import type { ImplementationModule } from './modules.ts';
import { replacementsAt } from './rules.ts';
import { isFunction, isNode, type SyntaxNode, walk } from './tree.ts';

export interface Mutant {
  /** `geometry.ts reach: loop ends one late: size → (size) + 1`; unique. */
  readonly name: string;
  readonly rule: string;
  readonly module: string;
  readonly text: string;
  /** Number of the function it is in; undefined at the top level of the module. */
  readonly inFunction: number | undefined;
}

export function mutantsOf(module: ImplementationModule): Mutant[] {
  const { text, program, begin } = module;
  const source = (node: { start: number; end: number }) => text.slice(node.start, node.end);
  const words = new Set(text.slice(begin).match(/\w+/g));
  const indices = new Set([...text.slice(begin).matchAll(/\[([^\]]*)\]/g)].flatMap(([, index]) => index.match(/\w+/g) ?? []));
  const mutants: Mutant[] = [];
  const names = new Map<string, number>();
  const texts = new Set<string>();
  walk(program, (node, ancestors) => {
    if (node.start < begin && node.type !== 'Program') return false;
    if (isInstrument(node, source) || isGuard(node)) return false;
    const parent = ancestors.at(-1);
    for (const { rule, start, end, text: replacement } of replacementsAt({
      node,
      ancestors,
      parent,
      text: source,
      knows: (name) => words.has(name),
      isIndex: (name) => indices.has(name),
    })) {
      const mutated = text.slice(0, start) + replacement + text.slice(end);
      if (texts.has(mutated) || mutated === text) continue;
      texts.add(mutated);
      const name = `${module.name.slice(2)} ${placeOf(ancestors, source)}: ${rule}: ${shown(contextOf(node, ancestors, source))}${
        source({ start, end }) === source(node) ? '' : ` [${shown(source({ start, end }))}]`
      } → ${shown(replacement)}`;
      const count = (names.get(name) ?? 0) + 1;
      names.set(name, count);
      mutants.push({
        name: count > 1 ? `${name} (${count})` : name,
        rule,
        module: module.name,
        text: mutated,
        inFunction: functionOf(ancestors, source),
      });
    }
    return undefined;
  });
  return mutants;
}

/** `__step()` and `__enter(3)` are not the implementation's. */
function isInstrument(node: SyntaxNode, source: (node: SyntaxNode) => string): boolean {
  return (node.type === 'CallExpression' || node.type === 'ExpressionStatement') && /^__(step|enter)\(/.test(source(node));
}

/** `if (…) throw …`: says what is wrong with arguments, computes nothing. */
function isGuard(node: SyntaxNode): boolean {
  if (node.type === 'ThrowStatement') return true;
  if (node.type !== 'IfStatement' || !isNode(node.consequent)) return false;
  const body = node.consequent.type === 'BlockStatement' ? (node.consequent.body as SyntaxNode[]) : [node.consequent];
  return body.length === 1 && body[0].type === 'ThrowStatement';
}

/** The text a person reads: without what counts steps, on one line. */
function shown(text: string): string {
  const clean = text
    .replace(/\{?__step\(\);\s*/g, '')
    .replace(/__enter\(\d+\)[,;]\s*/g, '')
    .replace(/\(0, import_\w+\.(\w+)\)/g, '$1')
    .replace(/import_\w+\./g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return clean.length > 70 ? `${clean.slice(0, 34)} … ${clean.slice(-34)}` : clean;
}

/** The smallest statement or argument around a node that is short enough to show. */
function contextOf(node: SyntaxNode, ancestors: readonly SyntaxNode[], source: (node: SyntaxNode) => string): string {
  if (node.type === 'ForStatement') return source(node).slice(0, (node.body as SyntaxNode).start - node.start);
  const around = [...ancestors]
    .reverse()
    .find((ancestor) => /Statement|Declarator$|^Property$/.test(ancestor.type) && ancestor.type !== 'BlockStatement');
  const text = around && around.type !== 'ForStatement' ? source(around) : '';
  return text.length > 0 && text.length <= 90 ? text : source(node);
}

/** The named things around a node: `conv2d run`. */
function placeOf(ancestors: readonly SyntaxNode[], source: (node: SyntaxNode) => string): string {
  const names = ancestors.flatMap((node, i) => {
    const holder = node.type === 'FunctionDeclaration' ? node.id : undefined;
    if (isNode(holder)) return [source(holder)];
    const next = ancestors[i + 1];
    if (next === undefined || !isFunction(next)) return [];
    if (node.type === 'Property' && isNode(node.key)) return [source(node.key).replace(/"/g, '')];
    return node.type === 'VariableDeclarator' && isNode(node.id) ? [source(node.id)] : [];
  });
  return names.join(' ') || 'top level';
}

/** The number that the innermost function around a node is known by. */
function functionOf(ancestors: readonly SyntaxNode[], source: (node: SyntaxNode) => string): number | undefined {
  const innermost = [...ancestors].reverse().find(isFunction);
  if (!innermost) return undefined;
  const number = source(innermost.body as SyntaxNode).match(/^[{(]?\s*__enter\((\d+)\)/);
  const inside = number ?? source(innermost).match(/__enter\((\d+)\)/);
  return inside ? Number(inside[1]) : undefined;
}
