import { diagnose } from '../judging/diagnosis/index.ts';
import { asAnswer } from '../judging/diagnosis/knownMistakes.ts';
import { arithmeticsOf } from '../judging/forms.ts';
import { judge } from '../judging/judge.ts';
import type { AnyOperation, HonestVariant } from '../judging/operation.ts';
import { precisions } from '../judging/precision.ts';
import { prepareQuestion } from '../judging/question.ts';
import { randomFrom } from '../judging/random.ts';
import { fullSizes, shapeFrom } from '../judging/shapes.ts';
import { operations } from '../operations/index.ts';
import { anyOf, oneOf } from '../operations/shared/variants.ts';
import { type CaseReference, casesOf, materialize } from '../running/cases.ts';
import type { SelfTestPart } from './part.ts';

/** Operations that are varied alike: a case is prepared once and put to all their variants. */
export interface HonestFamily {
  readonly name: string;
  readonly operations: readonly AnyOperation[];
  /** By name, the way of each operation, in the order of `operations`. */
  readonly variants: readonly { readonly name: string; readonly ways: readonly HonestVariant[] }[];
}

export interface HonestVariantRecord {
  readonly name: string;
  readonly operations: readonly string[];
  /** Cases answered, each with numbers of its own. */
  readonly draws: number;
  readonly alarms: number;
  /** The first refusal: case, draw and reason. */
  readonly firstAlarm?: string;
  /** Largest error over its limit that any draw reached. */
  readonly errorRatio: number;
  /** Of a fifth of the same answers where nothing is declared: those refused, and of these the ones whose diagnosis says what to declare. */
  readonly undeclared?: { readonly refused: number; readonly named: number };
}

/** The forms of an operation, any of them in each arithmetic of each format. */
function formVariants({ forms = {} }: AnyOperation): HonestVariant[] {
  if (Object.keys(forms).length === 0) return [];
  return (['float32', 'float64'] as const).flatMap((format) =>
    arithmeticsOf(format).map((arithmetic) => ({
      name: `every form of every operation: ${arithmetic.name}`,
      format,
      outputs: (asked, random) => anyOf(forms, random)(asked, arithmetic),
    })),
  );
}

/** Every other right answer of an operation that has several, and the reference's own in the backend's format. */
function commonVariants({ alternatives = [], reference }: AnyOperation): HonestVariant[] {
  const another: HonestVariant = {
    name: 'ties and kinks: every other right answer',
    outputs: ({ inputs, attributes }, random) => oneOf(alternatives, random).outputs(inputs, attributes),
  };
  const rounded: HonestVariant = {
    name: 'every operation: float64 inside, rounded once',
    outputs: ({ inputs, attributes }) => reference(inputs, attributes),
  };
  return alternatives.length > 1 ? [another, rounded] : [rounded];
}

/** Groups the table's variants: those whose names begin alike and that the same operations have. */
function familiesOf(table: readonly AnyOperation[]): HonestFamily[] {
  const byName = new Map<string, { operation: AnyOperation; variant: HonestVariant }[]>();
  for (const operation of table)
    for (const variant of [...operation.variants, ...commonVariants(operation), ...formVariants(operation)])
      byName.set(variant.name, [...(byName.get(variant.name) ?? []), { operation, variant }]);
  const families = new Map<
    string,
    { name: string; members: [string, { operation: AnyOperation; variant: HonestVariant }[]][] }
  >();
  for (const [name, members] of byName) {
    const group = name.slice(0, name.indexOf(':'));
    const { declared, answers, format } = members[0].variant;
    // Those that answer other cases, or must declare something, are asked on their own.
    const own = declared || answers ? name : '';
    const key = [group, own, format, ...members.map(({ operation }) => operation.name)].join();
    const family = families.get(key) ?? { name: group, members: [] };
    family.members.push([name, members]);
    families.set(key, family);
  }
  return Array.from(families.values(), ({ name, members }) => ({
    name,
    operations: members[0][1].map(({ operation }) => operation),
    variants: members.map(([variant, ways]) => ({ name: variant, ways: ways.map((way) => way.variant) })),
  }));
}

export const honestFamilies: readonly HonestFamily[] = familiesOf(operations);

/** Larger cases cost more than they add; one draw in so many may take any. */
const anyCaseEvery = 25;
const elementsOtherwise = 1500;

/** What must be declared is put to the judge without its declaration as well, and its diagnosis looked at, in one draw of so many. */
const undeclaredEvery = 5;
/** So many draws meet a case in which it shows that a declaration is missing. */
const fewestTelling = 400;

