/** The kernels of `js` on numbers that can be worked out by hand or from the definition; the table's cases judge it closely. */
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../reference/tensor.ts';
import type { NamedTensors, OperationName } from '../signatures.ts';
import createJsBackend, { operationNames } from './index.ts';

const backend = await createJsBackend();

function float32(shape: readonly number[], values: Iterable<number>): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

/** Small integers without a pattern: every sum of their products is exact. */
function integers(shape: readonly number[], start: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return float32(
    shape,
    Array.from({ length: size }, (_, i) => (((i + start) * 37) % 17) - 8),
  );
}

async function prepare(operation: OperationName, attributes: object, inputs: NamedTensors) {
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
  const kernel = await backend.prepare(operation, { ...attributes }, shapes);
  await kernel.load(inputs);
  return kernel;
}

async function calculate(operation: OperationName, attributes: object, inputs: NamedTensors) {
  const kernel = await prepare(operation, attributes, inputs);
  await kernel.execute();
  return kernel.read();
}

it('supports every operation and no other', () => {
  for (const operation of operationNames) expect(backend.supports(operation, {})).toEqual({ supported: true });
  expect(backend.supports('matmull', {})).toEqual({ supported: false, reason: 'js has no kernel for matmull' });
});

describe('a kernel', () => {
  it('gives the same outputs for the same inputs, and others after another load', async () => {
    const kernel = await prepare('relu', {}, { x: float32([1, 3], [-1, 0, 2]) });
    await kernel.execute();
    await kernel.execute();
    const first = await kernel.read();
    expect([...first.y.data]).toEqual([0, 0, 2]);
    await kernel.load({ x: float32([1, 3], [5, -6, 7]) });
    await kernel.execute();
    expect([...(await kernel.read()).y.data]).toEqual([5, 0, 7]);
    expect([...first.y.data]).toEqual([0, 0, 2]);
  });

  it('adds up anew at every execution', async () => {
    const kernel = await prepare('conv2d.biasGradient', {}, { dy: float32([2, 1, 1, 2], [1, 2, 3, 4]) });
    await kernel.execute();
    await kernel.execute();
    expect([...(await kernel.read()).dBias.data]).toEqual([10]);
  });

  it('rounds to float32', async () => {
    const { y } = await calculate('identity', {}, { x: float32([1, 1], [0.1]) });
    expect(y.data[0]).toBe(Math.fround(0.1));
    expect((await calculate('sigmoid', {}, { x: float32([1, 1], [1]) })).y.data[0]).toBe(Math.fround(0.7310585786300049));
  });
});

// Blocks are of 4 × 4: sizes below, at and beside multiples of it.
describe.each([
  [1, 1, 1],
  [3, 2, 5],
  [4, 7, 4],
  [9, 6, 11],
])('products of %i × %i and %i columns', (rows, inner, columns) => {
  it('follow the definition', async () => {
    const [a, b] = [integers([rows, inner], 1), integers([inner, columns], 5)];
    const expected: number[] = [];
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += a.data[i * inner + k] * b.data[k * columns + j];
        expected.push(sum);
      }
    }
    const { y } = await calculate('matmul', {}, { a, b });
    expect(y.shape).toEqual([rows, columns]);
    expect([...y.data]).toEqual(expected);
    const weights = float32(
      [columns, inner],
      Array.from({ length: columns * inner }, (_, at) => b.data[(at % inner) * columns + Math.floor(at / inner)]),
    );
    const bias = integers([columns], 3);
    const dense = await calculate('dense', {}, { x: a, weights, bias });
    expect([...dense.y.data]).toEqual(expected.map((value, at) => value + bias.data[at % columns]));
  });
});

