/** Lists mishaps on the way into any operation: an operand missing, cut, mirrored, read in another layout, by another pitch or index. */
import { map, type Tensor, zeros } from '../../../reference/tensor.ts';
import type { NamedTensors } from '../operation.ts';
import type { Question } from '../question.ts';
import { mirrored, onlyLast, onlyWhere, readAs, scaled, withoutLast } from '../tensorChanges.ts';
import type { Hypothesis } from './hypothesis.ts';
import { along, axisSubsets, orders, paddedTo, pitches, shifted, takenFlat, withPitch } from './rearranged.ts';
import { amount, position, positions, word } from './words.ts';

const samplesUpTo = 8;

/** Changes of the inputs; undefined where they do not apply to a question. */
type Changes = (inputs: NamedTensors, question: Question) => NamedTensors | undefined;

/** A hypothesis that the operation was done rightly on other inputs. Completes "equals the result …". */
export function withInputsChanged(text: string, changes: Changes, cost = 7, key = text): Hypothesis {
  return {
    ...{ key, kind: 'cause', cost, says: () => `equals the result ${text}` },
    predict: ({ question }) => {
      const { operation, case: asked } = question;
      const changed = changes(asked.inputs, question);
      return changed && operation.reference({ ...asked.inputs, ...changed }, asked.attributes);
    },
  };
}

/** Numbers of positions that a loop may leave over: few, what a block of a size leaves, what is beyond a power of two. */
function tailsOf(size: number): number[] {
  const tails = new Set<number>();
  for (let tail = 2; tail <= Math.min(8, size - 1); tail++) tails.add(tail);
  for (let block = 4; block <= 1024; block *= 2) if (size > block && size % block !== 0) tails.add(size % block);
  for (let limit = 4; limit < size; limit *= 2) tails.add(size - limit);
  tails.delete(1);
  return [...tails].filter((tail) => tail < size).toSorted((a, b) => a - b);
}

