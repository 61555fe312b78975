/** Cases at the sizes of the blocks that a backend declares, and the contract that each of its blocks has some. */

import type { AnyOperation } from '../judging/operation.ts';
import { blockSizes } from '../operations/shared/boundaries.ts';
import type { Outcome, PropertyOutcome } from '../runReport.ts';
import { blockCasesOf, type CaseReference } from './cases.ts';
import { type BackendUnderTest, type CheckOptions, checkCases, type RunListener } from './run.ts';

/** Puts to each backend the cases of its own blocks. A block beside and between whose multiples nothing was judged is red. */
export async function checkBlocks(
  backends: readonly BackendUnderTest[],
  operations: readonly AnyOperation[],
  listener: RunListener,
  options: CheckOptions,
): Promise<void> {
  for (const backend of backends) {
    const blocks = [...new Set(backend.description.blocks ?? [])];
    if (blocks.length === 0) continue;
    const cases = operations.flatMap((operation) => blockCasesOf(operation, blocks));
    const outcomes = new Map<string, Outcome>();
    const outcome = (one: Outcome) => {
      outcomes.set(one.caseId, one);
      listener.outcome(one);
    };
    await checkCases([backend], cases, { ...listener, outcome }, options);
    if (options.signal?.aborted) return;
    for (const operation of operations) {
      const own = cases.filter((one) => one.operation === operation);
      listener.property(coverage(backend, operation, blocks, own, outcomes, options.seed));
    }
  }
}

const judged: readonly Outcome['status'][] = ['passed', 'failed', 'expectedFailure', 'unexpectedPass'];

function coverage(
  backend: BackendUnderTest,
  operation: AnyOperation,
  blocks: readonly number[],
  cases: readonly CaseReference[],
  outcomes: ReadonlyMap<string, Outcome>,
  seed: number,
): PropertyOutcome {
  const looked = cases.filter(({ id }) => judged.includes(outcomes.get(id)?.status ?? 'notAsked'));
  const sizes = new Set(looked.flatMap(({ recipe }) => Object.values(recipe.sizes)));
  const missing = blocks.flatMap((block) => {
    const asked = blockSizes(block).filter((size) => sizes.has(size));
    const lacks = [
      ...(asked.some((size) => size % block === 0) ? [] : ['of a multiple']),
      ...(asked.some((size) => size % block !== 0) ? [] : ['beside or between its multiples']),
    ];
    return lacks.length > 0 ? [`block ${block}: no size ${lacks.join(', none ')} was judged`] : [];
  });
  const refused = cases.flatMap(({ id }) => outcomes.get(id) ?? []).find(({ status }) => !judged.includes(status));
  const status = missing.length === 0 ? 'passed' : refused && looked.length === 0 ? refused.status : 'failed';
  return {
    operation: operation.name,
    backend: backend.name,
    property: `has cases at blocks of ${blocks.join(', ')}`,
    status,
    runs: looked.length,
    seed,
    reason: status === 'failed' ? missing.join('; ') : status === 'passed' ? undefined : refused?.reason,
    replay: `etalon check ${backend.replayOptions} --operation ${operation.name} --seed ${seed}`,
  };
}
