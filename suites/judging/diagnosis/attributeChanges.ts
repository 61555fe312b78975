/** The right result of other attributes: two of them swapped, one forgotten, the groups of a convolution ignored. */
import type { Attributes } from '../../../backends/signatures.ts';
import { type Tensor, zeros } from '../../../reference/tensor.ts';
import type { NamedTensors } from '../operation.ts';
import type { Question } from '../question.ts';
import type { Hypothesis } from './hypothesis.ts';
import { withInputsChanged } from './operandChanges.ts';
import { along } from './rearranged.ts';
import { digits, word } from './words.ts';

type Record_ = Readonly<Record<string, unknown>>;

/** The attributes by name, those inside others by "convolution.stride". */
function flat(attributes: Record_, prefix = ''): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [inner, own] of flat(value as Record_, `${prefix}${name}.`)) found.set(inner, own);
    } else found.set(prefix + name, value);
  }
  return found;
}

function changedAt(attributes: Record_, name: string, value: unknown): Record_ {
  const [first, ...rest] = name.split('.');
  if (rest.length === 0) return { ...attributes, [first]: value };
  return { ...attributes, [first]: changedAt(attributes[first] as Record_, rest.join('.'), value) };
}

const spoken = (name: string) => word(name.split('.').at(-1) ?? name);

/** A change of the attributes, by their names; undefined where it does not apply. */
type Changes = (attributes: Map<string, unknown>) => Readonly<Record<string, unknown>> | undefined;

/** Sizes that a gradient states, and what decides which inputs there are. */
const fixed = /size$|activation|depth|order$|from$|tolerance/i;
/** Counts stay counts: a stride of 0 never ends. */
const counted = /stride|dilation|window|groups|passes|folds|patience|step$/i;
const mostCounted = 4096;

/** Every other reading of the attributes that a question has. */
export function attributeHypotheses(question: Question): Hypothesis[] {
  const own = flat(question.case.attributes as Record_);
  const names = [...own.keys()].filter((name) => !fixed.test(name));
  const numbers = names.filter((name) => typeof own.get(name) === 'number');
  const lists = names.filter((name) => isNumbers(own.get(name)));
  return [
    ...lists.flatMap((name) => ofList(name, own.get(name) as readonly number[])),
    ...pairsOf(numbers).map(([a, b]) => swapped(a, b)),
    ...pairsOf(lists)
      .filter(([a, b]) => (own.get(a) as readonly number[]).length === (own.get(b) as readonly number[]).length)
      .map(([a, b]) => swapped(a, b)),
    ...numbers.filter((name) => spoken(name) !== 'groups').flatMap(ofNumber),
    ...groupHypotheses(question),
  ];
}

function pairsOf(names: readonly string[]): [string, string][] {
  return names.flatMap((a, i) => names.slice(i + 1).map((b): [string, string] => [a, b]));
}

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length >= 2 && value.every((one) => typeof one === 'number');

function withAttributes(text: string, changes: Changes, cost = 6): Hypothesis {
  return {
    ...{ key: text, kind: 'cause', cost, says: () => `equals the result ${text}` },
    predict: ({ question }) => {
      const { operation, case: asked } = question;
      const changed = changes(flat(asked.attributes as Record_));
      if (changed === undefined || !Object.entries(changed).every(([name, value]) => isPossible(name, value))) return undefined;
      const attributes = Object.entries(changed).reduce<Record_>(
        (all, [name, value]) => changedAt(all, name, value),
        asked.attributes as Record_,
      );
      return cutTo(question, operation.reference(asked.inputs, attributes as Attributes));
    },
  };
}

function isPossible(name: string, value: unknown): boolean {
  const numbers = (Array.isArray(value) ? value : [value]).filter((one): one is number => typeof one === 'number');
  if (/padding/i.test(name)) return numbers.every((one) => Number.isInteger(one) && one >= 0);
  if (counted.test(name)) return numbers.every((one) => Number.isInteger(one) && one >= 1 && one <= mostCounted);
  return numbers.every(Number.isFinite);
}

/** Outputs cut, or filled with 0, to the shapes that are due: a kernel that takes another stride still writes the output it was given. */
function cutTo({ expected }: Question, outputs: NamedTensors): NamedTensors {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, x]) => {
      const right = expected[name];
      if (right === undefined || right.shape.join() === x.shape.join() || right.shape.length !== x.shape.length)
        return [name, x];
      const cut = zeros(right.shape);
      const index = right.shape.map(() => 0);
      for (let i = 0; i < cut.data.length; i++) {
        const inside = index.every((at, axis) => at < x.shape[axis]);
        if (inside) cut.data[i] = x.data[index.reduce((offset, at, axis) => offset * x.shape[axis] + at, 0)];
        for (let axis = index.length - 1; axis >= 0 && ++index[axis] === right.shape[axis]; axis--) index[axis] = 0;
      }
      return [name, cut];
    }),
  );
}

