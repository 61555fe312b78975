/** Max and average pooling. The gradient of a maximum goes to the first of its largest elements. */
import { poolingWindows, type Window } from './geometry.ts';
import type { Builders } from './program.ts';

type Names = 'maxPool2d' | 'maxPool2d.backward' | 'averagePool2d' | 'averagePool2d.backward';

/** Position of the first largest element of a window; of the first NaN, where there is one. */
function largestIn(x: Float32Array, plane: number, width: number, { top, bottom, left, right }: Window): number {
  let best = plane + top * width + left;
  for (let r = top; r < bottom; r++) {
    for (let at = plane + r * width + left, end = plane + r * width + right; at < end; at++) {
      if (Number.isNaN(x[at])) return at;
      if (x[at] > x[best]) best = at;
    }
  }
  return best;
}

export const poolingKernels: Builders<Names> = {
  maxPool2d: (attributes, { x: [batch, channels, height, width] }) => {
    const { size, windows } = poolingWindows(attributes, height, width);
    return {
      outputs: { y: [batch, channels, ...size] },
      run: ({ x }, { y }) => {
        let at = 0;
        for (let plane = 0; plane < x.length; plane += height * width)
          for (const window of windows) y[at++] = x[largestIn(x, plane, width, window)];
      },
    };
  },
  'maxPool2d.backward': (attributes, { x: shape }) => {
    const [, , height, width] = shape;
    const { windows } = poolingWindows(attributes, height, width);
    const sums = new Float64Array(shape.reduce((a, b) => a * b, 1));
    return {
      outputs: { dx: shape },
      run: ({ x, dy }, { dx }) => {
        sums.fill(0);
        let at = 0;
        for (let plane = 0; plane < x.length; plane += height * width)
          for (const window of windows) sums[largestIn(x, plane, width, window)] += dy[at++];
        dx.set(sums);
      },
    };
  },
  averagePool2d: (attributes, { x: [batch, channels, height, width] }) => {
    const { size, windows } = poolingWindows(attributes, height, width);
    return {
      outputs: { y: [batch, channels, ...size] },
      run: ({ x }, { y }) => {
        let at = 0;
        for (let plane = 0; plane < x.length; plane += height * width) {
          for (const { top, bottom, left, right } of windows) {
            let sum = 0;
            for (let r = top; r < bottom; r++) for (let c = left; c < right; c++) sum += x[plane + r * width + c];
            y[at++] = sum / ((bottom - top) * (right - left));
          }
        }
      },
    };
  },
  'averagePool2d.backward': ({ inputSize: [height, width], ...attributes }, { dy: [batch, channels] }) => {
    const { windows } = poolingWindows(attributes, height, width);
    const sums = new Float64Array(batch * channels * height * width);
    return {
      outputs: { dx: [batch, channels, height, width] },
      run: ({ dy }, { dx }) => {
        sums.fill(0);
        let at = 0;
        for (let plane = 0; plane < dx.length; plane += height * width) {
          for (const { top, bottom, left, right } of windows) {
            const share = dy[at++] / ((bottom - top) * (right - left));
            for (let r = top; r < bottom; r++) for (let c = left; c < right; c++) sums[plane + r * width + c] += share;
          }
        }
        dx.set(sums);
      },
    };
  },
};
