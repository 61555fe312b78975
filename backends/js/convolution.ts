/**
 * Convolution and its gradients, directly: for each tap of each kernel a row of the input meets a row of the output, so that the
 * innermost loop runs along memory. Which output columns a tap reaches is worked out beforehand. Planes are summed in double.
 */
import { convolutionGeometry, type Geometry } from './geometry.ts';
import type { Builders } from './program.ts';

type Names = 'conv2d' | 'conv2d.inputGradient' | 'conv2d.weightGradient' | 'conv2d.biasGradient' | 'conv2d.matrix';

/** Calls `visit` for every (sample, output channel, input channel, tap) with the offsets of its planes and its weight. */
function visitTaps(
  {
    batch,
    inputChannels,
    outputChannels,
    channelsPerGroup,
    outputsPerGroup,
    kernelHeight,
    kernelWidth,
    inputPlane,
    outputPlane,
  }: Geometry,
  visit: (xPlane: number, yPlane: number, weight: number, tapRow: number, tapColumn: number) => void,
): void {
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputChannels; o++) {
      const firstChannel = Math.floor(o / outputsPerGroup) * channelsPerGroup;
      const yPlane = (n * outputChannels + o) * outputPlane;
      for (let c = 0; c < channelsPerGroup; c++) {
        const xPlane = (n * inputChannels + firstChannel + c) * inputPlane;
        let weight = (o * channelsPerGroup + c) * kernelHeight * kernelWidth;
        for (let i = 0; i < kernelHeight; i++) for (let j = 0; j < kernelWidth; j++) visit(xPlane, yPlane, weight++, i, j);
      }
    }
  }
}

export const convolutionKernels: Builders<Names> = {
  conv2d: (attributes, { x: xShape, weights: wShape }) => {
    const g = convolutionGeometry(attributes, xShape, wShape);
    const { width, outputWidth, strideRow, strideColumn, rowsOf, columnsOf, outputPlane, outputChannels } = g;
    const sums = new Float64Array(g.batch * outputChannels * outputPlane);
    return {
      outputs: { y: g.outputShape },
      run: ({ x, weights, bias }, { y }) => {
        if (bias)
          for (let p = 0; p < g.batch * outputChannels; p++)
            sums.fill(bias[p % outputChannels], p * outputPlane, (p + 1) * outputPlane);
        else sums.fill(0);
        visitTaps(g, (xPlane, yPlane, weight, i, j) => {
          const w = weights[weight];
          const { first, last, shift } = columnsOf[j];
          for (let r = rowsOf[i].first; r < rowsOf[i].last; r++) {
            let at = yPlane + r * outputWidth + first;
            let from = xPlane + (r * strideRow + rowsOf[i].shift) * width + first * strideColumn + shift;
            for (const end = yPlane + r * outputWidth + last; at < end; at++, from += strideColumn) sums[at] += w * x[from];
          }
        });
        y.set(sums);
      },
    };
  },

  'conv2d.inputGradient': ({ inputSize, ...attributes }, { weights: wShape, dy: dyShape }) => {
    const xShape = [dyShape[0], wShape[1] * attributes.groups, ...inputSize];
    const g = convolutionGeometry(attributes, xShape, wShape);
    const { width, outputWidth, strideRow, strideColumn, rowsOf, columnsOf } = g;
    const sums = new Float64Array(g.batch * g.inputChannels * g.inputPlane);
    return {
      outputs: { dx: xShape },
      run: ({ weights, dy }, { dx }) => {
        sums.fill(0);
        visitTaps(g, (xPlane, yPlane, weight, i, j) => {
          const w = weights[weight];
          const { first, last, shift } = columnsOf[j];
          for (let r = rowsOf[i].first; r < rowsOf[i].last; r++) {
            let at = yPlane + r * outputWidth + first;
            let to = xPlane + (r * strideRow + rowsOf[i].shift) * width + first * strideColumn + shift;
            for (const end = yPlane + r * outputWidth + last; at < end; at++, to += strideColumn) sums[to] += w * dy[at];
          }
        });
        dx.set(sums);
      },
    };
  },

  'conv2d.weightGradient': ({ kernelSize, ...attributes }, { x: xShape, dy: dyShape }) => {
    const wShape = [dyShape[1], xShape[1] / attributes.groups, ...kernelSize];
    const g = convolutionGeometry(attributes, xShape, wShape);
    const { width, outputWidth, strideRow, strideColumn, rowsOf, columnsOf } = g;
    const sums = new Float64Array(wShape.reduce((a, b) => a * b, 1));
    return {
      outputs: { dWeights: wShape },
      run: ({ x, dy }, { dWeights }) => {
        sums.fill(0);
        visitTaps(g, (xPlane, yPlane, weight, i, j) => {
          const { first, last, shift } = columnsOf[j];
          let sum = 0;
          for (let r = rowsOf[i].first; r < rowsOf[i].last; r++) {
            let at = yPlane + r * outputWidth + first;
            let from = xPlane + (r * strideRow + rowsOf[i].shift) * width + first * strideColumn + shift;
            for (const end = yPlane + r * outputWidth + last; at < end; at++, from += strideColumn) sum += dy[at] * x[from];
          }
          sums[weight] += sum;
        });
        dWeights.set(sums);
      },
    };
  },

  'conv2d.matrix': ({ inputSize, ...attributes }, { weights: wShape }) => {
    const xShape = [1, wShape[1] * attributes.groups, ...inputSize];
    const g = convolutionGeometry(attributes, xShape, wShape);
    const { width, outputWidth, strideRow, strideColumn, rowsOf, columnsOf } = g;
    const columns = g.inputChannels * g.inputPlane;
    return {
      outputs: { matrix: [g.outputChannels * g.outputPlane, columns] },
      run: ({ weights }, { matrix }) => {
        matrix.fill(0);
        visitTaps(g, (xPlane, yPlane, weight, i, j) => {
          const { first, last, shift } = columnsOf[j];
          for (let r = rowsOf[i].first; r < rowsOf[i].last; r++) {
            const row = xPlane + (r * strideRow + rowsOf[i].shift) * width + shift;
            for (let s = first; s < last; s++)
              matrix[(yPlane + r * outputWidth + s) * columns + row + s * strideColumn] = weights[weight];
          }
        });
      },
    };
  },

  'conv2d.biasGradient': (_, { dy: [batch, channels, height, width] }) => ({
    outputs: { dBias: [channels] },
    run: ({ dy }, { dBias }) => {
      const plane = height * width;
      for (let o = 0; o < channels; o++) {
        let sum = 0;
        for (let n = 0; n < batch; n++)
          for (let at = (n * channels + o) * plane, end = at + plane; at < end; at++) sum += dy[at];
        dBias[o] = sum;
      }
    },
  }),
};