function swapped(a: string, b: string): Hypothesis {
  return withAttributes(`with ${spoken(a)} and ${spoken(b)} swapped`, (own) =>
    own.has(a) && own.has(b) ? { [a]: own.get(b), [b]: own.get(a) } : undefined,
  );
}

/** Entries exchanged (vertical and horizontal, top and bottom), the first for all of them, and what stands for "none". */
function ofList(name: string, values: readonly number[]): Hypothesis[] {
  const said = spoken(name);
  const change = (text: string, of: (list: readonly number[]) => readonly number[], cost?: number) =>
    withAttributes(
      text,
      (own) => {
        const list = own.get(name);
        return isNumbers(list) && list.length === values.length ? { [name]: of(list) } : undefined;
      },
      cost,
    );
  const neutral = /padding/i.test(name) ? 0 : 1;
  const common = [
    change(`with ${said} ${neutral}`, (list) => list.map(() => neutral), 5),
    change(`with the first ${said} for all`, (list) => list.map(() => list[0])),
    change(`with the last ${said} for all`, (list) => list.map(() => list[list.length - 1])),
    change(`with ${said} larger by one`, (list) => list.map((value) => value + 1)),
    change(`with ${said} smaller by one`, (list) => list.map((value) => value - 1)),
    change(`with twice the ${said}`, (list) => list.map((value) => 2 * value)),
  ];
  if (values.length === 2) return [change(`with vertical and horizontal ${said} swapped`, ([v, h]) => [h, v], 5), ...common];
  if (values.length !== 4) return common;
  return [
    change(`with vertical and horizontal ${said} swapped`, ([t, l, b, r]) => [l, t, r, b], 5),
    change(`with ${said} read as top, bottom, left, right`, ([t, l, b, r]) => [t, b, l, r]),
    change(`with ${said} at the other ends`, ([t, l, b, r]) => [b, r, t, l], 5),
    change(`with ${said} at top and bottom swapped`, ([t, l, b, r]) => [b, l, t, r]),
    change(`with ${said} at left and right swapped`, ([t, l, b, r]) => [t, r, b, l]),
    change(`with ${said} at the top and left alone`, ([t, l]) => [t, l, 0, 0]),
    change(`with ${said} at the bottom and right alone`, ([, , b, r]) => [0, 0, b, r]),
    ...common,
  ];
}

function ofNumber(name: string): Hypothesis[] {
  const said = spoken(name);
  const change = (text: string, of: (value: number) => number, cost?: number) =>
    withAttributes(
      text,
      (own) => {
        const value = own.get(name);
        return typeof value === 'number' ? { [name]: of(value) } : undefined;
      },
      cost,
    );
  return [
    change(`with ${said} 0`, () => 0),
    change(`with ${said} 1`, () => 1),
    change(`with ${said} negated`, (value) => -value),
    change(`with ${said} squared`, (value) => value * value),
    change(`with the root of ${said}`, Math.sqrt),
    change(`with 1 − ${said} for ${said}`, (value) => 1 - value),
    change(`with the reciprocal of ${said}`, (value) => 1 / value),
    change(`with twice the ${said}`, (value) => 2 * value),
    change(`with half the ${said}`, (value) => value / 2),
    change(`with ${said} larger by one`, (value) => value + 1, 7),
    change(`with ${said} smaller by one`, (value) => value - 1, 7),
    ...[0.9, 0.1, 0.01, 1e-8].map((usual) => change(`with ${said} ${digits(usual)} whatever it is`, () => usual, 9)),
  ];
}

/** Each group takes the input channels of the first one, or all of them in turn. */
function groupHypotheses({ operation, case: { attributes } }: Question): Hypothesis[] {
  if (!('groups' in attributes)) return [];
  const channelAxis = (name: string, dimension: string) =>
    operation.inputs(attributes)[name]?.dimensions.indexOf(dimension) ?? -1;
  const channels: readonly (readonly [name: string, dimension: string, text: string])[] = [
    ['x', 'inputChannels', 'input channels'],
    ['weights', 'outputChannels', 'weights'],
    ['dy', 'outputChannels', 'output gradient'],
  ];
  return channels.flatMap(([name, dimension, text]) => {
    const axis = channelAxis(name, dimension);
    if (axis < 0) return [];
    return [
      withInputsChanged(
        `with the groups ignored: every group has the ${text} of the first`,
        ({ [name]: x }, { case: asked }) => {
          const { groups } = asked.attributes as { groups: number };
          return x && { [name]: ofFirstGroup(x, axis, groups) };
        },
        5,
      ),
    ];
  });
}

function ofFirstGroup(x: Tensor, axis: number, groups: number): Tensor {
  return along(x, axis, (at, size) => at % (size / groups));
}
