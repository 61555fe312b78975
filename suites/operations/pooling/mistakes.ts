/** The loop of pooling, in which people's mistakes are made, and their mistakes in where a window stands. */
import type { PoolingAttributes } from '../../../backends/signatures.ts';
import { type Tensor, zeros } from '../../../reference/tensor.ts';
import { windowPositions } from '../shared/windows.ts';

export interface Window {
  /** Position of the result in the output's data. */
  readonly output: number;
  /** Positions of the window's real elements in the input's data, row by row. */
  readonly elements: readonly number[];
}

/** Shape of the output: [batch, channels, outputHeight, outputWidth]. */
export function pooledShape(x: readonly number[], attributes: PoolingAttributes): number[] {
  return [x[0], x[1], ...windowPositions([x[2], x[3]], attributes.window, attributes)];
}

/** Every window of an input of this shape. `placed` says where windows stand and how large they are, when not where they should. */
export function windowsOf(
  x: readonly number[],
  attributes: PoolingAttributes,
  placed: PoolingAttributes = attributes,
): Window[] {
  const [batch, channels, outputHeight, outputWidth] = pooledShape(x, attributes);
  const [, , height, width] = x;
  const { window, stride, padding } = placed;
  const windows: Window[] = [];
  for (let plane = 0; plane < batch * channels; plane++)
    for (let r = 0; r < outputHeight; r++)
      for (let s = 0; s < outputWidth; s++) {
        const elements: number[] = [];
        for (let p = 0; p < window[0]; p++)
          for (let q = 0; q < window[1]; q++) {
            const row = r * stride[0] + p - padding[0];
            const column = s * stride[1] + q - padding[1];
            if (row >= 0 && row < height && column >= 0 && column < width) {
              elements.push((plane * height + row) * width + column);
            }
          }
        windows.push({ output: windows.length, elements });
      }
  return windows;
}

/** y[window] = value(the window's elements, in order); 0 for a window without any. */
export function pooledWith(
  x: Tensor,
  attributes: PoolingAttributes,
  value: (elements: readonly number[]) => number,
  placed?: PoolingAttributes,
): Tensor {
  const y = zeros(pooledShape(x.shape, attributes));
  for (const { output, elements } of windowsOf(x.shape, attributes, placed)) {
    if (elements.length > 0) y.data[output] = value(elements.map((at) => x.data[at]));
  }
  return y;
}

/** Means in which a window that begins before the image counts its padding there, and one that ends behind it does not. */
export function averagedFromTheStart(x: Tensor, attributes: PoolingAttributes): Tensor {
  const { window, stride, padding } = attributes;
  const y = zeros(pooledShape(x.shape, attributes));
  const [, , outputHeight, outputWidth] = y.shape;
  const counted = (axis: 0 | 1, at: number) => {
    const start = at * stride[axis] - padding[axis];
    return Math.min(start + window[axis], x.shape[axis + 2]) - start;
  };
  for (const { output, elements } of windowsOf(x.shape, attributes)) {
    const rows = counted(0, Math.floor(output / outputWidth) % outputHeight);
    y.data[output] = elements.reduce((total, at) => total + x.data[at], 0) / (rows * counted(1, output % outputWidth));
  }
  return y;
}

/** dx: each window's dy handed to its elements in the shares that `shares` gives them; added up where windows overlap. */
export function spreadWith(
  shape: readonly number[],
  dy: Tensor,
  attributes: PoolingAttributes,
  shares: (elements: readonly number[]) => readonly number[],
  options: { readonly placed?: PoolingAttributes; readonly overwrite?: boolean } = {},
): Tensor {
  const dx = zeros(shape);
  for (const { output, elements } of windowsOf(shape, attributes, options.placed)) {
    shares(elements).forEach((share, i) => {
      const before = options.overwrite && share !== 0 ? 0 : dx.data[elements[i]];
      dx.data[elements[i]] = before + share * dy.data[output];
    });
  }
  return dx;
}

/** 1 for the window's largest element (the first of equals), otherwise 0. */
export function atLargest(x: Tensor): (elements: readonly number[]) => number[] {
  return (elements) => {
    const values = elements.map((at) => x.data[at]);
    const winner = values.indexOf(Math.max(...values));
    return elements.map((_, i) => (i === winner ? 1 : 0));
  };
}

/** A mistake in where a window stands: the same for the maximum, the average and their gradients. */
export interface PlacementMistake {
  readonly name: string;
  readonly says: string;
  readonly placed: (attributes: PoolingAttributes) => PoolingAttributes;
}

export const placementMistakes: readonly PlacementMistake[] = [
  {
    name: 'stride-transposed',
    says: "with the stride's axes swapped",
    placed: (attributes) => ({ ...attributes, stride: [attributes.stride[1], attributes.stride[0]] }),
  },
  {
    name: 'stride-taken-from-window',
    says: "with the window's size for the stride",
    placed: (attributes) => ({ ...attributes, stride: attributes.window }),
  },
  {
    name: 'window-transposed',
    says: "with the window's axes swapped",
    placed: (attributes) => ({ ...attributes, window: [attributes.window[1], attributes.window[0]] }),
  },
  {
    name: 'last-window-row-missing',
    says: 'without the last row of each window',
    placed: (attributes) => ({ ...attributes, window: [attributes.window[0] - 1, attributes.window[1]] }),
  },
  {
    name: 'padding-bottom-right-first',
    says: 'with the bottom and right padding at the top and left',
    placed: ({ padding: [top, left, bottom, right], ...rest }) => ({ ...rest, padding: [bottom, right, top, left] }),
  },
  {
    name: 'padding-transposed',
    says: "with the padding's axes swapped",
    placed: ({ padding: [top, left, bottom, right], ...rest }) => ({ ...rest, padding: [left, top, right, bottom] }),
  },
  {
    name: 'padding-ignored',
    says: 'with the first window at the corner of the image',
    placed: (attributes) => ({ ...attributes, padding: [0, 0, 0, 0] }),
  },
];
