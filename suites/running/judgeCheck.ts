/**
 * The judge is put to the test on this machine before it judges anyone: the reference's own answers, rounded once to float32, must pass, and
 * must fail when one element is moved beyond its limit. It is done while the backends start; `etalon selftest` is the whole of it.
 */
import { setImmediate } from 'node:timers/promises';
import { asDtype } from '../../backends/worker/tensors.ts';
import { judge } from '../judging/judge.ts';
import type { AnyOperation, NamedTensors } from '../judging/operation.ts';
import { precisions } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { type CaseReference, materialize } from './cases.ts';

/**
 * Goes through the cases, each operation's first ones first, until the backends are ready and every operation had its turn.
 *
 * @returns how many cases were looked at.
 * @throws Error naming the case on which the judge is wrong.
 */
export async function checkJudge(cases: readonly CaseReference[], seed: number, ready: Promise<unknown>): Promise<number> {
  let isReady = false;
  const set = () => {
    isReady = true;
  };
  ready.then(set, set);
  const seen = new Set<AnyOperation>();
  const [firsts, others]: [CaseReference[], CaseReference[]] = [[], []];
  for (const reference of cases) {
    (seen.has(reference.operation) ? others : firsts).push(reference);
    seen.add(reference.operation);
  }
  let done = 0;
  for (const { operation, recipe, tier } of [...firsts, ...others]) {
    if (isReady && done >= firsts.length) break;
    if (recipe !== operation.large && !recipe.sampled) {
      examine(prepareQuestion(operation, materialize(operation, recipe, tier, seed, 'float32'), precisions.float32));
    }
    done++;
    // The backends' replies are read in between.
    await setImmediate();
  }
  return done;
}

function examine(question: Question): void {
  const { passed, reason } = judge(question, rounded(question.expected), 'float32');
  if (!passed) throw new Error(`the judge refuses the reference's own answer to ${question.case.id}: ${reason}`);
  const moved = movedOnce(question);
  if (moved && judge(question, moved, 'float32').passed) {
    throw new Error(`the judge accepts an answer to ${question.case.id} with an element far beyond its limit`);
  }
}

/** The answer with its first bounded element moved by four limits, or by four units of the last place where only the exact value is right. */
function movedOnce({ expected, limits }: Question): NamedTensors | undefined {
  for (const [name, { data }] of Object.entries(expected)) {
    const { limit } = limits[name];
    const at = data.findIndex((value, i) => Number.isFinite(value) && Math.abs(value) < 2 ** 100 && limit[i] < 2 ** 100);
    if (at < 0) continue;
    const moved = rounded(expected);
    moved[name].data[at] += 4 * limit[at] + Math.max(Math.abs(data[at]) * 2 ** -21, 2 ** -140);
    return moved;
  }
  return undefined;
}

/** A copy in float32. */
function rounded(outputs: NamedTensors): NamedTensors {
  return Object.fromEntries(Object.entries(outputs).map(([name, x]) => [name, asDtype(x, 'float32')]));
}