/** Every change of the operands that the question's inputs allow. */
export function operandHypotheses(question: Question): Hypothesis[] {
  const { operation, case: asked } = question;
  const { inputs, attributes } = asked;
  const names = Object.keys(inputs);
  const specifications = operation.inputs(attributes);
  const shared = (dimension: string) => names.filter((name) => specifications[name].dimensions.includes(dimension));
  const one = (text: string, name: string, change: (x: Tensor) => Tensor | undefined, cost?: number) =>
    withInputsChanged(
      text,
      (given) => {
        const x = given[name];
        const changed = x && change(x);
        return changed && { [name]: changed };
      },
      cost,
    );
  const every = (text: string, change: (x: Tensor) => Tensor, cost?: number) =>
    withInputsChanged(text, (given) => Object.fromEntries(Object.entries(given).map(([name, x]) => [name, change(x)])), cost);
  const zerosBut = (given: NamedTensors, kept: string) =>
    Object.fromEntries(Object.keys(given).map((name) => [name, name === kept ? given[name] : zeros(given[name].shape)]));
  return [
    ...(names.length > 2
      ? names.map((name) =>
          withInputsChanged(`of ${name} alone`, (given) => (given[name] ? zerosBut(given, name) : undefined), 5),
        )
      : []),
    ...names.flatMap((name) => {
      const x = inputs[name];
      const rank = x.shape.length;
      const dimensions = x.shape.map((_, axis) => specifications[name].dimensions[axis] ?? `axis${axis}`);
      const words = dimensions.map(word);
      // A sample that x misses is a sample that the sum misses, whichever operand has lost it.
      const of = (axis: number) => (shared(dimensions[axis]).length > 1 ? '' : ` of ${name}`);
      const isSummed = (axis: number) => x.shape[axis] > 1;
      return [
        one(`without ${name}`, name, (now) => zeros(now.shape), 6),
        one(`with ones for ${name}`, name, (now) => map(now, () => 1), 6),
        one(`with ${name} negated`, name, (now) => scaled(now, -1), 6),
        one(`with ${name} twice`, name, (now) => scaled(now, 2), 6),
        one(`with half of ${name}`, name, (now) => scaled(now, 0.5)),
        one(`with the absolute values of ${name}`, name, (now) => map(now, Math.abs)),
        one(`with 0 for the negative numbers of ${name}`, name, (now) => map(now, (value) => Math.max(value, 0))),
        one(`with ${name} cut to whole numbers`, name, (now) => map(now, Math.trunc)),
        one(`with ${name} limited to ±65,504`, name, (now) => map(now, (value) => Math.max(-65504, Math.min(65504, value)))),
        ...[256, 65536].map((wrap) =>
          one(
            `with ${name} read by an index of ${Math.log2(wrap)} bits, which wraps around after ${amount(wrap)} elements`,
            name,
            (now) => (now.data.length > wrap ? takenFlat(now, (at) => at % wrap) : now),
          ),
        ),
        ...(rank === 0
          ? []
          : pitches.map((multiple) =>
              one(`with ${name} read as if its rows were padded to a multiple of ${multiple} numbers`, name, (now) =>
                withPitch(now, paddedTo(now.shape[now.shape.length - 1], multiple)),
              ),
            )),
        ...x.shape.flatMap((size, axis) => {
          const what = position(dimensions[axis]);
          const several = positions(dimensions[axis]);
          return [
            one(`without the last ${what}${of(axis)}`, name, (now) => withoutLast(now, axis), 5),
            one(`of the last ${what}${of(axis)} alone`, name, (now) => onlyLast(now, axis)),
            one(`of the first ${what}${of(axis)} alone`, name, (now) => onlyWhere(now, axis, (at) => at === 0)),
            ...(axis === 0 || rank === 1
              ? Array.from({ length: Math.min(size - 1, samplesUpTo) }, (_, missing) =>
                  one(`without ${what} ${missing}${of(axis)}`, name, (now) => onlyWhere(now, axis, (at) => at !== missing), 9),
                )
              : []),
            ...(isSummed(axis)
              ? [
                  ...tailsOf(size).map((tail) =>
                    one(
                      `without the last ${tail} ${several}${of(axis)}`,
                      name,
                      (now) => onlyWhere(now, axis, (at, all) => at < all - tail),
                      9,
                    ),
                  ),
                  ...tailsOf(size).map((tail) =>
                    one(
                      `of the first ${size - tail} ${several}${of(axis)} alone`,
                      name,
                      (now) => onlyWhere(now, axis, (at) => at < size - tail),
                      9,
                    ),
                  ),
                  ...[4, 8, 16, 32].map((block) =>
                    one(
                      `of whole blocks of ${block} ${several}${of(axis)} alone, without what is left over`,
                      name,
                      (now) => onlyWhere(now, axis, (at, all) => at < all - (all % block)),
                      8,
                    ),
                  ),
                ]
              : []),
            one(`with ${name} shifted by one along ${words[axis]}`, name, (now) => shifted(now, axis, 1)),
            one(`with ${name} shifted back by one along ${words[axis]}`, name, (now) => shifted(now, axis, -1)),
            one(`with the first ${what} of ${name} for all ${several}`, name, (now) => along(now, axis, () => 0)),
            one(`with the ${several} of ${name} moved round by one`, name, (now) =>
              along(now, axis, (at, all) => (at + 1) % all),
            ),
            one(`with every second ${what} of ${name} left out`, name, (now) => onlyWhere(now, axis, (at) => at % 2 === 0)),
          ];
        }),
        ...axisSubsets(rank).map((axes) =>
          one(`with ${name} flipped along ${axes.map((axis) => words[axis]).join(' and ')}`, name, (now) =>
            mirrored(now, axes),
          ),
        ),
        ...orders(rank).map((order) =>
          one(`with ${name} read in the order ${order.map((axis) => words[axis]).join(', ')}`, name, (now) =>
            now.shape.length === rank ? readAs(now, order) : undefined,
          ),
        ),
        ...names
          .filter((other) => other > name && inputs[other].shape.join() === x.shape.join())
          .map((other) =>
            withInputsChanged(`with ${name} and ${other} swapped`, (given) =>
              given[name] && given[other] ? { [name]: given[other], [other]: given[name] } : undefined,
            ),
          ),
        ...names
          .filter((other) => other !== name && inputs[other].shape.join() === x.shape.join())
          .map((other) =>
            withInputsChanged(`with ${other} in place of ${name}`, (given) =>
              given[name] && given[other] ? { [name]: given[other] } : undefined,
            ),
          ),
      ];
    }),
    every('with zeros for the inputs that are NaN', (x) => map(x, (value) => (Number.isNaN(value) ? 0 : value)), 5),
    every(
      'with zeros for the inputs that are NaN or infinite',
      (x) => map(x, (value) => (Number.isFinite(value) ? value : 0)),
      5,
    ),
    every('with 0 for subnormal inputs', (x) => map(x, (value) => (Math.abs(value) < 2 ** -126 ? 0 : value)), 5),
  ];
}
