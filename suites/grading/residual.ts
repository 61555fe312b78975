/** Says what is too much in a wrong answer, or missing from it: a constant, a part of an input, samples of the batch. */
import { sizeOf, type Tensor } from '../../reference/tensor.ts';
import type { NamedTensors } from '../judging/operation.ts';
import type { Question } from '../judging/question.ts';
import type { CaseResult } from './grade.ts';
import { short } from './smallest.ts';

/** What a function would return instead of one of its outputs; nothing where it does not apply. */
type Prediction = (question: Question, output: string) => Tensor['data'] | undefined;

/** Numbers that have to be explained before a cause with a free number in it is believed. */
const leastNumbers = 4;

/** What one residual explains in every wrong output of every failing case, as the rest of a sentence; nothing where none does. */
export function residualOf(wrong: readonly CaseResult[]): string | undefined {
  const outputs = wrong.flatMap(({ question, answer = {} }) =>
    Object.keys(question.expected)
      .filter((name) => answer[name] !== undefined && differs(question, name, answer[name], question.expected[name].data))
      .map((name) => ({ question, name, got: answer[name] })),
  );
  if (outputs.length === 0) return undefined;
  const explains = (predict: Prediction) =>
    outputs.every(({ question, name, got }) => {
      const predicted = predict(question, name);
      return predicted !== undefined && !differs(question, name, got, predicted);
    });
  const samples = batches.find(({ part }) => explains((question, name) => resultOf(question, part)?.[name]?.data));
  if (samples) return samples.says;
  if (outputs.reduce((sum, { got }) => sum + got.data.length, 0) < leastNumbers) return undefined;
  const [{ question, name, got }] = outputs;
  const offset = got.data[0] - question.expected[name].data[0];
  if (explains((asked, output) => asked.expected[output].data.map((value) => value + offset)))
    return `returns numbers that are each ${short(Math.abs(offset))} too ${offset > 0 ? 'large' : 'small'}`;
  for (const input of Object.keys(question.case.inputs)) {
    const factor = factorOf(question, name, got, input);
    if (factor === undefined) continue;
    const stem = stemOf(input);
    const isSo = explains((asked, output) => {
      const x = asked.case.inputs[partnerOf(asked, output, stem) ?? ''];
      return x && asked.expected[output].data.map((value, i) => value + factor * x.data[i]);
    });
    if (isSo)
      return `returns the right result plus ${short(factor)} times ${stem}${/weights/i.test(stem) ? ', as if the weights were to decay, which is not asked here' : ''}`;
  }
  return undefined;
}

function differs({ limits }: Question, name: string, got: Tensor, due: Tensor['data']): boolean {
  const { limit } = limits[name];
  return (
    got.data.length !== due.length ||
    got.data.some((value, i) => !(Math.abs(value - due[i]) <= limit[i] + 1e-9 * Math.abs(due[i]) || Object.is(value, due[i])))
  );
}

/** weights2 → weights */
function stemOf(name: string): string {
  return name.replace(/\d+$/, '');
}

/** The input of this stem that an output such as dWeights2 belongs to: weights2, or the only one of its shape. */
function partnerOf({ case: { inputs }, expected }: Question, output: string, stem: string): string | undefined {
  const same = Object.keys(inputs).filter(
    (name) => stemOf(name) === stem && inputs[name].shape.join() === expected[output].shape.join(),
  );
  return same.find((name) => output.toLowerCase().endsWith(name.toLowerCase())) ?? (same.length === 1 ? same[0] : undefined);
}

/** How many times an input the residual is, by its largest element; a number of three digits, as people write them. */
function factorOf(question: Question, output: string, got: Tensor, input: string): number | undefined {
  if (partnerOf(question, output, stemOf(input)) !== input) return undefined;
  const data = Array.from(question.case.inputs[input].data);
  const at = data.reduce((best, value, i) => (Math.abs(value) > Math.abs(data[best]) ? i : best), 0);
  const factor = Number(((got.data[at] - question.expected[output].data[at]) / data[at]).toPrecision(3));
  return Number.isFinite(factor) && factor !== 0 ? factor : undefined;
}

const batches = [
  { part: [-1, undefined], says: 'sums over the last sample of the batch alone' },
  { part: [0, 1], says: 'sums over the first sample of the batch alone' },
  { part: [0, -1], says: 'leaves the last sample of the batch out' },
  { part: [1, undefined], says: 'leaves the first sample of the batch out' },
] as const satisfies readonly { readonly part: readonly [number, number | undefined]; readonly says: string }[];

/** The reference's result for some samples of the batch; nothing where there is none, or where each sample has a result of its own. */
function resultOf(
  { operation, case: { inputs, attributes } }: Question,
  part: readonly [number, number | undefined],
): NamedTensors | undefined {
  const specifications = operation.inputs(attributes);
  const isBatch = (dimension: string) => dimension === 'batch' || dimension === 'samples';
  let found = false;
  const some = Object.entries(inputs).map(([name, x]): [string, Tensor] => {
    const at = specifications[name].dimensions.findIndex(isBatch);
    if (at !== 0) return [name, x];
    found = true;
    const row = sizeOf(x.shape.slice(1));
    const [from, to] = part.map((end) => end && end * row);
    const data = x.data.slice(from, to);
    return [name, { ...x, shape: [data.length / row, ...x.shape.slice(1)], data }];
  });
  if (!found) return undefined;
  try {
    return operation.reference(Object.fromEntries(some), attributes);
  } catch {
    return undefined;
  }
}
