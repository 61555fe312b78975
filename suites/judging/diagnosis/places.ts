/**
 * Where an answer is wrong, when the wrong elements have something in common that right ones have not, and what stands there. Elements that
 * are wrong must be wrong by far more than the others are: otherwise the border is an accident of the limits.
 */
import type { Tensor } from '../../../reference/tensor.ts';
import { elementErrorRatio } from '../judge.ts';
import type { NamedTensors } from '../operation.ts';
import type { Question } from '../question.ts';
import type { Sample } from '../sampling.ts';
import { unravel } from '../shapes.ts';
import { fitOf, toleranceFor, wrongElements } from './fit.ts';
import type { Fit, Hypothesis, Subject } from './hypothesis.ts';
import { dimensionsOf, numbersOf } from './resultChanges.ts';
import { amount, digits, position, positions } from './words.ts';

/** One element of an output. */
interface Spot {
  readonly at: number;
  readonly index: readonly number[];
  readonly right: number;
}

interface Place {
  /** "from element 256 on"; the key as well. */
  readonly says: string;
  /** Below 0 where a single element is telling: NaN in its place is no accident. */
  readonly cost: number;
  /** Undefined where the place does not say: between the last right element and the first wrong one. */
  readonly holds: (spot: Spot, question: Question, name: string) => boolean | undefined;
}

/** The numbers that stand in place of the right ones. */
interface Value {
  readonly says: string;
  readonly cost: number;
  readonly of: (spot: Spot, subject: Subject, name: string) => number | undefined;
}

/** Evidence for a place beyond what it costs, in bits. */
const bitsOfWhere = 5;
/** Wrong elements are off by at least so much more, relative to their limits, than the right ones. */
const apartBy = 3;

/** Hypotheses on the place of the wrong elements, for one output that is wrong. */
export function placeHypotheses(subject: Subject, name: string): Hypothesis[] {
  const { question, actual } = subject;
  const right = question.expected[name];
  if (actual[name].shape.join() !== right.shape.join()) return [];
  const spots = spotsOf(question, name);
  const { limit } = question.limits[name];
  const got = actual[name].data;
  const ratios = spots.map(({ right: due }, i) =>
    sameSpecial(due, got[i]) ? 0 : elementErrorRatio(due, got[i], limit[i], question.precision),
  );
  const wrong = ratios.map((ratio, i) => !(ratio <= 1) || lostSign(question, right.data[i], got[i]));
  const count = wrong.filter(Boolean).length;
  if (count === 0) return [];
  const least = Math.min(...ratios.filter((_, i) => wrong[i]));
  const most = Math.max(0, ...ratios.filter((_, i) => !wrong[i]));
  const others = Object.keys(question.expected).filter((other) => other !== name);
  const where = others.length === 0 ? '' : ` of ${name}`;
  const values = valuesOf(subject, name, spots, wrong);
  const valued = values.flatMap((value) => {
    const differs = spots.map((spot, i) => {
      const is = value.of(spot, subject, name);
      return is !== undefined && (wrong[i] || !near(question, name, i, is, right.data[i]));
    });
    // A place is one only where elements outside it would be wrong as well, if it were not for the place.
    return placesOf(subject, name, spots, wrong, differs)
      .filter((place) => covers(place, question, name, spots, wrong, differs))
      .filter((place) => spots.some((spot, i) => differs[i] && place.holds(spot, question, name) === false))
      .map((place) => valuedHypothesis(place, value, name, where));
  });
  if (count > 1 && count < wrong.length) valued.push(...values.map((value) => whereverWrong(value, name, where)));
  const all = wrong.map(() => true);
  const plain = placesOf(subject, name, spots, wrong, all)
    .filter((place) => covers(place, question, name, spots, wrong, all))
    .map((place) => plainHypothesis(place, name, where));
  return least >= apartBy * most ? [...valued, ...plain] : valued;
}

const lostSign = ({ operation }: Question, right: number, got: number) =>
  operation.keepsSignOfZero === true && right === 0 && got === 0 && !Object.is(right, got);
const sameSpecial = (right: number, got: number) => Object.is(right, got);

const madeSpots = new WeakMap<Tensor, readonly Spot[]>();

function spotsOf(question: Question, name: string): readonly Spot[] {
  const right = question.expected[name];
  const made = madeSpots.get(right) ?? makeSpots(question.samples?.[name], right);
  madeSpots.set(right, made);
  return made;
}

