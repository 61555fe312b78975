/** A section per operation: what it is, how it is judged, every case on every backend. */
import type { OperationRecord, Outcome, RunReport } from '../../suites/runReport.ts';
import { brief, count, errorRatioText, numberOf, plural } from '../numbers.ts';
import { precisionSentences } from '../precision.ts';
import { outcomeErrorRatio, sampleText, statusText, worstOutput } from '../summary.ts';
import { casesFacts, worstElement } from './findings.ts';
import { formula, identifier, prose, sourceLink } from './markup.ts';
import { cellOf, errorRatioMark } from './scoreboard.ts';

export function operations(report: RunReport) {
  const backends = report.backends.filter(({ status }) => status === 'ran').map(({ name }) => name);
  return [...new Set(report.operations.map(({ topic }) => topic))].map((topic) => ({
    topic,
    operations: report.operations
      .filter((operation) => operation.topic === topic)
      .map((operation) => section(report, operation, backends)),
  }));
}

function section(report: RunReport, operation: OperationRecord, backends: readonly string[]) {
  const { name, title, onnx, errorClass } = operation;
  const outcomes = report.outcomes.filter((outcome) => outcome.operation === name);
  const properties = report.properties.filter((property) => property.operation === name);
  const cases = [...new Set(outcomes.map(({ caseId }) => caseId))].map((caseId) =>
    caseView(outcomes.filter((item) => item.caseId === caseId)),
  );
  return {
    ...{
      name,
      title,
      onnx,
      errorClass,
      source: sourceLink(report, operation.source),
      id: identifier('op', name),
      formulaHtml: formula(operation.formula),
    },
    rows: operation.rows.map((id) => ({
      id,
      href: report.rows.some((row) => row.id === id) ? `#${identifier('row', id)}` : undefined,
    })),
    inputs: dimensions(operation.inputs),
    outputs: dimensions(operation.outputs),
    attributes: Object.entries(operation.attributes).map(([attribute, text]) => ({ attribute, textHtml: prose(text) })),
    constraints: operation.constraints.map(({ id, text }) => ({ id, textHtml: prose(text) })),
    boundHtml: formula(operation.bound),
    derivationHtml: prose(operation.derivation),
    cells: backends.map((backend) => cellOf(report, name, backend)).filter(({ status }) => status !== 'notRun'),
    cases,
    precisions: precisionSentences(report, name).map((one) => ({ ...one, less: one.observed === 'less than declared' })),
    casesText: plural(cases.length, 'case'),
    open: cases.length <= 3,
    specialValues: specialValues(operation, outcomes, backends),
    properties: properties.map(({ backend, property, status, runs, skipped, reason, replay }) => ({
      ...{ operation: name, backend, property, status, label: statusText(status), replay },
      runs: `${count(runs)}${skipped ? `, ${count(skipped)} skipped` : ''}`,
      remark: status === 'passed' ? reason : undefined,
    })),
    propertiesText:
      properties.length > 0 ? plural(new Set(properties.map(({ property }) => property)).size, 'property', 'properties') : '',
  };
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
  return { backends, text: `${asked.length} asked, ${open.length} undefined`, rows, undefinedValues };
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

function caseView(outcomes: readonly Outcome[]) {
  const [{ operation, caseId, tier, seed }] = outcomes;
  return {
    ...{ caseId, tier, seed, facts: casesFacts(outcomes[0]) },
    outcomes: outcomes.map((outcome) => {
      const { backend, status, reason, alternative, replay, outputs, strict } = outcome;
      const errorRatio = outcomeErrorRatio(outcome);
      const sum = (of: 'compared' | 'unconstrained') => count(outputs.reduce((total, output) => total + output[of], 0));
      return {
        ...{ operation, backend, status, label: statusText(status), alternative, replay },
        reason: status === 'passed' ? undefined : reason,
        errorRatio: errorRatio === undefined ? undefined : errorRatioMark(errorRatio),
        ulps: outputs.length > 0 ? brief(worstOutput(outcome)!.largestUlps) : '–',
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
