/** Gradients as sums over paths, linear layers as one, and the multiplication gate. */
import { functions, activations as loops } from './activations.ts';
import { columnsOf, productOf, rowsOf } from './matmul.ts';
import type { Builders } from './program.ts';

type Names = 'mlp.pathGradient' | 'mlp.collapse' | 'multiplicationGate';
type Named = Readonly<Record<string, Float32Array>>;

export const mlpIdentityKernels: Builders<Names> = {
  /** Follows every path: as many products as there are paths. */
  'mlp.pathGradient': ({ activations, from }, shapes) => {
    const layers = activations.map((name, l) => {
      const [width, inputs] = shapes[`weights${l + 1}`];
      const buffer = () => new Float32Array(width);
      const multiply = productOf(rowsOf(1, inputs), rowsOf(width, inputs));
      return { activation: loops[name], width, inputs, multiply, net: buffer(), output: buffer(), slope: buffer() };
    });
    const depth = layers.length;
    return {
      outputs: { gradient: [layers[from - 1].width] },
      run: (inputs, { gradient }) => {
        const named = inputs as Named;
        let x = named.x;
        layers.forEach(({ activation, multiply, net, output, slope }, l) => {
          multiply(x, named[`weights${l + 1}`], net, named[`bias${l + 1}`]);
          activation.values(net, output);
          activation.gradient(net, slope.fill(1), slope);
          x = output;
        });
        const follow = (layer: number, unit: number, along: number): number => {
          if (layer === depth) return (x[unit] - named.target[unit]) * along;
          const { width, inputs: wide, slope } = layers[layer];
          const weights = named[`weights${layer + 1}`];
          let sum = 0;
          for (let next = 0; next < width; next++)
            sum += follow(layer + 1, next, along * slope[next] * weights[next * wide + unit]);
          return sum;
        };
        for (let unit = 0; unit < gradient.length; unit++) gradient[unit] = follow(from, unit, 1);
      },
    };
  },

  'mlp.collapse': ({ depth }, shapes) => {
    const [, width0] = shapes.weights1;
    const layers = Array.from({ length: depth }, (_, l) => {
      const [width, inputs] = shapes[`weights${l + 1}`];
      return {
        ofMatrix: productOf(rowsOf(width, inputs), columnsOf(inputs, width0)),
        ofVector: productOf(rowsOf(1, inputs), rowsOf(width, inputs)),
        width,
        matrix: new Float32Array(width * width0),
        vector: new Float32Array(width),
      };
    });
    const last = layers[depth - 1];
    return {
      outputs: { weights: [last.width, width0], bias: [last.width] },
      run: (inputs, { weights, bias }) => {
        const named = inputs as Named;
        let [matrix, vector] = [named.weights1, named.bias1];
        for (let l = 1; l < depth; l++) {
          const { ofMatrix, ofVector, ...to } = layers[l];
          const own = named[`weights${l + 1}`];
          ofMatrix(own, matrix, to.matrix);
          ofVector(vector, own, to.vector, named[`bias${l + 1}`]);
          ({ matrix, vector } = to);
        }
        weights.set(matrix);
        bias.set(vector);
      },
    };
  },

  multiplicationGate: ({ activation, lambda, mu, shift }, { u: shape }) => {
    const { value } = functions[activation];
    const unit = (z: number) => value(shift + lambda * z);
    return {
      outputs: { y: shape },
      run: ({ u, v }, { y }) => {
        for (let i = 0; i < y.length; i++) {
          const [sum, difference] = [u[i] + v[i], u[i] - v[i]];
          y[i] = mu * (unit(sum) + unit(-sum) - unit(difference) - unit(-difference));
        }
      },
    };
  },
};