function makeSpots(sample: Sample | undefined, right: Tensor): readonly Spot[] {
  const shape = sample?.shape ?? right.shape;
  return Array.from(right.data, (value, i) => {
    const at = sample?.positions[i] ?? i;
    return { at, index: unravel(at, shape), right: value };
  });
}

const tolerances = new WeakMap<Tensor, ReturnType<typeof toleranceFor>>();

function near(question: Question, name: string, at: number, value: number, right: number): boolean {
  if (Object.is(value, right)) return true;
  const expected = question.expected[name];
  const tolerance = tolerances.get(expected) ?? toleranceFor(question, name, expected);
  tolerances.set(expected, tolerance);
  return Math.abs(value - right) <= tolerance(at, right);
}

/** Tells whether the place holds every wrong element, and of the right ones none that would have been wrong there. */
function covers(
  place: Place,
  question: Question,
  name: string,
  spots: readonly Spot[],
  wrong: readonly boolean[],
  differs: readonly boolean[],
): boolean {
  for (const [i, spot] of spots.entries()) {
    const holds = place.holds(spot, question, name);
    if (wrong[i] ? holds === false : holds === true && differs[i]) return false;
  }
  return true;
}

/** log₂ of the ways in which as many wrong elements might lie among all. */
function bitsOfPattern(all: number, wrong: number): number {
  let bits = 0;
  const few = Math.min(wrong, all - wrong);
  for (let i = 0; i < few; i++) bits += Math.log2((all - i) / (i + 1));
  return bits;
}

function plainHypothesis(place: Place, name: string, where: string): Hypothesis {
  return {
    ...{ key: `only ${place.says}${where}`, kind: 'where', cost: place.cost + 4 },
    says: () => `wrong only ${place.says}${where}`,
    // It says nothing of the numbers: harm is done wherever there is such an element.
    predict: ({ question }) => {
      const right = question.expected[name];
      if (right === undefined) return undefined;
      const data = Float64Array.from(spotsOf(question, name), (spot) =>
        place.holds(spot, question, name) === true ? Number.NaN : spot.right,
      );
      return { [name]: { dtype: 'float64', shape: right.shape, data } };
    },
    fit: (subject) => fitOfPlace(subject, place, name),
  };
}

function fitOfPlace(subject: Subject, place: Place, name: string): Fit | undefined {
  const { question, actual } = subject;
  const right = question.expected[name];
  if (right === undefined || actual[name].shape.join() !== right.shape.join()) return undefined;
  const spots = spotsOf(question, name);
  const { limit } = question.limits[name];
  let [inside, count, wrongInside] = [0, 0, 0];
  for (const other of Object.keys(question.expected)) {
    if (other === name) continue;
    const { data } = question.expected[other];
    const isRight = (value: number, i: number) =>
      elementErrorRatio(value, actual[other].data[i], question.limits[other].limit[i], question.precision) <= 1;
    if (actual[other].data.length !== data.length || !data.every(isRight)) return undefined;
  }
  for (const [i, spot] of spots.entries()) {
    if (limit[i] === Infinity && Number.isFinite(spot.right)) continue;
    const holds = place.holds(spot, question, name);
    const ratio = elementErrorRatio(spot.right, actual[name].data[i], limit[i], question.precision);
    const isWrong = !(ratio <= 1) || lostSign(question, spot.right, actual[name].data[i]);
    if (isWrong && holds === false) return undefined;
    count++;
    if (holds) inside++;
    if (isWrong) wrongInside++;
  }
  return wrongInside > 0 && inside < count ? { bits: bitsOfPattern(count, inside), loss: 0 } : undefined;
}