/** Answers `draws` cases by every variant of a family. */
export function checkFamily(
  { name, operations: covered, variants }: HonestFamily,
  seed: number,
  draws: number,
): HonestVariantRecord[] {
  const { declared, format = 'float32' } = variants[0].ways[0];
  const precision = { ...precisions[format], ...declared };
  const cases = covered.map((operation, i) => {
    const { answers = () => true } = variants[0].ways[i];
    const all = casesOf(operation).filter(({ recipe }) => answers(recipe));
    const small = all.filter((reference) => elementsOf(reference) <= elementsOtherwise);
    return { all, small: small.length > 0 ? small : all };
  });
  const records = variants.map((variant) => ({
    name: variant.name,
    operations: covered.map((operation) => operation.name),
    draws: 0,
    alarms: 0,
    firstAlarm: undefined as string | undefined,
    errorRatio: 0,
    ...(declared && { undeclared: { refused: 0, named: 0 } }),
  }));
  for (let draw = 0; draw < draws; draw++) {
    const random = randomFrom(seed, 'honest', name, String(draw));
    const { all, small } = cases[draw % covered.length];
    const { operation, recipe, tier } = oneOf(draw % anyCaseEvery === anyCaseEvery - 1 ? all : small, random);
    const drawSeed = random.integer(1, 2 ** 31 - 1);
    const asked = materialize(operation, recipe, tier, drawSeed, format);
    const question = prepareQuestion(operation, asked, precision);
    const strict = declared && draw % undeclaredEvery === 0 && prepareQuestion(operation, asked, precisions.float32);
    variants.forEach(({ ways }, i) => {
      const answer = asAnswer(ways[draw % covered.length].outputs(asked, random), format);
      const judgement = judge(question, answer, format);
      const record = records[i];
      if (strict && record.undeclared && !judge(strict, answer, 'float32').passed) {
        record.undeclared.refused++;
        if (diagnose(strict, answer, 'float32')?.includes('does not declare')) record.undeclared.named++;
      }
      record.draws++;
      for (const { errorRatio } of judgement.outputs)
        if (typeof errorRatio === 'number') record.errorRatio = Math.max(record.errorRatio, errorRatio);
      if (judgement.passed) return;
      record.alarms++;
      record.firstAlarm ??= `${asked.id} --seed ${drawSeed}: ${judgement.reason}`;
    });
  }
  return records;
}

function elementsOf({ operation, recipe }: CaseReference): number {
  const sizes = fullSizes(operation, recipe.sizes, recipe.attributes);
  return Object.values(operation.inputs(recipe.attributes)).reduce(
    (count, { dimensions }) =>
      count + shapeFrom(dimensions, sizes, operation.name).reduce((product, size) => product * size, 1),
    0,
  );
}

export const honestVariantsPart: SelfTestPart = {
  name: 'honest-variants',
  title: 'Honest variants: correct in another way, and never refused',
  seconds: 55,
  run({ seed, draws, progress }) {
    const records = honestFamilies.flatMap((members, i) => {
      progress('honest variants', i, honestFamilies.length);
      return checkFamily(members, seed, draws);
    });
    progress('honest variants', honestFamilies.length, honestFamilies.length);
    const alarmed = records.filter(({ alarms }) => alarms > 0);
    return {
      summary: `${alarmed.length} of ${records.length} alarmed, in ${draws} seeds each`,
      record: { honestVariants: { total: records.length, alarmed: alarmed.length, seeds: draws } },
      details: { honestVariants: records },
      operations: Object.fromEntries(
        operations.map(({ name }) => [
          name,
          { honestVariants: records.filter((record) => record.operations.includes(name)).length },
        ]),
      ),
      problems: [
        ...alarmed.map(({ name, alarms, firstAlarm }) => `${name} is refused ${alarms} times, first ${firstAlarm}`),
        ...records
          .filter(({ undeclared }) => undeclared && (undeclared.named < undeclared.refused || undeclared.refused === 0))
          // A few draws may well meet none of the cases that tell.
          .filter(({ undeclared }) => draws >= fewestTelling || undeclared!.refused > 0)
          .map(
            ({ name, undeclared }) =>
              `${name}: where it is not declared ${undeclared!.refused} are refused, and of ${undeclared!.named} it is said what to declare`,
          ),
      ],
      tables: [
        {
          title: 'Honest variants',
          columns: [
            'variant',
            'operations',
            'draws',
            'alarms',
            'largest error / limit',
            'refused where not declared, of a fifth of the draws',
          ],
          rows: records.map((record) => [
            record.name,
            record.operations.length === 1 ? record.operations[0] : String(record.operations.length),
            String(record.draws),
            String(record.alarms),
            record.errorRatio.toFixed(3),
            record.undeclared ? String(record.undeclared.refused) : '',
          ]),
          notes: [`${records.length} variants, ${alarmed.length} alarmed, ${draws} draws each.`],
        },
      ],
    };
  },
};
