/** The locally connected layer: for each position of the output its patch and its own weights. Sums are kept in double. */
import { sizeOf } from '../../reference/tensor.ts';
import type { LocallyConnectedAttributes } from '../signatures.ts';
import { convolutionGeometry } from './geometry.ts';
import type { Builders } from './program.ts';

type Names =
  | 'locallyConnected2d'
  | 'locallyConnected2d.inputGradient'
  | 'locallyConnected2d.weightGradient'
  | 'locallyConnected2d.biasGradient';

/** Calls `visit` with the offsets of every product in y, x and weights. */
function productsOf(
  { stride, padding }: LocallyConnectedAttributes,
  xShape: readonly number[],
  kernelShape: readonly [outputChannels: number, inputChannels: number, height: number, width: number],
) {
  const g = convolutionGeometry({ stride, padding, dilation: [1, 1], groups: 1 }, xShape, kernelShape);
  const [outputChannels, inputChannels, kernelHeight, kernelWidth] = kernelShape;
  const kernel = kernelHeight * kernelWidth;
  const positionStep = outputChannels * inputChannels * kernel;
  function visitAll(visit: (yAt: number, xAt: number, wAt: number) => void): void {
    for (let n = 0; n < g.batch; n++) {
      for (let o = 0; o < outputChannels; o++) {
        const yPlane = (n * outputChannels + o) * g.outputPlane;
        for (let c = 0; c < inputChannels; c++) {
          const xPlane = (n * inputChannels + c) * g.inputPlane;
          for (let tap = 0; tap < kernel; tap++) {
            const rows = g.rowsOf[Math.floor(tap / kernelWidth)];
            const columns = g.columnsOf[tap % kernelWidth];
            const weight = (o * inputChannels + c) * kernel + tap;
            for (let r = rows.first; r < rows.last; r++) {
              const row = xPlane + (r * g.strideRow + rows.shift) * g.width + columns.shift;
              for (let s = columns.first; s < columns.last; s++) {
                const position = r * g.outputWidth + s;
                visit(yPlane + position, row + s * g.strideColumn, position * positionStep + weight);
              }
            }
          }
        }
      }
    }
  }
  return { outputShape: g.outputShape, visitAll };
}

export const locallyConnectedKernels: Builders<Names> = {
  locallyConnected2d: (attributes, { x: xShape, weights: [, , outputs, inputs, height, width] }) => {
    const { outputShape, visitAll } = productsOf(attributes, xShape, [outputs, inputs, height, width]);
    const sums = new Float64Array(sizeOf(outputShape));
    return {
      outputs: { y: outputShape },
      run: ({ x, weights, bias }, { y }) => {
        for (let i = 0; i < sums.length; i++) sums[i] = bias ? bias[i % bias.length] : 0;
        visitAll((yAt, xAt, wAt) => {
          sums[yAt] += x[xAt] * weights[wAt];
        });
        y.set(sums);
      },
    };
  },

  'locallyConnected2d.inputGradient': (
    { inputSize, ...attributes },
    { weights: [, , outputs, inputs, height, width], dy: [batch] },
  ) => {
    const xShape = [batch, inputs, ...inputSize];
    const { visitAll } = productsOf(attributes, xShape, [outputs, inputs, height, width]);
    const sums = new Float64Array(sizeOf(xShape));
    return {
      outputs: { dx: xShape },
      run: ({ weights, dy }, { dx }) => {
        sums.fill(0);
        visitAll((yAt, xAt, wAt) => {
          sums[xAt] += dy[yAt] * weights[wAt];
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
    const { visitAll } = productsOf(attributes, xShape, kernelShape);
    const sums = new Float64Array(sizeOf(wShape));
    return {
      outputs: { dWeights: wShape },
      run: ({ x, dy }, { dWeights }) => {
        sums.fill(0);
        visitAll((yAt, xAt, wAt) => {
          sums[wAt] += dy[yAt] * x[xAt];
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
