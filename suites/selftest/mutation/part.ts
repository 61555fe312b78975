/**
 * Systematic mutation: the backend `js`, an honest implementation of every operation, is changed at every place where a rule applies,
 * one change at a time, and each mutant answers the cases that a backend is asked. One that passes everything is a hole in the table,
 * unless it computes the same as the original: then it stands in `equivalentMutants.ts` with the reason.
 */
import * as tensors from '../../../reference/tensor.ts';
import { judge } from '../../judging/judge.ts';
import type { AnyOperation, NamedTensors } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import type { Question } from '../../judging/question.ts';
import { operations } from '../../operations/index.ts';
import { drawnQuestions } from '../../running/properties.ts';
import type { SelfTestPart } from '../part.ts';
import { questionsOf } from '../questions.ts';
import { equivalentMutants } from './equivalentMutants.ts';
import {
  checked,
  checkedArrays,
  type ImplementationModule,
  link,
  type Meter,
  OutOfRange,
  readModules,
  TooManySteps,
} from './modules.ts';
import { type Mutant, mutantsOf } from './mutants.ts';

type Buffers = Readonly<Record<string, Float32Array>>;
type Builder = (
  attributes: Question['case']['attributes'],
  shapes: Readonly<Record<string, readonly number[]>>,
) => {
  readonly outputs: Readonly<Record<string, readonly number[]>>;
  readonly run: (inputs: Buffers, outputs: Buffers) => void;
};

/** The implementation that is mutated: modules that export tables of builders, by operation. */
const implementation = new URL('../../../backends/js/', import.meta.url);
/** What it imports from outside, and is not its own code. */
const elsewhere = { '../../reference/tensor.ts': tensors };
/** What the compiler sees and what hosts the kernels computes nothing. */
const notComputing = /^(index|program)\.ts$/;

/** A run that takes this many times the original's steps, and some, is a loop without end. */
const stepsAtMost = { times: 4, more: 20_000 };
const propertyDraws = 10;

/** Kernels of one implementation, kept as a backend keeps them: a second case of the same shapes meets the first one's buffers. */
class Kernels {
  private readonly strict: boolean;
  private readonly builders = new Map<string, Builder>();
  private readonly prepared = new Map<string, { run: () => void; inputs: Buffers; outputs: Buffers; shapes: Shapes }>();

  /** With `strict`, arrays stop whoever leaves them. */
  constructor(exports: Iterable<Readonly<Record<string, unknown>>>, strict = false) {
    this.strict = strict;
    for (const module of exports)
      for (const [name, table] of Object.entries(module))
        if (name.endsWith('Kernels'))
          for (const [operation, builder] of Object.entries(table as Record<string, Builder>))
            this.builders.set(operation, builder);
  }

  answer({ case: { operation, attributes, inputs } }: Question): NamedTensors {
    const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
    const key = JSON.stringify([operation, attributes, shapes]);
    const kernel = this.prepared.get(key) ?? this.prepare(operation, attributes, shapes);
    this.prepared.set(key, kernel);
    for (const [name, { data }] of Object.entries(inputs)) kernel.inputs[name].set(data);
    kernel.run();
    return Object.fromEntries(
      Object.entries(kernel.outputs).map(([name, data]) => [
        name,
        { dtype: 'float32' as const, shape: kernel.shapes[name], data: data.slice() },
      ]),
    );
  }

  private prepare(operation: string, attributes: Question['case']['attributes'], shapes: Shapes) {
    const builder = this.builders.get(operation);
    if (!builder) throw new Error(`no kernel for ${operation}`);
    const { outputs: outputShapes, run } = builder(attributes, shapes);
    const buffers = (named: Shapes) =>
      Object.fromEntries(
        Object.entries(named).map(([name, shape]) => [name, new Float32Array(shape.reduce((a, b) => a * b, 1))]),
      );
    const [inputs, outputs] = [buffers(shapes), buffers(outputShapes)];
    const given = (named: Buffers) =>
      this.strict ? Object.fromEntries(Object.entries(named).map(([name, data]) => [name, checked(data)])) : named;
    const [from, to] = [given(inputs), given(outputs)];
    return { run: () => run(from, to), inputs, outputs, shapes: outputShapes };
  }
}
type Shapes = Readonly<Record<string, readonly number[]>>;

/** A question with what the original needs to answer it. */
interface Asked {
  readonly question: Question;
  readonly steps: number;
}
interface Exam {
  readonly operation: AnyOperation;
  readonly asked: readonly Asked[];
  /** Functions that the original enters. */
  readonly entered: ReadonlySet<number>;
}

