/** The page of an operation: what it is, how it is judged, every case on every backend. */
import type { OperationRecord, Outcome, RunReport } from '../../suites/runReport.ts';
import { casesFacts, type Finding, worstElement } from '../findings/index.ts';
import { brief, count, errorRatioText, numberOf, plural } from '../numbers.ts';
import { precisionSentences } from '../precision.ts';
import { isRed, outcomeErrorRatio, sampleText, statusText, worstOutput } from '../summary.ts';
import { findingView, listedExamples } from './findings.ts';
import { benchmarkLink, identifier, operationLink, rowReference } from './links.ts';
import { formula, prose, sourceLink } from './markup.ts';
import { type Cell, errorRatioMark } from './operationsTable.ts';

/** `own` is the report with this operation's outcomes and properties alone. */
export function operationPage(
  report: RunReport,
  operation: OperationRecord,
  own: RunReport,
  cells: readonly Cell[],
  findings: readonly Finding[],
) {
  const { name, title, onnx, errorClass } = operation;
  const backends = report.backends.filter(({ status }) => status === 'ran').map((backend) => backend.name);
  const { outcomes, properties } = own;
  const byCase = groupsOf(outcomes, ({ caseId }) => caseId).map((group) => caseView(group, backends));
  const ownFindings = findings.filter((finding) => finding.operation === name);
  const boundaries = byCase.filter(({ isBoundary, asExpected }) => isBoundary && asExpected);
  const listed = new Set([...linkedCases(ownFindings), ...largestErrorCases(boundaries, backends)]);
  const folded = new Set(boundaries.filter(({ caseId }) => !listed.has(caseId)));
  const shown = byCase.filter((one) => !folded.has(one));
  const [green, others] = [shown.filter(({ allPassed }) => allPassed), shown.filter(({ allPassed }) => !allPassed)];
  return {
    ...{ name, title, onnx, errorClass, backends, errorRatioHelp: '@/run.html#error-ratio' },
    source: sourceLink(report, operation.source),
    formulaHtml: formula(operation.formula),
    rows: operation.rows.map((id) => rowReference(id, report)),
    inputs: dimensions(operation.inputs),
    outputs: dimensions(operation.outputs),
    attributes: Object.entries(operation.attributes).map(([attribute, text]) => ({ attribute, textHtml: prose(text) })),
    constraints: operation.constraints.map(({ id, text }) => ({ id, textHtml: prose(text) })),
    boundHtml: formula(operation.bound),
    derivationHtml: prose(operation.derivation),
    cells: cells.filter(({ status }) => status !== 'notRun'),
    relatives: relatives(name, report),
    timing: report.timings.some((timing) => timing.operation === name) ? benchmarkLink(name) : undefined,
    findings: ownFindings.map((finding) => findingView(finding, report)),
    precisions: precisionSentences(own, name).map((one) => ({ ...one, less: one.observed === 'less than declared' })),
    others: others.length > 0 ? { name, backends, cases: others, label: `Cases of ${name}` } : undefined,
    green: green.length > 0 ? { name, backends, cases: green, label: `Passed cases of ${name}` } : undefined,
    greenText: `${plural(green.length, 'case')} passed on every backend`,
    greenOpen: others.length === 0 && green.length <= 12,
    foldedText: folded.size > 0 ? plural(folded.size, 'further case') : undefined,
    specialValues: specialValues(operation, outcomes, backends),
    propertiesOpen: properties.some(({ status }) => status !== 'passed'),
    properties: properties.map(({ backend, property, status, runs, skipped, reason, replay }) => ({
      ...{ operation: name, backend, property, status, label: statusText(status), replay },
      runs: `${count(runs)}${skipped ? `, ${count(skipped)} skipped` : ''}`,
      remark: status === 'passed' ? reason : undefined,
    })),
    propertiesText: plural(new Set(properties.map(({ property }) => property)).size, 'property', 'properties'),
  };
}

/** Returns the cases that findings link to. */
function linkedCases(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ examples, hypothesis }) => [
    ...examples.slice(0, listedExamples + 1).map(({ what }) => what),
    ...(hypothesis ? [hypothesis.separating.failing, hypothesis.separating.passing] : []),
  ]);
}

/** Returns the boundary case of each backend with the largest error ÷ limit: the others that are as expected are counted, not listed. */
function largestErrorCases(boundaries: readonly ReturnType<typeof caseView>[], backends: readonly string[]): string[] {
  return backends.flatMap((backend) => {
    const ratio = ({ cells }: (typeof boundaries)[number]) => cells.find((cell) => cell.backend === backend)?.sort ?? -1;
    const [largest] = boundaries.toSorted((a, b) => ratio(b) - ratio(a));
    return largest && ratio(largest) >= 0 ? [largest.caseId] : [];
  });
}

/** The operation that this one belongs to, and the others that do. */
function relatives(name: string, { operations }: RunReport) {
  const [base] = name.split('.');
  const own = operations.filter((one) => one.name !== name && (one.name === base || one.name.startsWith(`${base}.`)));
  return own.map((one) => ({ name: one.name, href: operationLink(one.name) }));
}

