/** What a wrong answer is where the same question is asked again, or where an earlier one left something behind. */
import type { Dtype } from '../../../reference/tensor.ts';
import { judge } from '../judge.ts';
import type { NamedTensors } from '../operation.ts';
import { prepareQuestion, type Question } from '../question.ts';
import { place, unravel } from '../shapes.ts';

export const anotherAnswer = 'another answer when asked again';

/** "y[1, 2] was 3 and is 4", of the first element that has other bits; undefined where all of them are the same. */
export function firstDifference(before: NamedTensors, after: NamedTensors): string | undefined {
  for (const [name, { shape, data }] of Object.entries(before)) {
    const other = after[name];
    if (other === undefined || other.shape.join() !== shape.join()) return `${name} has another shape`;
    for (let i = 0; i < data.length; i++) {
      if (!Object.is(data[i], other.data[i]))
        return `${name}${place(unravel(i, shape))} was ${data[i]} and is ${other.data[i]}`;
    }
  }
  return undefined;
}

/**
 * What answers to one question say together of a wrong one: another answer when asked again, where one of them is right or is apart from it
 * in more than rounding.
 */
export function differsWhenAskedAgain(
  question: Question,
  wrong: NamedTensors,
  answers: readonly NamedTensors[],
  dtype: Dtype,
): string | undefined {
  const others = answers.filter((answer) => firstDifference(wrong, answer) !== undefined);
  if (others.length === 0) return undefined;
  if (others.some((answer) => judge(question, answer, dtype).passed)) return `${anotherAnswer}: right at another time`;
  return others.some((answer) => isApart(question, wrong, answer))
    ? `${anotherAnswer}: wrong each time in another way`
    : undefined;
}

/** Whether two wrong answers differ by more than honest rounding makes two right ones differ. */
function isApart({ limits, samples }: Question, a: NamedTensors, b: NamedTensors): boolean {
  if (samples) return true;
  return Object.entries(limits).some(([name, { limit }]) =>
    limit.some((permitted, i) => {
      const [one, other] = [a[name]?.data[i], b[name]?.data[i]];
      return !(Object.is(one, other) || Math.abs(one - other) <= 2 * permitted);
    }),
  );
}

/** "equals the result with the weights of an earlier call": what a cache gives whose key is the shape. */
export function earlierInput(
  question: Question,
  wrong: NamedTensors,
  earlier: readonly Question[],
  dtype: Dtype,
): string | undefined {
  const { operation, case: asked, precision } = question;
  for (const other of earlier) {
    if (other === question) continue;
    for (const [name, tensor] of Object.entries(asked.inputs)) {
      const old = other.case.inputs[name];
      if (old === undefined || old.shape.join() !== tensor.shape.join()) continue;
      if (old.data.every((value, i) => Object.is(value, tensor.data[i]))) continue;
      const mixed = { ...asked, inputs: { ...asked.inputs, [name]: old } };
      const inputs = Object.keys(asked.inputs).length;
      if (judge(prepareQuestion(operation, mixed, precision), wrong, dtype).passed)
        return inputs === 1 ? 'equals the answer to an earlier call' : `equals the result with ${name} of an earlier call`;
    }
    if (isAnswerTo(other, question, wrong, dtype)) return 'equals the answer to an earlier call';
  }
  return undefined;
}

function isAnswerTo(other: Question, question: Question, wrong: NamedTensors, dtype: Dtype): boolean {
  const alike = Object.entries(question.expected).every(
    ([name, { shape }]) => other.expected[name]?.shape.join() === shape.join(),
  );
  return alike && !other.samples && judge(other, wrong, dtype).passed && !judge(question, wrong, dtype).passed;
}
