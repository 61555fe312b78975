/** The picture of a benchmark. */
import { duration } from '../numbers.ts';
import { config, draw, pictureWidth } from './svg.ts';

export interface Phases {
  readonly backend: string;
  readonly executeMs: number;
  readonly loadMs: number;
  readonly readMs: number;
}

/** One bar per backend: execute from zero, so that it can be compared; load and read behind it. */
export async function phasesSvg(phases: readonly Phases[]): Promise<string> {
  const largest = Math.max(...phases.map(({ executeMs, loadMs, readMs }) => executeMs + loadMs + readMs));
  const [divisor, unit] = largest < 1 ? [0.001, 'µs'] : largest < 1000 ? [1, 'ms'] : [1000, 's'];
  const names = ['execute', 'load', 'read'];
  const values = phases.flatMap(({ backend, executeMs, loadMs, readMs }) =>
    [executeMs, loadMs, readMs].map((ms, order) => ({ backend, phase: names[order], order, time: ms / divisor })),
  );
  const labels = phases.map(({ backend, executeMs, loadMs, readMs }) => ({
    ...{ backend, end: (executeMs + loadMs + readMs) / divisor, text: duration(executeMs) },
  }));
  const y = {
    field: 'backend',
    type: 'nominal',
    sort: null,
    title: null,
    axis: { labelColor: 'var(--text)', ticks: false, domain: false, labelPadding: 8 },
  };
  const spec = {
    ...{ width: pictureWidth - 70, height: { step: 30 }, config },
    layer: [
      {
        data: { values },
        mark: { type: 'bar', height: 16 },
        encoding: {
          y,
          x: {
            field: 'time',
            type: 'quantitative',
            title: `median, ${unit}`,
            stack: true,
            scale: { domainMax: (largest / divisor) * 1.16 },
          },
          order: { field: 'order' },
          color: {
            ...{ field: 'phase', type: 'nominal', sort: names },
            scale: { domain: names, range: ['var(--series-1)', 'var(--phase-load)', 'var(--phase-read)'] },
          },
        },
      },
      {
        data: { values: labels },
        mark: { type: 'text', align: 'left', dx: 5, fontSize: 12, color: 'var(--text)' },
        encoding: { y, x: { field: 'end', type: 'quantitative' }, text: { field: 'text' } },
      },
    ],
  };
  const summary = labels.map(({ backend, text }) => `${backend} ${text}`).join(', ');
  return draw(spec, `Median time of one execution: ${summary}`);
}
