/**
 * What a run found, by cause: one block for each backend, operation and diagnosis, with the smallest counterexample and what the failing
 * cases have in common. The terminal, the page, Markdown, JUnit and `etalon/vitest` all show these.
 */
import type {
  AlgorithmOutcome,
  Check,
  JsonNumber,
  Outcome,
  PropertyOutcome,
  RunReport,
  Status,
} from '../../suites/runReport.ts';
import { apart, brief, errorRatioText, plural, shapeText, shortest } from '../numbers.ts';
import { countByStatus, isRed, statuses, statusText, worstOutput } from '../summary.ts';
import { type Hypothesis, hypothesisOf, type Named } from './hypothesis.ts';

/** The one element that says most about an error, as text. */
export interface WorstElementText {
  /** "y[0, 1]" */
  readonly place: string;
  readonly expected: string;
  readonly actual: string;
  readonly error: string;
  readonly limit: string;
  /** error ÷ limit */
  readonly ratio: string;
  readonly ulps: string;
  readonly inputs: readonly { readonly name: string; readonly value: string }[];
}

/** One case, property or call of an algorithm that is not right. */
export interface Example {
  readonly kind: 'case' | 'property' | 'algorithm';
  /** Case id, property or algorithm. */
  readonly what: string;
  readonly status: Status;
  /** "x [2, 4, 9, 7], weights [6, 2, 3, 2] · stride [2, 2], groups 2" */
  readonly facts: string;
  readonly seed: number;
  readonly check?: Check;
  readonly reason: string;
  readonly worst?: WorstElementText;
  readonly counterexample?: NonNullable<PropertyOutcome['counterexample']>;
  readonly replay: string;
  /** Elements of all inputs; a property without a counterexample, and an algorithm, come after every case. */
  readonly elements: number;
}

export interface Finding {
  readonly backend: string;
  /** "conv2d"; of an algorithm "algorithm digits". */
  readonly operation: string;
  readonly title: string;
  readonly kind: 'operation' | 'algorithm';
  /** The worst of its examples. */
  readonly status: Status;
  /** Listed by the backend's author with this reason. */
  readonly known?: string;
  readonly link?: string;
  readonly diagnosis?: string;
  /** How many cases and properties failed, and how many of the operation's were judged on this backend. */
  readonly failing: number;
  readonly judged: number;
  readonly counts: readonly { readonly status: Status; readonly amount: number }[];
  readonly hypothesis?: Hypothesis;
  /** The smallest first. */
  readonly examples: readonly [Example, ...Example[]];
}

/** Results of a run about one operation on one backend. */
interface Subject {
  readonly backend: string;
  readonly operation: string;
  readonly outcomes: readonly Outcome[];
  readonly properties: readonly PropertyOutcome[];
}

/** Returns every finding, those that are not as expected first, then by status, the most cases first. */
export function findingsOf(report: RunReport): Finding[] {
  const found = [...subjectsOf(report).flatMap((subject) => ofSubject(subject, report)), ...ofAlgorithms(report)];
  const rank = ({ status }: Finding) => statuses.indexOf(status);
  return found.toSorted((a, b) => rank(a) - rank(b) || b.failing - a.failing);
}

/** Returns the findings with the backends in turns: the first of each, then the second of each. */
export function byTurns(findings: readonly Finding[]): Finding[] {
  const queues = new Map<string, Finding[]>();
  for (const finding of findings) {
    const queue = queues.get(finding.backend);
    if (queue) queue.push(finding);
    else queues.set(finding.backend, [finding]);
  }
  const turns = Math.max(0, ...Array.from(queues.values(), ({ length }) => length));
  return Array.from({ length: turns }, (_, turn) => [...queues.values()].flatMap((queue) => queue[turn] ?? [])).flat();
}

/** Returns the findings of some results alone, where there is no run report. */
export function findingsOfResults(results: readonly (Outcome | PropertyOutcome)[]): Finding[] {
  const outcomes = results.filter((result): result is Outcome => 'caseId' in result);
  const properties = results.filter((result): result is PropertyOutcome => 'property' in result);
  return subjectsOf({ outcomes, properties }).flatMap((subject) => ofSubject(subject, { operations: [] }));
}

/** Returns at most `limit` findings, one of each backend in turn, and how many of each backend are left out. */
export function inTurns(
  findings: readonly Finding[],
  limit: number,
): { readonly shown: readonly Finding[]; readonly left: readonly { readonly backend: string; readonly amount: number }[] } {
  const chosen = new Set(byTurns(findings).slice(0, limit));
  const left = new Map(findings.map(({ backend }) => [backend, 0]));
  for (const finding of findings) {
    if (!chosen.has(finding)) left.set(finding.backend, left.get(finding.backend)! + 1);
  }
  return {
    shown: findings.filter((finding) => chosen.has(finding)),
    left: Array.from(left, ([backend, amount]) => ({ backend, amount })).filter(({ amount }) => amount > 0),
  };
}