describe('a convolution with groups, stride, dilation and uneven padding', () => {
  const [batch, inputChannels, height, width] = [2, 4, 7, 8];
  const [outputChannels, groups] = [6, 2];
  const attributes = { stride: [2, 1], padding: [1, 0, 2, 3], dilation: [1, 2], groups } as const;
  const x = integers([batch, inputChannels, height, width], 2);
  const weights = integers([outputChannels, inputChannels / groups, 3, 2], 4);
  const bias = integers([outputChannels], 7);
  // (7 + 1 + 2 − 3)/2 + 1 and (8 + 0 + 3 − 3)/1 + 1, rounded down.
  const [outputHeight, outputWidth] = [4, 9];
  const dy = integers([batch, outputChannels, outputHeight, outputWidth], 6);

  /** Calls for every product of the definition: y[at] += x[from]·weights[by]. */
  function eachProduct(visit: (at: number, from: number, by: number) => void) {
    for (let n = 0; n < batch; n++)
      for (let o = 0; o < outputChannels; o++)
        for (let i = 0; i < outputHeight; i++)
          for (let j = 0; j < outputWidth; j++)
            for (let c = 0; c < inputChannels / groups; c++)
              for (let p = 0; p < 3; p++)
                for (let q = 0; q < 2; q++) {
                  const [row, column] = [2 * i + p - 1, j + 2 * q];
                  if (row < 0 || row >= height || column >= width) continue;
                  const channel = Math.floor(o / (outputChannels / groups)) * (inputChannels / groups) + c;
                  visit(
                    ((n * outputChannels + o) * outputHeight + i) * outputWidth + j,
                    ((n * inputChannels + channel) * height + row) * width + column,
                    ((o * (inputChannels / groups) + c) * 3 + p) * 2 + q,
                  );
                }
  }

  it('follows the definition', async () => {
    const expected = Array.from(dy.data, (_, at) => bias.data[Math.floor(at / (outputHeight * outputWidth)) % outputChannels]);
    eachProduct((at, from, by) => {
      expected[at] += x.data[from] * weights.data[by];
    });
    const { y } = await calculate('conv2d', attributes, { x, weights, bias });
    expect(y.shape).toEqual([batch, outputChannels, outputHeight, outputWidth]);
    expect([...y.data]).toEqual(expected);
  });

  it('has its transposes for gradients', async () => {
    const [dx, dWeights] = [x, weights].map(({ data }) => new Array<number>(data.length).fill(0));
    eachProduct((at, from, by) => {
      dx[from] += dy.data[at] * weights.data[by];
      dWeights[by] += dy.data[at] * x.data[from];
    });
    const inputGradient = await calculate(
      'conv2d.inputGradient',
      { ...attributes, inputSize: [height, width] },
      { weights, dy },
    );
    // + 0 makes 0 of −0.
    expect(Array.from(inputGradient.dx.data, (value) => value + 0)).toEqual(dx.map((value) => value + 0));
    const weightGradient = await calculate('conv2d.weightGradient', { ...attributes, kernelSize: [3, 2] }, { x, dy });
    expect(Array.from(weightGradient.dWeights.data, (value) => value + 0)).toEqual(dWeights.map((value) => value + 0));
  });
});

describe('pooling', () => {
  const attributes = { window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] } as const;
  const x = float32([1, 1, 2, 4], [1, 5, -3, -4, 2, 0, -1, -7]);
  const dy = float32([1, 1, 1, 2], [8, 12]);

  it('takes the maximum and sends the gradient back to it', async () => {
    expect([...(await calculate('maxPool2d', attributes, { x })).y.data]).toEqual([5, -1]);
    const { dx } = await calculate('maxPool2d.backward', attributes, { x, dy });
    expect([...dx.data]).toEqual([0, 8, 0, 0, 0, 0, 12, 0]);
  });

  it('averages and spreads the gradient evenly', async () => {
    expect([...(await calculate('averagePool2d', attributes, { x })).y.data]).toEqual([2, -3.75]);
    const { dx } = await calculate('averagePool2d.backward', { ...attributes, inputSize: [2, 4] }, { dy });
    expect([...dx.data]).toEqual([2, 2, 3, 3, 2, 2, 3, 3]);
  });
});

it('computes the worked example of rows M2 and M3', async () => {
  const layers = {
    x: float32([1, 2], [1, -0.5]),
    weights1: float32([3, 2], [1.2, -0.3, 2.1, -0.7, -1.5, 0.3]),
    bias1: float32([3], [0, 0, 0]),
    weights2: float32([1, 3], [-0.2, 0.5, 1.3]),
    bias2: float32([1], [0]),
  };
  const attributes = { activations: ['sigmoid', 'sigmoid'] };
  const { y } = await calculate('mlp.forward', attributes, layers);
  expect(y.data[0]).toBeCloseTo(0.625016596053, 6);
  const { dWeights2, loss } = await calculate('mlp.backward', attributes, { ...layers, target: float32([1, 1], [1]) });
  expect(loss.data[0]).toBeCloseTo(0.0703, 4);
  [-0.07, -0.081, -0.014].forEach((value, at) => {
    expect(dWeights2.data[at]).toBeCloseTo(value, 3);
  });
});

