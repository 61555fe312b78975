/** Steps of gradient descent and its relatives: computed in double from float32 numbers and rounded once. */
import type { Builders } from './program.ts';

type Names =
  | 'gradientStep'
  | 'momentumStep'
  | 'weightDecayStep'
  | 'adagradStep'
  | 'rmspropStep'
  | 'adamStep'
  | 'conjugateGradientStep'
  | 'batchEpoch'
  | 'patternEpoch';

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export const descentKernels: Builders<Names> = {
  gradientStep: ({ learningRate }, { weights: shape }) => ({
    outputs: { weights: shape },
    run: ({ weights, gradient }, { weights: next }) => {
      for (let i = 0; i < next.length; i++) next[i] = weights[i] - learningRate * gradient[i];
    },
  }),

  momentumStep: ({ learningRate, momentum }, { weights: shape }) => ({
    outputs: { weights: shape, change: shape },
    run: ({ weights, gradient, change }, next) => {
      for (let i = 0; i < weights.length; i++) {
        const moved = momentum * change[i] - learningRate * gradient[i];
        next.change[i] = moved;
        next.weights[i] = weights[i] + moved;
      }
    },
  }),

  weightDecayStep: ({ learningRate, penalty }, { weights: shape }) => ({
    outputs: { weights: shape },
    run: ({ weights, gradient }, { weights: next }) => {
      for (let i = 0; i < next.length; i++) next[i] = weights[i] - learningRate * (gradient[i] + penalty * weights[i]);
    },
  }),

  adagradStep: ({ learningRate, epsilon }, { weights: shape }) => ({
    outputs: { weights: shape, squares: shape },
    run: ({ weights, gradient, squares }, next) => {
      for (let i = 0; i < weights.length; i++) {
        const g = gradient[i];
        const s = squares[i] + g * g;
        next.squares[i] = s;
        next.weights[i] = weights[i] - (learningRate * g) / (Math.sqrt(s) + epsilon);
      }
    },
  }),

  rmspropStep: ({ learningRate, epsilon, decay }, { weights: shape }) => ({
    outputs: { weights: shape, squares: shape },
    run: ({ weights, gradient, squares }, next) => {
      for (let i = 0; i < weights.length; i++) {
        const g = gradient[i];
        const s = decay * squares[i] + (1 - decay) * g * g;
        next.squares[i] = s;
        next.weights[i] = weights[i] - (learningRate * g) / (Math.sqrt(s) + epsilon);
      }
    },
  }),

  adamStep: ({ learningRate, beta1, beta2, epsilon, step }, { weights: shape }) => {
    const [first, second] = [1 - beta1 ** step, 1 - beta2 ** step];
    return {
      outputs: { weights: shape, means: shape, squares: shape },
      run: ({ weights, gradient, means, squares }, next) => {
        for (let i = 0; i < weights.length; i++) {
          const g = gradient[i];
          const m = beta1 * means[i] + (1 - beta1) * g;
          const v = beta2 * squares[i] + (1 - beta2) * g * g;
          next.means[i] = m;
          next.squares[i] = v;
          next.weights[i] = weights[i] - (learningRate * (m / first)) / (Math.sqrt(v / second) + epsilon);
        }
      },
    };
  },

  conjugateGradientStep: (_, { x: [size] }) => {
    const product = new Float64Array(size);
    const next = new Float64Array(size);
    return {
      outputs: { x: [size], residual: [size], direction: [size] },
      run: ({ a, x, residual, direction }, outputs) => {
        for (let i = 0; i < size; i++) product[i] = dot(a.subarray(i * size, (i + 1) * size), direction);
        const squared = dot(residual, residual);
        // Where the residual is 0 the system is solved: 0/0 would be NaN.
        const solved = squared === 0;
        const length = solved ? 0 : squared / dot(direction, product);
        for (let i = 0; i < size; i++) next[i] = residual[i] - length * product[i];
        const ratio = solved ? 1 : dot(next, next) / squared;
        for (let i = 0; i < size; i++) {
          outputs.x[i] = x[i] + length * direction[i];
          outputs.residual[i] = next[i];
          outputs.direction[i] = next[i] + ratio * direction[i];
        }
      },
    };
  },

  batchEpoch: ({ learningRate }, { x: [samples, features] }) => {
    const step = new Float64Array(features);
    return {
      outputs: { weights: [features] },
      run: ({ x, targets, weights }, { weights: next }) => {
        step.fill(0);
        for (let n = 0; n < samples; n++) {
          const row = x.subarray(n * features, (n + 1) * features);
          const error = targets[n] - dot(row, weights);
          for (let j = 0; j < features; j++) step[j] += error * row[j];
        }
        for (let j = 0; j < features; j++) next[j] = weights[j] + learningRate * step[j];
      },
    };
  },

  patternEpoch: ({ learningRate }, { x: [samples, features] }) => {
    const w = new Float64Array(features);
    return {
      outputs: { weights: [features] },
      run: ({ x, targets, weights }, { weights: next }) => {
        w.set(weights);
        for (let n = 0; n < samples; n++) {
          const row = x.subarray(n * features, (n + 1) * features);
          const step = learningRate * (targets[n] - dot(row, w));
          for (let j = 0; j < features; j++) w[j] += step * row[j];
        }
        next.set(w);
      },
    };
  },
};
