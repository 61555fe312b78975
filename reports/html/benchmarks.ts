/** The times of `etalon bench`: for each operation its sizes with intervals, what limits them, the samples in order; then rooflines and growth. */
import type { RunReport, Samples, Timing } from '../../suites/runReport.ts';
import { brief, duration, plural, shapeText } from '../numbers.ts';
import { identifier, operationLink } from './links.ts';
import { type Phases, phasesSvg } from './phases.ts';
import { config, draw, pictureWidth } from './svg.ts';

export async function benchmarks(report: RunReport) {
  const { timings, benchmarks: record } = report;
  const backends = report.backends.map(({ name }) => name).filter((name) => timings.some(({ backend }) => backend === name));
  const color = {
    ...{ field: 'backend', type: 'nominal', sort: backends },
    scale: { domain: backends, range: backends.map((_, i) => `var(--series-${(i % 8) + 1})`) },
  };
  const shape = { field: 'backend', type: 'nominal', sort: backends };
  const operations = [...new Set(timings.map(({ operation }) => operation))];
  const articles = await Promise.all(
    operations.map(async (name) => {
      const own = timings.filter(({ operation }) => operation === name).toSorted(bySize);
      const timed = own.filter(({ execute }) => execute !== undefined);
      const largest = timed.filter(({ caseId }) => caseId === timed.at(-1)?.caseId);
      const title = largest[0]?.size ?? '';
      const pictures = [
        ...(timed.length > 0
          ? [{ caption: 'Median by size, with its interval', svgHtml: await sizesSvg(timed, color, shape) }]
          : []),
        ...(largest.length > 0
          ? [
              { caption: `Load, execute and read of ${title}`, svgHtml: await phasesSvg(largest.map(phases)) },
              { caption: `Samples of ${title} in the order of measurement`, svgHtml: await samplesSvg(largest, color, shape) },
            ]
          : []),
      ];
      return {
        ...{ name, id: identifier('benchmark', name), href: operationLink(name), pictures },
        title: report.operations.find((operation) => operation.name === name)?.title ?? name,
        lines: own.map(line),
        growth: (record?.growth ?? [])
          .filter(({ operation }) => operation === name)
          .map(({ backend, of, exponent, low, high, theory }) => ({
            ...{ backend, of, theory, exponent: exponent.toFixed(2), interval: `${low.toFixed(2)} … ${high.toFixed(2)}` },
          })),
      };
    }),
  );
  return {
    operations: articles,
    rooflines: await rooflines(report, backends),
    means: (record?.means ?? []).map(({ backend, ratioToFastest, numbers }) => ({
      ...{ backend, ratio: `${brief(ratioToFastest)} ×`, numbers: plural(numbers, 'number') },
    })),
    circumstances: circumstances(report),
    warnings: record?.warnings ?? [],
  };
}

function bySize(a: Timing, b: Timing): number {
  if (a.caseId !== b.caseId) return (a.flops ?? a.bytes ?? 0) - (b.flops ?? b.bytes ?? 0) || a.caseId.localeCompare(b.caseId);
  return (a.execute?.medianMs ?? Number.POSITIVE_INFINITY) - (b.execute?.medianMs ?? Number.POSITIVE_INFINITY);
}

function phases({ backend, execute, load, read }: Timing): Phases {
  return { backend, executeMs: execute!.medianMs, loadMs: load?.medianMs ?? 0, readMs: read?.medianMs ?? 0 };
}

const interval = ({ medianMs, lowMs = medianMs, highMs = medianMs }: Samples) => `${duration(lowMs)} … ${duration(highMs)}`;

function line(timing: Timing) {
  const { backend, size = '', status, expected, reason, shapes, execute, throughput, load, read, cold, firstCallMs } = timing;
  const { flops, bytes, limitShare, limitedBy, movesNoData, ratioToFastest, warnings = [], judged, processes } = timing;
  const median = (samples: Samples | undefined) => (samples ? duration(samples.medianMs) : '–');
  const rate = (amount: number | undefined) => (amount && execute ? brief(amount / execute.medianMs / 1e6) : '–');
  const of = Object.entries(shapes).map(([name, shape]) => `${name} ${shapeText(shape)}`);
  return {
    ...{ backend, size, shapes: of.join(', '), timed: execute !== undefined, invalid: status === 'invalid' && !expected },
    why: `${expected ? 'known to be wrong' : status}: ${reason ?? 'no reason given'}`,
    ...{
      execute: median(execute),
      interval: execute ? interval(execute) : '',
      throughput: median(throughput),
      cold: median(cold),
    },
    ...{ load: median(load), read: median(read), firstCall: firstCallMs === undefined ? '–' : duration(firstCallMs) },
    ratio: ratioToFastest === undefined ? '–' : `${brief(ratioToFastest)} ×`,
    share: movesNoData ? 'moves no data' : limitShare === undefined ? '–' : `${brief(limitShare * 100, 2)} % of ${limitedBy}`,
    ...{ gflops: rate(flops), gigabytes: rate(bytes), fastest: ratioToFastest === 1 },
    evidence:
      judged &&
      `${plural(processes ?? 0, 'process', 'processes')}, ${judged.compared} elements of ${plural(judged.answers, 'answer')} judged`,
    ...{ warnings: warnings.map(({ kind }) => kind).join(', '), warningText: warnings.map(({ text }) => text).join('; ') },
  };
}

const logarithmic = (title: string) => ({
  ...{ type: 'quantitative', title, scale: { type: 'log' } },
  axis: { tickCount: 5, labelExpr: 'format(datum.value, "~r")' },
});

