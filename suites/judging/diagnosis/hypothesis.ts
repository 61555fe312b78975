/** A hypothesis about a wrong answer: a sentence, and the numbers that the backend would have answered if it were true. */
import type { Dtype, Tensor } from '../../../reference/tensor.ts';
import type { NamedTensors } from '../operation.ts';
import type { Question } from '../question.ts';

/** A failing answer. Of a large output the elements that were drawn stand in for the whole. */
export interface Subject {
  readonly question: Question;
  readonly actual: NamedTensors;
  readonly dtype: Dtype;
  /** The backend's answer to the question before, in which a stale buffer shows. */
  readonly previous?: NamedTensors;
}

export interface Hypothesis {
  /** The same in every question, however many samples it has. */
  readonly key: string;
  /**
   * Bits that choosing it among all others costs, a number read from the answer included: what is less usual, or has more to choose,
   * needs more evidence. The cheapest of those that fit alike is said.
   */
  readonly cost: number;
  /**
   * A name that an operation's line gives; what the answer plainly is; a change of the result; a cause in front of the operation; a place
   * with what stands there; a place alone, which is said only where nothing else is.
   */
  readonly kind: 'known' | 'observation' | 'result' | 'cause' | 'place' | 'where';
  /** "equals the result divided by the batch size (5)": a sentence without its end, of one question; of several, without the numbers of one. */
  readonly says: (question?: Question) => string;
  /**
   * The outputs that the backend would have answered; those that are left out are right. Undefined where the hypothesis does not speak
   * of such a question, the right answer where it does no harm there.
   */
  readonly predict: (subject: Subject) => NamedTensors | undefined;
  /** Has a number in it that was read from one answer: another answer of the same fault has the same, or it is no description of it. */
  readonly read?: boolean;
  /** How far off a prediction of that size may be for that number's sake. */
  readonly slack?: Slack;
  /** How well an answer agrees, where that is not a comparison with numbers. */
  readonly fit?: (subject: Subject) => Fit | undefined;
}

export type Slack = (predicted: number) => number;

/** How an answer agrees with a hypothesis. */
export interface Fit {
  /** Evidence: how improbable the agreement would be by accident, in bits. */
  readonly bits: number;
  /** Sum of squares of what is left, in units of what honest rounding may leave. */
  readonly loss: number;
}

/** Tells whether what is left is no more than a last rounding: the numbers themselves, to the last bit. */
export const isToTheLastBit = ({ loss }: Fit, elements: number) => loss <= elements / 128;

/** A change of one output's right numbers. Undefined where it does not apply. */
export type Change = (right: Tensor, subject: Subject, name: string) => Tensor | undefined;
