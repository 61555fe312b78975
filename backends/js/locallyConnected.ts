/** The locally connected layer: for each position of the output its patch and its own weights. Sums are kept in double. */
import { sizeOf } from '../../reference/tensor.ts';
import type { LocallyConnectedAttributes } from '../signatures.ts';
import { convolutionGeometry, inputsOf } from './geometry.ts';
import type { Builders } from './program.ts';

type Names =
  | 'locallyConnected2d'
  | 'locallyConnected2d.inputGradient'
  | 'locallyConnected2d.weightGradient'
  | 'locallyConnected2d.biasGradient';

/** Goes through the patches: of every position on every image the taps that lie on the input, and the numbers of the input under them. */
function patchesOf(
  { stride, padding }: LocallyConnectedAttributes,
  xShape: readonly number[],
  kernelShape: readonly [outputChannels: number, inputChannels: number, height: number, width: number],
) {
  const g = convolutionGeometry({ stride, padding, dilation: [1, 1], groups: 1 }, xShape, kernelShape);
  const { batch, positions, pixels, taps, outputChannels } = g;
  const inputs = inputsOf(g);
  const tapsInside = new Int32Array(taps.length);
  const inputsInside = new Int32Array(taps.length);
  /**
   * Calls `visit` for every product of a position and an output channel: where y lies, where the channel's weights begin, and how many of
   * `tapsInside` and `inputsInside` count.
   */
  function eachOutput(visit: (yAt: number, wAt: number, count: number) => void): void {
    for (let n = 0; n < batch; n++) {
      for (let p = 0; p < positions; p++) {
        let count = 0;
        for (let k = 0; k < taps.length; k++) {
          const input = inputs[pixels[n * positions + p] + taps[k]];
          if (input < 0) continue;
          tapsInside[count] = k;
          inputsInside[count++] = input;
        }
        for (let o = 0; o < outputChannels; o++)
          visit((n * outputChannels + o) * positions + p, (p * outputChannels + o) * taps.length, count);
      }
    }
  }
  return { outputShape: g.outputShape, tapsInside, inputsInside, eachOutput };
}

export const locallyConnectedKernels: Builders<Names> = {
  locallyConnected2d: (attributes, { x: xShape, weights: [, , outputs, inputs, height, width] }) => {
    const { outputShape, tapsInside, inputsInside, eachOutput } = patchesOf(attributes, xShape, [
      outputs,
      inputs,
      height,
      width,
    ]);
    const image = sizeOf(outputShape.slice(1));
    return {
      outputs: { y: outputShape },
      run: ({ x, weights, bias }, { y }) =>
        eachOutput((yAt, wAt, count) => {
          let sum = bias ? bias[yAt % image] : 0;
          for (let t = 0; t < count; t++) sum += x[inputsInside[t]] * weights[wAt + tapsInside[t]];
          y[yAt] = sum;
        }),
    };
  },

  'locallyConnected2d.inputGradient': (
    { inputSize, ...attributes },
    { weights: [, , outputs, inputs, height, width], dy: [batch] },
  ) => {
    const xShape = [batch, inputs, ...inputSize];
    const { tapsInside, inputsInside, eachOutput } = patchesOf(attributes, xShape, [outputs, inputs, height, width]);
    const sums = new Float64Array(sizeOf(xShape));
    return {
      outputs: { dx: xShape },
      run: ({ weights, dy }, { dx }) => {
        sums.fill(0);
        eachOutput((yAt, wAt, count) => {
          for (let t = 0; t < count; t++) sums[inputsInside[t]] += dy[yAt] * weights[wAt + tapsInside[t]];
        });
        dx.set(sums);
      },
    };
  },

  'locallyConnected2d.weightGradient': (
    { kernelSize, ...attributes },
    { x: xShape, dy: [, outputs, outputHeight, outputWidth] },
  ) => {
    const kernelShape = [outputs, xShape[1], ...kernelSize] as const;
    const wShape = [outputHeight, outputWidth, ...kernelShape];
    const { tapsInside, inputsInside, eachOutput } = patchesOf(attributes, xShape, kernelShape);
    const sums = new Float64Array(sizeOf(wShape));
    return {
      outputs: { dWeights: wShape },
      run: ({ x, dy }, { dWeights }) => {
        sums.fill(0);
        eachOutput((yAt, wAt, count) => {
          for (let t = 0; t < count; t++) sums[wAt + tapsInside[t]] += dy[yAt] * x[inputsInside[t]];
        });
        dWeights.set(sums);
      },
    };
  },

  'locallyConnected2d.biasGradient': (_, { dy: [, ...shape] }) => ({
    outputs: { dBias: shape },
    run: ({ dy }, { dBias }) => {
      for (let at = 0; at < dBias.length; at++) {
        let sum = 0;
        for (let i = at; i < dy.length; i += dBias.length) sum += dy[i];
        dBias[at] = sum;
      }
    },
  }),
};
