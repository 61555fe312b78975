/** Which of several largest elements an answer has given each window's gradient to: any of them is right, in each window its own. */
import type { PoolingAttributes } from '../../../backends/signatures.ts';
import { type Tensor, zeros } from '../../../reference/tensor.ts';
import { type Window, windowsOf } from './mistakes.ts';

/** Positions of a window's largest elements. */
export function largestOf(x: Tensor, { elements }: Window): number[] {
  const largest = Math.max(...elements.map((at) => x.data[at]));
  return elements.filter((at) => x.data[at] === largest);
}

/** So many choices are tried for each image; one that fits is nearly always among the first. */
const mostChoices = 20_000;
/** An element fits where it is off by no more of what may have come to it: coarser than any format that is judged rounds. */
const fits = 2 ** -6;

/**
 * dx of the choice in each window that gives `answer`; undefined where none does, or where none is found. Windows are gone through in their
 * order, and an element is compared as soon as its last window has chosen.
 */
export function chosenTies(
  x: Tensor,
  dy: Tensor,
  attributes: PoolingAttributes,
  answer: Tensor | undefined,
): Tensor | undefined {
  if (answer?.data.length !== x.data.length) return undefined;
  const dx = zeros(x.shape);
  const windows = windowsOf(x.shape, attributes).map((window) => ({ ...window, largest: largestOf(x, window) }));
  const last = new Map<number, number>();
  const reach = new Float64Array(x.data.length);
  windows.forEach(({ largest, output }, w) => {
    for (const at of largest) {
      last.set(at, w);
      reach[at] += Math.abs(dy.data[output]);
    }
  });
  const isRight = (at: number) => Math.abs(dx.data[at] - answer.data[at]) <= fits * reach[at];
  const images = x.shape[0] * x.shape[1];
  const perImage = windows.length / Math.max(1, images);
  let left = 0;
  const choose = (w: number, end: number): boolean => {
    if (w === end) return true;
    if (left-- === 0) return false;
    const { largest, output } = windows[w];
    for (const winner of largest) {
      const before = dx.data[winner];
      dx.data[winner] += dy.data[output];
      const agrees = largest.every((at) => last.get(at) !== w || isRight(at));
      if (agrees && choose(w + 1, end)) return true;
      dx.data[winner] = before;
    }
    return false;
  };
  for (let image = 0; image < images; image++) {
    left = mostChoices;
    if (!choose(image * perImage, (image + 1) * perImage)) return undefined;
  }
  return dx;
}
