/** Walks the table: every operation that exists has a whole line, and the recipes in the README stay true. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { operationNames } from '../../backends/js/index.ts';
import { buildModel } from '../../backends/onnxruntime/adapter.ts';
import { builders } from '../../backends/onnxruntime/operations.ts';
import { lacks as lackingOperators } from '../../backends/onnxruntime/webgpu.ts';
import type { OperationName } from '../../backends/signatures.ts';
import { rowFixtures } from '../../fixtures/documents/index.ts';
import { judge } from '../judging/judge.ts';
import type { AnyOperation, NamedTensors } from '../judging/operation.ts';
import { precisions } from '../judging/precision.ts';
import { prepareQuestion } from '../judging/question.ts';
import { fullSizes } from '../judging/shapes.ts';
import { casesOf, materialize } from '../running/cases.ts';
import { assertDrawsFit, inexactCases } from '../testing/tableLine.ts';
import { operations } from './index.ts';

const rowIds = new Set(rowFixtures.map(({ id }) => id));
const root = fileURLToPath(new URL('../../', import.meta.url));
const float32 = precisions.float32;

/** Says what an entry lacks, one sentence each; nothing when it is whole. */
function lacks(operation: AnyOperation): string[] {
  const missing: string[] = [];
  const require = (present: boolean, what: string) => {
    if (!present) missing.push(`${operation.name}: ${what}`);
  };
  require(operation.title.length > 0 && operation.topic.length > 0, 'title and topic');
  require(operation.formula.length > 0, 'formula');
  require(operation.rows.every((id) => rowIds.has(id)), 'rows of the inventory');
  require(existsSync(root + operation.source), `reference file ${operation.source}`);
  require(operation.bound.formula.length > 0 && operation.bound.derivation.length > 10, 'bound with its derivation');
  require(casesOf(operation).length >= 3, 'at least three cases');
  require(operation.knownMistakes.length >= 3, 'at least three known mistakes');
  require(new Set(operation.cases.map(({ name }) => name)).size === operation.cases.length, 'unique recipe names');
  require(new Set(operation.knownMistakes.map(({ name }) => name)).size ===
    operation.knownMistakes.length, 'unique mistake names');
  const isKebabCase = ({ name }: { readonly name: string }) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name);
  require(operation.cases.every(isKebabCase), 'kebab-case recipe names');
  require(operation.knownMistakes.every(isKebabCase), 'kebab-case mistake names');
  const described = Object.keys(operation.attributes);
  require(operation.cases.every(({ attributes }) =>
    Object.keys(attributes).every((key) => described.includes(key)),
  ), 'description of every attribute');
  const inputs = Object.keys(operation.inputs(operation.cases[0].attributes));
  require(inputs.length > 0, 'inputs');
  return missing;
}

it('has an entry for every kernel of js, and none twice', () => {
  expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length);
  // An operation that only the reference knows is legal.
  expect(operations.map(({ name }) => name)).toEqual(expect.arrayContaining([...operationNames]));
});

it('finds what a line lacks', () => {
  const broken: AnyOperation = {
    ...operations[0],
    formula: '',
    rows: ['Z9'],
    knownMistakes: [],
    source: 'reference/none.ts',
    cases: operations[0].cases.slice(0, 1),
  };
  expect(lacks(broken)).toEqual([
    'identity: formula',
    'identity: rows of the inventory',
    'identity: reference file reference/none.ts',
    'identity: at least three cases',
    'identity: at least three known mistakes',
  ]);
});

describe.each(operations.map((operation) => [operation.name, operation] as const))('%s', (_, operation) => {
  const asFloat32 = (outputs: NamedTensors): NamedTensors =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, { shape, data }]) => [
        name,
        { dtype: 'float32', shape, data: Float32Array.from(data) },
      ]),
    );
  const questions = casesOf(operation)
    .map(({ recipe, tier }) => materialize(operation, recipe, tier, 11, 'float32'))
    .map((asked) => prepareQuestion(operation, asked, float32));

  it('is whole', () => {
    expect(lacks(operation)).toEqual([]);
  });

  it('accepts the reference rounded once, on every case', () => {
    for (const question of questions)
      expect(judge(question, asFloat32(question.expected), 'float32'), question.case.id).toMatchObject({ passed: true });
  });

  it('leaves no element of float32 unconstrained', () => {
    for (const { case: asked, expected, limits } of questions) {
      for (const [name, { data }] of Object.entries(expected)) {
        const free = data.findIndex((value, i) => Number.isFinite(value) && limits[name].limit[i] === Infinity);
        expect(free, `${asked.id} ${name}`).toBe(-1);
      }
    }
  });

  it('compares at least one element in every case, and gives outputs of the shapes it declares', () => {
    for (const { case: asked, expected } of questions) {
      const declared = operation.outputs(asked.attributes);
      expect(Object.keys(expected).sort()).toEqual(Object.keys(declared).sort());
      for (const [name, { shape, data }] of Object.entries(expected)) {
        expect(shape, `${asked.id} ${name}`).toEqual(declared[name].dimensions.map((dimension) => asked.sizes[dimension]));
        // Of no sample there is nothing to compare but the shape.
        if (!asked.id.includes('/special-empty-batch/')) expect(data.length).toBeGreaterThan(0);
      }
    }
  });

  it('leaves a choice wherever its alternatives differ', () => {
    const [first, ...others] = operation.alternatives ?? [];
    for (const { inputs, attributes, id } of questions.map(({ case: asked }) => asked)) {
      if (operation.hasChoice?.(attributes) !== false) continue;
      for (const { name, outputs } of others) {
        expect(outputs(inputs, attributes), `${id}: ${name}`).toEqual(first.outputs(inputs, attributes));
      }
    }
  });

  it('has every known mistake caught by a case', () => {
    const uncaught = operation.knownMistakes.filter(({ outputs }) =>
      questions.every(
        (question) => judge(question, asFloat32(outputs(question.case.inputs, question.case.attributes)), 'float32').passed,
      ),
    );
    expect(uncaught.map(({ name }) => name)).toEqual([]);
  });

  it('draws sizes and attributes that satisfy its constraints and that the reference takes', () => {
    assertDrawsFit(operation, 50);
  });

  const { benchmark } = operation;
  it.runIf(benchmark !== undefined)('has enough to do in its benchmark that a clock sees it', () => {
    const { sizes, attributes } = benchmark!;
    expect(operation.flops?.(fullSizes(operation, sizes, attributes), attributes)).toBeGreaterThanOrEqual(2 ** 15);
  });

  it.runIf(Object.hasOwn(builders, operation.name))('has an ONNX graph without the operators that WebGPU lacks', () => {
    // The graph itself refuses them: not one node may be left to the processor.
    for (const { case: asked } of questions.slice(0, 2)) {
      const shapes = Object.fromEntries(Object.entries(asked.inputs).map(([name, { shape }]) => [name, shape]));
      expect(
        () => buildModel(operation.name as OperationName, asked.attributes, shapes, { lacks: lackingOperators }),
        asked.id,
      ).not.toThrow();
    }
  });

  it.runIf(operation.tiers.includes('exact') && operation.bound.errorClass !== 'composed')(
    'has an exact tier of whole numbers whose limits are 0',
    () => {
      expect(questions.some(({ case: asked }) => asked.tier === 'exact')).toBe(true);
      for (const seed of [1, 2]) expect(inexactCases(operation, seed)).toEqual([]);
    },
  );
});
