/** Charts of the documents' rows. Series differ in shape or dash as well as in colour. */
import type { Chart } from '../../suites/runReport.ts';
import { config, draw, pictureWidth } from './svg.ts';

const seriesColors = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `var(--series-${n})`);
/** Up to this many points of a line are marked. */
const markedPoints = 24;
/** More points of a scatter are drawn small. */
const manyPoints = 100;

/** The figure's picture; the caption is the page's. */
export async function chartSvg(chart: Chart): Promise<string> {
  const values = chart.series.flatMap(({ name, points, kind = chart.kind }) =>
    points
      .filter(([x, y]) => drawable(y, chart.yScale) && (typeof x === 'string' || drawable(x, chart.xScale)))
      .map(([x, y]) => ({ x, y, series: name, kind })),
  );
  if (values.length === 0) return '<p>There is no finite point to draw.</p>';
  const names = chart.series.map(({ name }) => name);
  const several = names.length > 1;
  const kinds = [...new Set(chart.series.map(({ kind = chart.kind }) => kind))];
  const bars = chart.kind === 'bar';
  const discrete = bars || values.some(({ x }) => typeof x === 'string');
  const series = {
    field: 'series',
    type: 'nominal',
    sort: names,
    legend: several ? legend(names, kinds.length === 1 ? chart.kind : 'scatter') : null,
  };
  // Lines lie above points; many points are small, so that their density shows.
  const layers = [...kinds]
    .sort()
    .reverse()
    .map((kind) => {
      const own = values.filter((value) => value.kind === kind);
      const drawn = new Set(own.map((value) => value.series)).size;
      const mark = {
        bar: { type: 'bar', cornerRadiusEnd: 2 },
        line: { type: 'line', strokeWidth: 2, point: own.length <= markedPoints * drawn ? { size: 36, filled: true } : false },
        scatter: {
          ...{ type: 'point', filled: true },
          ...(own.length > manyPoints * drawn ? { size: 12, opacity: 0.5 } : { size: 55, opacity: 0.9 }),
        },
      }[kind];
      const different = several && kinds.length === 1;
      return {
        mark,
        ...(kinds.length > 1 ? { transform: [{ filter: `datum.kind === '${kind}'` }] } : {}),
        encoding: {
          ...(kind === 'line' && different ? { strokeDash: series } : {}),
          ...(kind === 'scatter' && different ? { shape: series } : {}),
        },
      };
    });
  const spec = {
    ...{ width: pictureWidth, height: 210, config, data: { values }, layer: layers },
    encoding: {
      x: {
        field: 'x',
        title: chart.xLabel,
        sort: null,
        ...(discrete
          ? categories(values)
          : scaled(
              values.map(({ x }) => Number(x)),
              chart.xScale,
            )),
      },
      ...(bars && several ? { xOffset: { field: 'series', sort: names } } : {}),
      y: {
        field: 'y',
        title: chart.yLabel,
        stack: null,
        ...scaled(
          values.map(({ y }) => y),
          chart.yScale,
          bars,
        ),
      },
      color: { ...series, scale: { domain: names, range: seriesColors } },
    },
  };
  return draw(spec, `${chart.title}: ${chart.yLabel} by ${chart.xLabel}, ${names.join(', ')}`);
}

function drawable(value: unknown, scale: 'linear' | 'log' = 'linear'): boolean {
  return typeof value === 'number' && Number.isFinite(value) && (scale === 'linear' || value > 0);
}

/** As many columns as the longest name leaves room for (a letter is about 7 wide); a line's sample shows its dashes. */
function legend(names: readonly string[], kind: Chart['kind']): object {
  const columns = Math.max(1, Math.floor(pictureWidth / (Math.max(...names.map((name) => name.length)) * 7 + 34)));
  return {
    columns,
    labelLimit: 0,
    ...(kind === 'line' ? { symbolType: 'stroke', symbolSize: 350, symbolStrokeWidth: 2 } : {}),
  };
}

type Point = { readonly x: number | string };

/** An axis of names; slanted where labels side by side would touch (a letter is about 6.5 wide). */
function categories(values: readonly Point[]): object {
  const labels = [...new Set(values.map(({ x }) => String(x)))];
  const crowded = labels.length * Math.max(...labels.map((label) => label.length)) * 6.5 > pictureWidth;
  return { type: 'ordinal', axis: { labelAngle: crowded ? -40 : 0, labelLimit: 0, grid: false } };
}

/** An axis of numbers. A bar starts at zero; a logarithmic axis over several decades is labelled at its powers of ten. */
function scaled(values: readonly number[], scale: 'linear' | 'log' = 'linear', zero = false): object {
  const [least, largest] = [Math.min(...values), Math.max(...values)];
  if (scale === 'linear') {
    // Years, steps and depths have no halves and no thousands separators.
    const whole = values.every(Number.isInteger) && largest < 10_000;
    const axis = whole ? { axis: { format: 'd', tickMinStep: 1, tickCount: Math.max(1, Math.min(6, largest - least)) } } : {};
    return { type: 'quantitative', scale: { zero }, ...axis };
  }
  const [low, high] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(largest))];
  const step = Math.ceil((high - low) / 7);
  const powers = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => 10 ** (low + i * step));
  // As in the tables: "1e-12", and plain numbers where they are short.
  const labelExpr =
    'abs(log(datum.value)) / LN10 > 4.5 ? "1e" + format(round(log(datum.value) / LN10), "d") : format(datum.value, ",~g")';
  return {
    type: 'quantitative',
    scale: { type: 'log' },
    axis: { labelExpr, ...(high - low < 2 ? {} : { values: powers }) },
  };
}