function valuedHypothesis(place: Place, value: Value, name: string, where: string): Hypothesis {
  const predict = (subject: Subject): NamedTensors | undefined => {
    const { question } = subject;
    const right = question.expected[name];
    if (right === undefined) return undefined;
    const data = new Float64Array(right.data.length);
    for (const [i, spot] of spotsOf(question, name).entries()) {
      const is = place.holds(spot, question, name) === false ? spot.right : value.of(spot, subject, name);
      if (is === undefined) return undefined;
      data[i] = is;
    }
    return { [name]: { dtype: 'float64', shape: right.shape, data } };
  };
  return {
    ...{ key: `${value.says} ${place.says}${where}`, kind: 'place', cost: place.cost + value.cost },
    says: () => `wrong only ${place.says}${where}, where it is ${value.says}`,
    predict,
    fit: (subject) => {
      const predicted = predict(subject);
      if (predicted === undefined) return undefined;
      // Between the last right and the first wrong element it may be either.
      const right = subject.question.expected[name];
      const spots = spotsOf(subject.question, name);
      const settled = predicted[name].data.map((is, i) => {
        const open = place.holds(spots[i], subject.question, name) === undefined;
        return open && near(subject.question, name, i, subject.actual[name].data[i], right.data[i]) ? right.data[i] : is;
      });
      const fit = fitOf(subject, { [name]: { ...predicted[name], data: settled } });
      if (fit === undefined) return undefined;
      // That these elements are wrong, and no others that would be too, is evidence as well as what stands there.
      const telling = spots.filter((spot, i) => {
        const is = value.of(spot, subject, name);
        return is !== undefined && !near(subject.question, name, i, is, right.data[i]);
      });
      const inside = telling.filter((spot) => place.holds(spot, subject.question, name) === true).length;
      const ofPlace = bitsOfPattern(telling.length, inside);
      // However certain what stands there is, it says nothing of where.
      return ofPlace < place.cost + bitsOfWhere ? { ...fit, bits: ofPlace } : { ...fit, bits: fit.bits + ofPlace };
    },
  };
}

/** What stands in every wrong element, wherever these are. */
function whereverWrong(value: Value, name: string, where: string): Hypothesis {
  return {
    ...{ key: `${value.says} wherever wrong${where}`, kind: 'place', cost: value.cost + 7 },
    says: () => `is ${value.says} wherever it is wrong${where.replace(' of', ' in')}`,
    predict: () => undefined,
    fit: (subject) => {
      const { question, actual } = subject;
      const right = question.expected[name];
      if (right === undefined || actual[name].shape.join() !== right.shape.join()) return undefined;
      const wrong = wrongElements(subject, name);
      const data = Float64Array.from(spotsOf(question, name), (spot, i) =>
        wrong[i] ? (value.of(spot, subject, name) ?? Number.NaN) : right.data[i],
      );
      const elements = wrong.filter(Boolean).length;
      const fit = fitOf(subject, { [name]: { dtype: 'float64', shape: right.shape, data } });
      // One such element may be anything.
      return fit && elements > 1 ? fit : fit && { ...fit, bits: 0 };
    },
  };
}

