/**
 * Special values, asked of every operation whose inputs are free real numbers: one of them in the middle of one such input, each in its
 * turn, and the rest as its line draws them. What is right is what IEEE 754 makes of the operation's own formula; where that leaves it open, or
 * libraries are known to choose, the entry says so in `undefinedSpecialValues`, and it is counted but not asked.
 */
import { sizeOf } from '../../../reference/tensor.ts';
import { float64Array } from '../../judging/memory.ts';
import type { AnyCaseRecipe, AnyOperation, Values } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { specialValues } from './specialValueNames.ts';
import { inInput, noSamples } from './undefinedSpecialValues.ts';

const { smallestNormal } = precisions.float32;

/** Axes whose sizes are special, beside the special values. */
const specialAxes = ['empty-batch', 'size-1'];

/** The recipes for one operation: special values where an input takes free real numbers, and a batch without a sample. */
export function specialRecipes(operation: AnyOperation): AnyCaseRecipe[] {
  const [base] = operation.cases;
  return [...valueRecipes(operation, base), ...emptyRecipes(operation, base)];
}

function valueRecipes(operation: AnyOperation, base: AnyCaseRecipe): AnyCaseRecipe[] {
  return questionsOf(operation).flatMap(({ name, input, values, special }) => {
    if (values.kind !== 'uniform' || isUndefined(operation, name) || givenIn(operation, input, special)) return [];
    const drawn = { ...base.values, [input]: withOne(values, special) };
    return [{ ...base, name: `special-${name}`, tiers: ['random'] as const, values: drawn }];
  });
}

/** A special value in one of an operation's inputs. */
interface SpecialQuestion {
  /** `nan` in the first of the inputs, `nan-in-weights` in another. */
  readonly name: string;
  readonly input: string;
  /** What the input draws otherwise. */
  readonly values: Values;
  readonly special: number;
}

/** Every special value in every input that takes free real numbers. */
function questionsOf(operation: AnyOperation): SpecialQuestion[] {
  const [{ attributes, without }] = operation.cases;
  const free = Object.entries(operation.inputs(attributes)).filter(
    ([input, { values }]) =>
      !without?.includes(input) &&
      (values.kind === 'regimes' || (values.kind === 'uniform' && values.low < 1 && values.high - values.low > 0.5)),
  );
  return free.flatMap(([input, { values }], at) =>
    Object.entries(specialValues).map(([value, special]) => ({
      name: at === 0 ? value : inInput(value, input),
      ...{ input, values, special },
    })),
  );
}

function isUndefined({ undefinedSpecialValues }: AnyOperation, name: string): boolean {
  return undefinedSpecialValues?.[name] !== undefined;
}

/** The recipe of the operation's own line that holds the value: several of them in one case, for functions of one number. */
function givenIn({ cases }: AnyOperation, input: string, special: number): string | undefined {
  const isSubnormal = special !== 0 && Math.abs(special) < smallestNormal;
  const holds = (value: number) =>
    Object.is(value, special) || (isSubnormal && value !== 0 && Math.abs(value) < smallestNormal);
  return cases.find(({ name, given }) => (name === 'special-values' || name === 'subnormal') && given?.[input]?.some(holds))
    ?.name;
}

/** An operation whose samples do not know of each other has an answer for none of them. */
function emptyRecipes({ constraints }: AnyOperation, base: AnyCaseRecipe): AnyCaseRecipe[] {
  const { sizes, attributes } = base;
  const empty = { ...sizes, batch: 0 };
  const refused = sizes.batch === undefined || constraints.some(({ holds }) => !holds(empty, attributes));
  return refused || base.given ? [] : [{ ...base, name: 'special-empty-batch', sizes: empty, tiers: ['random'] }];
}

/** Every special value and axis of an operation: the recipe that asks it, or why no answer is the right one. */
export interface SpecialValueTable {
  readonly asked: Readonly<Record<string, string>>;
  readonly undefined: Readonly<Record<string, string>>;
}

/** @throws Error naming what is neither asked nor written down. */
export function specialValueTable(operation: AnyOperation): SpecialValueTable {
  const asked: Record<string, string> = {};
  const open: Record<string, string> = {};
  const questions = questionsOf(operation);
  // What takes no free number at all still has to say so of each value.
  const names = questions.length > 0 ? questions.map(({ name }) => name) : Object.keys(specialValues);
  for (const name of [...names, ...specialAxes]) {
    const question = questions.find((one) => one.name === name);
    const recipe = operation.cases.find((one) => one.name === `special-${name}`)?.name ?? recipeWith(operation, name, question);
    const reason = operation.undefinedSpecialValues?.[name] ?? (name === 'empty-batch' ? noSamples : undefined);
    if (recipe !== undefined) asked[name] = recipe;
    else if (reason !== undefined) open[name] = reason;
    else throw new Error(`${operation.name}: the special value ${name} is neither asked nor undefined`);
  }
  return { asked, undefined: open };
}

function recipeWith(operation: AnyOperation, name: string, question?: SpecialQuestion): string | undefined {
  if (name === 'size-1') return operation.cases.find(({ sizes }) => Object.values(sizes).includes(1))?.name;
  return question && givenIn(operation, question.input, question.special);
}

/** Uniform values, and the special one in the middle. */
function withOne({ low, high }: Extract<Values, { kind: 'uniform' }>, special: number): Values {
  return {
    kind: 'computed',
    draw: (random, shape) => {
      const data = float64Array(sizeOf(shape));
      random.fill(data, low, high);
      data[data.length >> 1] = special;
      return data;
    },
  };
}
