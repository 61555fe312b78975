/** What the tests of the table's lines share: cases drawn, outputs judged as a float32 backend's would be. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Judgement, judge } from '../judging/judge.ts';
import type { AnyOperation, Case, Known, NamedTensors } from '../judging/operation.ts';
import { type Precision, precisions } from '../judging/precision.ts';
import { prepareQuestion } from '../judging/question.ts';
import { randomFrom } from '../judging/random.ts';
import { casesOf, materialize } from '../running/cases.ts';

/** Gives a drawn case its operation's types. */
export const typedCase = <Of extends Known>(asked: Case) => asked as unknown as Case<Of>;

/** Every case of an operation with the numbers of a seed. */
export function drawnCases(operation: AnyOperation, seed: number): Case[] {
  return casesOf(operation).map(({ recipe, tier }) => materialize(operation, recipe, tier, seed, 'float32'));
}

/** Judges outputs as the answer of a backend in float32 arithmetic. */
export function judgeAnswer(
  operation: AnyOperation,
  asked: Case,
  outputs: NamedTensors,
  precision: Precision = precisions.float32,
): Judgement {
  const answer = Object.fromEntries(
    Object.entries(outputs).map(([name, { shape, data }]) => [
      name,
      { dtype: 'float32' as const, shape, data: Float32Array.from(data) },
    ]),
  );
  return judge(prepareQuestion(operation, asked, precision), answer, 'float32');
}

/** The ids of the cases on which an answer made by `outputs` is refused. */
export function refusedCases(
  operation: AnyOperation,
  seed: number,
  outputs: (asked: Case) => NamedTensors,
): { id: string; reason: string }[] {
  return drawnCases(operation, seed).flatMap((asked) => {
    const judgement = judgeAnswer(operation, asked, outputs(asked));
    return judgement.passed ? [] : [{ id: asked.id, reason: judgement.reason ?? '' }];
  });
}

/** Each variant is put to one case in so many; `etalon selftest --only honest-variants` puts it to all, with more numbers. */
const casesPerVariant = 3;

/** Runs a test for each honest variant: under these seeds no case that it is put to refuses it. The next variant gets other cases. */
export function describeVariants(operation: AnyOperation, seeds: readonly number[] = [1, 2]): void {
  const { variants } = operation;
  it.each(variants.map((variant, place) => [`${operation.name} accepts ${variant.name}`, variant, place] as const))(
    '%s',
    (_, variant, place) => {
      const { outputs, declared, answers = () => true } = variant;
      const precision = { ...precisions.float32, ...declared };
      for (const seed of seeds) {
        const random = randomFrom(seed, operation.name, variant.name);
        const refused = casesOf(operation).flatMap(({ recipe, tier }, at) => {
          if (!answers(recipe) || at % casesPerVariant !== place % casesPerVariant) return [];
          const asked = materialize(operation, recipe, tier, seed, 'float32');
          const { passed, reason } = judgeAnswer(operation, asked, outputs(asked, random), precision);
          return passed ? [] : [`${asked.id}: ${reason}`];
        });
        expect(refused).toEqual([]);
      }
    },
  );
}

/** Cases of the exact tier that are not what the tier promises: an input that is no integer, or a limit that is not 0. */
export function inexactCases(operation: AnyOperation, seed: number): string[] {
  const cases = drawnCases(operation, seed).filter(({ tier }) => tier === 'exact');
  return cases.flatMap((asked) => {
    const integers = Object.values(asked.inputs).every(({ data }) => data.every(Number.isInteger));
    const { limits } = prepareQuestion(operation, asked, precisions.float32);
    const exact = Object.values(limits).every(({ limit }) => limit.every((value) => value === 0));
    return integers && exact ? [] : [asked.id];
  });
}

/** Draws sizes and attributes as the properties do; throws where they break a constraint or the reference refuses them. */
export function assertDrawsFit(operation: AnyOperation, runs = 100): void {
  fc.assert(
    fc.property(operation.draw, ({ sizes, attributes }) => {
      const recipe = { name: 'drawn', sizes, attributes };
      const asked = materialize(operation, recipe, 'random', 1, 'float32');
      const { shape } = Object.values(operation.reference(asked.inputs, attributes))[0];
      const [[, { dimensions }]] = Object.entries(operation.outputs(attributes));
      return shape.join() === dimensions.map((name) => asked.sizes[name]).join();
    }),
    { seed: 1, numRuns: runs },
  );
}
