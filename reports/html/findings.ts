/** Everything that is not as expected, and the failures that were. */
import type { AlgorithmOutcome, Outcome, PropertyOutcome, RunReport, WorstElement } from '../../suites/runReport.ts';
import { brief, errorRatioText, exact, numberOf, shapeText } from '../numbers.ts';
import {
  countByStatus,
  inaccurate,
  isRed,
  missingRows,
  outcomeErrorRatio,
  statusCount,
  statuses,
  statusText,
  worstOutput,
} from '../summary.ts';
import { escapeHtml, identifier, prose, safeLink, tensorMarkup } from './markup.ts';
import { errorRatioMark } from './scoreboard.ts';

export function findings(report: RunReport) {
  const algorithms = (report.algorithms ?? []).map(ofAlgorithm);
  const items = [...report.outcomes.map(ofOutcome), ...report.properties.map(ofProperty), ...algorithms];
  const expected = items.filter(({ status }) => status === 'expectedFailure');
  const rows = report.rows.filter(({ passed }) => !passed);
  const timings = report.timings.filter(({ status, expected }) => status === 'invalid' && !expected);
  return {
    missing: missingRows(report).join(', '),
    inaccurate: inaccurate(report).map(({ function: name, bound, worst }) => ({
      ...{ name, href: `#${identifier('accuracy', name)}` },
      reason: `${exact(worst.ulps)} ulps at ${worst.input}; the bound is ${bound}`,
    })),
    groups: grouped(
      items.filter(({ status }) => isRed(status)),
      report,
    ),
    expected: grouped(expected, report),
    rows: rows.map(({ id, title, reason, evidence }) => ({
      ...{ id, href: `#${identifier('row', id)}`, titleHtml: prose(title) },
      reason: reason ?? `${evidence.filter(({ passed }) => !passed).length} of ${evidence.length} comparisons do not hold`,
    })),
    timings: timings.map(({ operation, backend, reason }) => ({
      operation,
      backend,
      reason,
      href: `#${identifier('benchmark', operation)}`,
    })),
  };
}

type Finding = ReturnType<typeof ofOutcome> | ReturnType<typeof ofProperty> | ReturnType<typeof ofAlgorithm>;

function grouped(items: readonly Finding[], report: RunReport) {
  const withErrata = (item: Finding) => ({ ...item, diagnosisHtml: item.diagnosis && linkErrata(item.diagnosis, report) });
  const keys = [...new Set(items.map(({ backend, operation }) => JSON.stringify([backend, operation])))];
  const groups = keys.map((key) => {
    const [backend, operation] = JSON.parse(key) as [string, string];
    const own = items.filter((item) => item.backend === backend && item.operation === operation);
    const sorted = own.toSorted((a, b) => rank(a) - rank(b) || b.sortBy - a.sortBy);
    return {
      ...{ backend, operation, id: identifier('finding', `${backend}-${operation}`) },
      ...(own[0].section ?? operationOf(operation, report)),
      status: sorted[0].status,
      summary: countByStatus(own)
        .map(({ status, amount }) => statusCount(status, amount))
        .join(', '),
      first: withErrata(sorted[0]),
      more: sorted.slice(1).map(withErrata),
    };
  });
  return groups.toSorted((a, b) => rank(a) - rank(b));
}

/** Where an operation stands on the page. */
function operationOf(operation: string, report: RunReport) {
  const title = report.operations.find(({ name }) => name === operation)?.title ?? operation;
  return { title, href: `#${identifier('op', operation)}` };
}

/** "…, erratum R1" with a link to R1, where the report has that row. */
function linkErrata(diagnosis: string, { rows }: RunReport): string {
  return escapeHtml(diagnosis).replace(/\berratum (R\d+)\b/g, (text, id: string) =>
    rows.some((row) => row.id === id) ? `erratum <a href="#${identifier('row', id)}">${id}</a>` : text,
  );
}

function rank({ status }: Pick<Finding, 'status'>): number {
  return statuses.indexOf(status);
}

