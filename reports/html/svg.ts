/**
 * Pictures made on the server: the same bytes for the same data. Colours are CSS variables of the page, so that light and dark
 * both work.
 */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { escapeHtml } from './markup.ts';

export const pictureWidth = 380;

/** How every picture looks. */
export const config = {
  aria: false,
  background: null,
  font: 'inherit',
  view: { stroke: null },
  axis: {
    ...{
      domainColor: 'var(--line-strong)',
      tickColor: 'var(--line-strong)',
      gridColor: 'var(--line)',
      labelFontSize: 12,
      titleFontSize: 12,
    },
    ...{ labelColor: 'var(--muted)', titleColor: 'var(--muted)', titleFontWeight: 'normal', labelLimit: 150, tickCount: 6 },
  },
  legend: {
    labelColor: 'var(--text)',
    labelFontSize: 12,
    titleFontSize: 12,
    orient: 'top',
    title: null,
  },
} as const;

/** Draws a specification as an SVG that has no identifiers, which would meet those of the page's other pictures. */
export async function draw(spec: object, description: string): Promise<string> {
  const view = new View(parse(compile(spec as TopLevelSpec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  const [, box] = /viewBox="0 0 ([\d.]+ [\d.]+)"/.exec(svg) ?? [];
  const [boxWidth] = (box ?? '').split(' ');
  const opening = `<svg class="chart" role="img" aria-label="${escapeHtml(description)}" viewBox="0 0 ${box}" style="max-width:${boxWidth}px">`;
  // The picture has one description; its parts need no roles of their own.
  return svg
    .replace(/^<svg[^>]*>/, opening)
    .replace(/ (?:role|aria-[a-z]+|class|pointer-events)="[^"]*"(?=[^<]*>)/g, (attribute, at: number) =>
      at < opening.length ? attribute : '',
    );
}