/** What all wrong elements may be. */
function valuesOf(subject: Subject, name: string, spots: readonly Spot[], wrong: readonly boolean[]): Value[] {
  const { question, actual, previous } = subject;
  const got = actual[name].data;
  const { operation, case: asked } = question;
  const shape = question.samples?.[name].shape ?? question.expected[name].shape;
  const wrongSpots = spots.map((_, i) => i).filter((i) => wrong[i]);
  const [first] = wrongSpots;
  const values: Value[] = [
    { says: '0', cost: 0, of: () => 0 },
    { says: 'NaN', cost: 0, of: () => Number.NaN },
    { says: 'infinite', cost: 1, of: ({ right }) => Math.sign(right) * Infinity },
    { says: 'the result negated', cost: 3, of: ({ right }) => -right },
    { says: 'twice the result', cost: 3, of: ({ right }) => 2 * right },
    { says: 'half the result', cost: 3, of: ({ right }) => right / 2 },
    { says: "the result's absolute value", cost: 4, of: ({ right }) => Math.abs(right) },
  ];
  if (wrongSpots.every((i) => Object.is(got[i], got[first])) && Number.isFinite(got[first]) && got[first] !== 0) {
    values.push({ says: amount(got[first]), cost: wrongSpots.length > 2 ? 4 : 20, of: () => got[first] });
  }
  for (const [input, x] of Object.entries(asked.inputs)) {
    if (x.shape.join() !== shape.join()) continue;
    const xAt = (spot: Spot, now: Subject) => now.question.case.inputs[input]?.data[spot.at];
    values.push({ says: `${input}, the input itself`, cost: 3, of: xAt });
    values.push({ says: `${input} negated`, cost: 5, of: (spot, now) => -(xAt(spot, now) ?? Number.NaN) });
    const share = medianOf(wrongSpots.map((i) => got[i] / x.data[spots[i].at]).filter(Number.isFinite));
    if (wrongSpots.length >= 3 && share !== 0 && Number.isFinite(share)) {
      const factor = Number(share.toPrecision(6));
      values.push({
        says: `${digits(factor)} times ${input}`,
        cost: 14,
        of: (spot, now) => factor * (xAt(spot, now) ?? Number.NaN),
      });
    }
  }
  const finite = wrongSpots.filter((i) => Number.isFinite(spots[i].right) && Number.isFinite(got[i]));
  const ratio = medianOf(finite.filter((i) => spots[i].right !== 0).map((i) => got[i] / spots[i].right));
  if (finite.length >= 3 && ratio !== 0 && Number.isFinite(ratio)) {
    const factor = Number(ratio.toPrecision(7));
    values.push({ says: `the result times ${digits(factor)}`, cost: 14, of: ({ right }) => factor * right });
  }
  const offset = medianOf(finite.map((i) => got[i] - spots[i].right));
  if (finite.length >= 3 && offset !== 0 && Number.isFinite(offset)) {
    const added = Number(offset.toPrecision(6));
    const text = added < 0 ? `minus ${digits(-added)}` : `plus ${digits(added)}`;
    values.push({ says: `the result ${text}`, cost: 14, of: ({ right }) => right + added });
  }
  if (previous) {
    values.push({
      says: 'the answer to the question before: a stale buffer',
      cost: 4,
      of: ({ at }, now) => (now.previous ? numbersOf(now.previous, name)[at] : undefined),
    });
  }
  if (!question.samples) values.push(...elsewhere(question, name, first));
  for (const mistake of operation.knownMistakes.slice(0, 32)) {
    const outputs = mistakenOutputs(mistake, question);
    if (outputs?.[name]?.shape.join() !== question.expected[name].shape.join()) continue;
    values.push({
      says: mistake.says,
      cost: 6,
      of: ({ at }, now) => mistakenOutputs(mistake, now.question)?.[name]?.data[at],
    });
  }
  // Only those that every wrong element is.
  return values.filter((value) =>
    wrongSpots.every((i) => {
      const is = value.of(spots[i], subject, name);
      return is !== undefined && near32(question, name, i, is, got[i]);
    }),
  );
}

/** The right number of another place: rows or elements repeated from the beginning, or the one before. */
function elsewhere(question: Question, name: string, first: number): Value[] {
  const { shape } = question.expected[name];
  const dimensions = dimensionsOf(question, name);
  const values: Value[] = [];
  const flat = (says: string, from: (at: number) => number): Value => ({
    ...{ says, cost: 8 },
    of: ({ at }, now) => now.question.expected[name]?.data[from(at)],
  });
  if (first > 0) values.push(flat(`the first ${amount(first)} elements repeated`, (at) => at % first));
  values.push(
    flat('the element before', (at) => at - 1),
    flat('the element after', (at) => at + 1),
  );
  const index = unravel(first, shape);
  for (const [axis, dimension] of dimensions.entries()) {
    const start = index[axis];
    if (shape[axis] < 2) continue;
    const at = (to: (place: number, size: number) => number) => (spot: Spot, now: Subject) => {
      const x = now.question.expected[name];
      if (x === undefined) return undefined;
      return elementAt(x, spot.index.with(axis, to(spot.index[axis], x.shape[axis])));
    };
    if (start > 0) {
      const several = start === 1 ? `the first ${position(dimension)}` : `the first ${start} ${positions(dimension)}`;
      values.push({ says: `${several} repeated`, cost: 6, of: at((place) => place % start) });
    }
    values.push({ says: `the ${position(dimension)} before`, cost: 7, of: at((place) => place - 1) });
    values.push({ says: `the ${position(dimension)} after`, cost: 7, of: at((place) => place + 1) });
    values.push({ says: `the first ${position(dimension)}`, cost: 7, of: at(() => 0) });
    values.push({ says: `the last ${position(dimension)}`, cost: 7, of: at((_, size) => size - 1) });
  }
  return values;
}

function elementAt(x: Tensor, index: readonly number[]): number | undefined {
  if (index.some((at, axis) => !(at >= 0 && at < x.shape[axis]))) return undefined;
  return x.data[index.reduce((offset, at, axis) => offset * x.shape[axis] + at, 0)];
}

const mistaken = new WeakMap<Question, Map<unknown, NamedTensors | undefined>>();