it('learns AND by the perceptron rule and bounds its mistakes', async () => {
  const x = float32([4, 3], [0, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1]);
  const labels = float32([4], [-1, -1, -1, 1]);
  const { weights, mistakes } = await calculate('perceptron.train', { passes: 12 }, { x, labels });
  for (let n = 0; n < 4; n++) {
    const [a, b, one] = x.data.slice(3 * n, 3 * n + 3);
    expect(Math.sign(weights.data[0] * a + weights.data[1] * b + weights.data[2] * one)).toBe(labels.data[n]);
  }
  expect([...mistakes.data.slice(-4)]).toEqual([0, 0, 0, 0]);
  // u = (2, 2, −3) has margin 1 (at 0 1 and 1 0, and at 1 1), norm² 17, and the longest sample norm² 3.
  const separator = float32([3], [2, 2, -3]);
  const { bound, margin, radius } = await calculate('novikoff.bound', {}, { x, labels, separator });
  expect([margin.data[0], bound.data[0]]).toEqual([1, 51]);
  expect(radius.data[0]).toBeCloseTo(Math.sqrt(3), 6);
  expect([...mistakes.data].filter((erred) => erred === 1).length).toBeLessThanOrEqual(51);
});

describe('activations', () => {
  const special = [Number.NaN, Infinity, -Infinity, 3e38, -3e38, 1e-40, -1e-40, 0, -0, 1, -1];
  const of = async (operation: OperationName, attributes: object = {}) => [
    ...(await calculate(operation, attributes, { x: float32([special.length], special) })).y.data,
  ];
  const small = Math.fround(1e-40);
  const large = Math.fround(3e38);

  it('are right where numbers are special', async () => {
    expect(await of('relu')).toEqual([Number.NaN, Infinity, 0, large, 0, small, 0, 0, 0, 1, 0]);
    const sigmoid = await of('sigmoid');
    expect(sigmoid.slice(0, 9)).toEqual([Number.NaN, 1, 0, 1, 0, 0.5, 0.5, 0.5, 0.5]);
    expect(sigmoid[9]).toBe(Math.fround(Math.E / (1 + Math.E)));
    const tanh = await of('tanh');
    expect(tanh.slice(0, 9)).toEqual([Number.NaN, 1, -1, 1, -1, small, -small, 0, -0]);
    expect(tanh[9]).toBe(Math.fround(0.7615941559557649));
    const softplus = await of('softplus');
    expect(softplus.slice(0, 5)).toEqual([Number.NaN, Infinity, 0, large, 0]);
    expect(softplus.slice(5, 9)).toEqual(new Array(4).fill(Math.fround(Math.LN2)));
    expect(await of('leakyRelu', { alpha: 0.5 })).toEqual([
      Number.NaN,
      Infinity,
      -Infinity,
      large,
      -large / 2,
      small,
      -small / 2,
      0,
      -0,
      1,
      -0.5,
    ]);
    const elu = await of('elu', { alpha: 2 });
    expect(elu.slice(0, 10)).toEqual([Number.NaN, Infinity, -2, large, -2, small, -2 * small, 0, 0, 1]);
    expect(elu[10]).toBe(Math.fround(2 / Math.E - 2));
    expect((await of('silu')).slice(0, 9)).toEqual([
      Number.NaN,
      Infinity,
      0,
      large,
      0,
      Math.fround(small / 2),
      Math.fround(-small / 2),
      0,
      -0,
    ]);
    expect((await of('silu.derivative')).slice(0, 5)).toEqual([Number.NaN, 1, -0, 1, -0]);
    for (const approximate of ['none', 'tanh']) {
      const gelu = await of('gelu', { approximate });
      expect(gelu.slice(0, 9)).toEqual([
        Number.NaN,
        Infinity,
        0,
        large,
        0,
        Math.fround(small / 2),
        Math.fround(-small / 2),
        0,
        -0,
      ]);
      // Φ(1) = 0.841344746…; with a tanh 0.84119199….
      expect(gelu[9]).toBeCloseTo(approximate === 'none' ? 0.8413447460685429 : 0.8411919906082768, 7);
      expect((await of('gelu.derivative', { approximate })).slice(0, 5).map(Math.abs)).toEqual([Number.NaN, 1, 0, 1, 0]);
    }
    expect(await of('hardTanh')).toEqual([Number.NaN, 1, -1, 1, -1, small, -small, 0, -0, 1, -1]);
    expect(await of('sign')).toEqual([Number.NaN, 1, -1, 1, -1, 1, -1, 0, -0, 1, -1]);
    expect(await of('step')).toEqual([Number.NaN, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0]);
  });

  it('keep small values where they approach 0', async () => {
    const x = float32([3], [-80, -100, -120]);
    for (const operation of ['sigmoid', 'softplus', 'sigmoid.derivative'] as const) {
      const { y } = await calculate(operation, {}, { x });
      expect([...y.data]).toEqual([-80, -100, -120].map((value) => Math.fround(Math.exp(value))));
    }
  });

  it('hand their gradient on', async () => {
    const x = float32([4], [-2, -0.5, 0.5, 2]);
    const dy = float32([4], [1, 2, 3, 4]);
    const gradient = async (operation: OperationName) => [...(await calculate(operation, {}, { x, dy })).dx.data];
    expect(await gradient('relu.backward')).toEqual([0, 0, 3, 4]);
    expect(await gradient('hardTanh.backward')).toEqual([0, 2, 3, 0]);
    expect(await gradient('identity.backward')).toEqual([1, 2, 3, 4]);
    expect(await gradient('tanh.backward')).toEqual(
      [-2, -0.5, 0.5, 2].map((value, i) => Math.fround((i + 1) * (1 - Math.tanh(value) ** 2))),
    );
  });
});