/** "7 of 17 cases", "1 failed property", "3 of 12 cases and properties" */
export function extentText({ kind, failing, judged, examples }: Finding): string {
  if (kind === 'algorithm') return examples[0].facts;
  const kinds = new Set(examples.map((example) => example.kind));
  if (kinds.has('property') && !kinds.has('case')) return plural(failing, 'property', 'properties');
  const noun = kinds.has('property') ? 'cases and properties' : judged === 1 ? 'case' : 'cases';
  return failing === judged && failing > 1 ? `all ${failing} ${noun}` : `${failing} of ${judged} ${noun}`;
}

/** "exactly those with groups > 1" */
export function hypothesisText({ hypothesis }: Finding): string | undefined {
  return hypothesis && `every failing case has ${hypothesis.text}, no passing one does`;
}

/** Returns a finding as lines of plain text: extent, diagnosis, hypothesis, smallest counterexample, replay. */
export function findingLines(finding: Finding): string[] {
  const { backend, operation, diagnosis, known, examples } = finding;
  const [smallest] = examples;
  const hypothesis = hypothesisText(finding);
  const extent = finding.kind === 'algorithm' ? '' : `, ${extentText(finding)}`;
  return [
    `${backend} ${operation}: ${statusText(finding.status)}${extent}`,
    ...(diagnosis ? [`diagnosis: ${diagnosis}`] : []),
    ...(known && finding.status === 'expectedFailure' ? [`known: ${known}`] : []),
    ...(hypothesis ? [hypothesis] : []),
    `${examples.length > 1 ? 'smallest: ' : ''}${exampleTitle(smallest)}`,
    ...exampleLines(smallest),
    smallest.replay,
  ];
}

/** "conv2d/strided/random, x [2, 4, 9, 7] · stride [2, 2]" */
export function exampleTitle({ what, facts }: Example): string {
  return facts === '' ? what : `${what}, ${facts}`;
}

/** What is wrong with one example, and with which numbers. */
export function exampleLines({ check, reason, worst, counterexample }: Example): string[] {
  const inputs = worst?.inputs.map(({ name, value }) => `${name} = ${value}`) ?? [];
  return [
    `${check && check !== 'values' ? `${check}: ` : ''}${reason}`,
    ...(inputs.length > 0 ? [`with ${inputs.join(', ')}`] : []),
    ...(counterexample ? [`with ${counterexampleText(counterexample)}`] : []),
  ];
}

/** "groups 2, x [1, 2] = [1, 0]" */
export function counterexampleText({ attributes, inputs }: NonNullable<PropertyOutcome['counterexample']>): string {
  const tensors = Object.entries(inputs).map(
    ([name, { shape, values }]) => `${name} ${shapeText(shape)} = ${listText(values)}`,
  );
  return [attributesText(attributes), ...tensors].filter((part) => part !== '').join(', ');
}

function subjectsOf(report: Pick<RunReport, 'outcomes' | 'properties'>): Subject[] {
  const subjects = new Map<
    string,
    { backend: string; operation: string; outcomes: Outcome[]; properties: PropertyOutcome[] }
  >();
  const of = ({ backend, operation }: { readonly backend: string; readonly operation: string }) => {
    const key = JSON.stringify([backend, operation]);
    const known = subjects.get(key);
    if (known) return known;
    const fresh = { backend, operation, outcomes: [], properties: [] };
    subjects.set(key, fresh);
    return fresh;
  };
  for (const outcome of report.outcomes) of(outcome).outcomes.push(outcome);
  for (const property of report.properties) of(property).properties.push(property);
  return [...subjects.values()];
}

interface Block {
  readonly key: string;
  readonly diagnosis?: string;
  readonly outcomes: Outcome[];
  readonly properties: PropertyOutcome[];
}

const isFinding = ({ status }: { readonly status: Status }) => isRed(status) || status === 'expectedFailure';

