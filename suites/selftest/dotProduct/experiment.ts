/**
 * The dot-product experiment: faulty and honest float32 dot products, judged by the rules of other suites and by ours.
 * Everything is computed when asked for; nothing is copied from a table.
 */
import { type DataSet, type DotProducts, dataSets, drawDotProducts, lengths, outputs } from './data.ts';
import {
  faults,
  flushing,
  harderFaults,
  harderShifts,
  honest,
  inputShift,
  type Kernel,
  moreHonest,
  sequential,
} from './kernels.ts';
import { bestPower, type ShiftOf, smallestShift } from './limit.ts';
import { anchorRules, type Rule } from './rules.ts';
import { etalonRule, verdictProbability, verdictsAtMost } from './verdict.ts';

export interface RuleScore {
  readonly name: string;
  readonly says: string;
  readonly caught: number;
  readonly falseAlarms: number;
}

/** A fault that Etalon let pass, or an honest implementation that it refused. */
export interface Cell {
  readonly implementation: string;
  readonly dataSet: string;
  readonly length: number;
}

export interface MissedFault extends Cell {
  /** The fault over the smallest of its kind that the likelihood ratio test, with as few false alarms, sees in four draws of five. */
  readonly ofLimit: number;
  /** The probability with which that test, the best possible one, sees this fault. */
  readonly bestPower: number;
}

export interface Edition {
  readonly faults: number;
  readonly honest: number;
  readonly caught: number;
  readonly falseAlarms: number;
  /** Etalon is the last. */
  readonly rules: readonly RuleScore[];
  readonly missed: readonly MissedFault[];
  readonly alarmed: readonly Cell[];
}

export interface DotProductExperiment {
  readonly plain: Edition;
  readonly harder: Edition;
  readonly outputs: number;
  /** Statistical verdicts that Etalon made, and an upper bound of the probability that any of them on an honest implementation is an alarm. */
  readonly verdicts: number;
  readonly falseAlarmProbability: number;
}

export interface DotProductOptions {
  readonly dataSets?: readonly DataSet[];
  readonly lengths?: readonly number[];
  readonly progress?: (done: number, total: number) => void;
}

const rules: readonly Rule[] = [...anchorRules, etalonRule];

/** Both editions on the numbers of a seed. */
export function dotProductExperiment(seed: number, options: DotProductOptions = {}): DotProductExperiment {
  const { dataSets: sets = dataSets, lengths: sizes = lengths, progress } = options;
  const [plain, harder] = [startEdition(), startEdition()];
  const total = (sets.length + 1) * sizes.length;
  let done = 0;
  for (const length of sizes) {
    for (const dataSet of sets) {
      const data = drawDotProducts(dataSet, length, seed);
      plain.ask(data, seed, faults, honest);
      harder.ask(data, seed, harderFaults, moreHonest);
      progress?.(++done, total);
    }
    // Only numbers below the normal range show it.
    const tiny = drawDotProducts('tiny', length, seed);
    harder.ask(tiny, seed, { 'undeclared flushing': flushing }, {});
    progress?.(++done, total);
  }
  const verdicts = plain.verdicts() + harder.verdicts();
  if (verdicts > verdictsAtMost) {
    throw new RangeError(`dot product: ${verdicts} verdicts, but the false-alarm budget is shared by ${verdictsAtMost}`);
  }
  return {
    plain: plain.finish(),
    harder: harder.finish(),
    outputs,
    verdicts,
    falseAlarmProbability: verdicts * verdictProbability,
  };
}

function startEdition() {
  const scores = rules.map(({ name, says }) => ({ name, says, caught: 0, falseAlarms: 0 }));
  const ours = scores[scores.length - 1];
  const missed: MissedFault[] = [];
  const alarmed: Cell[] = [];
  let [faulty, right] = [0, 0];
  const refuses = (data: DotProducts, actual: ArrayLike<number>) => rules.map((rule) => !rule.accepts(data, actual));
  return {
    ask(data: DotProducts, seed: number, wrong: Readonly<Record<string, Kernel>>, good: Readonly<Record<string, Kernel>>) {
      const { dataSet, length } = data;
      for (const [implementation, kernel] of Object.entries(wrong)) {
        const actual = kernel(data, seed);
        const refused = refuses(data, actual);
        for (const [at, caught] of refused.entries()) scores[at].caught += Number(caught);
        if (!refused[rules.length - 1]) {
          missed.push({ implementation, dataSet, length, ...beside(implementation, data, actual, seed) });
        }
        faulty++;
      }
      for (const [implementation, kernel] of Object.entries(good)) {
        const refused = refuses(data, kernel(data, seed));
        for (const [at, alarm] of refused.entries()) scores[at].falseAlarms += Number(alarm);
        if (refused[rules.length - 1]) alarmed.push({ implementation, dataSet, length });
        right++;
      }
    },
    verdicts: () => faulty + right,
    finish: (): Edition => ({
      faults: faulty,
      honest: right,
      caught: ours.caught,
      falseAlarms: ours.falseAlarms,
      rules: scores,
      missed,
      alarmed,
    }),
  };
}

/** Where the best test has to look for a fault of one place. */
const places: Readonly<Record<string, (data: DotProducts) => number>> = {
  'one element in 1000 off by 0.1 %': () => outputs,
  'stale partial accumulator': () => outputs,
  'middle term dropped': ({ length }) => length,
  'one product taken twice': ({ length }) => length,
};

/** A fault beside what the best test sees, which is told what the fault does to each output. */
function beside(name: string, data: DotProducts, actual: ArrayLike<number>, seed: number) {
  const shift = shiftOf(name, data, actual, seed);
  const of = places[name]?.(data) ?? 1;
  return { ofLimit: 1 / smallestShift(data, shift, of), bestPower: bestPower(data, shift, of) };
}

function shiftOf(name: string, data: DotProducts, actual: ArrayLike<number>, seed: number): ShiftOf {
  const shift = harderShifts[name];
  if (shift) return (i) => shift(data, i, seed);
  if (name === 'inputs rounded to 20 bits') {
    const rounded = inputShift(data, 20);
    return (i) => rounded[i];
  }
  const right = sequential(data, seed);
  return (i) => actual[i] - right[i];
}