/** Made once for a question. */
function mistakenOutputs(
  mistake: Question['operation']['knownMistakes'][number],
  question: Question,
): NamedTensors | undefined {
  const made = mistaken.get(question) ?? new Map<unknown, NamedTensors | undefined>();
  mistaken.set(question, made);
  if (!made.has(mistake))
    made.set(mistake, question.samples ? undefined : mistake.outputs(question.case.inputs, question.case.attributes));
  return made.get(mistake);
}

function near32(question: Question, name: string, at: number, value: number, got: number): boolean {
  if (Object.is(value, got) || Object.is(Math.fround(value), got) || value === got) return true;
  if (!Number.isFinite(value) || !Number.isFinite(got)) return false;
  const { limit } = question.limits[name];
  const own = Number.isFinite(limit[at]) ? limit[at] : 0;
  return (
    Math.abs(value - got) <= own + 8 * question.precision.unitRoundoff * Math.abs(value) + question.precision.smallestSubnormal
  );
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[sorted.length >> 1];
}

/** Every place that may be spoken of; those that begin or end somewhere do so where these wrong elements do. */
function placesOf(
  subject: Subject,
  name: string,
  spots: readonly Spot[],
  wrong: readonly boolean[],
  differs: readonly boolean[],
): Place[] {
  const { question } = subject;
  const shape = question.samples?.[name].shape ?? question.expected[name].shape;
  const dimensions = dimensionsOf(question, name);
  // A right element that would not have been wrong there says nothing of the place.
  const own = spots.filter((_, i) => wrong[i]);
  const others = spots.filter((_, i) => !wrong[i] && differs[i]);
  return [
    ...ofNumbers(question),
    ...ofFlat(
      own.map(({ at }) => at),
      others.map(({ at }) => at),
    ),
    ...dimensions.flatMap((dimension, axis) => {
      const places = ofAxis(
        dimension,
        shape[axis],
        own.map(({ index }) => index[axis]),
        others.map(({ index }) => index[axis]),
      );
      // Along a single axis its positions are the elements.
      return shape.length > 1 ? places : places.slice(0, 2);
    }),
    ...ofBorder(shape),
    ...ofInputs(question, shape),
    ...ranges(question, name, spots, wrong),
  ];
}

function ofNumbers({ precision }: Question): Place[] {
  const { smallestNormal } = precision;
  return [
    { says: 'where NaN is due', cost: -9, holds: ({ right }) => Number.isNaN(right) },
    { says: 'where an infinity is due', cost: -9, holds: ({ right }) => Math.abs(right) === Infinity },
    { says: 'where NaN or an infinity is due', cost: -8, holds: ({ right }) => !Number.isFinite(right) },
    { says: 'where the result is subnormal', cost: -9, holds: ({ right }) => right !== 0 && Math.abs(right) < smallestNormal },
    { says: 'where 0 is due', cost: 3, holds: ({ right }) => right === 0 },
    { says: 'where −0 is due', cost: -9, holds: ({ right }) => Object.is(right, -0) },
    { says: 'where the result is negative', cost: 3, holds: ({ right }) => right < 0 },
    { says: 'where the result is positive', cost: 3, holds: ({ right }) => right > 0 },
  ];
}

/** Elements by their place in the buffer: where those that are wrong are, and those that are right and would not be there. */
function ofFlat(own: readonly number[], others: readonly number[]): Place[] {
  const [least, most] = [minimum(own), maximum(own)];
  const before = maximum(others.filter((at) => at < least));
  const after = minimum(others.filter((at) => at > most));
  const places: Place[] = [];
  if (before >= 0) places.push(beginning('element', before, least, ({ at }) => at));
  if (after < Infinity) {
    const inside = (at: number) => (at <= most ? true : at >= after ? false : undefined);
    places.push({
      says:
        most + 1 === after
          ? `in the first ${counted(after, 'element')}`
          : `up to an element from ${amount(most)} to ${amount(after - 1)}`,
      cost: isPowerOfTwo(after) ? 3 : 5,
      holds: ({ at }) => inside(at),
    });
  }
  for (const every of [2, 3, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1024, 4096]) {
    const rest = own[0] % every;
    if (own.length < 2 || !own.every((at) => at % every === rest)) continue;
    places.push({
      says: `in every ${ordinal(every)} element, from element ${rest} on`,
      cost: 5,
      holds: ({ at }) => at % every === rest,
    });
  }
  return places;
}

