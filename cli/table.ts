/** Columns padded to their widest cell; those named in `right` are aligned at their end, the last one is left as it is. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const padded = (cell: string, column: number) => {
    if (right.includes(column)) return cell.padStart(widths[column]);
    return column === header.length - 1 ? cell : cell.padEnd(widths[column]);
  };
  const line = (cells: readonly string[]) => cells.map(padded).join('  ').trimEnd();
  return `${[line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')}\n`;
}

/** A table with a first column of names; where it is too wide for the terminal it is printed in parts, each with that column. */
export function formatWideTable(header: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const wide = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const parts: number[][] = [[]];
  let taken = wide[0];
  for (let column = 1; column < header.length; column++) {
    if (taken + 2 + wide[column] > width && parts.at(-1)!.length > 0) {
      parts.push([]);
      taken = wide[0];
    }
    parts.at(-1)!.push(column);
    taken += 2 + wide[column];
  }
  return parts
    .map((columns) => {
      const pick = (cells: readonly string[]) => [cells[0], ...columns.map((column) => cells[column])];
      return formatTable(
        pick(header),
        rows.map(pick),
        columns.map((_, i) => i + 1),
      );
    })
    .join('\n');
}

/** Breaks text at its spaces; lines after the first are indented as far as asked. A word that is longer than a line keeps one of its own. */
export function wrapped(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const next = line === '' ? word : `${line} ${word}`;
    if (next.length > width && line !== '') {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = next;
  }
  return [...lines, line].join('\n');
}
