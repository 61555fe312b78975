/**
 * Convolution and its gradients as products over tables of offsets (blocks.ts). Position q of the kernel lies on the padded input x at
 * pixels[q], tap k at taps[k] from there: y[q, o] = Σₖ x[pixels[q] + taps[k]]·weights[o, k]. Summed over q the same products give the
 * gradient of the weights, summed over o that of the input.
 */
import { addProduct, blockColumns, multiply, type Operand, sums } from './blocks.ts';
import { convolutionGeometry, type Geometry, inputsOf } from './geometry.ts';
import { columnsOf, rowsOf, steps } from './matmul.ts';
import type { Builders } from './program.ts';
import { fewRows } from './thin.ts';

type Names = 'conv2d' | 'conv2d.inputGradient' | 'conv2d.weightGradient' | 'conv2d.biasGradient' | 'conv2d.matrix';

/** The offsets of all operands, and what brings an input into its padded form. */
function prepare(g: Geometry) {
  const { outputChannels, outputsPerGroup, positions, pixels, taps, places, paddedSize } = g;
  const imageOf = (q: number) => Math.floor(q / positions);
  const onOutput = pixels.map((_, q) => imageOf(q) * outputChannels * positions + (q % positions));
  const ofChannels = steps(outputsPerGroup, positions);
  const isPadded = paddedSize > places.length;
  const padded = new Float32Array(isPadded ? paddedSize : 0);
  return {
    isPadded,
    patches: { outer: pixels, inner: taps },
    taps: { outer: taps, inner: pixels },
    outputs: { outer: onOutput, inner: ofChannels },
    channels: { outer: ofChannels, inner: onOutput },
    kernels: rowsOf(outputsPerGroup, taps.length),
    kernelTaps: columnsOf(outputsPerGroup, taps.length),
    pad(x: Float32Array): Float32Array {
      if (!isPadded) return x;
      for (let i = 0; i < places.length; i++) padded[places[i]] = x[i];
      return padded;
    },
    /** Calls `visit` for each group with the beginnings of its channels in the padded input, of its weights and of its outputs. */
    eachGroup(visit: (xAt: number, wAt: number, yAt: number) => void): void {
      for (let group = 0; group * outputsPerGroup < outputChannels; group++)
        visit(group * g.paddedGroup, group * outputsPerGroup * taps.length, group * outputsPerGroup * positions);
    },
  };
}

function areFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

/**
 * y[i, j] += Σₖ a[i, k]·b[j, k] over those k alone at which a is a number of the input: where b is an infinity or NaN, its product with a
 * zero of the padding would be NaN. Each row of a has tables of its own then, which is slow and seldom.
 */
function addProductInside(a: Operand, b: Operand, y: Operand, inputs: Int32Array): void {
  a.offsets.outer.forEach((row, i) => {
    const isInside = (_: number, k: number) => inputs[a.at + row + a.offsets.inner[k]] >= 0;
    addProduct(
      { ...a, offsets: { outer: Int32Array.of(row), inner: a.offsets.inner.filter(isInside) } },
      { ...b, offsets: { outer: b.offsets.outer, inner: b.offsets.inner.filter(isInside) } },
      { ...y, offsets: { outer: y.offsets.outer.subarray(i, i + 1), inner: y.offsets.inner } },
    );
  });
}

/** Adds the sums of a block, which belong to taps and positions, to the pixels under them. */
function scatter(
  into: Float64Array,
  at: number,
  { taps, pixels }: Geometry,
  firstTap: number,
  lastTap: number,
  firstPosition: number,
  lastPosition: number,
): void {
  for (let k = firstTap; k < lastTap; k++) {
    const start = at + taps[k];
    let from = (k - firstTap) * blockColumns;
    for (let q = firstPosition; q < lastPosition; q++) into[start + pixels[q]] += sums[from++];
  }
}

/** The same for few output channels, from weights a and gradients b themselves: where sums are that short, blocks take longer. */
function scatterThin(into: Float64Array, at: number, { taps, pixels }: Geometry, a: Operand, b: Operand): void {
  const { data: gradients, offsets: ofGradients } = b;
  const onOutput = ofGradients.outer;
  for (let o = 0; o < a.offsets.inner.length; o++) {
    const channel = b.at + ofGradients.inner[o];
    for (let k = 0; k < taps.length; k++) {
      const weight = a.data[a.at + a.offsets.outer[k] + a.offsets.inner[o]];
      const start = at + taps[k];
      for (let q = 0; q < pixels.length; q++) into[start + pixels[q]] += weight * gradients[channel + onOutput[q]];
    }
  }
}

