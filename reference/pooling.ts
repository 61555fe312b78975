/**
 * Max and average pooling (subsampling) of images [batch, channels, height, width], and their gradients. Row C7 (basics, pena).
 *
 * A window moves by `stride` over the input, which `padding` [top, left, bottom, right] extends by elements that do not count: a
 * maximum is taken over, and an average divided by the number of, the real elements of the window. The sizes of the output are
 * `convolutionOutputSize` with dilation 1. All four functions throw a RangeError (C1) when the window is larger than the padded input
 * and (C2) when a window holds padding alone.
 */
import { convolutionOutputSize } from './convolution.ts';
import { type Tensor, tensor, zeros } from './tensor.ts';

export interface PoolingOptions {
  readonly window: readonly [vertical: number, horizontal: number];
  readonly stride: readonly [vertical: number, horizontal: number];
  readonly padding: readonly [top: number, left: number, bottom: number, right: number];
}

/** Who gets the gradient when several elements of a window are the largest: the first in reading order, the last, or all evenly. */
export type TieRule = 'first' | 'last' | 'even';

/** The largest element of each window. Exact; NaN when the window holds a NaN; a tie of 0 and −0 gives 0. Row C7. */
export function maxPool2d(x: Tensor, options: PoolingOptions): Tensor {
  const values: number[] = [];
  const shape = visitWindows('maxPool2d', x.shape, options, (_, elements) => {
    values.push(Math.max(...elements.map((at) => x.data[at])));
  });
  return tensor(shape, values);
}

/**
 * dx: each window's dy goes to its largest element, by `tieRule` among equals; where windows overlap the shares add up. Row C7.
 *
 * x [batch, channels, height, width], dy as the output of `maxPool2d` → as x. In a window that holds NaNs they are the largest.
 *
 * @throws RangeError (C3) when dy has not the shape of the output.
 */
export function maxPool2dBackward(x: Tensor, dy: Tensor, options: PoolingOptions, tieRule: TieRule = 'first'): Tensor {
  checkOutputGradient('maxPool2dBackward', x.shape, dy.shape, options);
  const dx = zeros(x.shape);
  visitWindows('maxPool2dBackward', x.shape, options, (yAt, elements) => {
    const largest = Math.max(...elements.map((at) => x.data[at]));
    const winners = elements.filter((at) => x.data[at] === largest || Number.isNaN(x.data[at]));
    if (tieRule === 'first') dx.data[winners[0]] += dy.data[yAt];
    else if (tieRule === 'last') dx.data[winners[winners.length - 1]] += dy.data[yAt];
    else for (const at of winners) dx.data[at] += dy.data[yAt] / winners.length;
  });
  return dx;
}

/** The mean of each window's real elements, added row by row: relative to the mean of |x|, within γₙ for n elements. Row C7. */
export function averagePool2d(x: Tensor, options: PoolingOptions): Tensor {
  const values: number[] = [];
  const shape = visitWindows('averagePool2d', x.shape, options, (_, elements) => {
    let sum = 0;
    for (const at of elements) sum += x.data[at];
    values.push(sum / elements.length);
  });
  return tensor(shape, values);
}

/**
 * dx: each real element of a window gets an equal share of the window's dy; where windows overlap the shares add up. Row C7.
 *
 * dy as the output of `averagePool2d` → [batch, channels, …inputSize]. The mapping is linear, so x itself is not needed; its size is,
 * because a stride may skip its last rows.
 *
 * @throws RangeError (C3) when dy has not the shape of the output.
 */
export function averagePool2dBackward(
  dy: Tensor,
  options: PoolingOptions & { readonly inputSize: readonly [height: number, width: number] },
): Tensor {
  const dx = zeros([dy.shape[0], dy.shape[1], ...options.inputSize]);
  checkOutputGradient('averagePool2dBackward', dx.shape, dy.shape, options);
  visitWindows('averagePool2dBackward', dx.shape, options, (yAt, elements) => {
    for (const at of elements) dx.data[at] += dy.data[yAt] / elements.length;
  });
  return dx;
}

/** Calls `visit` for each window, in the order of the output, with the positions of its real elements, row by row. → the output's shape. */
function visitWindows(
  name: string,
  xShape: readonly number[],
  options: PoolingOptions,
  visit: (yAt: number, elements: readonly number[]) => void,
): number[] {
  const { window, stride, padding } = options;
  const [batch, channels, height, width] = xShape;
  const [outputHeight, outputWidth] = outputSize(name, xShape, options);
  let yAt = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let row = 0; row < outputHeight; row++) {
      for (let column = 0; column < outputWidth; column++) {
        const elements: number[] = [];
        for (let i = 0; i < window[0]; i++) {
          const xRow = row * stride[0] + i - padding[0];
          if (xRow < 0 || xRow >= height) continue;
          for (let j = 0; j < window[1]; j++) {
            const xColumn = column * stride[1] + j - padding[1];
            if (xColumn >= 0 && xColumn < width) elements.push((plane * height + xRow) * width + xColumn);
          }
        }
        if (elements.length === 0) throw new RangeError(`${name}: (C2) the window at [${row}, ${column}] holds padding alone`);
        visit(yAt++, elements);
      }
    }
  }
  return [batch, channels, outputHeight, outputWidth];
}

/** [outputHeight, outputWidth] of a pooling. */
function outputSize(name: string, xShape: readonly number[], { window, stride, padding }: PoolingOptions): [number, number] {
  const [, , height, width] = xShape;
  const outputHeight = convolutionOutputSize(height, window[0], stride[0], padding[0], padding[2], 1);
  const outputWidth = convolutionOutputSize(width, window[1], stride[1], padding[1], padding[3], 1);
  if (outputHeight < 1 || outputWidth < 1) {
    throw new RangeError(`${name}: (C1) window [${window.join(', ')}] is larger than the padded input [${height}, ${width}]`);
  }
  return [outputHeight, outputWidth];
}

function checkOutputGradient(
  name: string,
  xShape: readonly number[],
  dyShape: readonly number[],
  options: PoolingOptions,
): void {
  const expected = [xShape[0], xShape[1], ...outputSize(name, xShape, options)];
  if (dyShape.join() !== expected.join()) {
    throw new RangeError(`${name}: (C3) dy is [${dyShape.join(', ')}], the pooling's output is [${expected.join(', ')}]`);
  }
}
