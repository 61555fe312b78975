/** Steps downhill as papers and libraries write them, in every association. */
import type { Tensor } from '../../../reference/tensor.ts';
import type { Arithmetic, Form, Forms } from '../../judging/forms.ts';
import { transposed } from '../dense/forms.ts';
import { nets } from '../linear/forms.ts';
import { elementwise, numbers, rowsOf, upTo, vector } from '../shared/formTensors.ts';

type Attributes = Readonly<Record<string, unknown>>;
const given = (attributes: Attributes, name: string, m: Arithmetic) => m.round(attributes[name] as number);
const forms = <Value>(of: Readonly<Record<string, Value>>, make: (value: Value, name: string) => Form): Record<string, Form> =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, make(value, name)]));
const crossed = <A, B>(
  a: Readonly<Record<string, A>>,
  b: Readonly<Record<string, B>>,
  make: (a: A, b: B) => Form,
): Record<string, Form> =>
  Object.fromEntries(
    Object.entries(a).flatMap(([nameA, valueA]) =>
      Object.entries(b).map(([nameB, valueB]): [string, Form] => [`${nameA}; ${nameB}`, make(valueA, valueB)]),
    ),
  );

/** ηg/d. */
type Quotient = (g: number, d: number, rate: number, m: Arithmetic) => number;
const quotients: Readonly<Record<string, Quotient>> = {
  '(ηg)/d': (g, d, rate, m) => m.divide(m.multiply(rate, g), d),
  'η(g/d)': (g, d, rate, m) => m.multiply(rate, m.divide(g, d)),
  '(η/d)g': (g, d, rate, m) => m.multiply(m.divide(rate, d), g),
};
/** ρa + (1 − ρ)b; `rest` is 1 − ρ, in float64 and then rounded, or of ρ as the format holds it. */
type Average = (a: number, b: number, rho: number, rest: number, m: Arithmetic) => number;
const averages: Readonly<Record<string, Average>> = {
  'ρa + (1 − ρ)b': (a, b, rho, rest, m) => m.add(m.multiply(rho, a), m.multiply(rest, b)),
  'ρa + (1 − ρ)b, fused': (a, b, rho, rest, m) => m.multiplyAdd(rest, b, m.multiply(rho, a)),
  'a + (1 − ρ)(b − a)': (a, b, rho, rest, m) =>
    rho >= 0.5 ? m.multiplyAdd(rest, m.subtract(b, a), a) : m.multiplyAdd(rho, m.subtract(a, b), b),
};
/** ρs + (1 − ρ)g², the square first or a factor of it first. */
const squareAverages: Readonly<Record<string, (s: number, g: number, rho: number, rest: number, m: Arithmetic) => number>> = {
  ...Object.fromEntries(
    Object.entries(averages).map(([name, f]) => [
      name,
      (s: number, g: number, rho: number, rest: number, m: Arithmetic) => f(s, m.multiply(g, g), rho, rest, m),
    ]),
  ),
  'ρs + ((1 − ρ)g)g': (s, g, rho, rest, m) => m.multiplyAdd(m.multiply(rest, g), g, m.multiply(rho, s)),
};
const complements: Readonly<Record<string, (rho: number, m: Arithmetic) => number>> = {
  '1 − ρ in float64': (rho, m) => m.round(1 - rho),
  '1 − ρ in the format': (rho, m) => m.subtract(1, m.round(rho)),
};

const adaptive =
  (squaresOf: (s: number, g: number, attributes: Attributes, m: Arithmetic) => number, quotient: Quotient): Form =>
  ({ inputs: { weights, gradient, squares }, attributes }, m) => {
    const next = elementwise((s, g) => squaresOf(s, g, attributes, m), squares, gradient);
    const [rate, epsilon] = [given(attributes, 'learningRate', m), given(attributes, 'epsilon', m)];
    return {
      squares: next,
      weights: elementwise(
        (w, g, s) => m.subtract(w, quotient(g, m.add(m.squareRoot(s), epsilon), rate, m)),
        weights,
        gradient,
        next,
      ),
    };
  };

interface Momentum {
  readonly w: number;
  readonly g: number;
  readonly change: number;
  readonly rate: number;
  readonly alpha: number;
}
const changes: Readonly<Record<string, (of: Momentum, m: Arithmetic) => number>> = {
  'αΔ − ηg': ({ g, change, rate, alpha }, m) => m.subtract(m.multiply(alpha, change), m.multiply(rate, g)),
  'αΔ − ηg, ηg fused': ({ g, change, rate, alpha }, m) => m.multiplyAdd(-rate, g, m.multiply(alpha, change)),
  '−ηg + αΔ, αΔ fused': ({ g, change, rate, alpha }, m) => m.multiplyAdd(alpha, change, -m.multiply(rate, g)),
};
const moves: Readonly<Record<string, (of: Momentum, change: number, m: Arithmetic) => number>> = {
  'w + Δ': ({ w }, change, m) => m.add(w, change),
  '(w − ηg) + αΔ': ({ w, g, change, rate, alpha }, _, m) => m.multiplyAdd(alpha, change, m.multiplyAdd(-rate, g, w)),
  '(w + αΔ) − ηg': ({ w, g, change, rate, alpha }, _, m) => m.multiplyAdd(-rate, g, m.multiplyAdd(alpha, change, w)),
};