/** One row for each special value that is asked of the operation, and one for each reason why others are undefined; one column for each backend. */
function specialValues(operation: OperationRecord, outcomes: readonly Outcome[], backends: readonly string[]) {
  const asked = Object.entries(operation.specialCases ?? {}).map(([name, recipe]) => ({ name, ...placeOf(name), recipe }));
  const open = Object.entries(operation.undefinedValues ?? {}).map(([name, reason]) => ({ ...placeOf(name), reason }));
  if (outcomes.length === 0 || asked.length + open.length === 0) return undefined;
  const rows = groupsOf(asked, ({ value }) => value).map((own) => ({
    value: own[0].value,
    recipe: [...new Set(own.map(({ name, recipe }) => (recipe === `special-${name}` ? '' : recipe)))]
      .filter(Boolean)
      .join(', '),
    cells: backends.map((backend) => {
      const found = own.flatMap(({ input, recipe }) => {
        const begin = `${operation.name}/${recipe}/`;
        const outcome = outcomes.find((item) => item.backend === backend && item.caseId.startsWith(begin));
        return outcome ? [{ input, outcome }] : [];
      });
      return {
        backend,
        results: groupsOf(found, ({ outcome }) => outcome.status).map((alike) => resultOf(alike, found.length)),
      };
    }),
  }));
  const undefinedValues = groupsOf(open, ({ value, reason }) => `${value}: ${reason}`).map((own) => ({
    ...{ value: own[0].value, reason: own[0].reason },
    inputs: own.some(({ input }) => input !== undefined) ? placesText(own) : undefined,
  }));
  const unusual = rows.some(({ cells }) => cells.some(({ results }) => results.some(({ status }) => status !== 'passed')));
  return { backends, text: `${asked.length} asked, ${open.length} undefined`, rows, undefinedValues, open: unusual };
}

interface Place {
  /** Absent for the operation's first. */
  readonly input?: string;
}

/** A special value stands in the first input or, as `nan-in-weights` says, in another one. */
function placeOf(name: string): Place & { readonly value: string } {
  const [, value, input] = name.match(/^(.*)-in-(.*)$/) ?? [name, name];
  return { value, input };
}

function placesText(places: readonly Place[]): string {
  return `in ${places.map(({ input }) => input ?? 'the first').join(', ')}`;
}

/** One status of a backend's, and the inputs that have it, of so many. */
function resultOf(alike: readonly (Place & { readonly outcome: Outcome })[], inputs: number) {
  const [{ input, outcome }] = alike;
  const all = alike.length === inputs;
  return {
    status: outcome.status,
    label: statusText(outcome.status),
    place: all && inputs > 1 ? `in each of ${inputs} inputs` : all && input === undefined ? undefined : placesText(alike),
    diagnosis: alike.find((one) => one.outcome.diagnosis)?.outcome.diagnosis,
  };
}

function groupsOf<Item>(items: readonly Item[], keyOf: (item: Item) => string): [Item, ...Item[]][] {
  const groups = new Map<string, [Item, ...Item[]]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return [...groups.values()];
}

/** The statistic that comes closest to its threshold, as a share of it. */
function statisticsShare({ outputs }: Outcome): string | undefined {
  const shares = outputs.flatMap(({ statistics }) =>
    Object.entries(statistics?.tests ?? {}).map(([name, { statistic, threshold }]) => ({
      name,
      share: numberOf(statistic) / threshold,
    })),
  );
  const [closest] = shares.toSorted((a, b) => b.share - a.share);
  return closest && `${tests[closest.name] ?? closest.name} ${errorRatioText(closest.share)}`;
}

const tests: Readonly<Record<string, string>> = {
  hardBound: 'limit',
  largestElement: 'largest error',
  meanSquare: 'mean square',
  result: 'scale',
};

function dimensions(named: Readonly<Record<string, readonly string[]>>) {
  return Object.entries(named).map(([name, axes]) => ({ name, axes: axes.length > 0 ? `[${axes.join(', ')}]` : 'scalar' }));
}

function caseView(outcomes: readonly [Outcome, ...Outcome[]], backends: readonly string[]) {
  const [first] = outcomes;
  const { operation, caseId, tier, seed } = first;
  const of = (backend: string) => outcomes.find((outcome) => outcome.backend === backend);
  return {
    ...{ caseId, tier, seed, facts: casesFacts(first), anchor: identifier('case', caseId) },
    short: caseId.slice(operation.length + 1),
    columns: backends.length + 2,
    isBoundary: caseId.startsWith(`${operation}/boundary-`),
    asExpected: outcomes.every(({ status }) => ['passed', 'expectedFailure', 'unsupported'].includes(status)),
    allPassed: outcomes.every(({ status }) => status === 'passed'),
    cells: backends.map((backend) => {
      const outcome = of(backend);
      if (outcome === undefined) return { backend, sort: -1 };
      const ratio = outcomeErrorRatio(outcome);
      const { status } = outcome;
      return {
        ...{ operation, backend, status, label: statusText(status) },
        sort: ratio === undefined ? -1 : Number.isFinite(ratio) ? ratio : Number.MAX_VALUE,
        errorRatio: ratio === undefined ? undefined : errorRatioMark(ratio),
      };
    }),
    outcomes: outcomes.map((outcome) => {
      const { backend, status, reason, alternative, diagnosis, replay, outputs, strict } = outcome;
      const errorRatio = outcomeErrorRatio(outcome);
      const sum = (of: 'compared' | 'unconstrained') => count(outputs.reduce((total, output) => total + output[of], 0));
      return {
        ...{ operation, backend, status, label: statusText(status), alternative, replay },
        reason: status === 'passed' ? undefined : reason,
        diagnosis: isRed(status) ? diagnosis : undefined,
        errorRatio: errorRatio === undefined ? undefined : errorRatioMark(errorRatio),
        ulps: outputs.length > 0 ? brief(worstOutput(outcome)!.largestUlps) : undefined,
        statistics: statisticsShare(outcome),
        algorithms: outputs.flatMap((output) => output.algorithms ?? []).join(', '),
        strict: strict && (strict.passed ? 'passes' : errorRatioText(strict.errorRatio)),
        compared: sum('compared'),
        sample: sampleText(outcome),
        unconstrained: sum('unconstrained'),
        worst: worstElement(outcome),
      };
    }),
  };
}
