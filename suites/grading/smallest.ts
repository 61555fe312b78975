/**
 * The smallest question that a function gets wrong, with small whole numbers, so that it can be worked by hand: it is drawn here, from shapes
 * that the assignment does not ask, and gives no hidden case away.
 */
import fc from 'fast-check';
import { type Tensor, zeros } from '../../reference/tensor.ts';
import { judge } from '../judging/judge.ts';
import type { AnyOperation, Case, NamedTensors, Sizes } from '../judging/operation.ts';
import { precisions } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { unravel } from '../judging/shapes.ts';
import { materialize } from '../running/cases.ts';
import type { Assignment, Task } from './assignment.ts';
import { isNeutral } from './assignment.ts';
import { type Ask, answerOf, isBreakdown } from './grade.ts';

export interface SmallestFailure {
  readonly question: Question;
  readonly answer: NamedTensors;
  /** One wrong element of one output. */
  readonly output: string;
  readonly index: readonly number[];
  readonly expected: number;
  readonly actual: number;
  /** How the expected number comes about: "dy[0][0]·x[0][1] = 2·3 = 6". */
  readonly worked?: string;
}

const drawnShapes = 200;
/** Numbers up to 3 first; what is right there may overflow where they are larger, or be wrong near 0 alone. */
const rounds = [
  { times: 1, askedAtMost: 40 },
  { times: 400, askedAtMost: 10 },
  { times: 0.25, askedAtMost: 10 },
] as const;
const elementsAtMost = 64;

/** Asks small questions, the smallest first, until one is answered wrongly. */
export async function findSmallestFailure(task: Task, ask: Ask, assignment: Assignment): Promise<SmallestFailure | undefined> {
  const { operation } = task;
  const drawn = fc
    .sample(operation.draw, { seed: 1, numRuns: drawnShapes })
    .filter(({ attributes }) =>
      Object.keys(operation.attributes).every((name) => task.arguments.includes(name) || isNeutral(attributes[name])),
    )
    .flatMap(({ sizes, attributes }) => [attributes, plainest(attributes)].map((own) => ({ sizes, attributes: own })));
  const distinct = new Map(drawn.map((one) => [JSON.stringify([one.sizes, one.attributes]), one]));
  for (const { times, askedAtMost } of rounds) {
    const cases = [...distinct.values()].flatMap((one) => smallCase(operation, one, assignment.seed, times) ?? []);
    const found = await firstFailure(operation, cases, ask, askedAtMost);
    if (found) return found;
  }
  return undefined;
}

async function firstFailure(
  operation: AnyOperation,
  cases: readonly Case[],
  ask: Ask,
  askedAtMost: number,
): Promise<SmallestFailure | undefined> {
  const bySize = cases
    .map((asked) => ({ asked, elements: elementsOf(asked), plainness: plainnessOf(asked) }))
    .filter(({ elements }) => elements > 0 && elements <= elementsAtMost)
    .sort((a, b) => a.elements + a.plainness - b.elements - b.plainness);
  let count = 0;
  for (const { asked } of bySize) {
    const question = questionOf(operation, asked);
    if (!question) continue;
    if (++count > askedAtMost) return undefined;
    const result = await ask(question);
    if (isBreakdown(result)) return undefined;
    const answer = answerOf(question, result);
    if (!answer) continue;
    const judgement = judge(question, answer, 'float64');
    const unequal = judgement.passed || judgement.check === 'names' || judgement.check === 'shape';
    const wrong = unequal ? undefined : clearest(question, answer);
    if (wrong) return { question, answer, ...wrong };
  }
  return undefined;
}

/** Attributes that change nothing, where there are such: not every mistake needs a stride to show. */
const neutral: Readonly<Record<string, number>> = { stride: 1, dilation: 1, groups: 1, padding: 0 };

function plainest(attributes: Case['attributes']): Case['attributes'] {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      if (!(name in neutral)) return [name, value];
      return [name, Array.isArray(value) ? value.map(() => neutral[name]) : neutral[name]];
    }),
  );
}

/** 0 for strides and windows of 1 and no padding, more for everything else that has to be thought of. */
function plainnessOf({ attributes }: Case): number {
  const numbers = Object.values(attributes)
    .flat(2)
    .filter((value) => typeof value === 'number');
  return numbers.reduce((sum, value) => sum + 2 * Math.abs(value - (value > 0 ? 1 : 0)), 0);
}

function elementsOf({ inputs }: Case): number {
  return Object.values(inputs).reduce((sum, { data }) => sum + data.length, 0);
}

/** Nothing where the sizes are none that the operation takes. */
function smallCase(
  operation: AnyOperation,
  { sizes, attributes }: { readonly sizes: Sizes; readonly attributes: Case['attributes'] },
  seed: number,
  times: number,
): Case | undefined {
  if (Object.values(sizes).includes(0)) return undefined;
  const recipe = { name: 'smallest', sizes, attributes };
  const tier = operation.tiers.includes('exact') ? 'exact' : 'random';
  const specifications = operation.inputs(attributes);
  try {
    const drawn = materialize(operation, recipe, tier, seed, 'float32');
    const inputs = Object.fromEntries(
      Object.entries(drawn.inputs).map(([name, x]) => {
        const { kind } = specifications[name].values;
        const isFree = kind === 'uniform' || kind === 'regimes' || (kind === 'computed' && isWideIntegers(x));
        return [name, isFree ? simpler(x, tier, times) : x];
      }),
    );
    return { ...drawn, inputs };
  } catch {
    return undefined;
  }
}