export interface MutantRecord {
  readonly name: string;
  readonly rule: string;
  /** The case that refuses it, and why; absent when it survives. */
  readonly killedBy?: { readonly caseId: string; readonly how: string };
  /** Why a survivor is no mistake: its own explanation, or what a run with checked arrays has shown. */
  readonly equivalentBecause?: string;
  /** Operations whose code it is in. */
  readonly operations: readonly string[];
}

export interface MutationRecord {
  /** Mutants that run. */
  readonly mutants: number;
  /** Changes that give no program: a name that is not there. */
  readonly stillborn: number;
  readonly killed: number;
  /** Survivors that are explained. */
  readonly equivalent: number;
  /** By name, with the reason. */
  readonly equivalents: readonly { readonly name: string; readonly why: string }[];
  /** Survivors that are not: holes. */
  readonly survivors: readonly string[];
  /** Explained as equivalent, and yet killed, or no mutant any more. */
  readonly staleExplanations: readonly string[];
  readonly byRule: Readonly<Record<string, { readonly total: number; readonly killed: number }>>;
  readonly all: readonly MutantRecord[];
}

/** Makes every mutant of the modules and asks it what the operations ask. */
export function examine(
  modules: readonly ImplementationModule[],
  examined: readonly AnyOperation[],
  seed: number,
  explained: ReadonlyMap<string, string>,
  progress: (done: number, total: number) => void = () => {},
  draws = propertyDraws,
): MutationRecord {
  const exams = examined.map((operation) => examOf(modules, operation, seed, draws));
  const mutants = modules.flatMap(mutantsOf);
  const all: MutantRecord[] = [];
  let stillborn = 0;
  mutants.forEach((mutant, i) => {
    if (i % 50 === 0) progress(i, mutants.length);
    const record = ask(modules, mutant, exams);
    if (record === 'stillborn') stillborn++;
    else if (record.killedBy) all.push(record);
    else all.push({ ...record, equivalentBecause: explained.get(mutant.name) ?? whyBeyond(modules, mutant, exams) });
  });
  progress(mutants.length, mutants.length);
  const byRule: Record<string, { total: number; killed: number }> = {};
  for (const { rule, killedBy } of all) {
    byRule[rule] ??= { total: 0, killed: 0 };
    byRule[rule].total++;
    if (killedBy) byRule[rule].killed++;
  }
  const alive = all.filter(({ killedBy }) => killedBy === undefined);
  const aliveNames = new Set(alive.map(({ name }) => name));
  return {
    mutants: all.length,
    stillborn,
    killed: all.length - alive.length,
    equivalent: alive.filter(({ equivalentBecause }) => equivalentBecause !== undefined).length,
    survivors: alive.filter(({ equivalentBecause }) => equivalentBecause === undefined).map(({ name }) => name),
    equivalents: alive.flatMap(({ name, equivalentBecause: why }) => (why === undefined ? [] : [{ name, why }])),
    staleExplanations: [...explained.keys()].filter((name) => !aliveNames.has(name)),
    byRule,
    all,
  };
}

function examOf(modules: readonly ImplementationModule[], operation: AnyOperation, seed: number, draws: number): Exam {
  const meter: Meter = { steps: 0, limit: Infinity, entered: new Set() };
  const kernels = new Kernels(link(modules, elsewhere, meter).values());
  const questions = [
    ...questionsOf(operation, seed),
    ...drawnQuestions(operation, { dtype: 'float32', precision: precisions.float32, seed, runs: draws }),
  ];
  meter.entered.clear();
  const asked = questions.map((question) => {
    meter.steps = 0;
    const { passed, reason } = judge(question, kernels.answer(question), 'float32');
    if (!passed) throw new Error(`the implementation that is to be mutated fails ${question.case.id}: ${reason}`);
    return { question, steps: meter.steps };
  });
  return { operation, asked, entered: new Set(meter.entered) };
}

function ask(modules: readonly ImplementationModule[], mutant: Mutant, exams: readonly Exam[]): MutantRecord | 'stillborn' {
  const concerned = exams.filter(({ entered }) => mutant.inFunction === undefined || entered.has(mutant.inFunction));
  const base = { name: mutant.name, rule: mutant.rule, operations: concerned.map(({ operation }) => operation.name) };
  const meter: Meter = { steps: 0, limit: 1e6, entered: new Set() };
  let kernels: Kernels;
  try {
    kernels = new Kernels(link(modules, elsewhere, meter, { name: mutant.module, text: mutant.text }).values());
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ReferenceError) return 'stillborn';
    return { ...base, killedBy: { caseId: '', how: `not even loaded: ${String(error)}` } };
  }
  for (const { asked } of concerned) {
    for (const { question, steps } of asked) {
      meter.steps = 0;
      meter.limit = stepsAtMost.times * steps + stepsAtMost.more;
      try {
        const { passed, check } = judge(question, kernels.answer(question), 'float32');
        if (!passed) return { ...base, killedBy: { caseId: question.case.id, how: check ?? 'refused' } };
      } catch (error) {
        if (error instanceof ReferenceError) return 'stillborn';
        const how = error instanceof TooManySteps ? 'a loop without end' : 'an exception';
        return { ...base, killedBy: { caseId: question.case.id, how } };
      }
    }
  }
  return base;
}