function ofOutcome(outcome: Outcome) {
  const { operation, backend, status, caseId, seed, check, reason, diagnosis, replay } = outcome;
  const errorRatio = outcomeErrorRatio(outcome);
  return {
    ...{ operation, backend, status, label: statusText(status), what: caseId, seed, check, reason, replay },
    diagnosis,
    link: safeLink(outcome.link),
    sortBy: errorRatio ?? 0,
    facts: casesFacts(outcome),
    errorRatio: errorRatio === undefined ? undefined : errorRatioMark(errorRatio),
    worst: worstElement(outcome),
    ...{ counterexample: undefined, section: undefined },
  };
}

function ofProperty(property: PropertyOutcome) {
  const { operation, backend, status, property: name, seed, reason, link, replay, counterexample, runs } = property;
  return {
    ...{ operation, backend, status, label: statusText(status), what: `property: ${name}`, seed, reason, replay, sortBy: 0 },
    ...{ check: undefined, diagnosis: undefined, link: safeLink(link), errorRatio: undefined, worst: undefined },
    ...{ facts: `after ${runs} ${runs === 1 ? 'run' : 'runs'}`, section: undefined },
    counterexample: counterexample && {
      path: counterexample.path,
      attributes: attributesText(counterexample.attributes),
      inputs: Object.entries(counterexample.inputs).map(([input, { shape, values }]) => ({
        ...{ name: input, shape: shapeText(shape), valuesHtml: tensorMarkup(shape, values) },
      })),
    },
  };
}

/** The first wrong call of an algorithm, or what else ended it. */
function ofAlgorithm(outcome: AlgorithmOutcome) {
  const { algorithm, title, backend, status, seed, reason, replay, firstWrong } = outcome;
  return {
    ...{
      operation: `algorithm ${algorithm}`,
      backend,
      status,
      label: statusText(status),
      what: algorithm,
      seed,
      reason,
      replay,
    },
    ...{
      check: firstWrong?.check,
      diagnosis: firstWrong?.diagnosis,
      link: safeLink(outcome.link),
      errorRatio: undefined,
      sortBy: 0,
    },
    facts: firstWrong
      ? `${firstWrong.operation}, call ${firstWrong.call}, step ${firstWrong.step} · ${casesFacts(firstWrong)}`
      : `after step ${outcome.steps}`,
    worst: firstWrong && worstElement(firstWrong),
    counterexample: undefined,
    section: { title, href: `#${identifier('algorithm', algorithm)}` },
  };
}

/** "x [2, 4, 9, 7], weights [6, 2, 3, 2] · stride [2, 2], groups 2" */
export function casesFacts({ shapes, attributes }: Pick<Outcome, 'shapes' | 'attributes'>): string {
  const inputs = Object.entries(shapes).map(([name, shape]) => `${name} ${shapeText(shape)}`);
  return [inputs.join(', '), attributesText(attributes)].filter((part) => part !== '').join(' · ');
}

function attributesText(attributes: Outcome['attributes']): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`.replaceAll(',', ', '))
    .join(', ');
}

/** The element that says most about an outcome's error. */
export function worstElement(outcome: Pick<Outcome, 'outputs'>) {
  const output = worstOutput(outcome);
  const worst = output?.worst;
  if (worst === undefined) return undefined;
  return {
    place: `${output!.name}${shapeText(worst.index)}`,
    ...{
      expected: exact(worst.expected),
      actual: exact(worst.actual),
      error: brief(worst.absoluteError),
      limit: brief(worst.limit),
    },
    ...{ ulps: brief(worst.ulps), ratio: ratio(worst) },
    inputs: Object.entries(worst.inputs).map(([name, value]) => ({
      ...{ name, value: Array.isArray(value) ? `[${value.map(exact).join(', ')}]` : exact(value as number) },
    })),
  };
}

function ratio({ absoluteError, limit }: WorstElement): string {
  const error = numberOf(absoluteError);
  if (error === 0) return '0';
  return errorRatioText(Number.isNaN(error) || limit === 0 ? 'inf' : error / limit);
}
