/**
 * An assignment: a folder with `assignment.yaml` (what is asked and what it is worth), `text.md` (what students read) and starters. Whatever is
 * wrong with it is said with file and line, because a teacher has to find it.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { AnyCaseRecipe, AnyOperation, Tier } from '../judging/operation.ts';
import { operations } from '../operations/index.ts';
import { materialize } from '../running/cases.ts';

/** How much a student is told: which property fails; where the result is wrong as well; which mistake it is as well. */
export const hintLevels = ['property', 'place', 'mistake'] as const;
export type HintLevel = (typeof hintLevels)[number];

/** What an assignment may leave out of what an operation is asked elsewhere; a check that asks for it nevertheless is refused. */
const exemptions: Readonly<Record<string, (recipe: AnyCaseRecipe) => boolean>> = {
  'NaN and infinities': ({ name }) => /^special-(nan|.*infinity)|^special-values|infinit|nan-/.test(name),
  'extreme values': ({ name }) => /^special-(largest|smallest|subnormal)|^subnormal/.test(name),
  'empty batches': ({ sizes }) => Object.values(sizes).includes(0),
  dilation: ({ attributes }) => !isNeutral(attributes.dilation),
  groups: ({ attributes }) => !isNeutral(attributes.groups),
};
const exemptionNames = Object.keys(exemptions);

const name = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by - are needed');
const points = z
  .number()
  .nonnegative()
  .refine((value) => Number.isInteger(Math.round(value * 1e6) / 1e4), 'at most two decimals are allowed');
const seconds = z.number().positive();
const recipe = z.strictObject({
  name,
  sizes: z.record(z.string(), z.int().nonnegative()),
  attributes: z.record(z.string(), z.unknown()).default({}),
  tiers: z.array(z.enum(['random', 'exact'])).optional(),
  /** Where an input's numbers come from, if not from where the operation's own do. */
  values: z
    .record(z.string(), z.strictObject({ kind: z.literal('uniform').default('uniform'), low: z.number(), high: z.number() }))
    .optional(),
  without: z.array(z.string()).optional(),
});
const check = z.strictObject({
  /** Completes "fails: …"; all that is said of a hidden case. */
  property: z.string().min(1),
  points,
  /** Names of cases: those of the operation's line of the table, or those of `cases`. */
  visible: z.array(name).default([]),
  hidden: z.array(name).default([]),
});
const task = z.strictObject({
  operation: z.string(),
  /** As JavaScript spells it; Python gets the same words in snake_case. */
  function: z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'a name such as conv2dWeightGradient is needed'),
  /** Inputs and attributes in the order of the function's parameters; `weights[]` is weights1, weights2, … as one list. */
  arguments: z.array(z.string()).min(1),
  cases: z.array(recipe).default([]),
  checks: z.array(check).min(1),
  /** Functions whose own mistakes may be the cause of this one's. */
  stages: z.array(z.string()).default([]),
  /** What to look at, by the name of a known mistake of the operation; a sentence or two. */
  mistakes: z.record(z.string(), z.string()).default({}),
});
const schema = z.strictObject({
  title: z.string().min(1),
  hints: z.enum(hintLevels).default('mistake'),
  exempt: z.array(z.enum(exemptionNames as [string, ...string[]])).default([]),
  limits: z
    .strictObject({
      secondsPerCall: seconds.default(5),
      /** Of the whole submission; what is not asked by then gets no points. */
      seconds: seconds.default(60),
      memoryMiB: z.int().min(128).default(1024),
      processes: z.int().min(16).default(64),
      fileKiB: z.int().positive().default(256),
    })
    .prefault({}),
  /** Seed of the visible cases. */
  seed: z.int().nonnegative().default(1),
  tasks: z.array(task).min(1),
});

export type Limits = z.infer<typeof schema>['limits'];

/** A case that is asked, before its numbers are drawn. */
export interface AskedCase {
  readonly recipe: AnyCaseRecipe;
  readonly tier: Tier;
  readonly hidden: boolean;
}

export interface AssignmentCheck {
  readonly property: string;
  readonly points: number;
  readonly cases: readonly AskedCase[];
}

export interface Task {
  readonly operation: AnyOperation;
  readonly function: { readonly javascript: string; readonly python: string };
  readonly arguments: readonly string[];
  /** Names of what it returns; `dWeights[]` is dWeights1, dWeights2, … as one list. */
  readonly outputs: readonly string[];
  readonly checks: readonly AssignmentCheck[];
  readonly stages: readonly string[];
  readonly mistakes: Readonly<Record<string, string>>;
}

export interface Assignment {
  readonly name: string;
  readonly folder: string;
  readonly title: string;
  readonly hints: HintLevel;
  readonly exempt: readonly string[];
  readonly limits: Limits;
  readonly seed: number;
  readonly tasks: readonly Task[];
  readonly points: number;
  /** Of `assignment.yaml`: results of another version are not kept. */
  readonly sha256: string;
}

/** The assignment's files are wrong; the message names file and line. */
export class AssignmentError extends Error {
  override readonly name = 'AssignmentError';
}

/**
 * Reads the assignment of a folder.
 *
 * @throws AssignmentError naming file and line of the first thing that is wrong.
 */
export function readAssignment(folder: string): Assignment {
  const file = join(folder, 'assignment.yaml');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new AssignmentError(`${file}: there is no such file`);
  }
  return parseAssignment(text, file, folder);
}