/** Questions of each operation that are asked again with checked arrays. */
const askedStrictly = 6;

/**
 * Whether a survivor differs from the original only in elements that no array has: what is read there is not used, what is written there
 * JavaScript ignores. Shown, not presumed: with arrays that stop whoever leaves them the original runs and the mutant does not.
 */
function whyBeyond(modules: readonly ImplementationModule[], mutant: Mutant, exams: readonly Exam[]): string | undefined {
  const run = (changed: Mutant | undefined, { asked }: Exam): 'stays' | 'leaves' => {
    const meter: Meter = { steps: 0, limit: Infinity, entered: new Set() };
    const text = changed && { name: changed.module, text: changed.text };
    try {
      const kernels = new Kernels(link(modules, elsewhere, meter, text, checkedArrays).values(), true);
      for (const { question } of asked.slice(0, askedStrictly)) kernels.answer(question);
      return 'stays';
    } catch (error) {
      if (error instanceof OutOfRange) return 'leaves';
      throw error;
    }
  };
  const concerned = exams.filter(({ entered }) => mutant.inFunction !== undefined && entered.has(mutant.inFunction));
  const leaves = concerned.some((exam) => run(undefined, exam) === 'stays' && run(mutant, exam) === 'leaves');
  return leaves ? 'only elements beyond the end of an array differ, which JavaScript does not have' : undefined;
}

/** Mutants that are not equivalent, at least: fewer would say that the rules have lost their grip. */
const mutantsAtLeast = 1000;

export const mutantsPart: SelfTestPart = {
  name: 'mutants',
  title: 'Systematic mutation of an honest implementation',
  seconds: 30,
  async run({ seed, progress }) {
    let modules: ImplementationModule[];
    try {
      modules = await readModules(implementation, notComputing);
    } catch (error) {
      const why = `needs the source and its development tools, as a clone has them (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`;
      return {
        summary: why,
        record: { mutants: { skipped: why } },
        problems: [],
        tables: [{ title: `Mutation ${why}`, columns: [], rows: [] }],
      };
    }
    const explained = new Map(equivalentMutants.flatMap(({ why, mutants }) => mutants.map((name) => [name, why] as const)));
    const { all, equivalents, survivors, staleExplanations, byRule, ...counts } = examine(
      modules,
      operations,
      seed,
      explained,
      (done, total) => progress('mutants', done, total),
    );
    const different = counts.mutants - counts.equivalent;
    const problems = [
      ...survivors.map((name) => `survives, and is not explained: ${name}`),
      ...staleExplanations.map((name) => `explained as equivalent, but killed or gone: ${name}`),
    ];
    if (different < mutantsAtLeast) problems.push(`only ${different} mutants, ${mutantsAtLeast} are wanted`);
    const score = (100 * counts.killed) / different;
    return {
      summary: `${counts.killed} of ${different} killed; ${counts.equivalent} more are equivalent, each by name`,
      record: { mutants: { ...counts, survivors: survivors.length, score } },
      details: { mutants: { survivors, staleExplanations, equivalents, byRule } },
      operations: Object.fromEntries(
        operations.map(({ name }) => {
          const own = all.filter((mutant) => mutant.operations.includes(name));
          return [name, { mutants: { total: own.length, killed: own.filter(({ killedBy }) => killedBy).length } }];
        }),
      ),
      problems,
      tables: [
        {
          title: 'Mutants of the backend js, by rule',
          columns: ['rule', 'mutants', 'killed', 'equivalent'],
          rows: Object.entries(byRule)
            .sort(([, a], [, b]) => b.total - a.total)
            .map(([rule, { total, killed }]) => [rule, String(total), String(killed), String(total - killed)]),
          notes: [
            `${counts.killed} of ${different} mutants that are not equivalent are killed: ${score.toFixed(1)} %.`,
            `${counts.equivalent} are equivalent, each by name and with its reason (--json; suites/selftest/mutation/equivalentMutants.ts); ${counts.stillborn} gave no program.`,
          ],
        },
      ],
    };
  },
};
