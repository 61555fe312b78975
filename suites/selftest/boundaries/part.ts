/**
 * Does a fault that shows for some sizes alone survive? Faults of that kind are drawn for every operation, other ones with every seed, and
 * put to all that `etalon check` asks of it; a fault that no case refuses is a hole.
 */
import { asAnswer } from '../../judging/diagnosis/knownMistakes.ts';
import { judge } from '../../judging/judge.ts';
import type { AnyOperation } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { prepareQuestion } from '../../judging/question.ts';
import { randomFrom } from '../../judging/random.ts';
import { fullSizes } from '../../judging/shapes.ts';
import { operations } from '../../operations/index.ts';
import { type CaseReference, checkedCasesOf, materialize } from '../../running/cases.ts';
import type { SelfTestPart } from '../part.ts';
import { drawFaults, type Fault } from './faults.ts';

export interface BoundaryRecord {
  readonly operation: string;
  readonly kind: string;
  readonly says: string;
  /** The first case that refused it. */
  readonly refusedBy?: string;
  /** In so many of the cases it shows. */
  readonly shows: number;
  /** It changes no answer: zeros remain zeros. */
  readonly equivalent?: boolean;
}

/** More cases than this in which a fault shows are not tried: it is one that nothing refuses. */
const mostTried = 12;

/** Puts faults drawn by the seed to the cases of an operation: all that a check asks. */
export function sweep(
  operation: AnyOperation,
  seed: number,
  asked: readonly CaseReference[] = checkedCasesOf(operation),
): BoundaryRecord[] {
  const cases = asked
    .map((reference) => {
      const { sizes, attributes } = reference.recipe;
      const full = fullSizes(operation, sizes, attributes);
      return {
        ...reference,
        asked: { sizes: full, attributes },
        elements: Object.values(full).reduce((all, size) => all * size, 1),
      };
    })
    .sort((a, b) => a.elements - b.elements);
  return drawFaults(operation, randomFrom(seed, operation.name, 'faults')).map((fault) => {
    const where = cases.filter(({ asked }) => fault.shows(asked));
    const { name } = operation;
    let equivalent = where.length > 0;
    const refusedBy = where.slice(0, mostTried).find((one) => {
      const verdict = verdictOn(operation, one, fault, seed);
      equivalent &&= verdict === 'same';
      return verdict === 'refused';
    });
    return { operation: name, kind: fault.kind, says: fault.says, refusedBy: refusedBy?.id, shows: where.length, equivalent };
  });
}

function verdictOn(
  operation: AnyOperation,
  { recipe, tier }: CaseReference,
  { spoil }: Fault,
  seed: number,
): 'refused' | 'accepted' | 'same' {
  const asked = materialize(operation, recipe, tier, seed, 'float32');
  const question = prepareQuestion(operation, asked, precisions.float32);
  const right = question.samples ? operation.reference(asked.inputs, asked.attributes) : question.expected;
  const answer = asAnswer(spoil(right), 'float32');
  if (!judge(question, answer, 'float32').passed) return 'refused';
  const honest = asAnswer(right, 'float32');
  const isSame = Object.keys(honest).every((name) => honest[name].data.every((value, i) => value === answer[name].data[i]));
  return isSame ? 'same' : 'accepted';
}

export const boundariesOf = (examined: readonly AnyOperation[]): SelfTestPart => ({
  name: 'boundaries',
  title: 'Faults that show for some sizes alone',
  seconds: 60,
  run({ seed, progress }) {
    const drawn = examined.flatMap((operation, at) => {
      progress('faults at boundaries', at, examined.length);
      return sweep(operation, seed);
    });
    progress('faults at boundaries', examined.length, examined.length);
    const records = drawn.filter(({ equivalent }) => !equivalent);
    const survivors = records.filter(({ refusedBy }) => refusedBy === undefined);
    const kinds = [...new Set(records.map(({ kind }) => kind))];
    const refused = records.length - survivors.length;
    return {
      summary: `${refused} of ${records.length} faults refused, drawn for ${examined.length} operations`,
      record: { boundaryFaults: { total: records.length, refused } },
      details: { boundaryFaults: records },
      problems: survivors.map(
        ({ says, shows }) =>
          `${says} survives ${shows === 0 ? 'because no case asks it' : `the ${shows} cases in which it shows`}`,
      ),
      tables: [
        {
          title: 'Faults that show for some sizes alone, drawn by the seed',
          columns: ['kind', 'drawn', 'refused'],
          rows: kinds.map((kind) => {
            const own = records.filter((one) => one.kind === kind);
            return [kind, String(own.length), String(own.filter(({ refusedBy }) => refusedBy).length)];
          }),
          notes: [
            'Sizes are drawn up to 65,536; up to 4,096 where limits are carried through several sums, 1,000 in networks, 500 in perceptrons of several passes, 200 in locally connected layers, 64 in kernels.',
          ],
        },
      ],
    };
  },
});

export const boundariesPart = boundariesOf(operations);
