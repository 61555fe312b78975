/** Small pieces that the pages of a site share: squares, amounts, dates. */
import { nearness } from '../html/first.ts';
import { brief, count, errorRatioText, numberOf } from '../numbers.ts';
import { statusText } from '../summary.ts';
import { amountsOf, type Line, type Verdict, type Version, verdictOf } from './lines.ts';
import { backendLink, operationLink, runLink, versionAnchor } from './places.ts';
import type { PublishedCell } from './run.ts';

/** "2026-11-30" */
export const day = (iso: string): string => iso.slice(0, 10);
/** "2026-11-30 23:05 UTC" */
export const minute = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

export function square(operation: string, on: string, cell: PublishedCell | undefined) {
  const href = operationLink(operation);
  if (cell === undefined) return { href, kind: 'notRun', title: `${operation} on ${on}: not asked` };
  const [status, , , , , ratio, why] = cell;
  const number = ratio === null ? 0 : numberOf(ratio);
  const says = [statusText(status)];
  if (ratio !== null && status !== 'unsupported') says.push(`error ${errorRatioText(ratio)} of its limit`);
  if (why !== undefined && status !== 'passed') says.push(why);
  return {
    href,
    kind: status === 'passed' ? `near${nearness(number)}` : status,
    title: `${operation} on ${on}: ${says.join(', ')}`,
  };
}

/** Passed of all, what did not pass, and the largest error / limit with its operation. */
export function accuracyOf(version: Version) {
  const amounts = amountsOf(version.operations.values());
  let worst: { readonly operation: string; readonly ratio: number } | undefined;
  for (const [operation, [, , , , , ratio]] of version.operations) {
    if (ratio !== null && numberOf(ratio) > (worst?.ratio ?? 0)) worst = { operation, ratio: numberOf(ratio) };
  }
  return {
    ...{
      passed: count(amounts.passed),
      total: count(amounts.total),
      passedNumber: amounts.passed,
      known: amounts.known > 0 && count(amounts.known),
    },
    ...{
      red: amounts.red > 0 && count(amounts.red),
      others: amounts.others > 0 && count(amounts.others),
      percent: amounts.total > 0 ? Math.round((1000 * amounts.passed) / amounts.total) / 10 : 0,
    },
    worst: worst && {
      text: errorRatioText(Number.isFinite(worst.ratio) ? worst.ratio : 'inf'),
      ...{ over: worst.ratio > 1, operation: worst.operation, href: operationLink(worst.operation) },
    },
  };
}

export function speedOf({ timed }: Version) {
  const own = timed?.backend;
  return {
    timesJs: own?.timesJs === undefined ? undefined : brief(own.timesJs),
    timesJsNumber: own?.timesJs,
    timesFastest: own?.timesFastest === undefined ? undefined : brief(own.timesFastest),
    ...{ wins: own?.wins, timed: own?.timed },
  };
}

/** One line of a scoreboard. */
export function scoreOf(line: Line, version: Version) {
  const { run, backend } = version.latest;
  return {
    ...{ line: line.name, href: backendLink(line.name), version: version.version, anchor: versionAnchor(version.version) },
    about: [backend.library, backend.device, backend.precision].filter((part) => part !== undefined).join(', '),
    ...accuracyOf(version),
    ...speedOf(version),
    bits: version.bits?.toFixed(1),
    ...{ day: day(run.startedAt), runHref: runLink(run.id) },
  };
}

const words: Readonly<Record<Verdict, string>> = { right: 'right', wrong: 'wrong', none: 'no answer' };

/** Returns "wrong up to 4.9.0, right from 4.10.0 on": the verdict of one operation over the versions that asked it, oldest first. */
export function story(operation: string, versions: readonly Version[]): string {
  const spans: { verdict: Verdict; first: string; last: string }[] = [];
  for (const { version, operations } of versions) {
    const cell = operations.get(operation);
    if (cell === undefined) continue;
    const verdict = verdictOf(cell);
    const span = spans.at(-1);
    if (span?.verdict === verdict) span.last = version;
    else spans.push({ verdict, first: version, last: version });
  }
  if (spans.length < 2) return spans.map(({ verdict }) => `${words[verdict]} in all`).join('');
  return spans
    .map(({ verdict, first, last }, i) => {
      if (i === 0) return `${words[verdict]} up to ${last}`;
      if (i === spans.length - 1) return `${words[verdict]} from ${first} on`;
      return `${words[verdict]} ${first === last ? `in ${first}` : `from ${first} to ${last}`}`;
    })
    .join(', ');
}

/** A table of operations × versions, oldest version first. */
export function versionTable(line: Line, versions: readonly Version[], names: readonly string[]) {
  return {
    ...{ line: line.name, href: backendLink(line.name), versions: versions.map(({ version }) => version) },
    rows: names.map((name) => {
      const cells = versions.map(({ operations }) => operations.get(name));
      const wrong = cells.findLast((cell) => cell !== undefined && verdictOf(cell) === 'wrong');
      return {
        ...{ operation: name, href: operationLink(name), story: story(name, versions), why: wrong?.[6] },
        squares: versions.map(({ version }, i) => square(name, `${line.name} ${version}`, cells[i])),
      };
    }),
  };
}
