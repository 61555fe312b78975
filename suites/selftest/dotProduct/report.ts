/** The dot-product experiment and its power curves as a part of `etalon selftest`. */

import type { SelfTestPart, SelfTestTable } from '../part.ts';
import { type DotProductExperiment, dotProductExperiment, type MissedFault } from './experiment.ts';
import { type PowerCurve, powerCurves } from './power.ts';
import { verdictsAtMost } from './verdict.ts';

/** Etalon sees faults of at most so many times the size that the best possible test sees; anything more is a problem. */
const nearLimit = 2;

export const dotProductPart: SelfTestPart = {
  name: 'dot-product',
  title: 'Dot products: what each rule catches, and leaves in peace',
  seconds: 80,
  run({ seed, progress }) {
    const experiment = dotProductExperiment(seed, {
      progress: (done, total) => progress('dot products', done, total),
    });
    const curves = powerCurves(seed, { progress: (done, total) => progress('power curves', done, total) });
    const { plain, harder, outputs, falseAlarmProbability } = experiment;
    const { caught, faults, falseAlarms, honest, rules, missed } = plain;
    return {
      record: { dotProduct: { caught, faults, falseAlarms, honest } },
      summary: `${caught} of ${faults} faults caught, ${falseAlarms} of ${honest} honest implementations refused; harder ${harder.caught} of ${harder.faults}${bestOfMissed(harder.missed)} and ${harder.falseAlarms} of ${harder.honest}; faults of at most ${largestRatio(curves)} times the size that any test could see`,
      details: { dotProduct: { outputs, falseAlarmProbability, rules, missed, harder, powerCurves: curves } },
      problems: [...experimentProblems(experiment), ...curves.flatMap(curveProblems)],
      tables: [rulesTable(experiment), ...powerTables(curves)],
    };
  },
};

/** How the best possible test fares with what Etalon missed. */
function bestOfMissed(missed: readonly MissedFault[]): string {
  if (missed.length === 0) return '';
  return ` (the best possible test sees the others with probability ${missed.map(({ bestPower }) => bestPower.toFixed(2)).join(', ')})`;
}

/** Of all faults, data and lengths. */
function largestRatio(curves: readonly PowerCurve[]): string {
  return Math.max(...curves.flatMap(({ ratio }) => ratio.map((times) => times ?? Infinity))).toFixed(2);
}

/** Exported for its test. */
export function experimentProblems({ plain, harder }: DotProductExperiment): string[] {
  const misses = (missed: readonly MissedFault[]) =>
    missed.map(({ implementation, dataSet, length }) => `missed ${implementation}, ${dataSet}, length ${length}`);
  return [
    ...misses(plain.missed),
    // A smaller fault than the best test could see is no fault of the rule; one up to twice as large is within the promise.
    ...misses(harder.missed.filter(({ ofLimit }) => ofLimit > nearLimit)),
    ...[...plain.alarmed, ...harder.alarmed].map(
      ({ implementation, dataSet, length }) => `false alarm on ${implementation}, ${dataSet}, length ${length}`,
    ),
  ];
}

/** Exported for its test. */
export function curveProblems({ fault, dataSet, lengths, ratio }: PowerCurve): string[] {
  return ratio.flatMap((times, at) =>
    times !== null && times <= nearLimit
      ? []
      : [
          `${fault}, ${dataSet}, length ${lengths[at]}: ${times === null ? 'never caught' : `${times.toFixed(2)} times the limit`}`,
        ],
  );
}

function rulesTable({ plain, harder, outputs, verdicts, falseAlarmProbability }: DotProductExperiment): SelfTestTable {
  return {
    title: `Dot products of float32 numbers, ${outputs} outputs each`,
    columns: [
      'rule',
      `faults caught, of ${plain.faults}`,
      `false alarms, of ${plain.honest}`,
      `harder, of ${harder.faults}`,
      `false alarms, of ${harder.honest}`,
      'says',
    ],
    rows: plain.rules.map(({ name, caught, falseAlarms, says }, at) => [
      name,
      String(caught),
      String(falseAlarms),
      String(harder.rules[at].caught),
      String(harder.rules[at].falseAlarms),
      says,
    ]),
    notes: [
      `The chance that any of Etalon's ${verdicts} verdicts is a false alarm is at most ${falseAlarmProbability.toPrecision(2)}, by design: at most ${verdictsAtMost} verdicts share 10⁻⁶.`,
      'The data are drawn here; figures found elsewhere for the other rules, on other draws, differ by the magnitudes of their data.',
      ...harder.missed.map(
        ({ implementation, dataSet, length, ofLimit, bestPower }) =>
          `Not caught: ${implementation}, ${dataSet}, length ${length}. It has ${ofLimit.toFixed(2)} of the size that the best possible test sees in four draws of five: the likelihood ratio test itself, told the fault, catches this one with probability ${bestPower.toFixed(2)}.`,
      ),
    ],
  };
}

/** One table a kind of fault: Etalon, the best of the others and the limit, at each length. */
function powerTables(curves: readonly PowerCurve[]): SelfTestTable[] {
  const kinds = Array.from(new Set(curves.map(({ fault }) => fault)));
  return kinds.map((fault) => {
    const ofKind = curves.filter((curve) => curve.fault === fault);
    const { lengths } = ofKind[0];
    return {
      title: `Smallest d that is caught in four draws of five: ${fault}`,
      columns: ['data', 'rule', ...lengths.map((length) => `length ${length}`)],
      rows: ofKind.flatMap(({ dataSet, rules, limit, ratio }) => [
        ...rules.map(({ name, smallest }) => [dataSet, name, ...smallest.map(size)]),
        [dataSet, 'Neyman–Pearson limit', ...limit.map(size)],
        [dataSet, 'Etalon over limit', ...ratio.map((times) => (times === null ? '-' : times.toFixed(2)))],
      ]),
      notes: ['A dash: the rule misses every size, or refuses the right answer, so that what it catches says nothing.'],
    };
  });
}

/** A dash where the rule misses every size, or refuses the honest answer. */
function size(d: number | null): string {
  return d === null ? '-' : d.toExponential(1);
}
