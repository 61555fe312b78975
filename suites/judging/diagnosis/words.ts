/** How dimensions and numbers are called in the sentences of the diagnosis. */

/** outputHeight → output height. */
export function word(dimension: string): string {
  return dimension.replace(/([a-z])([A-Z0-9])/g, '$1 $2').toLowerCase();
}

const positionWords: Readonly<Record<string, string>> = {
  batch: 'sample',
  height: 'row',
  width: 'column',
  classes: 'class',
  inner: 'inner position',
};

/** Names one position along a dimension: a sample of the batch, a row of the output height. */
export function position(dimension: string): string {
  const words = word(dimension).split(' ');
  const last = words[words.length - 1];
  return [...words.slice(0, -1), positionWords[last] ?? last.replace(/s$/, '')].join(' ');
}

/** The same of several. */
export function positions(dimension: string): string {
  return position(dimension)
    .replace(/(class)$/, '$1e')
    .concat('s');
}

/** 0.25, 1.00000301: at least six digits, and enough to tell the number from 1. */
export function digits(value: number): string {
  const apart = Math.abs(value - 1);
  const needed = apart > 0 && apart < 1 ? Math.ceil(-Math.log10(apart)) + 2 : 0;
  return String(Number(value.toPrecision(Math.max(6, Math.min(17, needed)))));
}

/** 65504 → 65,504; other numbers with at most six digits. */
export function amount(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : value < 0 ? '−∞' : 'NaN';
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return value.toLocaleString('en-US').replace('-', '−');
  return String(Number(value.toPrecision(6)));
}