type Decay = (w: number, g: number, rate: number, penalty: number, m: Arithmetic) => number;
const decays: Readonly<Record<string, Decay>> = {
  '(w − ηg) − ηλw': (w, g, rate, penalty, m) =>
    m.subtract(m.subtract(w, m.multiply(rate, g)), m.multiply(m.multiply(rate, penalty), w)),
  '(w − ηλw) − ηg': (w, g, rate, penalty, m) => m.multiplyAdd(-rate, g, m.multiplyAdd(-m.multiply(rate, penalty), w, w)),
  '(w − η(λw)) − ηg': (w, g, rate, penalty, m) =>
    m.subtract(m.subtract(w, m.multiply(rate, m.multiply(penalty, w))), m.multiply(rate, g)),
  'w − (ηg + ηλw)': (w, g, rate, penalty, m) => m.subtract(w, m.multiplyAdd(rate, g, m.multiply(m.multiply(rate, penalty), w))),
  'w − η(g + λw)': (w, g, rate, penalty, m) => m.multiplyAdd(-rate, m.multiplyAdd(penalty, w, g), w),
  '(1 − ηλ)w − ηg': (w, g, rate, penalty, m) =>
    m.multiplyAdd(-rate, g, m.multiply(m.subtract(1, m.multiply(rate, penalty)), w)),
  '(1 − ηλ)w − ηg, fused the other way': (w, g, rate, penalty, m) =>
    m.multiplyAdd(m.subtract(1, m.multiply(rate, penalty)), w, -m.multiply(rate, g)),
};

const corrections: Readonly<Record<string, (beta: number, step: number, m: Arithmetic) => number>> = {
  '1 − βᵗ in float64': (beta, step, m) => m.round(1 - beta ** step),
  '1 − βᵗ by products': (beta, step, m) => {
    let power = 1;
    for (let t = 0; t < step; t++) power = m.multiply(power, m.round(beta));
    return m.subtract(1, power);
  },
};
interface Adam {
  readonly mean: number;
  readonly square: number;
  readonly rate: number;
  readonly epsilon: number;
  readonly first: number;
  readonly second: number;
}
const adamMoves: Readonly<Record<string, (of: Adam, m: Arithmetic) => number>> = {
  ...Object.fromEntries(
    Object.entries(quotients).map(([name, quotient]) => [
      `${name} of m̂ and √v̂ + ε`,
      ({ mean, square, rate, epsilon, first, second }: Adam, m: Arithmetic) =>
        quotient(m.divide(mean, first), m.add(m.squareRoot(m.divide(square, second)), epsilon), rate, m),
    ]),
  ),
  '(η/(1 − β₁ᵗ))·(m/(√v/√(1 − β₂ᵗ) + ε))': ({ mean, square, rate, epsilon, first, second }, m) =>
    m.multiply(m.divide(rate, first), m.divide(mean, m.add(m.divide(m.squareRoot(square), m.squareRoot(second)), epsilon))),
  '((η/(1 − β₁ᵗ))·m)/(√v/√(1 − β₂ᵗ) + ε)': ({ mean, square, rate, epsilon, first, second }, m) =>
    m.divide(m.multiply(m.divide(rate, first), mean), m.add(m.divide(m.squareRoot(square), m.squareRoot(second)), epsilon)),
};

const sumsOf = (x: Tensor, errors: readonly number[], m: Arithmetic) =>
  transposed(rowsOf(x), x.shape[1]).map((column) => m.dot(errors, column));

