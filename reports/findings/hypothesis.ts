/**
 * What the failing cases of one operation have in common and no passing one has: a simple statement on attributes, sizes or special
 * values, or two of them together. It is said only when it explains every failing case and no passing one.
 */
import type { OperationRecord } from '../../suites/runReport.ts';
import { type Described, type Features, featuresOf } from './features.ts';

export interface Hypothesis {
  /** "left padding ≠ top padding", "groups > 1 and vertical stride > 1" */
  readonly text: string;
  /** The failing and the passing case that are alike but for it. */
  readonly separating: { readonly failing: string; readonly passing: string };
}

/** A case, or a property by its name. */
export type Named = Described & { readonly what: string };

interface Predicate {
  readonly text: string;
  readonly cost: number;
  /** Features that it speaks of. */
  readonly about: readonly string[];
  readonly holds: (features: Features) => boolean;
}

/** Fewer cases than these could agree on a pair of statements by chance alone. */
const fewestForPairs = { failing: 2, passing: 3 };
/** A single failing case has something of its own in every case list; only what is said first of all is said then. */
const mostCostOfOne = 2;

/** Returns the simplest statement that holds in all of `failing` and in none of `passing`; undefined where there is none. */
export function hypothesisOf(
  failing: readonly Named[],
  passing: readonly Named[],
  operation?: OperationRecord,
): Hypothesis | undefined {
  if (failing.length === 0 || passing.length === 0) return undefined;
  const wrong = failing.map((outcome) => featuresOf(outcome, operation));
  const right = passing.map((outcome) => featuresOf(outcome, operation));
  const common = predicatesOf(wrong, right).filter(({ holds }) => wrong.every(holds));
  const told = common
    .map((predicate) => ({ predicate, passes: right.map((features) => predicate.holds(features)) }))
    .filter(({ passes }) => passes.some((holds) => !holds));
  const singles = told.filter(({ passes, predicate }) => {
    return passes.every((holds) => !holds) && (failing.length > 1 || predicate.cost <= mostCostOfOne);
  });
  const best = simplest(singles.map(({ predicate }) => predicate));
  if (best) return said(best, failing, passing, wrong, right);
  if (failing.length < fewestForPairs.failing || passing.length < fewestForPairs.passing) return undefined;
  const pairs: Predicate[] = [];
  for (const [i, one] of told.entries()) {
    for (const other of told.slice(i + 1)) {
      if (one.predicate.about.some((name) => other.predicate.about.includes(name))) continue;
      if (one.passes.some((holds, at) => holds && other.passes[at])) continue;
      const [first, second] = [one.predicate, other.predicate];
      pairs.push({
        text: `${first.text} and ${second.text}`,
        cost: first.cost + second.cost,
        about: [...first.about, ...second.about],
        holds: (features) => first.holds(features) && second.holds(features),
      });
    }
  }
  const pair = simplest(pairs);
  return pair && said(pair, failing, passing, wrong, right);
}

function simplest(predicates: readonly Predicate[]): Predicate | undefined {
  return predicates.toSorted((a, b) => a.cost - b.cost || a.text.length - b.text.length || (a.text < b.text ? -1 : 1))[0];
}

/** With the failing and the passing case that differ in the fewest facts. */
function said(
  { text }: Predicate,
  failing: readonly Named[],
  passing: readonly Named[],
  wrong: readonly Features[],
  right: readonly Features[],
): Hypothesis {
  let nearest = { apart: Infinity, failing: 0, passing: 0 };
  for (const [i, one] of wrong.entries()) {
    for (const [j, other] of right.entries()) {
      const names = new Set([...one.keys(), ...other.keys()]);
      let apart = 0;
      for (const name of names) if (one.get(name)?.value !== other.get(name)?.value) apart++;
      if (apart < nearest.apart) nearest = { apart, failing: i, passing: j };
    }
  }
  return { text, separating: { failing: failing[nearest.failing].what, passing: passing[nearest.passing].what } };
}

const moduli = [2, 4, 8, 16, 32, 64];

/** Every statement that could tell the failing cases from the passing ones; those on numbers hold in all failing cases by their making. */
function predicatesOf(wrong: readonly Features[], right: readonly Features[]): Predicate[] {
  const all = [...wrong, ...right];
  const names = [...new Set(all.flatMap((features) => [...features.keys()]))];
  return [...names.flatMap((name) => ofOne(name, wrong, right)), ...ofTwo(names, wrong)];
}

