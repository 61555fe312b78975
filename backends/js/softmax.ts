/** Softmax over the last axis, with the maximum subtracted; a row at a time in double. */
import { exp } from './exponential.ts';
import type { Builders } from './program.ts';

/** o = softmax of the row of x that begins at `start`. */
function softmax(x: Float32Array, start: number, o: Float64Array): void {
  const classes = o.length;
  let largest = -Infinity;
  for (let i = start; i < start + classes; i++) if (!(x[i] <= largest)) largest = x[i];
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    const e = exp(x[start + c] - largest);
    o[c] = e;
    sum += e;
  }
  for (let c = 0; c < classes; c++) o[c] /= sum;
}

export const softmaxKernels: Builders<'softmax' | 'softmax.backward' | 'softmax.jacobian'> = {
  softmax: (_, { x: shape }) => {
    const o = new Float64Array(shape[shape.length - 1]);
    return {
      outputs: { y: shape },
      run: ({ x }, { y }) => {
        for (let start = 0; start < x.length; start += o.length) {
          softmax(x, start, o);
          y.set(o, start);
        }
      },
    };
  },
  'softmax.backward': (_, { x: shape }) => {
    const classes = shape[shape.length - 1];
    const o = new Float64Array(classes);
    return {
      outputs: { dx: shape },
      run: ({ x, dy }, { dx }) => {
        for (let start = 0; start < dx.length; start += classes) {
          softmax(x, start, o);
          let mean = 0;
          for (let c = 0; c < classes; c++) mean += dy[start + c] * o[c];
          for (let c = 0; c < classes; c++) dx[start + c] = o[c] * (dy[start + c] - mean);
        }
      },
    };
  },
  'softmax.jacobian': (_, { x: [batch, classes] }) => {
    const o = new Float64Array(classes);
    return {
      outputs: { jacobian: [batch, classes, classes] },
      run: ({ x }, { jacobian }) => {
        let at = 0;
        for (let start = 0; start < x.length; start += classes) {
          softmax(x, start, o);
          for (let i = 0; i < classes; i++)
            for (let j = 0; j < classes; j++) jacobian[at++] = o[i] * ((i === j ? 1 : 0) - o[j]);
        }
      },
    };
  },
};
