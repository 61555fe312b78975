/** Softmax over the last axis, with the maximum subtracted. */
import type { Builders } from './program.ts';

function softmax(x: Float32Array, y: Float32Array | Float64Array, classes: number): void {
  for (let start = 0; start < x.length; start += classes) {
    let largest = -Infinity;
    for (let i = start; i < start + classes; i++) if (!(x[i] <= largest)) largest = x[i];
    let sum = 0;
    for (let i = start; i < start + classes; i++) {
      const e = Math.exp(x[i] - largest);
      y[i] = e;
      sum += e;
    }
    for (let i = start; i < start + classes; i++) y[i] /= sum;
  }
}

export const softmaxKernels: Builders<'softmax' | 'softmax.backward' | 'softmax.jacobian'> = {
  softmax: (_, { x: shape }) => {
    const classes = shape[shape.length - 1];
    const wide = new Float64Array(shape.reduce((a, b) => a * b, 1));
    return {
      outputs: { y: shape },
      run: ({ x }, { y }) => {
        softmax(x, wide, classes);
        y.set(wide);
      },
    };
  },
  'softmax.backward': (_, { x: shape }) => {
    const classes = shape[shape.length - 1];
    const o = new Float64Array(shape.reduce((a, b) => a * b, 1));
    return {
      outputs: { dx: shape },
      run: ({ x, dy }, { dx }) => {
        softmax(x, o, classes);
        for (let start = 0; start < dx.length; start += classes) {
          let mean = 0;
          for (let j = start; j < start + classes; j++) mean += dy[j] * o[j];
          for (let i = start; i < start + classes; i++) dx[i] = o[i] * (dy[i] - mean);
        }
      },
    };
  },
  'softmax.jacobian': (_, { x: [batch, classes] }) => {
    const o = new Float64Array(batch * classes);
    return {
      outputs: { jacobian: [batch, classes, classes] },
      run: ({ x }, { jacobian }) => {
        softmax(x, o, classes);
        let at = 0;
        for (let start = 0; start < o.length; start += classes) {
          for (let i = 0; i < classes; i++) {
            for (let j = 0; j < classes; j++) jacobian[at++] = o[start + i] * ((i === j ? 1 : 0) - o[start + j]);
          }
        }
      },
    };
  },
};
