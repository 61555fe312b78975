/** Max and average pooling, plane by plane. The gradient of a maximum goes to the first of its largest elements. */
import { poolingWindows } from './geometry.ts';
import type { Builders } from './program.ts';

type Names = 'maxPool2d' | 'maxPool2d.backward' | 'averagePool2d' | 'averagePool2d.backward';

/**
 * Position of the first largest element of a window that begins at `first`; of the first NaN, where there is one. The comparison is
 * multiplied with, not branched on: of random numbers a processor would guess every other branch wrongly.
 */
function largestIn(x: Float32Array, first: number, rows: number, columns: number, width: number): number {
  let best = first;
  for (let r = 0, row = first; r < rows; r++, row += width) {
    for (let at = row; at < row + columns; at++) {
      if (Number.isNaN(x[at])) return at;
      best += (at - best) * Number(x[at] > x[best]);
    }
  }
  return best;
}

/** A plane of gradients, gathered in double and then rounded into dx. */
function gatherPlanes(dx: Float32Array, sums: Float64Array, gather: (plane: number) => void): void {
  for (let plane = 0; plane < dx.length; plane += sums.length) {
    sums.fill(0);
    gather(plane);
    dx.set(sums, plane);
  }
}

export const poolingKernels: Builders<Names> = {
  maxPool2d: (attributes, { x: [batch, channels, height, width] }) => {
    const { size, rows, columns } = poolingWindows(attributes, height, width);
    return {
      outputs: { y: [batch, channels, ...size] },
      run: ({ x }, { y }) => {
        let to = 0;
        for (let plane = 0; plane < x.length; plane += height * width) {
          for (let r = 0; r < size[0]; r++) {
            const [row, high] = [plane + rows.first[r] * width, rows.last[r] - rows.first[r]];
            for (let c = 0; c < size[1]; c++)
              y[to++] = x[largestIn(x, row + columns.first[c], high, columns.last[c] - columns.first[c], width)];
          }
        }
      },
    };
  },
  'maxPool2d.backward': (attributes, { x: shape }) => {
    const [, , height, width] = shape;
    const { size, rows, columns } = poolingWindows(attributes, height, width);
    const sums = new Float64Array(height * width);
    return {
      outputs: { dx: shape },
      run: ({ x, dy }, { dx }) => {
        let from = 0;
        gatherPlanes(dx, sums, (plane) => {
          for (let r = 0; r < size[0]; r++) {
            const [row, high] = [plane + rows.first[r] * width, rows.last[r] - rows.first[r]];
            for (let c = 0; c < size[1]; c++)
              sums[largestIn(x, row + columns.first[c], high, columns.last[c] - columns.first[c], width) - plane] += dy[from++];
          }
        });
      },
    };
  },
  averagePool2d: (attributes, { x: [batch, channels, height, width] }) => {
    const { size, rows, columns } = poolingWindows(attributes, height, width);
    return {
      outputs: { y: [batch, channels, ...size] },
      run: ({ x }, { y }) => {
        let to = 0;
        for (let plane = 0; plane < x.length; plane += height * width) {
          for (let r = 0; r < size[0]; r++) {
            const [top, bottom] = [rows.first[r], rows.last[r]];
            for (let c = 0; c < size[1]; c++) {
              const [left, right] = [columns.first[c], columns.last[c]];
              let sum = 0;
              for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) sum += x[plane + i * width + j];
              y[to++] = sum / ((bottom - top) * (right - left));
            }
          }
        }
      },
    };
  },
  'averagePool2d.backward': ({ inputSize: [height, width], ...attributes }, { dy: [batch, channels] }) => {
    const { size, rows, columns } = poolingWindows(attributes, height, width);
    const sums = new Float64Array(height * width);
    return {
      outputs: { dx: [batch, channels, height, width] },
      run: ({ dy }, { dx }) => {
        let from = 0;
        gatherPlanes(dx, sums, () => {
          for (let r = 0; r < size[0]; r++) {
            const [top, bottom] = [rows.first[r], rows.last[r]];
            for (let c = 0; c < size[1]; c++) {
              const [left, right] = [columns.first[c], columns.last[c]];
              const share = dy[from++] / ((bottom - top) * (right - left));
              for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) sums[i * width + j] += share;
            }
          }
        });
      },
    };
  },
};
