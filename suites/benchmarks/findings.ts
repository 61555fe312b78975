/** What follows from many numbers together: how time grows with size, and means over sizes. */
import type { BenchmarksRecord, GrowthRecord, Timing } from '../runReport.ts';
import type { BenchmarkSize } from './sizes.ts';
import { fitGrowth } from './statistics/growth.ts';

/** Below this a call is mostly its own overhead, which grows with nothing. */
const overheadMs = 0.02;

/** Fits a power law to the sizes of each series on each backend; three sizes above the overhead of a call are needed. */
export function growthOf(sizes: readonly BenchmarkSize[], timings: readonly Timing[]): GrowthRecord[] {
  const series = sizes.filter(({ series: own }) => own !== undefined);
  const operations = [...new Set(series.map(({ operation }) => operation.name))];
  const backends = [...new Set(timings.map(({ backend }) => backend))];
  return operations.flatMap((operation) =>
    backends.flatMap((backend) => {
      const own = series.filter((line) => line.operation.name === operation);
      const points = own.flatMap(({ name, series: { size } = { size: 0 } }) => {
        const timing = timings.find((one) => one.operation === operation && one.backend === backend && one.size === name);
        const ms = timing?.movesNoData ? undefined : timing?.execute?.medianMs;
        return ms !== undefined && ms > overheadMs ? [[size, ms] as const] : [];
      });
      const fit = fitGrowth(points);
      const { of, theory } = own[0].series!;
      return fit ? [{ operation, backend, of, theory, points, exponent: fit.exponent, low: fit.low, high: fit.high }] : [];
    }),
  );
}

/** Geometric means of the ratio to the fastest backend, over the numbers that every backend has and that move data. */
export function meansOf(timings: readonly Timing[]): BenchmarksRecord['means'] {
  const backends = [...new Set(timings.map(({ backend }) => backend))];
  const usable = timings.filter(({ execute, movesNoData }) => execute !== undefined && !movesNoData);
  const cases = [...new Set(usable.map(({ caseId }) => caseId))].filter(
    (caseId) => usable.filter((timing) => timing.caseId === caseId).length === backends.length,
  );
  if (cases.length === 0 || backends.length < 2) return [];
  return backends.map((backend) => {
    const ratios = usable
      .filter((one) => one.backend === backend && cases.includes(one.caseId))
      .map((one) => one.ratioToFastest!);
    const logarithms = ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0);
    return { backend, ratioToFastest: Math.exp(logarithms / ratios.length), numbers: ratios.length };
  });
}