function ofOne(name: string, wrong: readonly Features[], right: readonly Features[]): Predicate[] {
  const known = [...wrong, ...right].flatMap((features) => features.get(name) ?? []);
  const { cost } = known[0];
  const about = [name];
  const make = (text: string, more: number, test: (value: Features) => boolean): Predicate => ({
    ...{ text, about, cost: cost + more, holds: test },
  });
  if (known.every(({ value }) => typeof value === 'number')) return ofNumber(name, wrong, right, make);
  const values = new Set(known.map(({ value }) => value));
  return [...values].flatMap((value) => {
    const is = (features: Features) => features.get(name)?.value === value;
    const isNot = (features: Features) => features.has(name) && features.get(name)?.value !== value;
    if (typeof value === 'boolean') {
      const without = (features: Features) => features.get(name)?.value !== true;
      return value ? [make(name, 0, is), make(`not ${name}`, 1, without)] : [];
    }
    return [make(`${name} ${value}`, 0, is), make(`${name} other than ${value}`, 0.5, isNot)];
  });
}

function ofNumber(
  name: string,
  wrong: readonly Features[],
  right: readonly Features[],
  make: (text: string, more: number, holds: (features: Features) => boolean) => Predicate,
): Predicate[] {
  const numbers = (list: readonly Features[]) => list.flatMap((features) => (features.get(name)?.value as number) ?? []);
  const own = numbers(wrong);
  if (own.length < wrong.length) return [];
  const least = Math.min(...own);
  const most = Math.max(...own);
  const below = numbers(right).filter((value) => value < least);
  const above = numbers(right).filter((value) => value > most);
  const of = (test: (value: number) => boolean) => (features: Features) => {
    const value = features.get(name)?.value;
    return typeof value === 'number' && test(value);
  };
  const predicates: Predicate[] = [];
  if (below.length > 0) {
    // Between the largest that passes and the smallest that fails: where 0 or 1 is the one, the other need not be said.
    const last = Math.max(...below);
    const natural = last === 0 || last === 1;
    predicates.push(
      make(
        natural ? `${name} > ${last}` : `${name} ≥ ${least}`,
        natural ? 0 : 1,
        of((value) => value >= least),
      ),
    );
  }
  if (above.length > 0) {
    const alone = least === most;
    const lowest = numbers(right).every((value) => value >= most);
    const natural = alone && lowest && (most === 0 || most === 1);
    predicates.push(
      make(
        natural ? `${name} = ${most}` : `${name} ≤ ${most}`,
        natural ? 0 : 1,
        of((value) => value <= most),
      ),
    );
  }
  if (least === most)
    predicates.push(
      make(
        `${name} = ${least}`,
        least <= 1 ? 0.5 : 2,
        of((value) => value === least),
      ),
    );
  if (own.every(Number.isInteger)) {
    for (const modulus of moduli) {
      // A multiple of 16 is one of 8 as well: what holds is said of each, and the shortest that separates is taken.
      if (own.every((value) => value % modulus === 0 && value > 0))
        predicates.push(
          make(
            `${name} mod ${modulus} = 0`,
            2 + modulus / 256,
            of((value) => value % modulus === 0 && value > 0),
          ),
        );
      if (own.every((value) => value % modulus !== 0))
        predicates.push(
          make(
            `${name} mod ${modulus} ≠ 0`,
            2 - modulus / 256,
            of((value) => value % modulus !== 0),
          ),
        );
    }
    if (own.every((value) => value !== 1))
      predicates.push(
        make(
          `${name} ≠ 1`,
          1,
          of((value) => value !== 1),
        ),
      );
    if (own.every((value) => value !== 0))
      predicates.push(
        make(
          `${name} ≠ 0`,
          1,
          of((value) => value !== 0),
        ),
      );
  }
  return predicates;
}

/** Two facts of one family beside each other: left padding ≠ top padding, rows > columns. */
function ofTwo(names: readonly string[], wrong: readonly Features[]): Predicate[] {
  const [first] = wrong;
  const numeric = names.filter((name) => first.get(name)?.family !== undefined && typeof first.get(name)?.value === 'number');
  const predicates: Predicate[] = [];
  for (const [i, a] of numeric.entries()) {
    for (const b of numeric.slice(i + 1)) {
      const family = first.get(a)?.family;
      if (family !== first.get(b)?.family) continue;
      const cost = family === 'sizes' ? 4 : 2;
      // "top ≠ left padding"
      const [short] = family === 'sizes' ? [a] : a.split(` ${family}`);
      const relation = (sign: string, more: number, test: (x: number, y: number) => boolean) => {
        predicates.push({
          ...{ text: `${short} ${sign} ${b}`, cost: cost + more, about: [a, b] },
          holds: (features) => {
            const [x, y] = [features.get(a)?.value, features.get(b)?.value];
            return typeof x === 'number' && typeof y === 'number' && test(x, y);
          },
        });
      };
      relation('≠', 0, (x, y) => x !== y);
      relation('=', 0, (x, y) => x === y);
      relation('>', 0.2, (x, y) => x > y);
      relation('<', 0.2, (x, y) => x < y);
    }
  }
  return predicates;
}