function sizesSvg(timed: readonly Timing[], color: object, shape: object): Promise<string> {
  const values = timed.map(({ backend, size = '', execute }) => {
    const { medianMs, lowMs = medianMs, highMs = medianMs } = execute!;
    return { backend, size, ms: medianMs, low: lowMs, high: highMs };
  });
  const sizes = [...new Set(values.map(({ size }) => size))];
  const x = {
    field: 'size',
    type: 'ordinal',
    sort: sizes,
    title: null,
    axis: { labelAngle: sizes.join('').length > 36 ? -40 : 0, labelLimit: 0 },
  };
  const dodge = { xOffset: { field: 'backend' } };
  const spec = {
    ...{ width: pictureWidth, height: 210, config, data: { values } },
    encoding: { x, ...dodge, color },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 1.5 },
        encoding: { y: { field: 'low', ...logarithmic('ms') }, y2: { field: 'high' } },
      },
      { mark: { type: 'point', filled: true, size: 55 }, encoding: { y: { field: 'ms', ...logarithmic('ms') }, shape } },
    ],
  };
  return draw(
    spec,
    `Median time by size: ${values.map(({ backend, size, ms }) => `${backend} ${size} ${duration(ms)}`).join(', ')}`,
  );
}

function samplesSvg(timed: readonly Timing[], color: object, shape: object): Promise<string> {
  const values = timed.flatMap(({ backend, execute }) => execute!.samplesMs.map((ms, at) => ({ backend, at: at + 1, ms })));
  const spec = {
    ...{
      width: pictureWidth,
      height: 210,
      config,
      data: { values },
      mark: { type: 'point', filled: true, size: 14, opacity: 0.7 },
    },
    encoding: {
      x: { field: 'at', type: 'quantitative', title: 'sample, the processes one after the other', axis: { format: 'd' } },
      ...{ y: { field: 'ms', ...logarithmic('ms') }, color, shape },
    },
  };
  return draw(spec, `Samples in the order of measurement of ${timed.map(({ backend }) => backend).join(', ')}`);
}

/** A roofline a backend: its rates by arithmetic intensity below what its device reaches. */
async function rooflines({ timings, benchmarks: record, backends }: RunReport, names: readonly string[]) {
  const drawn = await Promise.all(
    names.map(async (name) => {
      const { device = 'cpu' } = backends.find((backend) => backend.name === name) ?? {};
      const limits = record?.limits[device === 'wasm' ? 'cpu' : device];
      const points = timings.flatMap(({ backend, operation, size, flops, bytes, execute, movesNoData }) =>
        backend === name && flops && bytes && execute && !movesNoData
          ? [{ intensity: flops / bytes, rate: flops / execute.medianMs / 1e6, title: `${operation} ${size}` }]
          : [],
      );
      if (!limits || points.length === 0) return undefined;
      const copied = Math.max(...limits.copy.map(({ gigabytesPerSecond }) => gigabytesPerSecond));
      const memory = limits.copy.at(-1)!.gigabytesPerSecond;
      const reach = [
        Math.min(0.05, ...points.map(({ intensity }) => intensity)),
        Math.max(1000, ...points.map(({ intensity }) => intensity)),
      ];
      const roofs = [
        { roof: 'caches', slope: copied },
        { roof: 'memory', slope: memory },
      ].flatMap(({ roof, slope }) => {
        const ridge = limits.multiplyAddGflops / slope;
        return [reach[0], ridge, reach[1]].map((intensity) => ({
          roof,
          intensity,
          rate: Math.min(limits.multiplyAddGflops, slope * intensity),
        }));
      });
      const x = { field: 'intensity', ...logarithmic('FLOP per byte') };
      const y = { field: 'rate', ...logarithmic('GFLOP/s') };
      const spec = {
        ...{ width: pictureWidth, height: 210, config },
        layer: [
          {
            data: { values: roofs },
            mark: { type: 'line', strokeWidth: 2, color: 'var(--muted)' },
            encoding: { x, y, strokeDash: { field: 'roof', type: 'nominal', sort: ['caches', 'memory'], title: null } },
          },
          {
            data: { values: points },
            mark: { type: 'point', filled: true, size: 45, color: 'var(--series-1)' },
            encoding: { x, y },
          },
        ],
      };
      const caption = `${name}: rates below what the machine reaches, ${brief(limits.multiplyAddGflops)} GFLOP/s (${limits.by}), copies of ${brief(memory)} GB/s in memory and ${brief(copied)} GB/s in the caches`;
      return { caption, svgHtml: await draw(spec, caption) };
    }),
  );
  return drawn.filter((picture) => picture !== undefined);
}

/** What a reader needs to repeat the numbers. */
function circumstances({ benchmarks: record }: RunReport): string[] {
  if (!record) return [];
  const { suite, processes, loadBefore, loadAfter, stealShare, governor, bracketMs, referenceKernelMs, clockMs } = record;
  const brackets = Object.entries(bracketMs).map(([backend, ms]) => `${backend} ${duration(ms)}`);
  return [
    `Suite ${suite}, ${plural(processes, 'fresh process', 'fresh processes')} for each number, in turns with the other backends'.`,
    `Load average ${loadBefore.toFixed(2)} before${loadAfter === undefined ? '' : `, ${loadAfter.toFixed(2)} after`}${stealShare === undefined ? '' : `; ${brief(stealShare * 100, 2)} % of the processor time was given to other machines`}${governor === undefined ? '' : `; governor ${governor}`}.`,
    ...(referenceKernelMs.length > 0
      ? [`The pinned kernel took ${referenceKernelMs.map((ms) => duration(ms)).join(', ')}.`]
      : []),
    ...(brackets.length > 0
      ? [
          `The harness's own share of a call, subtracted nowhere: ${brackets.join(', ')}${clockMs === undefined ? '' : `; the clock steps by ${duration(clockMs)}`}.`,
        ]
      : []),
  ];
}