/** From one on; where zeros among the right ones hide where it begins, from one between. */
function beginning(
  what: string,
  lastRight: number,
  firstWrong: number,
  of: (spot: Spot, question: Question, name: string) => number | undefined,
): Place {
  const known = lastRight + 1 === firstWrong;
  const where = known ? amount(firstWrong) : `one between ${amount(lastRight + 1)} and ${amount(firstWrong)}`;
  return {
    says:
      what === 'element'
        ? `from ${known ? 'element ' : ''}${where}${known ? '' : ' of the elements'} on`
        : `in the ${what} from ${where} on`,
    cost: (known && isPowerOfTwo(firstWrong) ? 2 : 4) + (known ? 0 : 2),
    holds: (spot, question, name) => {
      const at = of(spot, question, name);
      if (at === undefined) return false;
      return at >= firstWrong ? true : at <= lastRight ? false : undefined;
    },
  };
}

const counted = (count: number, what: string) => `${amount(count)} ${what}${count === 1 ? '' : 's'}`;
const isPowerOfTwo = (value: number) => value > 0 && Number.isInteger(Math.log2(value));
const minimum = (values: readonly number[]) => values.reduce((least, value) => Math.min(least, value), Infinity);
const maximum = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), -Infinity);

function ordinal(value: number): string {
  if (value === 2) return 'second';
  if (value === 3) return 'third';
  return `${amount(value)}th`;
}

/** Rows, channels, samples: the last, the first, one of them, from one on, every second. */
function ofAxis(dimension: string, size: number, own: readonly number[], others: readonly number[]): Place[] {
  if (size < 2) return [];
  const one = position(dimension);
  const several = positions(dimension);
  const indexOf = ({ index }: Spot, question: Question, name: string) => index[dimensionsOf(question, name).indexOf(dimension)];
  const place = (says: string, cost: number, test: (at: number, size: number) => boolean): Place => ({
    ...{ says, cost },
    holds: (spot, question, name) => {
      const shape = question.samples?.[name].shape ?? question.expected[name].shape;
      const at = indexOf(spot, question, name);
      return at !== undefined && test(at, shape[dimensionsOf(question, name).indexOf(dimension)]);
    },
  });
  const met = new Set(own);
  const [least, most] = [minimum(own), maximum(own)];
  const before = maximum(others.filter((at) => at < least));
  const places = [
    place(`in the last ${one}`, 2, (at, length) => at === length - 1),
    place(`in the first ${one}`, 2, (at) => at === 0),
  ];
  if (met.size === 1 && least > 0 && least < size - 1) places.push(place(`in ${one} ${least}`, 5, (at) => at === least));
  if (before >= 0) places.push(beginning(several, before, least, indexOf));
  if (most < size - 1 && met.size > 1) places.push(place(`in the first ${most + 1} ${several}`, 4, (at) => at <= most));
  if (least > 0 && met.size > 1 && size - least <= 16)
    places.push(place(`in the last ${size - least} ${several}`, 5, (at, length) => at >= length - (size - least)));
  for (const every of [2, 3, 4, 8]) {
    const rest = least % every;
    if (met.size > 1 && own.every((at) => at % every === rest))
      places.push(place(`in every ${ordinal(every)} ${one}, from ${rest} on`, 5, (at) => at % every === rest));
  }
  for (const block of [4, 8, 16, 32, 64])
    if (size > block && size % block !== 0)
      places.push(
        place(`in the ${several} that blocks of ${block} leave over`, 4, (at, length) => at >= length - (length % block)),
      );
  return places;
}

function ofBorder(shape: readonly number[]): Place[] {
  if (shape.length !== 4) return [];
  const place = (says: string, holds: (index: readonly number[], sizes: readonly number[]) => boolean): Place => ({
    ...{ says, cost: 3 },
    holds: ({ index }, question, name) => {
      const sizes = question.samples?.[name].shape ?? question.expected[name].shape;
      return sizes.length === 4 && holds(index, sizes);
    },
  });
  const first = (index: readonly number[], axis: number) => index[axis] === 0;
  const last = (index: readonly number[], sizes: readonly number[], axis: number) => index[axis] === sizes[axis] - 1;
  const edge = (index: readonly number[], sizes: readonly number[], axis: number) =>
    first(index, axis) || last(index, sizes, axis);
  return [
    place('on the border', (index, sizes) => edge(index, sizes, 2) || edge(index, sizes, 3)),
    place('in the corners', (index, sizes) => edge(index, sizes, 2) && edge(index, sizes, 3)),
    place('on the bottom and right border', (index, sizes) => last(index, sizes, 2) || last(index, sizes, 3)),
    place('on the top and left border', (index) => first(index, 2) || first(index, 3)),
    place('off the border', (index, sizes) => !edge(index, sizes, 2) && !edge(index, sizes, 3)),
  ];
}

