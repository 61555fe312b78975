/** Small pieces of markup that the sections share: escaping, identifiers, formulas. */
import temml from 'temml';
import type { JsonNumber, RunReport } from '../../suites/runReport.ts';
import { shapeText, shortest } from '../numbers.ts';

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** A link of the report may come from a stranger's program: only the web, never a script. */
export function safeLink(link: string | undefined): string | undefined {
  return link !== undefined && /^https?:\/\//.test(link) ? link : undefined;
}

/** A file of the sources, with a link to it where the report knows where they are: a URL, or a way from the report's own folder. */
export function sourceLink({ sources }: Pick<RunReport, 'sources'>, file: string): { file: string; href?: string } {
  const known = sources !== undefined && /^(https?:\/\/|(\.\.?\/)+)/.test(sources);
  if (!known) return { file };
  return { file, href: /^https?:/.test(sources) ? sources + file : `@/${sources}${file}` };
}

/** LaTeX as MathML; what cannot be read as LaTeX is shown as it was written. */
export function formula(latex: string, displayMode = true): string {
  try {
    return legible(temml.renderToString(latex, { displayMode, throwOnError: true }));
  } catch {
    return `<code class="tex">${escapeHtml(latex)}</code>`;
  }
}

/** Unicode's mathematical alphabets that have a plain counterpart: bold (letters, Greek, digits), then bold italic. */
const alphabets: readonly (readonly [first: number, last: number, style: string])[] = [
  [0x1d400, 0x1d433, 'bold'],
  [0x1d6a8, 0x1d6e1, 'bold'],
  [0x1d7ce, 0x1d7d7, 'bold'],
  [0x1d468, 0x1d49b, 'bold slanted'],
  [0x1d71c, 0x1d755, 'bold slanted'],
];

/**
 * Browsers draw single letters in Unicode's mathematical alphabets, which only mathematical fonts have; elsewhere the page would
 * show nothing. With these classes the style sheet slants or emboldens the letters of whatever font there is.
 */
function legible(mathml: string): string {
  return mathml.replace(/<(mi|mn)>([\p{L}\p{Nd}∂])<\/\1>/gu, (whole, element: string, letter: string) => {
    const code = letter.codePointAt(0)!;
    const style = alphabets.find(([first, last]) => code >= first && code <= last)?.[2];
    if (style !== undefined) return `<${element} class="${style}">${letter.normalize('NFKC')}</${element}>`;
    // Double-struck and other letter-like symbols (ℝ, ℓ) stand as they are.
    const symbol = code >= 0x1d400 || (code >= 0x2100 && code <= 0x214f);
    return element === 'mi' && !symbol ? `<mi class="slanted">${letter}</mi>` : whole;
  });
}

/** A command in which a line may break only between its options and at the slashes of a case's name; it is copied as it is. */
export function command(text: string): string {
  return escapeHtml(text)
    .replace(/ (?=--)/g, ' <wbr>')
    .replaceAll('/', '/<wbr>');
}

/** A short value that no line may break in: "8.7e-10" has a hyphen that looks like a place to. */
export function whole(text: string): string {
  return text.length > 24 ? escapeHtml(text) : `<span class="whole">${escapeHtml(text)}</span>`;
}

/** Prose with mathematics between $…$ and code between `…`. */
export function prose(text: string): string {
  return text
    .split(/(\$[^$]+\$|`[^`]+`)/)
    .map((part) => {
      if (/^\$[^$]+\$$/.test(part)) return formula(part.slice(1, -1), false);
      return /^`[^`]+`$/.test(part) ? `<code>${escapeHtml(part.slice(1, -1))}</code>` : escapeHtml(part);
    })
    .join('');
}

/** What an erratum prints: prose with mathematics, or LaTeX alone. */
export function proseOrFormula(text: string): string {
  return !text.includes('$') && /\\[a-zA-Z]/.test(text) ? formula(text, false) : prose(text);
}

const largestMatrix = 64;

/** A small tensor: a number, a row, a matrix, or one matrix for each index of the outer axes. */
export function tensorMarkup(shape: readonly number[], values: readonly JsonNumber[]): string {
  if (values.length === 0) return `<span>empty ${shapeText(shape)}</span>`;
  if (values.length > largestMatrix) {
    return `<span>${values.slice(0, 16).map(shortest).join(', ')}, … (${values.length} values)</span>`;
  }
  const columns = shape.at(-1) ?? 1;
  const rows = shape.length > 1 ? shape.at(-2)! : 1;
  const outer = shape.slice(0, -2);
  const matrices: string[] = [];
  for (let start = 0; start < values.length; start += rows * columns) {
    const label = outer.length > 0 ? `[${[...unravel(start / (rows * columns), outer), '·', '·'].join(', ')}]` : '';
    matrices.push(`${label}${matrix(values.slice(start, start + rows * columns), columns)}`);
  }
  return matrices.join(' ');
}

/** Its brackets are the style sheet's: those of MathML stretch only in mathematical fonts. */
function matrix(values: readonly JsonNumber[], columns: number): string {
  const entries = values.map(shortest);
  if (entries.length === 1) return `<span class="entry">${entries[0]}</span>`;
  const rows: string[] = [];
  for (let i = 0; i < entries.length; i += columns) rows.push(`[${entries.slice(i, i + columns).join(', ')}]`);
  const cells = entries.map((entry) => `<span>${entry}</span>`).join('');
  const label = rows.length > 1 ? `[${rows.join(', ')}]` : rows[0];
  return `<span class="matrix" role="img" aria-label="${label}" style="grid-template-columns:repeat(${columns},auto)">${cells}</span>`;
}

function unravel(index: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  for (const size of shape.toReversed()) {
    place.unshift(index % size);
    index = Math.floor(index / size);
  }
  return place;
}