/** Nothing where the operation does not take the numbers. */
function questionOf(operation: AnyOperation, asked: Case): Question | undefined {
  try {
    return prepareQuestion(operation, asked, precisions.float32);
  } catch {
    return undefined;
  }
}

/** Whole numbers with several digits: they were drawn for sums that are exact, not for what they mean. */
function isWideIntegers({ data }: Tensor): boolean {
  return data.every(Number.isInteger) && data.some((value) => Math.abs(value) > 9);
}

/** Whole numbers other than 0 up to 3, or halves where the operation takes no whole numbers; all of one sign where they were. */
function simpler(x: Tensor, tier: 'exact' | 'random', times: number): Tensor {
  const positive = x.data.every((value) => value > 0);
  const step = times * (tier === 'exact' || !positive ? 1 : 0.25);
  const data = x.data.map(
    (value, i) => (positive ? 1 : value < 0 ? -1 : 1) * step * (1 + ((i * 7 + Math.abs(Math.round(value * 5))) % 3)),
  );
  return { ...x, data };
}

interface WrongElement {
  readonly output: string;
  readonly at: number;
  readonly index: readonly number[];
  readonly expected: number;
  readonly actual: number;
}

/** The wrong element that is easiest to work by hand, else the one that is furthest off. */
function clearest(question: Question, answer: NamedTensors): (WrongElement & { readonly worked?: string }) | undefined {
  const { expected, limits } = question;
  const wrong = Object.entries(expected).flatMap(([output, { data, shape }]) =>
    Array.from(
      data,
      (want, at): WrongElement => ({ output, at, index: unravel(at, shape), expected: want, actual: answer[output].data[at] }),
    ).filter((one) => !(Math.abs(one.actual - one.expected) <= limits[output].limit[one.at])),
  );
  const worked = wrong
    .map((one) => ({ ...one, worked: work(question, one.output, one.at) }))
    .filter((one) => one.worked !== undefined)
    .sort((a, b) => a.worked!.length - b.worked!.length);
  const furthest = (one: WrongElement) => (Number.isFinite(one.actual) ? Math.abs(one.actual - one.expected) : Infinity);
  return worked[0] ?? wrong.sort((a, b) => furthest(b) - furthest(a))[0];
}

/** The element written out as the sum it is, where it is one: linear in one input, or in two of them together. */
function work({ operation, case: { inputs, attributes }, expected }: Question, output: string, at: number): string | undefined {
  if (operation.bound.errorClass !== 'sum of products') return undefined;
  const names = Object.keys(inputs);
  const zero = Object.fromEntries(names.map((name) => [name, zeros(inputs[name].shape)]));
  const element = (changed: NamedTensors) => operation.reference({ ...zero, ...changed }, attributes)[output].data[at];
  const unit = (name: string, i: number) => {
    const x = zeros(inputs[name].shape);
    x.data[i] = 1;
    return x;
  };
  const terms: { readonly says: string; readonly numbers: string; readonly value: number }[] = [];
  const named = (name: string, i: number) =>
    `${name}${unravel(i, inputs[name].shape)
      .map((one) => `[${one}]`)
      .join('')}`;
  for (const name of names) {
    for (let i = 0; i < inputs[name].data.length; i++) {
      const factor = element({ [name]: unit(name, i) });
      if (factor === 0) continue;
      const value = inputs[name].data[i];
      const times = factor === 1 ? '' : `${short(factor)}·`;
      terms.push({ says: `${times}${named(name, i)}`, numbers: `${times}${inBrackets(value)}`, value: factor * value });
    }
  }
  const [first, second] = names;
  if (second !== undefined) {
    const a = inputs[first];
    for (let i = 0; i < a.data.length; i++) {
      if (element({ [first]: unit(first, i), [second]: inputs[second] }) === 0) continue;
      for (let j = 0; j < inputs[second].data.length; j++) {
        if (element({ [first]: unit(first, i), [second]: unit(second, j) }) !== 1) continue;
        const [p, q] = [a.data[i], inputs[second].data[j]];
        terms.push({
          says: `${named(first, i)}·${named(second, j)}`,
          numbers: `${inBrackets(p)}·${inBrackets(q)}`,
          value: p * q,
        });
      }
    }
  }
  const total = terms.reduce((sum, { value }) => sum + value, 0);
  // Not linear after all, or too long to follow.
  if (terms.length === 0 || terms.length > 12 || Math.abs(total - expected[output].data[at]) > 1e-9) return undefined;
  return `${terms.map(({ says }) => says).join(' + ')} = ${terms.map(({ numbers }) => numbers).join(' + ')} = ${short(total)}`;
}

function inBrackets(value: number): string {
  return value < 0 ? `(${short(value)})` : short(value);
}

export function short(value: number): string {
  if (Object.is(value, -0)) return '−0';
  if (Math.abs(value) === Infinity) return value > 0 ? '∞' : '−∞';
  return Number.isInteger(value) ? String(value).replace('-', '−') : String(Number(value.toPrecision(6))).replace('-', '−');
}
