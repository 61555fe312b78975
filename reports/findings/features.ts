/** The facts of a case that a hypothesis may speak of: attributes, sizes and special values, by the words that a reader knows them by. */
import type { OperationRecord, Outcome } from '../../suites/runReport.ts';

export interface Feature {
  readonly value: number | string | boolean;
  /** Facts of one family are compared with each other: the sides of a padding, the sizes of the inputs. */
  readonly family?: string;
  /** Lower is said rather: an attribute before a size, a size before a product of sizes. */
  readonly cost: number;
}

/** A case, or the counterexample of a property, which has fewer facts. */
export type Described = Pick<Outcome, 'attributes' | 'shapes'> & Partial<Pick<Outcome, 'caseId' | 'tier' | 'outputs'>>;

export type Features = ReadonlyMap<string, Feature>;

const sides: Readonly<Record<number, readonly string[]>> = {
  2: ['vertical', 'horizontal'],
  4: ['top', 'left', 'bottom', 'right'],
};

/** Of an attribute that has an entry for each axis: shared words for two and for four numbers. */
const positional = /stride|padding|dilation|kernel|window|size|pool/i;

/** Returns the facts of one case; `operation` gives the axes their names. */
export function featuresOf(outcome: Described, operation: OperationRecord | undefined): Features {
  const features = new Map<string, Feature>();
  const add = (name: string, feature: Feature) => {
    if (!features.has(name)) features.set(name, feature);
  };
  attributesInto(add, outcome.attributes);
  const sizes = new Map<string, number>();
  for (const [shapes, axes] of [
    [Object.entries(outcome.shapes), operation?.inputs ?? {}],
    [(outcome.outputs ?? []).map(({ name, shape }) => [name, shape] as const), operation?.outputs ?? {}],
  ] as const) {
    for (const [tensor, shape] of shapes) {
      for (const [axis, size] of shape.entries()) {
        const name = axes[tensor]?.[axis] ?? `axis ${axis} of ${tensor}`;
        if (!sizes.has(words(name))) sizes.set(words(name), size);
      }
    }
  }
  for (const [name, value] of sizes) add(name, { value, family: 'sizes', cost: 2 });
  for (const [tensor, shape] of Object.entries(outcome.shapes)) {
    add(`elements of ${tensor}`, { value: shape.reduce((product, size) => product * size, 1), cost: 5 });
  }
  const { groups } = outcome.attributes;
  const channels = sizes.get('input channels');
  if (typeof groups === 'number' && channels !== undefined) {
    add('depthwise', { value: groups > 1 && groups === channels, cost: 2 });
  }
  const special = specialValue(outcome, operation);
  if (special) add(`${special} among the inputs`, { value: true, cost: 1 });
  if (outcome.tier) add('tier', { value: outcome.tier, cost: 3 });
  return features;
}

/** Nested attributes ({ convolution: { stride } }) by the name that they carry inside. */
function attributesInto(add: (name: string, feature: Feature) => void, attributes: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    const said = words(name);
    if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') add(said, { value, cost: 1 });
    else if (Array.isArray(value)) arrayInto(add, said, value);
    else if (value !== null && typeof value === 'object') attributesInto(add, value as Record<string, unknown>);
  }
}

function arrayInto(add: (name: string, feature: Feature) => void, name: string, values: readonly unknown[]): void {
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length < values.length || numbers.length === 0) {
    add(`number of ${name}`, { value: values.length, cost: 3 });
    for (const value of new Set(values)) {
      if (typeof value === 'string') add(`${value} among ${name}`, { value: true, cost: 2 });
    }
    return;
  }
  const places = positional.test(name) ? sides[numbers.length] : undefined;
  if (places) {
    for (const [i, value] of numbers.entries()) add(`${places[i]} ${name}`, { value, family: name, cost: 1 });
    add(`largest ${name}`, { value: Math.max(...numbers), cost: 1.5 });
    add(`smallest ${name}`, { value: Math.min(...numbers), cost: 1.5 });
    add(`all ${name} alike`, { value: new Set(numbers).size === 1, cost: 2.5 });
  } else add(`number of ${name}`, { value: numbers.length, cost: 3 });
}

/** NaN, ∞, … where the case is one that asks for it: "special-nan-in-weights"; a case may ask for several. */
function specialValue({ caseId = '' }: Described, operation: OperationRecord | undefined): string | undefined {
  const [, recipe = ''] = caseId.split('/');
  const asked = Object.entries(operation?.specialCases ?? {}).flatMap(([name, one]) => (one === recipe ? [name] : []));
  const names = asked.length > 0 ? asked : recipe.startsWith('special-') ? [recipe.slice('special-'.length)] : [];
  const values = [...new Set(names.map((name) => specialWords[name.replace(/-in-.*$/, '')]))].filter(
    (value) => value !== undefined,
  );
  return values.length > 1 ? 'special values' : values[0];
}

const specialWords: Readonly<Record<string, string | undefined>> = {
  nan: 'NaN',
  infinity: '∞',
  'minus-infinity': '-∞',
  largest: 'the largest number',
  'smallest-normal': 'the smallest normal number',
  subnormal: 'a subnormal number',
  zero: 'nothing but 0',
  'minus-zero': '-0',
};

/** "inputChannelsPerGroup" → "input channels per group" */
function words(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
}
