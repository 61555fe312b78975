/** Operations of a user's own: the module that `--operations` names. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { AnyOperation } from '../suites/judging/operation.ts';
import { precisions } from '../suites/judging/precision.ts';
import { prepareQuestion } from '../suites/judging/question.ts';
import type { Table } from '../suites/judging/relation.ts';
import { completed, operationNamed, operations } from '../suites/operations/index.ts';
import { casesOf, materialize } from '../suites/running/cases.ts';
import { UsageError } from './errors.ts';

const callable = z.custom<unknown>((value) => typeof value === 'function', 'must be a function');
const named = z.object({ name: z.string() }).loose();

/** What the compiler checks of an entry in TypeScript, for those who write JavaScript. */
const entrySchema = z
  .object({
    name: z.string().regex(/^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)*$/, 'must look like elu or elu.backward'),
    title: z.string(),
    topic: z.string(),
    formula: z.string(),
    source: z.string(),
    rows: z.array(z.string()),
    attributes: z.record(z.string(), z.string()),
    inputs: callable,
    outputs: callable,
    constraints: z.array(z.object({ id: z.string(), text: z.string(), holds: callable }).loose()),
    reference: callable,
    bound: z.object({ errorClass: z.string(), formula: z.string(), derivation: z.string(), limits: callable }).loose(),
    tiers: z.array(z.enum(['random', 'exact'])).min(1),
    cases: z.array(named).min(1, 'needs one case at least'),
    draw: z.custom<unknown>((value) => typeof value === 'object' && value !== null, 'must be an arbitrary of fast-check'),
    knownMistakes: z.array(named),
    variants: z.array(named),
  })
  .loose();

/**
 * Loads the entries that a module exports as `default`, an array, and prepares each of their cases once.
 *
 * @throws UsageError naming the file, the operation and what is wrong with it.
 */
export async function loadOperations(file: string): Promise<readonly AnyOperation[]> {
  const wrong = (text: string) => new UsageError(`--operations ${file}: ${text}`);
  if (!existsSync(file)) throw wrong('there is no such file');
  let module: { readonly default?: unknown };
  try {
    module = await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    throw wrong(`it cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!Array.isArray(module.default) || module.default.length === 0) {
    throw wrong('its default export must be an array of entries made with defineOperation');
  }
  const taken = new Set(operations.map(({ name }) => name));
  return module.default.map((entry: unknown, i) => {
    const name = (entry as { name?: unknown } | null)?.name;
    const called = typeof name === 'string' ? name : `entry ${i}`;
    const checked = entrySchema.safeParse(entry);
    if (!checked.success) {
      const [{ path, message }] = checked.error.issues;
      throw wrong(`${called}: ${path.join('.') || 'entry'}: ${message}`);
    }
    if (taken.has(checked.data.name)) throw wrong(`${called}: another operation has this name`);
    taken.add(checked.data.name);
    try {
      const operation = completed(entry as AnyOperation);
      for (const { recipe, tier } of casesOf(operation)) {
        prepareQuestion(operation, materialize(operation, recipe, tier, 1, 'float32'), precisions.float32);
      }
      return operation;
    } catch (error) {
      throw wrong(`${called}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

/** Finds an operation among a run's own, then in the table: a relation may ask for either. */
export function tableOf(own: readonly AnyOperation[]): Table {
  return (name) => own.find((operation) => operation.name === name) ?? operationNamed(name);
}