export const descentForms: Forms = {
  gradientStep: {
    'w − ηg': ({ inputs: { weights, gradient }, attributes }, m) => ({
      weights: elementwise((w, g) => m.multiplyAdd(-given(attributes, 'learningRate', m), g, w), weights, gradient),
    }),
    'w − ηg, the product rounded': ({ inputs: { weights, gradient }, attributes }, m) => ({
      weights: elementwise((w, g) => m.subtract(w, m.multiply(given(attributes, 'learningRate', m), g)), weights, gradient),
    }),
  },
  momentumStep: crossed(changes, moves, (changeOf, move) => ({ inputs: { weights, gradient, change }, attributes }, m) => {
    const [rate, alpha] = [given(attributes, 'learningRate', m), given(attributes, 'momentum', m)];
    const of = (w: number, g: number, c: number): Momentum => ({ w, g, change: c, rate, alpha });
    return {
      change: elementwise((w, g, c) => changeOf(of(w, g, c), m), weights, gradient, change),
      weights: elementwise((w, g, c) => move(of(w, g, c), changeOf(of(w, g, c), m), m), weights, gradient, change),
    };
  }),
  weightDecayStep: forms(decays, (decay) => ({ inputs: { weights, gradient }, attributes }, m) => {
    const [rate, penalty] = [given(attributes, 'learningRate', m), given(attributes, 'penalty', m)];
    return { weights: elementwise((w, g) => decay(w, g, rate, penalty, m), weights, gradient) };
  }),
  adagradStep: forms(quotients, (quotient, name) =>
    adaptive((s, g, _, m) => (name === 'η(g/d)' ? m.add(s, m.multiply(g, g)) : m.multiplyAdd(g, g, s)), quotient),
  ),
  rmspropStep: crossed(quotients, crossedTables(squareAverages, complements), (quotient, [average, complement]) =>
    adaptive(
      (s, g, attributes, m) => average(s, g, given(attributes, 'decay', m), complement(attributes.decay as number, m), m),
      quotient,
    ),
  ),
  adamStep: crossed(
    adamMoves,
    crossedTables(crossedTables(averages, corrections), crossedTables(squareAverages, complements)),
    (move, [[average, correction], [squareAverage, complement]]) =>
      ({ inputs: { weights, gradient, means, squares }, attributes }, m) => {
        const [beta1, beta2, step] = [attributes.beta1, attributes.beta2, attributes.step] as number[];
        const [rate, epsilon] = [given(attributes, 'learningRate', m), given(attributes, 'epsilon', m)];
        const nextMeans = elementwise((a, g) => average(a, g, m.round(beta1), complement(beta1, m), m), means, gradient);
        const nextSquares = elementwise(
          (s, g) => squareAverage(s, g, m.round(beta2), complement(beta2, m), m),
          squares,
          gradient,
        );
        const [first, second] = [correction(beta1, step, m), correction(beta2, step, m)];
        return {
          means: nextMeans,
          squares: nextSquares,
          weights: elementwise(
            (w, mean, square) => m.subtract(w, move({ mean, square, rate, epsilon, first, second }, m)),
            weights,
            nextMeans,
            nextSquares,
          ),
        };
      },
  ),
  conjugateGradientStep: {
    'as printed': ({ inputs: { a, x, residual, direction } }, m) => {
      const [r, p, from] = [numbers(residual), numbers(direction), numbers(x)];
      if (r.every((value) => value === 0)) return { x, residual, direction };
      const product = rowsOf(a).map((row) => m.dot(row, p));
      const squared = m.dot(r, r);
      const length = m.divide(squared, m.dot(p, product));
      const next = r.map((value, i) => m.multiplyAdd(-length, product[i], value));
      const ratio = m.divide(m.dot(next, next), squared);
      return {
        x: vector(from.map((value, i) => m.multiplyAdd(length, p[i], value))),
        residual: vector(next),
        direction: vector(next.map((value, i) => m.multiplyAdd(ratio, p[i], value))),
      };
    },
  },
  batchEpoch: {
    'η after the sum': ({ inputs: { x, targets, weights }, attributes }, m) => {
      const w = numbers(weights);
      const errors = nets(x, w, m).map((net, n) => m.subtract(targets.data[n], net));
      const sums = sumsOf(x, errors, m);
      return { weights: vector(w.map((value, j) => m.multiplyAdd(given(attributes, 'learningRate', m), sums[j], value))) };
    },
    'η before the sum': ({ inputs: { x, targets, weights }, attributes }, m) => {
      const w = numbers(weights);
      const rate = given(attributes, 'learningRate', m);
      const errors = nets(x, w, m).map((net, n) => m.multiply(rate, m.subtract(net, targets.data[n])));
      const sums = sumsOf(x, errors, m);
      return { weights: vector(w.map((value, j) => m.subtract(value, sums[j]))) };
    },
  },
  patternEpoch: Object.fromEntries(
    ['(η·e)x', 'η(e·x)'].map((name): [string, Form] => [
      name,
      ({ inputs: { x, targets, weights }, attributes }, m) => {
        const rate = given(attributes, 'learningRate', m);
        const rows = rowsOf(x);
        let w = numbers(weights);
        for (const n of upTo(rows.length)) {
          const error = m.subtract(targets.data[n], m.dot(rows[n], w));
          w = w.map((value, j) =>
            name === '(η·e)x'
              ? m.multiplyAdd(m.multiply(rate, error), rows[n][j], value)
              : m.multiplyAdd(rate, m.multiply(error, rows[n][j]), value),
          );
        }
        return { weights: vector(w) };
      },
    ]),
  ),
};

function crossedTables<A, B>(a: Readonly<Record<string, A>>, b: Readonly<Record<string, B>>): Record<string, readonly [A, B]> {
  return Object.fromEntries(
    Object.entries(a).flatMap(([nameA, valueA]) =>
      Object.entries(b).map(([nameB, valueB]): [string, readonly [A, B]] => [`${nameA}, ${nameB}`, [valueA, valueB]]),
    ),
  );
}