function ofInputs(question: Question, shape: readonly number[]): Place[] {
  return Object.entries(question.case.inputs)
    .filter(([, x]) => x.shape.join() === shape.join())
    .flatMap(([input]) => {
      const place = (says: string, cost: number, test: (value: number) => boolean): Place => ({
        ...{ says: `where ${input} is ${says}`, cost },
        holds: ({ at }, asked) => {
          const x = asked.case.inputs[input];
          return x !== undefined && x.data.length > at && test(x.data[at]);
        },
      });
      const { smallestNormal } = question.precision;
      return [
        place('negative', 2, (value) => value < 0),
        place('positive', 2, (value) => value > 0),
        place('0', 2, (value) => value === 0),
        place('not 0', 3, (value) => value !== 0),
        place('0 or less', 3, (value) => value <= 0),
        place('0 or more', 3, (value) => value >= 0),
        place('NaN', -8, (value) => Number.isNaN(value)),
        place('infinite', -8, (value) => Math.abs(value) === Infinity),
        place('∞', -7, (value) => value === Infinity),
        place('−∞', -7, (value) => value === -Infinity),
        place('subnormal', -8, (value) => value !== 0 && Math.abs(value) < smallestNormal),
      ];
    });
}

/**
 * A range of an input, or of the result: between its last right element and its first wrong one it says nothing. Only where enough
 * elements are on both sides.
 */
function ranges(question: Question, name: string, spots: readonly Spot[], wrong: readonly boolean[]): Place[] {
  const shape = question.samples?.[name].shape ?? question.expected[name].shape;
  const of: { says: string; value: (spot: Spot, asked: Question) => number }[] = [
    { says: 'the magnitude of the result', value: ({ right }) => Math.abs(right) },
    { says: 'the result', value: ({ right }) => right },
    ...Object.entries(question.case.inputs)
      .filter(([, x]) => x.shape.join() === shape.join())
      .flatMap(([input]) => [
        { says: input, value: ({ at }: Spot, asked: Question) => asked.case.inputs[input]?.data[at] ?? Number.NaN },
        {
          says: `the magnitude of ${input}`,
          value: ({ at }: Spot, asked: Question) => Math.abs(asked.case.inputs[input]?.data[at] ?? Number.NaN),
        },
      ]),
  ];
  const { limit } = question.limits[name];
  return of.flatMap(({ says, value }) => {
    const known = spots.map((spot, i) => ({ value: value(spot, question), wrong: wrong[i], open: limit[i] === Infinity }));
    const own = known.filter((one) => one.wrong).map((one) => one.value);
    const others = known.filter((one) => !one.wrong && !one.open && Number.isFinite(one.value)).map((one) => one.value);
    if (own.length < 3 || others.length < 3 || !own.every(Number.isFinite)) return [];
    const places: Place[] = [];
    const [low, high] = [minimum(own), maximum(own)];
    const [below, above] = [maximum(others), minimum(others)];
    if (below < low) {
      places.push({
        says: `where ${says} is beyond a number from ${brief(below)} to ${brief(low)}`,
        cost: 5,
        holds: (spot, asked) => between(value(spot, asked), below, low),
      });
    }
    if (above > high) {
      places.push({
        says: `where ${says} is below a number from ${brief(high)} to ${brief(above)}`,
        cost: 5,
        holds: (spot, asked) => {
          const inside = between(value(spot, asked), high, above);
          return inside === undefined ? undefined : !inside;
        },
      });
    }
    return places;
  });
}

const brief = (value: number) => amount(Number(value.toPrecision(3)));

/** False up to `low`, true from `high` on, undefined between. */
function between(value: number, low: number, high: number): boolean | undefined {
  if (value >= high) return true;
  return value <= low || Number.isNaN(value) ? false : undefined;
}