function ofSubject({ backend, operation, outcomes, properties }: Subject, report: Pick<RunReport, 'operations'>): Finding[] {
  const record = report.operations.find(({ name }) => name === operation);
  const passing = outcomes.filter(({ status }) => status === 'passed');
  const judged = outcomes.filter(({ status }) => status !== 'unsupported').length;
  return blocksOf(outcomes.filter(isFinding), properties.filter(isFinding)).map((block) => {
    const all = [...block.outcomes, ...block.properties];
    const examples = [...block.outcomes.map(ofOutcome), ...block.properties.map(ofProperty)].toSorted(bySize);
    const counts = countByStatus(all);
    const [{ status }] = counts;
    const wrong = [
      ...block.outcomes.filter((outcome) => outcome.status !== 'unexpectedPass').map(named),
      ...block.properties.flatMap(({ property, counterexample }) => (counterexample ? [drawn(property, counterexample)] : [])),
    ];
    return {
      ...{ backend, operation, kind: 'operation', title: record?.title ?? operation, status, counts },
      diagnosis: block.diagnosis,
      known: all.map((one) => knownReason(one)).find((reason) => reason !== undefined),
      link: all.find(({ link }) => link !== undefined)?.link,
      ...{ failing: all.length, judged: block.properties.length > 0 ? judged + properties.length : judged },
      hypothesis: hypothesisOf(wrong, passing.map(named), record),
      examples: examples as [Example, ...Example[]],
    };
  });
}

function named(outcome: Outcome): Named {
  return { ...outcome, what: outcome.caseId };
}

function drawn(property: string, { attributes, inputs }: NonNullable<PropertyOutcome['counterexample']>): Named {
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
  return { what: `property: ${property}`, attributes, shapes };
}

/**
 * Outcomes by their cause. A diagnosis that these inputs did not tell from another joins the block of the one that other inputs told;
 * properties join the cases where these have one cause.
 */
function blocksOf(outcomes: readonly Outcome[], properties: readonly PropertyOutcome[]): Block[] {
  const blocks = new Map<string, Block>();
  const into = (key: string, diagnosis?: string): Block => {
    const block = blocks.get(key) ?? { key, diagnosis, outcomes: [], properties: [] };
    blocks.set(key, block);
    return block;
  };
  const alone = new Set(
    outcomes.flatMap(({ diagnosis }) => (diagnosis && alternativesOf(diagnosis).length === 1 ? [diagnosis] : [])),
  );
  for (const outcome of outcomes) {
    const { diagnosis } = outcome;
    if (diagnosis === undefined || !isRed(outcome.status)) into(causeOf(outcome)).outcomes.push(outcome);
    else {
      const named = alternativesOf(diagnosis).find((one) => alone.has(one)) ?? diagnosis;
      into(`diagnosis ${named}`, named).outcomes.push(outcome);
    }
  }
  const [only] = blocks.size === 1 ? blocks.values() : [];
  for (const property of properties) {
    const joins = only?.outcomes.every(({ status }) => isRed(status) === isRed(property.status));
    const { diagnosis } = property;
    const own = () => (diagnosis ? into(`diagnosis ${diagnosis}`, diagnosis) : into(`property ${causeOf(property)}`));
    (joins ? only : own()).properties.push(property);
  }
  return [...blocks.values()];
}

/** "equals a, or b: these inputs do not tell them apart" → "equals a", "equals b" */
function alternativesOf(diagnosis: string): string[] {
  const [, listed] = /^equals (.*): these inputs do not tell them apart$/.exec(diagnosis) ?? [];
  return listed === undefined ? [diagnosis] : listed.split(', or ').map((one) => `equals ${one}`);
}

/** Where nothing is diagnosed: what is listed as known, else the check that failed, else what was said instead of an answer. */
function causeOf(item: Outcome | PropertyOutcome): string {
  const { status, reason = '' } = item;
  if (status === 'expectedFailure') return `known ${knownReason(item)}`;
  if (status === 'failed') return `failed ${'check' in item ? item.check : ''}`;
  return `${status} ${reason.replace(/\d+/g, '#')}`;
}

/** "Sign returns 0 for NaN; found: y[0] should be …" → "Sign returns 0 for NaN" */
function knownReason({ status, reason }: Outcome | PropertyOutcome): string | undefined {
  return status === 'expectedFailure' ? reason?.replace(/; found: .*$/s, '') : undefined;
}

function bySize(a: Example, b: Example): number {
  return a.elements - b.elements || a.facts.length - b.facts.length;
}

export function ofOutcome(outcome: Outcome): Example {
  const { caseId, status, seed, check, reason, replay, shapes } = outcome;
  const sizes = Object.values(shapes).map((shape) => shape.reduce((product, size) => product * size, 1));
  const worst = worstElement(outcome);
  return {
    ...{ kind: 'case', what: caseId, status, facts: casesFacts(outcome), seed, check, replay, worst },
    reason: wrongElement(outcome, worst) ?? said(reason),
    elements: sizes.reduce((sum, size) => sum + size, 0),
  };
}

