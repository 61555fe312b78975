/**
 * The rules by which an honest implementation is made wrong: what people slip on when they write loops over indices. Each looks at one
 * node and says what might stand there instead.
 */
import { child, children, isFunction, type SyntaxNode } from './tree.ts';

export interface Replacement {
  readonly rule: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Site {
  readonly node: SyntaxNode;
  /** Outermost first; the last is the parent. */
  readonly ancestors: readonly SyntaxNode[];
  readonly parent: SyntaxNode | undefined;
  /** Source of a node. */
  readonly text: (node: SyntaxNode) => string;
  /** Whether a name occurs in the module. */
  readonly knows: (name: string) => boolean;
  /** Whether a name stands between the brackets of an index somewhere. */
  readonly isIndex: (name: string) => boolean;
}

type Rule = (site: Site) => Replacement[];

const replaced = (rule: string, { start, end }: { start: number; end: number }, text: string): Replacement => ({
  rule,
  start,
  end,
  text,
});

const loopBounds: Rule = ({ node, text }) => {
  if (node.type !== 'ForStatement') return [];
  const made: Replacement[] = [];
  const init = node.init as SyntaxNode | null;
  if (init?.type === 'VariableDeclaration') {
    for (const declarator of children(init, 'declarations')) {
      const from = declarator.init as SyntaxNode | null;
      if (!from) continue;
      made.push(replaced('loop starts one later', from, `(${text(from)}) + 1`));
      made.push(replaced('loop starts one earlier', from, `(${text(from)}) - 1`));
    }
  }
  const test = node.test as SyntaxNode | null;
  if (test?.type === 'BinaryExpression') {
    const right = child(test, 'right');
    made.push(replaced('loop ends one early', right, `(${text(right)}) - 1`));
    made.push(replaced('loop ends one late', right, `(${text(right)}) + 1`));
  }
  return made;
};

const otherOperators: Readonly<Record<string, readonly string[]>> = {
  '+': ['-'],
  '-': ['+'],
  '*': ['/', '+'],
  '/': ['*'],
  '%': ['*', '/'],
  '<': ['<=', '>'],
  '<=': ['<', '>'],
  '>': ['>=', '<'],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+=': ['-=', '='],
  '-=': ['+=', '='],
  '*=': ['/=', '='],
  '/=': ['*=', '='],
  '&&': ['||'],
  '||': ['&&'],
};
const arithmetic = new Set(['+', '-', '*', '/', '%']);
const ordered = new Set(['-', '/', '%']);
const isString = ({ type, value }: SyntaxNode) =>
  type === 'TemplateLiteral' || (type === 'Literal' && typeof value === 'string');

const operators: Rule = ({ node, text, parent }) => {
  const binary = node.type === 'BinaryExpression' || node.type === 'LogicalExpression';
  if (!binary && node.type !== 'AssignmentExpression') return [];
  const [left, right, operator] = [child(node, 'left'), child(node, 'right'), String(node.operator)];
  if (isString(left) || isString(right)) return [];
  const [a, b] = [text(left), text(right)];
  const made = (otherOperators[operator] ?? []).map((other) =>
    replaced(`${operator} for ${other}`, node, binary ? `((${a}) ${other} (${b}))` : `${a} ${other} ${b}`),
  );
  // A bound that is a comparison is looked at by the loop's own rule; half of it makes no loop.
  const inLoop = parent?.type === 'ForStatement';
  if ((arithmetic.has(operator) && binary) || (node.type === 'LogicalExpression' && !inLoop)) {
    made.push(replaced('right operand dropped', node, `(${a})`), replaced('left operand dropped', node, `(${b})`));
  }
  // (a − b)² is (b − a)².
  const squared = parent?.type === 'BinaryExpression' && parent.operator === '**' && text(child(parent, 'right')) === '2';
  if (binary && ordered.has(operator) && !(squared && operator === '-'))
    made.push(replaced('operands exchanged', node, `((${b}) ${operator} (${a}))`));
  return made;
};

const accumulators: Rule = ({ node, text, parent, isIndex }) => {
  if (node.type !== 'AssignmentExpression' || node.operator !== '+=' || parent?.type !== 'ExpressionStatement') return [];
  const [target, term] = [text(child(node, 'left')), text(child(node, 'right'))];
  // Nobody keeps positions in a floating-point format.
  if (isIndex(target)) return [];
  return [
    replaced('accumulated in float16', node, `${target} = __half(${target} + (${term}))`),
    replaced('terms rounded to bf16', node, `${target} += __bf16(${term})`),
  ];
};

const statements: Rule = ({ node, parent, text }) => {
  if (node.type === 'ContinueStatement') return [replaced('continue dropped', node, ';')];
  if (node.type !== 'ExpressionStatement' || parent === undefined) return [];
  if (/^__|^module\.|^"use/.test(text(node))) return [];
  return [replaced('statement dropped', node, ';')];
};

const conditions: Rule = ({ node, text }) => {
  if (node.type === 'IfStatement') {
    const test = child(node, 'test');
    return [
      replaced('condition negated', test, `!(${text(test)})`),
      replaced('condition always holds', test, 'true'),
      replaced('condition never holds', test, 'false'),
    ];
  }
  if (node.type !== 'ConditionalExpression') return [];
  const [test, yes, no] = [text(child(node, 'test')), text(child(node, 'consequent')), text(child(node, 'alternate'))];
  return [
    replaced('branches exchanged', node, `((${test}) ? (${no}) : (${yes}))`),
    replaced('first branch always', node, `(${yes})`),
    replaced('second branch always', node, `(${no})`),
  ];
};

const signs: Rule = ({ node, text }) => {
  if (node.type !== 'UnaryExpression' || (node.operator !== '-' && node.operator !== '!')) return [];
  return [replaced(`${node.operator} dropped`, node, `(${text(child(node, 'argument'))})`)];
};

const increments: Rule = ({ node, text, parent }) => {
  if (node.type !== 'UpdateExpression') return [];
  const target = text(child(node, 'argument'));
  const inLoop = parent?.type === 'ForStatement' || parent?.type === 'SequenceExpression';
  return inLoop
    ? [replaced('every other one', node, `${target} += 2`)]
    : [replaced('increment dropped', node, target), replaced('decrement for increment', node, `${target}--`)];
};

/** 0 ↔ 1 and 2 ↔ 3: the axes of a pair, the sides of a padding. */
const exchangedIndex: Readonly<Record<string, string>> = { 0: '1', 1: '0', 2: '3', 3: '2' };

const indices: Rule = ({ node, text }) => {
  if (node.type !== 'MemberExpression' || node.computed !== true) return [];
  const index = child(node, 'property');
  const source = text(index);
  if (source in exchangedIndex) return [replaced('index exchanged', index, exchangedIndex[source])];
  if (isString(index)) return [];
  const made = [
    replaced('index one further', index, `(${source}) + 1`),
    replaced('index one before', index, `(${source}) - 1`),
  ];
  const names = [...new Set(source.match(/(?<![.\w])[a-z]\w*(?!\w*\s*\()/gi))];
  if (names.length >= 2) {
    const [a, b] = names;
    const swapped = source.replace(/(?<![.\w])[a-z]\w*/gi, (name) => (name === a ? b : name === b ? a : name));
    if (!sameNumber(source, swapped)) made.push(replaced('indices exchanged', index, swapped));
  }
  return made;
};

const plainArithmetic = /^[\w\s+\-*%()]+$/;

/** Whether two expressions of sums and products have the same value, whatever their names stand for: i·n and n·i. */
function sameNumber(first: string, second: string): boolean {
  // An element is a number like any other.
  const [a, b] = [first, second].map((source) => source.replace(/(\w+)\[(\w+)\]/g, '$1_of_$2'));
  if (!plainArithmetic.test(a) || !plainArithmetic.test(b)) return false;
  const known = [...new Set(`${a} ${b}`.match(/[a-z]\w*/gi))];
  const value = (source: string, numbers: readonly number[]): unknown => new Function(...known, `return ${source}`)(...numbers);
  return [11, 101].every((start) => {
    const numbers = known.map((_, i) => start + 7 * i * i + 3 * i);
    return value(a, numbers) === value(b, numbers);
  });
}

/** Names that stand for the same thing along the other axis, at the other end or on the other side. */
const counterparts: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['stride', 'dilation'],
    ['strideRow', 'strideColumn'],
    ['rowsOf', 'columnsOf'],
    ['height', 'width'],
    ['kernelHeight', 'kernelWidth'],
    ['outputHeight', 'outputWidth'],
    ['inputPlane', 'outputPlane'],
    ['inputChannels', 'outputChannels'],
    ['channelsPerGroup', 'outputsPerGroup'],
    ['first', 'last'],
    ['top', 'bottom'],
    ['left', 'right'],
    ['outer', 'inner'],
    ['rows', 'columns'],
    ['batch', 'channels'],
    ['inputs', 'outputs'],
    ['samples', 'features'],
    ['prediction', 'target'],
    ['weights', 'bias'],
    ['net', 'output'],
    ['width', 'from'],
    ['before', 'after'],
    ['value', 'derivative'],
    ['asRows', 'asColumns'],
    ['x', 'dy'],
    ['i', 'j'],
    ['p', 't'],
    ['a', 'b'],
    ['r', 'c'],
  ].flatMap(([a, b]) => [
    [a, b],
    [b, a],
  ]),
);

const names: Rule = ({ node, parent, knows }) => {
  if (node.type !== 'Identifier' || parent === undefined) return [];
  const other = counterparts[String(node.name)];
  const isName =
    parent.type === 'VariableDeclarator'
      ? parent.id === node
      : parent.type === 'Property'
        ? parent.key === node
        : isFunction(parent);
  if (isName || /Pattern$/.test(parent.type)) return [];
  const made: Replacement[] = [];
  // In `{ a }` the name is a key as well.
  const shorthand = parent.type === 'Property' && parent.shorthand === true;
  if (other !== undefined && knows(other))
    made.push(replaced('name exchanged', node, shorthand ? `${node.name}: ${other}` : other));
  if (node.name === 'Infinity') made.push(replaced('0 for infinity', node, '0'));
  return made;
};

const numbers: Rule = ({ node, parent }) => {
  if (node.type !== 'Literal' || typeof node.value !== 'number') return [];
  // The compiler writes a call of another module's function as (0, f)(…).
  // … and undefined as void 0.
  if (parent?.type === 'UnaryExpression' && parent.operator === 'void') return [];
  if (parent?.type === 'MemberExpression' || parent?.type === 'VariableDeclarator' || parent?.type === 'SequenceExpression')
    return [];
  return [
    replaced('one more', node, String(node.value + 1)),
    ...(node.value === 0 ? [] : [replaced('one less', node, String(node.value - 1))]),
  ];
};

/** Functions that are taken for one another. */
const otherFunctions: Readonly<Record<string, string>> = {
  'Math.max': 'Math.min',
  'Math.min': 'Math.max',
  'Math.floor': 'Math.ceil',
  'Math.ceil': 'Math.floor',
  'Math.exp': 'Math.expm1',
  'Math.expm1': 'Math.exp',
  'Math.log': 'Math.log1p',
  'Math.log1p': 'Math.log',
  'Math.tanh': 'Math.atan',
  'Math.sign': 'Math.trunc',
  'Math.sqrt': 'Math.cbrt',
};

const commutative = new Set(['Math.max', 'Math.min']);

const calls: Rule = ({ node, text }) => {
  if (node.type !== 'CallExpression') return [];
  const callee = child(node, 'callee');
  const args = children(node, 'arguments');
  const name = text(callee);
  const made: Replacement[] = [];
  if (name in otherFunctions) made.push(replaced('another function', callee, otherFunctions[name]));
  if (name.startsWith('Math.') && args.length === 1) made.push(replaced('function dropped', node, `(${text(args[0])})`));
  if (name.startsWith('__') || commutative.has(name)) return made;
  for (let i = 0; i + 1 < args.length; i++) {
    if (isFunction(args[i]) || isFunction(args[i + 1])) continue;
    made.push(
      replaced('arguments exchanged', { start: args[i].start, end: args[i + 1].end }, `${text(args[i + 1])}, ${text(args[i])}`),
    );
  }
  return made;
};

const patterns: Rule = ({ node, text, parent }) => {
  if (node.type !== 'ArrayPattern') return [];
  const elements = children(node, 'elements');
  const init = parent?.type === 'VariableDeclarator' ? (parent.init as SyntaxNode | null) : null;
  const values = init?.type === 'ArrayExpression' ? children(init, 'elements').map(text) : [];
  return elements.slice(1).flatMap((right, i) => {
    const left = elements[i];
    if (left.type === 'RestElement' || right.type === 'RestElement') return [];
    // Of two equal values it is no matter which goes where.
    if (values.length > i + 1 && values[i] === values[i + 1]) return [];
    const between = { start: left.start, end: right.end };
    return [replaced('sizes exchanged', between, `${text(right)}, ${text(left)}`)];
  });
};

const rules: readonly Rule[] = [
  loopBounds,
  operators,
  accumulators,
  statements,
  conditions,
  signs,
  increments,
  indices,
  names,
  numbers,
  calls,
  patterns,
];

/** What the rules make of one node. */
export function replacementsAt(site: Site): Replacement[] {
  return rules.flatMap((rule) => rule(site));
}

export type { Site };
