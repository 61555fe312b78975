/**
 * Max and average pooling (subsampling) of images [batch, channels, height, width], and their gradients.
 *
 * A window moves by `stride` over the input, which `padding` [top, left, bottom, right] extends by elements that do not count: a
 * maximum is taken over, and an average divided by, the real elements of the window. Row C7 (basics, pena).
 */
import { convolutionOutputSize } from './convolution.ts';
import { type Tensor, zeros } from './tensor.ts';

export interface PoolingOptions {
  readonly window: readonly [vertical: number, horizontal: number];
  readonly stride: readonly [vertical: number, horizontal: number];
  readonly padding: readonly [top: number, left: number, bottom: number, right: number];
}

/** Who gets the gradient when several elements of a window are the largest. */
export type TieRule = 'first' | 'last' | 'even';

/**
 * Calls `visit` once for each window with the position of its output and those of its real elements, row by row.
 *
 * @throws RangeError (C1) when the window is larger than the padded input, (C2) when a window holds padding alone.
 */
function visitWindows(
  xShape: readonly number[],
  { window, stride, padding }: PoolingOptions,
  visit: (yAt: number, elements: readonly number[]) => void,
): number[] {
  const [batch, channels, height, width] = xShape;
  const outputHeight = convolutionOutputSize(height, window[0], stride[0], padding[0], padding[2], 1);
  const outputWidth = convolutionOutputSize(width, window[1], stride[1], padding[1], padding[3], 1);
  if (outputHeight < 1 || outputWidth < 1) {
    throw new RangeError(`pooling: (C1) window [${window.join(', ')}] is larger than the padded input [${height}, ${width}]`);
  }
  let yAt = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let row = 0; row < outputHeight; row++) {
      for (let column = 0; column < outputWidth; column++) {
        const elements: number[] = [];
        for (let i = 0; i < window[0]; i++) {
          const xRow = row * stride[0] - padding[0] + i;
          if (xRow < 0 || xRow >= height) continue;
          for (let j = 0; j < window[1]; j++) {
            const xColumn = column * stride[1] - padding[1] + j;
            if (xColumn >= 0 && xColumn < width) elements.push((plane * height + xRow) * width + xColumn);
          }
        }
        if (elements.length === 0) throw new RangeError(`pooling: (C2) the window at [${row}, ${column}] holds padding alone`);
        visit(yAt++, elements);
      }
    }
  }
  return [batch, channels, outputHeight, outputWidth];
}

/** The largest element of each window; NaN when the window holds a NaN. Row C7. */
export function maxPool2d(x: Tensor, options: PoolingOptions): Tensor {
  const values: number[] = [];
  const shape = visitWindows(x.shape, options, (_, elements) => {
    values.push(Math.max(...elements.map((at) => x.data[at])));
  });
  return { dtype: 'float64', shape, data: Float64Array.from(values) };
}

/** dx: each window's dy goes to its largest element; windows may overlap and add up. `tieRule` says who is it among equals. Row C7. */
export function maxPool2dBackward(x: Tensor, dy: Tensor, options: PoolingOptions, tieRule: TieRule = 'first'): Tensor {
  const dx = zeros(x.shape);
  visitWindows(x.shape, options, (yAt, elements) => {
    const largest = Math.max(...elements.map((at) => x.data[at]));
    const winners = elements.filter((at) => x.data[at] === largest);
    if (tieRule === 'first') dx.data[winners[0]] += dy.data[yAt];
    else if (tieRule === 'last') dx.data[winners[winners.length - 1]] += dy.data[yAt];
    else for (const at of winners) dx.data[at] += dy.data[yAt] / winners.length;
  });
  return dx;
}

/** The mean of each window's real elements. Row C7. */
export function averagePool2d(x: Tensor, options: PoolingOptions): Tensor {
  const values: number[] = [];
  const shape = visitWindows(x.shape, options, (_, elements) => {
    values.push(elements.reduce((sum, at) => sum + x.data[at], 0) / elements.length);
  });
  return { dtype: 'float64', shape, data: Float64Array.from(values) };
}

/** dx: each real element of a window gets an equal share of its dy. → [batch, channels, …inputSize]. Row C7. */
export function averagePool2dBackward(
  dy: Tensor,
  options: PoolingOptions & { readonly inputSize: readonly [number, number] },
): Tensor {
  const dx = zeros([dy.shape[0], dy.shape[1], ...options.inputSize]);
  visitWindows(dx.shape, options, (yAt, elements) => {
    for (const at of elements) dx.data[at] += dy.data[yAt] / elements.length;
  });
  return dx;
}
