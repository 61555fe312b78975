/** A syntax tree in the ESTree form, as far as the rules look at it. */

export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';
}

/** The node under a key. @throws TypeError when there is none. */
export function child(node: SyntaxNode, key: string): SyntaxNode {
  const value = node[key];
  if (!isNode(value)) throw new TypeError(`${node.type} has no ${key}`);
  return value;
}

/** The nodes of a list; holes of a pattern are left out. */
export function children(node: SyntaxNode, key: string): SyntaxNode[] {
  const value = node[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Visits a node and all below it, parents first; `visit` returns false to leave out what is below. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, ancestors: readonly SyntaxNode[]) => boolean | undefined,
  ancestors: readonly SyntaxNode[] = [],
): void {
  if (visit(node, ancestors) === false) return;
  const below = [...ancestors, node];
  for (const value of Object.values(node)) {
    for (const each of Array.isArray(value) ? value : [value]) if (isNode(each)) walk(each, visit, below);
  }
}

export const isFunction = ({ type }: SyntaxNode): boolean =>
  type === 'ArrowFunctionExpression' || type === 'FunctionExpression' || type === 'FunctionDeclaration';
export const isLoop = ({ type }: SyntaxNode): boolean =>
  type === 'ForStatement' || type === 'ForOfStatement' || type === 'WhileStatement' || type === 'DoWhileStatement';