// Taps of a group, positions and channels below, at and beside the multiples of blocks (128 and 240) and tiles (2 × 3).
describe.each([
  { batch: 1, channels: 1, groups: 1, outputs: 1, size: [5, 6], kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1] },
  { batch: 2, channels: 3, groups: 3, outputs: 3, size: [7, 5], kernel: [3, 2], stride: [2, 1], padding: [0, 2, 1, 0] },
  { batch: 2, channels: 4, groups: 2, outputs: 4, size: [6, 6], kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0] },
  { batch: 3, channels: 2, groups: 2, outputs: 6, size: [9, 9], kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1] },
  { batch: 1, channels: 2, groups: 1, outputs: 4, size: [17, 15], kernel: [2, 2], stride: [1, 1], padding: [0, 0, 0, 0] },
  { batch: 1, channels: 2, groups: 1, outputs: 3, size: [15, 16], kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0] },
  { batch: 5, channels: 1, groups: 1, outputs: 7, size: [7, 7], kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1] },
  { batch: 1, channels: 15, groups: 1, outputs: 8, size: [4, 5], kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1] },
  { batch: 1, channels: 27, groups: 1, outputs: 5, size: [3, 4], kernel: [3, 3], stride: [1, 1], padding: [1, 0, 1, 1] },
  { batch: 1, channels: 3, groups: 1, outputs: 130, size: [3, 3], kernel: [2, 2], stride: [1, 1], padding: [0, 0, 1, 1] },
  { batch: 1, channels: 1, groups: 1, outputs: 243, size: [2, 3], kernel: [2, 2], stride: [1, 1], padding: [1, 1, 1, 1] },
] as const)('a convolution of $channels channels in $groups groups, $batch × $size by $kernel → $outputs', (sizes) => {
  const { batch, channels, groups, outputs, size, kernel, stride, padding } = sizes;
  const output = [0, 1].map(
    (axis) => Math.floor((size[axis] + padding[axis] + padding[axis + 2] - kernel[axis]) / stride[axis]) + 1,
  );
  const x = integers([batch, channels, ...size], 1);
  const weights = integers([outputs, channels / groups, ...kernel], 2);
  const dy = integers([batch, outputs, ...output], 3);
  const attributes = { stride, padding, dilation: [1, 1], groups };

  /** The three sums, product by product. */
  function definition(ofX: Tensor['data'], ofWeights: Tensor['data'], ofDy: Tensor['data']) {
    const [y, dx, dWeights] = [dy, x, weights].map(({ data }) => new Array<number>(data.length).fill(0));
    for (let n = 0; n < batch; n++)
      for (let o = 0; o < outputs; o++)
        for (let r = 0; r < output[0]; r++)
          for (let s = 0; s < output[1]; s++)
            for (let c = 0; c < channels / groups; c++)
              for (let i = 0; i < kernel[0]; i++)
                for (let j = 0; j < kernel[1]; j++) {
                  const [row, column] = [r * stride[0] + i - padding[0], s * stride[1] + j - padding[1]];
                  if (row < 0 || row >= size[0] || column < 0 || column >= size[1]) continue;
                  const channel = Math.floor(o / (outputs / groups)) * (channels / groups) + c;
                  const xAt = ((n * channels + channel) * size[0] + row) * size[1] + column;
                  const wAt = ((o * (channels / groups) + c) * kernel[0] + i) * kernel[1] + j;
                  const yAt = ((n * outputs + o) * output[0] + r) * output[1] + s;
                  y[yAt] += ofX[xAt] * ofWeights[wAt];
                  dx[xAt] += ofDy[yAt] * ofWeights[wAt];
                  dWeights[wAt] += ofDy[yAt] * ofX[xAt];
                }
    return { y, dx, dWeights };
  }
  const calculated = (w: Tensor, d: Tensor) =>
    Promise.all([
      calculate('conv2d', attributes, { x, weights: w }),
      calculate('conv2d.inputGradient', { ...attributes, inputSize: size }, { weights: w, dy: d }),
      calculate('conv2d.weightGradient', { ...attributes, kernelSize: kernel }, { x, dy: d }),
    ]);
  const unsigned = (values: Iterable<number>) => Array.from(values, (value) => value + 0);

  it('and its gradients follow the definition', async () => {
    const { y, dx, dWeights } = definition(x.data, weights.data, dy.data);
    const [forward, ofInput, ofWeights] = await calculated(weights, dy);
    expect(unsigned(forward.y.data)).toEqual(unsigned(y));
    expect(unsigned(ofInput.dx.data)).toEqual(unsigned(dx));
    expect(unsigned(ofWeights.dWeights.data)).toEqual(unsigned(dWeights));
  });

  it('multiply no infinity with the padding', async () => {
    const last = (tensor: Tensor) => float32(tensor.shape, [...tensor.data.slice(0, -1), Infinity]);
    const [w, d] = [last(weights), last(dy)];
    const { y, dx } = definition(x.data, w.data, dy.data);
    const { dWeights } = definition(x.data, weights.data, d.data);
    const [forward, ofInput] = await calculated(w, dy);
    const [, , ofWeights] = await calculated(weights, d);
    expect(unsigned(forward.y.data)).toEqual(unsigned(y));
    expect(unsigned(ofInput.dx.data)).toEqual(unsigned(dx));
    expect(unsigned(ofWeights.dWeights.data)).toEqual(unsigned(dWeights));
  });
});

