/** The benchmarks: a chart and a table each. What answered wrongly has a reason in place of a number. */
import type { RunReport, Samples, Timing } from '../../suites/runReport.ts';
import { brief, duration, shapeText } from '../numbers.ts';
import { benchmarkLink, identifier, operationLink } from './links.ts';
import { type Phases, phasesSvg } from './phases.ts';

/** Above this share of the median, the median absolute deviation earns a warning. */
const wideSpread = 0.1;

export async function timings(report: RunReport) {
  const backends = report.backends
    .map(({ name }) => name)
    .filter((name) => report.timings.some(({ backend }) => backend === name));
  const names = [...new Set(report.timings.map(({ operation }) => operation))];
  const benchmarks = await Promise.all(
    names.map(async (name) => {
      const own = report.timings.filter(({ operation }) => operation === name);
      const valid = own.filter((timing) => timing.status === 'valid' && timing.execute !== undefined);
      const sorted = valid.toSorted((a, b) => a.execute!.medianMs - b.execute!.medianMs);
      const shapes = Object.entries(own[0].shapes).map(([input, shape]) => `${input} ${shapeText(shape)}`);
      return {
        ...{ name, id: identifier('benchmark', name), href: operationLink(name), shapes: shapes.join(', ') },
        title: report.operations.find((operation) => operation.name === name)?.title ?? name,
        svgHtml: sorted.length > 0 ? await phasesSvg(sorted.map(phases)) : undefined,
        lines: [...sorted, ...own.filter((timing) => !valid.includes(timing))].map(line),
        hasRates: own.some(({ flops }) => flops !== undefined),
      };
    }),
  );
  return {
    backends,
    overview: names.map((name) => ({
      ...{ name, href: benchmarkLink(name) },
      cells: backends.map((backend) =>
        overviewCell(report.timings.find((item) => item.operation === name && item.backend === backend)),
      ),
    })),
    benchmarks,
  };
}

function overviewCell(timing: Timing | undefined) {
  if (timing?.execute === undefined)
    return {
      text: timing === undefined ? '' : timing.expected ? 'expected failure' : timing.status,
      title: timing?.reason,
      invalid: timing?.status === 'invalid' && !timing.expected,
    };
  const { execute, ratioToJs, ratioToFastest } = timing;
  const ratio = ratioToJs === undefined || timing.backend === 'js' ? undefined : comparison(ratioToJs);
  return {
    text: duration(execute.medianMs),
    medianMs: execute.medianMs,
    ratio,
    fastest: ratioToFastest === 1,
    wide: spread(execute) > wideSpread,
    invalid: false,
  };
}

function comparison(ratio: number): string {
  return ratio < 1 ? `${brief(1 / ratio, 2)} × faster` : ratio > 1 ? `${brief(ratio, 2)} × slower` : 'the same';
}

function phases({ backend, execute, load, read }: Timing): Phases {
  return { backend, executeMs: execute!.medianMs, loadMs: load?.medianMs ?? 0, readMs: read?.medianMs ?? 0 };
}

function line(timing: Timing) {
  const { operation, backend, status, reason, execute, load, read, firstCallMs, flops, ratioToJs, ratioToFastest } = timing;
  const median = (samples: Samples | undefined) => (samples ? duration(samples.medianMs) : '–');
  return {
    ...{ operation, backend, valid: status === 'valid', invalid: status === 'invalid', reason: reason ?? status },
    ...{ execute: median(execute), load: median(load), read: median(read) },
    firstCall: firstCallMs === undefined ? '–' : duration(firstCallMs),
    ratioToJs: ratioToJs === undefined ? '–' : `${brief(ratioToJs)} ×`,
    ratioToFastest: ratioToFastest === undefined ? '–' : `${brief(ratioToFastest)} ×`,
    rate: flops === undefined || !execute ? '–' : brief(flops / execute.medianMs / 1e6),
    spread: execute ? `${brief(spread(execute) * 100, 2)} %` : '–',
    wide: execute !== undefined && spread(execute) > wideSpread,
    samples: execute?.samplesMs.length,
  };
}

function spread({ madMs, medianMs }: Samples): number {
  return medianMs > 0 ? madMs / medianMs : 0;
}