export const convolutionKernels: Builders<Names> = {
  conv2d: (attributes, { x: xShape, weights: wShape }) => {
    const g = convolutionGeometry(attributes, xShape, wShape);
    const { isPadded, patches, kernels, outputs, pad, eachGroup } = prepare(g);
    const inputs = inputsOf(g);
    return {
      outputs: { y: g.outputShape },
      run: ({ x, weights, bias }, { y }) => {
        const image = pad(x);
        const add = isPadded && !areFinite(weights) ? addProductInside : addProduct;
        for (let p = 0; p < g.batch * g.outputChannels; p++)
          y.fill(bias ? bias[p % g.outputChannels] : 0, p * g.positions, (p + 1) * g.positions);
        eachGroup((xAt, wAt, yAt) => {
          const a = { data: image, at: xAt, offsets: patches };
          const b = { data: weights, at: wAt, offsets: kernels };
          const to = { data: y, at: yAt, offsets: outputs };
          add(a, b, to, inputs);
        });
      },
    };
  },

  'conv2d.inputGradient': ({ inputSize, ...attributes }, { weights: wShape, dy: dyShape }) => {
    const xShape = [dyShape[0], wShape[1] * attributes.groups, ...inputSize];
    const g = convolutionGeometry(attributes, xShape, wShape);
    const { kernelTaps, outputs, eachGroup } = prepare(g);
    const { places } = g;
    const gradient = new Float64Array(g.paddedSize);
    return {
      outputs: { dx: xShape },
      run: ({ weights, dy }, { dx }) => {
        gradient.fill(0);
        eachGroup((xAt, wAt, yAt) => {
          const a = { data: weights, at: wAt, offsets: kernelTaps };
          const b = { data: dy, at: yAt, offsets: outputs };
          if (g.outputsPerGroup < fewRows) scatterThin(gradient, xAt, g, a, b);
          else multiply(a, b, (...block) => scatter(gradient, xAt, g, ...block));
        });
        for (let i = 0; i < places.length; i++) dx[i] = gradient[places[i]];
      },
    };
  },

  'conv2d.weightGradient': ({ kernelSize, ...attributes }, { x: xShape, dy: dyShape }) => {
    const wShape = [dyShape[1], xShape[1] / attributes.groups, ...kernelSize];
    const g = convolutionGeometry(attributes, xShape, wShape);
    const { isPadded, taps, channels, kernelTaps, pad, eachGroup } = prepare(g);
    const inputs = inputsOf(g);
    return {
      outputs: { dWeights: wShape },
      run: ({ x, dy }, { dWeights }) => {
        const image = pad(x);
        const add = isPadded && !areFinite(dy) ? addProductInside : addProduct;
        dWeights.fill(0);
        eachGroup((xAt, wAt, yAt) => {
          const a = { data: image, at: xAt, offsets: taps };
          const b = { data: dy, at: yAt, offsets: channels };
          const to = { data: dWeights, at: wAt, offsets: kernelTaps };
          add(a, b, to, inputs);
        });
      },
    };
  },

  'conv2d.matrix': ({ inputSize, ...attributes }, { weights: wShape }) => {
    const xShape = [1, wShape[1] * attributes.groups, ...inputSize];
    const g = convolutionGeometry(attributes, xShape, wShape);
    const { eachGroup } = prepare(g);
    const { pixels, taps, places, outputsPerGroup, positions } = g;
    const inputs = inputsOf(g);
    return {
      outputs: { matrix: [g.outputChannels * positions, places.length] },
      run: ({ weights }, { matrix }) => {
        matrix.fill(0);
        eachGroup((xAt, wAt, yAt) => {
          for (let o = 0; o < outputsPerGroup; o++) {
            pixels.forEach((pixel, q) => {
              const row = (yAt + o * positions + q) * places.length;
              taps.forEach((tap, k) => {
                const input = inputs[xAt + pixel + tap];
                if (input >= 0) matrix[row + input] = weights[wAt + o * taps.length + k];
              });
            });
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