describe.each([
  { size: [6, 7], window: [2, 3], stride: [2, 3], padding: [0, 0, 0, 0] },
  { size: [6, 7], window: [3, 2], stride: [1, 2], padding: [1, 0, 2, 1] },
  { size: [5, 5], window: [5, 5], stride: [1, 1], padding: [2, 2, 2, 2] },
] as const)('pooling $size by $window', ({ size: [height, width], window, stride, padding }) => {
  const x = integers([2, 3, height, width], 1);
  const rows = Math.floor((height + padding[0] + padding[2] - window[0]) / stride[0]) + 1;
  const columns = Math.floor((width + padding[1] + padding[3] - window[1]) / stride[1]) + 1;
  const dy = integers([2, 3, rows, columns], 4);
  const attributes = { window, stride, padding };

  it('follows the definition, planes, rows and columns in order', async () => {
    const [y, mean]: number[][] = [[], []];
    const [dx, dMean] = [0, 1].map(() => new Array<number>(x.data.length).fill(0));
    for (let plane = 0; plane < 6; plane++)
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++) {
          const real: number[] = [];
          for (let i = 0; i < window[0]; i++)
            for (let j = 0; j < window[1]; j++) {
              const [row, column] = [r * stride[0] - padding[0] + i, c * stride[1] - padding[1] + j];
              if (row >= 0 && row < height && column >= 0 && column < width) real.push((plane * height + row) * width + column);
            }
          const slope = dy.data[y.length];
          const largest = Math.max(...real.map((at) => x.data[at]));
          dx[real.find((at) => x.data[at] === largest)!] += slope;
          for (const at of real) dMean[at] += slope / real.length;
          y.push(largest);
          mean.push(Math.fround(real.reduce((sum, at) => sum + x.data[at], 0) / real.length));
        }
    expect([...(await calculate('maxPool2d', attributes, { x })).y.data]).toEqual(y);
    expect([...(await calculate('averagePool2d', attributes, { x })).y.data]).toEqual(mean);
    expect([...(await calculate('maxPool2d.backward', attributes, { x, dy })).dx.data]).toEqual(dx);
    const spread = await calculate('averagePool2d.backward', { ...attributes, inputSize: [height, width] }, { dy });
    spread.dx.data.forEach((value, at) => {
      expect(value).toBeCloseTo(dMean[at], 4);
    });
  });
});

it('sums gradients over a batch, more outputs than fit one piece of 1024', async () => {
  const dy = integers([3, 1030], 1);
  const { dBias } = await calculate('dense.biasGradient', {}, { dy });
  expect([...dBias.data]).toEqual(Array.from({ length: 1030 }, (_, k) => dy.data[k] + dy.data[1030 + k] + dy.data[2060 + k]));
});