export function parseAssignment(text: string, file: string, folder: string): Assignment {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const [broken] = document.errors;
  const lineAt = (offset: number) => counter.linePos(offset).line;
  if (broken) throw new AssignmentError(`${file}:${lineAt(broken.pos[0])}: ${broken.message}`);
  const wrong = (path: readonly PropertyKey[], message: string) => {
    // What is missing has no line; its parent has.
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) {
        const at = path.length > 0 ? `${path.map(String).join('.')}: ` : '';
        return new AssignmentError(`${file}:${lineAt(node.range[0])}: ${at}${message}`);
      }
    }
    return new AssignmentError(`${file}:1: ${message}`);
  };
  const parsed = schema.safeParse(document.toJS());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrong(issue.path, issue.message);
  }
  const { data } = parsed;
  const functions = data.tasks.map((one) => one.function);
  const tasks = data.tasks.map((one, i): Task => {
    const at = (path: readonly PropertyKey[], message: string) => wrong(['tasks', i, ...path], message);
    if (functions.indexOf(one.function) !== i) throw at(['function'], `${one.function} is asked twice`);
    for (const [at1, stage] of one.stages.entries())
      if (!functions.includes(stage)) throw at(['stages', at1], `no task asks for a function ${stage}`);
    return readTask(one, data.exempt, at);
  });
  return {
    name: basename(folder),
    folder,
    title: data.title,
    hints: data.hints,
    exempt: data.exempt,
    limits: data.limits,
    seed: data.seed,
    tasks,
    points: sumOfPoints(tasks.flatMap(({ checks }) => checks.map((one) => one.points))),
    sha256: createHash('sha256').update(text).digest('hex'),
  };
}

type Refuse = (path: readonly PropertyKey[], message: string) => AssignmentError;

function readTask(asked: z.infer<typeof task>, exempt: readonly string[], wrong: Refuse): Task {
  const operation = operations.find(({ name: known }) => known === asked.operation);
  if (!operation) throw wrong(['operation'], `no operation is called ${asked.operation}; etalon operations lists them`);
  const known = new Set(operation.knownMistakes.map((mistake) => mistake.name));
  for (const mistake of Object.keys(asked.mistakes)) {
    if (!known.has(mistake))
      throw wrong(['mistakes', mistake], `${operation.name} has no known mistake ${mistake}; it has ${[...known].join(', ')}`);
  }
  const recipes = new Map<string, AnyCaseRecipe>([...operation.cases, ...asked.cases].map((one) => [one.name, one]));
  const checks = asked.checks.map((one, i) => {
    const cases = (['visible', 'hidden'] as const).flatMap((kind) =>
      one[kind].flatMap((caseName, at) => {
        const refuse = (message: string) => wrong(['checks', i, kind, at], message);
        const found = recipes.get(caseName);
        if (!found) throw refuse(`${operation.name} has no case ${caseName}; it has ${[...recipes.keys()].join(', ')}`);
        const broken = exempt.find((exemption) => exemptions[exemption](found));
        if (broken) throw refuse(`the case ${caseName} asks for what is exempt: ${broken}`);
        return (found.tiers ?? operation.tiers).map((tier): AskedCase => {
          try {
            materialize(operation, found, tier, 1, 'float32');
          } catch (error) {
            throw refuse((error as Error).message);
          }
          return { recipe: found, tier, hidden: kind === 'hidden' };
        });
      }),
    );
    if (cases.length === 0) throw wrong(['checks', i], 'a check needs a visible or a hidden case');
    return { property: one.property, points: one.points, cases };
  });
  const all = checks.flatMap(({ cases }) => cases.map((one) => one.recipe));
  requireArguments(operation, asked.arguments, all, wrong);
  return {
    operation,
    function: { javascript: asked.function, python: snakeCase(asked.function) },
    arguments: asked.arguments,
    outputs: collected(Object.keys(operation.outputs(all[0].attributes))),
    checks,
    stages: asked.stages,
    mistakes: asked.mistakes,
  };
}

/** Every input is an argument, and an attribute may be left out only where it says nothing. */
function requireArguments(
  operation: AnyOperation,
  given: readonly string[],
  recipes: readonly AnyCaseRecipe[],
  wrong: Refuse,
): void {
  const [{ attributes, without = [] }] = recipes;
  const inputs = collected(Object.keys(operation.inputs(attributes)));
  const known = [...inputs, ...Object.keys(operation.attributes)];
  given.forEach((argument, i) => {
    if (!known.includes(argument))
      throw wrong(['arguments', i], `${argument} is no input or attribute of ${operation.name}; it has ${known.join(', ')}`);
  });
  for (const input of inputs) {
    if (!given.includes(input) && !without.includes(input))
      throw wrong(['arguments'], `the input ${input} of ${operation.name} is missing`);
  }
  for (const attribute of Object.keys(operation.attributes)) {
    const values = new Set(recipes.map((one) => JSON.stringify(one.attributes[attribute])));
    if (given.includes(attribute) || (values.size === 1 && isNeutral(attributes[attribute]))) continue;
    throw wrong(
      ['arguments'],
      `the attribute ${attribute} of ${operation.name} is missing: the cases need ${[...values].join(' and ')}`,
    );
  }
}

/** An attribute that leaves everything as it is: ones, or zeros of a padding. */
export function isNeutral(value: unknown): boolean {
  const values = Array.isArray(value) ? value : [value];
  return value === undefined || values.every((one) => one === 1) || values.every((one) => one === 0);
}

/** weights1, weights2 → weights[]. */
export function collected(names: readonly string[]): string[] {
  return [
    ...new Set(
      names.map((one) => (/\D1$/.test(one) || names.includes(one.replace(/\d+$/, '1')) ? one.replace(/\d+$/, '[]') : one)),
    ),
  ];
}

/** conv2dWeightGradient → conv2d_weight_gradient */
export function snakeCase(words: string): string {
  return words.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Points are added in hundredths, so that their sum is the same in every order and every report. */
export function sumOfPoints(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + Math.round(value * 100), 0) / 100;
}
