/**
 * The smallest question that a function gets wrong, with small whole numbers, so that it can be worked by hand: it is drawn here, from shapes
 * that the assignment does not ask, and gives no hidden case away.
 */
import fc from 'fast-check';
import { type Tensor, zeros } from '../../reference/tensor.ts';
import { judge } from '../judging/judge.ts';
import type { AnyOperation, NamedTensors, Sizes } from '../judging/operation.ts';
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
const askedAtMost = 40;
const elementsAtMost = 64;

/** Asks small questions, the smallest first, until one is answered wrongly. */
export async function findSmallestFailure(task: Task, ask: Ask, assignment: Assignment): Promise<SmallestFailure | undefined> {
  const { operation } = task;
  const usable = fc
    .sample(operation.draw, { seed: 1, numRuns: drawnShapes })
    .filter(({ attributes }) =>
      Object.keys(operation.attributes).every((name) => task.arguments.includes(name) || isNeutral(attributes[name])),
    )
    .flatMap(({ sizes, attributes }) => smallQuestion(operation, sizes, attributes, assignment.seed) ?? []);
  const bySize = usable
    .map((question) => ({ question, elements: elementsOf(question), plainness: plainnessOf(question) }))
    .filter(({ elements }) => elements > 0 && elements <= elementsAtMost)
    .sort((a, b) => a.elements + a.plainness - b.elements - b.plainness);
  const seen = new Set<string>();
  for (const { question } of bySize) {
    const key = JSON.stringify([question.case.sizes, question.case.attributes]);
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > askedAtMost) return undefined;
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

/** 0 for strides and windows of 1 and no padding, more for everything else that has to be thought of. */
function plainnessOf({ case: { attributes } }: Question): number {
  const numbers = Object.values(attributes)
    .flat(2)
    .filter((value) => typeof value === 'number');
  return numbers.reduce((sum, value) => sum + 2 * Math.abs(value - (value > 0 ? 1 : 0)), 0);
}

function elementsOf({ case: { inputs } }: Question): number {
  return Object.values(inputs).reduce((sum, { data }) => sum + data.length, 0);
}

/** Nothing where the sizes or the numbers are none that the operation takes. */
function smallQuestion(
  operation: AnyOperation,
  sizes: Sizes,
  attributes: Question['case']['attributes'],
  seed: number,
): Question | undefined {
  if (Object.values(sizes).includes(0)) return undefined;
  const recipe = { name: 'smallest', sizes, attributes };
  const tier = operation.tiers.includes('exact') ? 'exact' : 'random';
  const drawn = materialize(operation, recipe, tier, seed, 'float32');
  const specifications = operation.inputs(attributes);
  const inputs = Object.fromEntries(
    Object.entries(drawn.inputs).map(([name, x]) => [
      name,
      ['uniform', 'regimes'].includes(specifications[name].values.kind) ? simpler(x, tier) : x,
    ]),
  );
  try {
    return prepareQuestion(operation, { ...drawn, inputs }, precisions.float32);
  } catch {
    return undefined;
  }
}

/** Whole numbers other than 0 up to 3, or halves where the operation takes no whole numbers; all of one sign where they were. */
function simpler(x: Tensor, tier: 'exact' | 'random'): Tensor {
  const positive = x.data.every((value) => value > 0);
  const step = tier === 'exact' || !positive ? 1 : 0.25;
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
  return Number.isInteger(value) ? String(value).replace('-', '−') : String(Number(value.toPrecision(6))).replace('-', '−');
}
