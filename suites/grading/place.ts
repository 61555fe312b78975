/** Says where all wrong numbers of a function are: at an end of one axis, at the border, or where an input has a sign. */
import type { Tensor } from '../../reference/tensor.ts';
import type { Question } from '../judging/question.ts';
import { unravel } from '../judging/shapes.ts';
import type { CaseResult } from './grade.ts';

interface Element {
  readonly isWrong: boolean;
  /** Names of the places that it lies in. */
  readonly places: ReadonlySet<string>;
}

/** Right numbers outside the place, and wrong ones in it, before it is believed. */
const least = 3;

/** "in the last output column"; nothing where the wrong numbers of all failing cases have no such place in common. */
export function placeOf(wrong: readonly CaseResult[]): string | undefined {
  const elements = wrong.flatMap(({ question, answer = {} }) =>
    Object.keys(question.expected).flatMap((name) => (answer[name] ? elementsOf(question, name, answer[name]) : [])),
  );
  const wrongOnes = elements.filter(({ isWrong }) => isWrong);
  if (wrongOnes.length < least) return undefined;
  const common = [...wrongOnes[0].places].filter((place) => wrongOnes.every(({ places }) => places.has(place)));
  return common.find((place) => {
    const inside = elements.filter(({ places }) => places.has(place));
    // Most of the place is wrong, and what lies outside it is there and right.
    return elements.length - inside.length >= least && wrongOnes.length > inside.length / 2;
  });
}

function elementsOf(question: Question, name: string, got: Tensor): Element[] {
  const { operation, expected, limits, case: asked } = question;
  const { data, shape } = expected[name];
  const { dimensions } = operation.outputs(asked.attributes)[name];
  const { limit } = limits[name];
  const alike = Object.entries(asked.inputs).filter(([, x]) => x.shape.join() === shape.join());
  return Array.from(data, (want, at): Element => {
    const index = unravel(at, shape);
    const places = new Set<string>();
    for (const [axis, size] of shape.entries()) {
      const word = wordsOf(dimensions[axis]);
      if (size > 1 && index[axis] === 0) places.add(`in the first ${word}`);
      if (size > 1 && index[axis] === size - 1) places.add(`in the last ${word}`);
    }
    const [r, s] = index.slice(-2);
    const [rows, columns] = shape.slice(-2);
    if (shape.length > 2 && rows > 2 && columns > 2 && (r === 0 || s === 0 || r === rows - 1 || s === columns - 1))
      places.add('at the border of the image');
    for (const [input, x] of alike) {
      if (x.data[at] < 0) places.add(`where ${input} is negative`);
      if (x.data[at] > 0) places.add(`where ${input} is positive`);
      if (x.data[at] === 0) places.add(`where ${input} is 0`);
    }
    const value = got.data[at];
    return { isWrong: !(Math.abs(value - want) <= limit[at] || Object.is(value, want)), places };
  });
}

/** outputHeight counts rows, outputWidth columns. */
function wordsOf(dimension: string): string {
  return dimension
    .replace(/([a-z])([A-Z0-9])/g, '$1 $2')
    .toLowerCase()
    .replace(/height$/, 'row')
    .replace(/width$/, 'column')
    .replace(/^(batch|samples)$/, 'sample')
    .replace(/s$/, '');
}
