/** Findings as blocks: one cause each, its smallest counterexample first. */
import type { RunReport } from '../../suites/runReport.ts';
import {
  attributesText,
  counterexampleText,
  type Example,
  extentText,
  type Finding,
  hypothesisText,
  inTurns,
} from '../findings/index.ts';
import { exact, plural, shapeText } from '../numbers.ts';
import { backendFinding, inaccurate, isRed, missingRows, statusText } from '../summary.ts';
import {
  accuracyLink,
  algorithmLink,
  benchmarkLink,
  caseLink,
  identifier,
  operationLink,
  pageLink,
  pagePaths,
  rowLink,
} from './links.ts';
import { escapeHtml, prose, safeLink, tensorMarkup } from './markup.ts';

/** Further examples of one cause that are listed by name. */
export const listedExamples = 40;

export type FindingView = ReturnType<typeof findingView>;

/** Blocks for a page: at most `limit`, of the backends in turn, and how many are left out of each. */
export function findingBlocks(findings: readonly Finding[], limit: number, report: RunReport) {
  const { shown, left } = inTurns(findings, limit);
  return {
    blocks: shown.map((finding) => findingView(finding, report)),
    left: left.map(({ backend, amount }) => `${amount} of ${backend}`).join(', '),
    all: pageLink(pagePaths.findings),
  };
}

/** One block, as the template shows it. */
export function findingView(finding: Finding, report: RunReport) {
  const { backend, operation, title, kind, status, known, link, diagnosis, examples } = finding;
  const [smallest, ...more] = examples;
  const name = operation.replace(/^algorithm /, '');
  return {
    ...{ backend, operation, title, status, label: statusText(status), known, link: safeLink(link) },
    id: identifier('finding', `${backend}-${operation}-${diagnosis ?? known ?? smallest.check ?? status}`),
    href: kind === 'algorithm' ? algorithmLink(name) : operationLink(operation),
    extent: kind === 'algorithm' ? statusText(status) : extentText(finding),
    diagnosisHtml: diagnosis && linkErrata(diagnosis, report),
    hypothesis: hypothesisText(finding),
    separating: finding.hypothesis && {
      failing: separated(operation, finding.hypothesis.separating.failing),
      passing: separated(operation, finding.hypothesis.separating.passing),
    },
    smallest: exampleView(smallest, operation),
    several: more.length > 0,
    more: more.slice(0, listedExamples).map(({ what, kind: own, status: worst }) => ({
      ...{ what, label: statusText(worst), status: worst, href: own === 'case' ? caseLink(operation, what) : undefined },
    })),
    moreText: plural(more.length, 'more', 'more'),
    unlisted: more.length > listedExamples ? more.length - listedExamples : undefined,
  };
}

function separated(operation: string, what: string) {
  return { what, href: what.startsWith('property: ') ? undefined : caseLink(operation, what) };
}

function exampleView({ kind, what, facts, seed, check, reason, worst, counterexample, replay }: Example, operation: string) {
  return {
    ...{ what, facts, seed, reason, worst, replay },
    check: check === 'values' ? undefined : check,
    href: kind === 'case' ? caseLink(operation, what) : undefined,
    counterexample: counterexample && {
      attributes: attributesText(counterexample.attributes),
      text: counterexampleText(counterexample),
      inputs: Object.entries(counterexample.inputs).map(([input, { shape, values }]) => ({
        ...{ name: input, shape: shapeText(shape), valuesHtml: tensorMarkup(shape, values) },
      })),
    },
  };
}

/** "…, erratum R1" with a link to R1, where the report has that row. */
function linkErrata(diagnosis: string, { rows }: RunReport): string {
  return escapeHtml(diagnosis).replace(/\berratum (R\d+)\b/g, (text, id: string) => {
    const row = rows.find((one) => one.id === id);
    return row ? `erratum <a href="${rowLink(row)}">${id}</a>` : text;
  });
}

/** What is not as expected beside the backends' answers. */
export function otherFindings(report: RunReport) {
  const timings = report.timings.filter(({ status, expected }) => status === 'invalid' && !expected);
  return {
    backends: report.backends.flatMap((backend) => {
      const reason = backendFinding(backend, report);
      return reason === undefined ? [] : [{ name: backend.name, reason }];
    }),
    missing: missingRows(report).join(', '),
    inaccurate: inaccurate(report).map(({ function: name, bound, worst }) => ({
      ...{ name, href: accuracyLink(name) },
      reason: `${exact(worst.ulps)} ulps at ${worst.input}; the bound is ${bound}`,
    })),
    rows: report.rows
      .filter(({ passed }) => !passed)
      .map((row) => ({
        ...{ id: row.id, href: rowLink(row), titleHtml: prose(row.title) },
        reason:
          row.reason ??
          `${row.evidence.filter(({ passed }) => !passed).length} of ${row.evidence.length} comparisons do not hold`,
      })),
    timings: timings.map(({ operation, backend, reason }) => ({ operation, backend, reason, href: benchmarkLink(operation) })),
  };
}

/** Findings that are not as expected and those that are, in two lists. */
export function sorted(findings: readonly Finding[]) {
  return {
    red: findings.filter(({ status }) => isRed(status)),
    known: findings.filter(({ status }) => status === 'expectedFailure'),
  };
}