export function ofProperty(property: PropertyOutcome): Example {
  const { property: name, status, runs, seed, reason, counterexample, replay } = property;
  const values = Object.values(counterexample?.inputs ?? {}).map((input) => input.values.length);
  return {
    ...{
      kind: 'property',
      what: `property: ${name}`,
      status,
      facts: `after ${plural(runs, 'run')}`,
      seed,
      replay,
      counterexample,
    },
    reason: said(reason),
    elements: counterexample ? values.reduce((sum, size) => sum + size, 0) : Number.MAX_SAFE_INTEGER,
  };
}

/** "y[0, 1] should be 0.41997, is -0.16005: error 0.58, 2.9e6 times its limit 2e-7; 11 of 15 elements wrong", where that is what is wrong. */
function wrongElement(
  { check, outputs }: Pick<Outcome, 'check' | 'outputs'>,
  worst: WorstElementText | undefined,
): string | undefined {
  const output = worstOutput({ outputs });
  if (worst === undefined || output === undefined || output.wrong === 0) return undefined;
  if (check !== 'values' && check !== 'special values') return undefined;
  const { place, expected, actual, error, limit, ratio } = worst;
  const over = limit === '0' ? 'where only the exact value is right' : `${ratio} times its limit ${limit}`;
  const size = check === 'values' ? `: error ${error}, ${over}` : '';
  return `${place} should be ${expected}, is ${actual}${size}; ${output.wrong} of ${plural(output.compared, 'element')} wrong`;
}

/** What was found this time, of a known failure too. */
function said(reason = 'no reason given'): string {
  return /; found: (.*)$/s.exec(reason)?.[1] ?? reason;
}

function ofAlgorithms({ algorithms = [] }: RunReport): Finding[] {
  return algorithms.filter(isFinding).map((outcome) => {
    const { algorithm, title, backend, status, reason, link, firstWrong } = outcome;
    return {
      ...{ backend, operation: `algorithm ${algorithm}`, title, kind: 'algorithm', status, link },
      diagnosis: firstWrong?.diagnosis,
      known: status === 'expectedFailure' ? reason?.replace(/; found: .*$/s, '') : undefined,
      ...{ failing: 1, judged: 1, counts: [{ status, amount: 1 }] },
      examples: [ofAlgorithm(outcome)],
    };
  });
}

/** The first wrong call of an algorithm, or what else ended it. */
function ofAlgorithm({ algorithm, status, seed, reason, steps, firstWrong, replay }: AlgorithmOutcome): Example {
  return {
    ...{ kind: 'algorithm', what: algorithm, status, seed, replay, check: firstWrong?.check },
    reason: (firstWrong && wrongElement(firstWrong, worstElement(firstWrong))) ?? said(reason),
    facts: firstWrong
      ? `${firstWrong.operation}, call ${firstWrong.call}, step ${firstWrong.step} · ${casesFacts(firstWrong)}`
      : `after step ${steps}`,
    worst: firstWrong && worstElement(firstWrong),
    elements: Number.MAX_SAFE_INTEGER,
  };
}

/** "x [2, 4, 9, 7], weights [6, 2, 3, 2] · stride [2, 2], groups 2" */
export function casesFacts({ shapes, attributes }: Pick<Outcome, 'shapes' | 'attributes'>): string {
  const inputs = Object.entries(shapes).map(([name, shape]) => `${name} ${shapeText(shape)}`);
  return [inputs.join(', '), attributesText(attributes)].filter((part) => part !== '').join(' · ');
}

export function attributesText(attributes: Outcome['attributes']): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`.replaceAll(',', ', '))
    .join(', ');
}

/** Returns the element that says most about an outcome's error; undefined where nothing was compared. */
export function worstElement(outcome: Pick<Outcome, 'outputs'>): WorstElementText | undefined {
  const output = worstOutput(outcome);
  const worst = output?.worst;
  if (worst === undefined) return undefined;
  const [expected, actual] = apart(worst.expected, worst.actual);
  return {
    ...{ place: `${output!.name}${shapeText(worst.index)}`, expected, actual },
    ...{ error: brief(worst.absoluteError), limit: brief(worst.limit), ulps: brief(worst.ulps) },
    ratio: ratioText(worst.absoluteError, worst.limit),
    inputs: Object.entries(worst.inputs).map(([name, value]) => ({
      ...{ name, value: Array.isArray(value) ? listText(value) : shortest(value as JsonNumber) },
    })),
  };
}

function listText(values: readonly JsonNumber[]): string {
  return `[${values.map(shortest).join(', ')}]`;
}

function ratioText(absoluteError: JsonNumber, limit: number): string {
  if (absoluteError === 0) return '0';
  return errorRatioText(typeof absoluteError !== 'number' || limit === 0 ? 'inf' : absoluteError / limit);
}
