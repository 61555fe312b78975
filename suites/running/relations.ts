/** Checks a backend's answers by the metamorphic relations of an operation. */
import fc from 'fast-check';
import type { Attributes, NamedTensors } from '../../backends/signatures.ts';
import type { Dtype } from '../../reference/tensor.ts';
import type { AnyOperation } from '../judging/operation.ts';
import type { Precision } from '../judging/precision.ts';
import { prepareQuestion, withExpected } from '../judging/question.ts';
import { type Answered, type Ask, Inapplicable, type Relation, type Table } from '../judging/relation.ts';
import { jsonNumber, type PropertyOutcome } from '../runReport.ts';
import type { Answer } from './properties.ts';

export interface RelationOptions {
  readonly table: Table;
  readonly dtype: Dtype;
  readonly precision: Precision;
  readonly seed: number;
  readonly runs: number;
  readonly ask: (operation: string, attributes: Attributes, inputs: NamedTensors) => Promise<Answer>;
}

class Refused extends Error {}

/** Asks a backend at drawn examples whether a relation holds, and shrinks the first that breaks it. */
export async function checkRelation(
  own: AnyOperation,
  relation: Relation,
  options: RelationOptions,
): Promise<Pick<PropertyOutcome, 'status' | 'runs' | 'skipped' | 'reason' | 'counterexample'>> {
  let judged = 0;
  let skipped = 0;
  let lastSkipped = 'no example was judged';
  let refusal: string | undefined;
  let remark: string | undefined;
  const ask: Ask = async (operation, attributes, inputs) => {
    const answer = await options.ask(operation, attributes, inputs);
    if (answer.kind === 'unsupported') throw new Refused(answer.message);
    if (answer.kind === 'fault') throw new Error(`${operation}: ${answer.message}`);
    const limits = limitsOf(operation, attributes, inputs, options);
    // A number that may be wrong by any amount agrees with everything.
    if (Object.values(limits).some((limit) => limit.includes(Infinity))) {
      throw new Inapplicable(`${options.precision.name} does not bound ${operation} here`);
    }
    return { outputs: answer.outputs, limits };
  };
  const property = fc.asyncProperty(relation.draw(own, options.table), async (example) => {
    try {
      remark = (await relation.check(example, ask, own)) ?? remark;
      judged++;
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Inapplicable)) throw error;
      if (error instanceof Refused) refusal ??= error.message;
      skipped++;
      lastSkipped = error.message;
    }
  });
  const details = await fc.check(property, { seed: options.seed, numRuns: options.runs });
  if (details.failed && details.counterexample !== null) {
    const [{ attributes, tensors }] = details.counterexample;
    const { errorInstance } = details;
    return {
      status: 'failed',
      runs: details.numRuns,
      reason: errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
      counterexample: {
        attributes,
        inputs: Object.fromEntries(
          Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, values: Array.from(data, jsonNumber) }]),
        ),
        path: details.counterexamplePath ?? '',
      },
    };
  }
  if (judged === 0) return { status: 'unsupported', runs: details.numRuns, reason: refusal ?? lastSkipped };
  return { status: 'passed', runs: judged, ...(skipped > 0 && { skipped }), reason: remark };
}

/** Returns the limits that the operation's bound derives for these inputs. */
function limitsOf(
  name: string,
  attributes: Attributes,
  inputs: NamedTensors,
  { precision, seed, table }: RelationOptions,
): Answered['limits'] {
  const operation = table(name);
  const asked = { id: `${name}/relation`, operation: name, tier: 'exact' as const, seed, attributes, sizes: {}, inputs };
  const { limits } = prepareQuestion(operation, asked, precision);
  // An answer may be any of the right ones, and shares of a tie round where a single winner does not.
  const others = (operation.alternatives ?? []).map(
    ({ outputs }) => withExpected(operation, asked, precision, outputs(inputs, attributes)).limits,
  );
  const widest = (output: string) =>
    limits[output].limit.map((limit, i) => others.reduce((most, other) => Math.max(most, other[output].limit[i]), limit));
  return Object.fromEntries(Object.keys(limits).map((output) => [output, widest(output)]));
}
