/** Joins the reports of a run that several machines shared. */
import { meansOf } from '../benchmarks/findings.ts';
import type { BackendRecord, BenchmarksRecord, RunReport } from '../runReport.ts';
import { inOrder } from './order.ts';
import { type Shard, shardText } from './shard.ts';

/** A part's report, with the name by which its user knows it. */
export interface Part {
  readonly name: string;
  readonly report: RunReport;
}

interface KnownPart extends Part {
  readonly shard: Shard;
}

/** Parts that do not belong together: of another version, seed or command, the same part twice, or no part at all. */
export class MergeError extends Error {}

/**
 * Returns the report of the whole run: what it would have been on one machine, times aside. Where parts are missing or were stopped,
 * `stopped` says which.
 *
 * @throws MergeError naming the two parts that do not belong together, and in what they differ.
 */
export function mergeReports(parts: readonly Part[]): RunReport {
  const inTurn = sortedParts(parts);
  const [{ report: first }] = inTurn;
  const reports = inTurn.map(({ report }) => report);
  const benchmarks = reports.flatMap((report) => report.benchmarks ?? []);
  const seconds = reports.flatMap(({ caseSeconds }) => caseSeconds ?? []);
  const merged: RunReport = {
    ...first,
    shard: undefined,
    startedAt: reports.map(({ startedAt }) => startedAt).toSorted()[0],
    finishedAt: reports
      .flatMap(({ finishedAt }) => finishedAt ?? [])
      .toSorted()
      .at(-1),
    stopped: unfinished(inTurn),
    backends: first.backends.map((backend) => mergedBackend(backend.name, inTurn)),
    outcomes: reports.flatMap(({ outcomes }) => outcomes),
    caseSeconds: seconds.length > 0 ? seconds.reduce((a, b) => a + b) : undefined,
    properties: reports.flatMap(({ properties }) => properties),
    timings: reports.flatMap(({ timings }) => timings),
    rows: reports.flatMap(({ rows }) => rows),
    inventory: together(reports.map(({ inventory }) => inventory)),
    accuracy: together(reports.map(({ accuracy }) => accuracy)),
    algorithms: together(reports.map(({ algorithms }) => algorithms)),
  };
  const ordered = inOrder(merged);
  return benchmarks.length === 0 ? ordered : { ...ordered, benchmarks: mergedBenchmarks(benchmarks, ordered, reports) };
}

/** The parts by their number. @throws MergeError where they do not belong together. */
function sortedParts(parts: readonly Part[]): KnownPart[] {
  const known = parts.map(({ name, report }): KnownPart => {
    if (report.shard === undefined) throw new MergeError(`${name} is no part of a run: it was made without --shard`);
    return { name, report, shard: report.shard };
  });
  const sorted = known.toSorted((a, b) => a.shard.part - b.shard.part);
  for (const [i, part] of sorted.entries()) {
    for (const [what, read] of Object.entries(common)) {
      const [own, other] = [read(part.report), read(sorted[0].report)];
      if (own !== other)
        throw new MergeError(`${part.name} has another ${what} than ${sorted[0].name}: ${brief(own)}, not ${brief(other)}`);
    }
    if (i > 0 && sorted[i - 1].shard.part === part.shard.part)
      throw new MergeError(`${sorted[i - 1].name} and ${part.name} are both part ${shardText(part.shard)}: give one of them`);
  }
  return sorted;
}

/** What all parts of a run have in common. */
const common: Readonly<Record<string, (report: RunReport) => string>> = {
  'version of etalon': ({ etalonVersion }) => etalonVersion,
  seed: ({ seed }) => String(seed),
  'number of parts': ({ shard }) => String(shard?.of),
  command: ({ command }) => command,
  'table of operations': ({ operations }) => JSON.stringify(operations.map(({ name }) => name)),
  'list of backends': ({ backends }) => backends.map(({ name }) => name).join(', '),
};

const brief = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function unfinished(parts: readonly KnownPart[]): string | undefined {
  const { of } = parts[0].shard;
  const given = new Set(parts.map(({ shard }) => shard.part));
  const missing = Array.from({ length: of }, (_, i) => i + 1).filter((part) => !given.has(part));
  const reasons = [
    ...(missing.length > 0 ? [`${missing.length === 1 ? 'part' : 'parts'} ${missing.join(', ')} of ${of} missing`] : []),
    ...parts.flatMap(({ name, report: { stopped, finishedAt } }) =>
      stopped !== undefined || finishedAt === undefined ? [`${name}: ${stopped ?? 'killed before its end'}`] : [],
    ),
  ];
  return reasons.length > 0 ? reasons.join('; ') : undefined;
}

/** @throws MergeError where the parts checked different versions of it. */
function mergedBackend(name: string, parts: readonly KnownPart[]): BackendRecord {
  const records = parts.map((part) => ({ part, record: part.report.backends.find((one) => one.name === name)! }));
  const ran = records.filter(({ record }) => record.status === 'ran');
  if (ran.length === 0) return records[0].record;
  const [{ part: first, record }] = ran;
  const versionOf = ({ library, version, device }: BackendRecord) => [library, version, device].filter(Boolean).join(' ');
  const other = ran.find((one) => versionOf(one.record) !== versionOf(record));
  if (other !== undefined) {
    throw new MergeError(
      `${other.part.name} checked ${name} in another version than ${first.name}: ${versionOf(other.record)}, not ${versionOf(record)}`,
    );
  }
  const lost = records.flatMap(({ part, record: { status, reason, notAsked } }) => {
    const why = status === 'ran' ? notAsked : `it did not start: ${reason}`;
    return why === undefined ? [] : [`part ${shardText(part.shard)}: ${why}`];
  });
  return lost.length === 0 ? record : { ...record, notAsked: lost.join('; ') };
}

/** Lists joined; undefined where there is none. */
function together<Item>(lists: readonly (readonly Item[] | undefined)[]): Item[] | undefined {
  const given = lists.flatMap((list) => (list === undefined ? [] : [list]));
  return given.length === 0 ? undefined : given.flat();
}

function mergedBenchmarks(
  records: readonly BenchmarksRecord[],
  { timings, operations, backends }: RunReport,
  reports: readonly RunReport[],
): BenchmarksRecord {
  const machines = [...new Set(reports.filter(({ benchmarks }) => benchmarks).map(({ environment: { cpu } }) => cpu))];
  const places = [operations, backends].map((list) => new Map(list.map(({ name }, place) => [name, place])));
  const place = (names: readonly string[]) => names.map((name, i) => places[i].get(name) ?? 0);
  const steal = records.flatMap(({ stealShare }) => stealShare ?? []);
  return {
    ...records[0],
    loadBefore: Math.max(...records.map(({ loadBefore }) => loadBefore)),
    loadAfter: Math.max(...records.map(({ loadAfter = 0 }) => loadAfter)),
    stealShare: steal.length > 0 ? Math.max(...steal) : undefined,
    referenceKernelMs: records.flatMap(({ referenceKernelMs }) => referenceKernelMs),
    limits: Object.assign({}, ...records.map(({ limits }) => limits).toReversed()),
    growth: records
      .flatMap(({ growth }) => growth)
      .toSorted((a, b) => {
        const [[operation, backend], [otherOperation, otherBackend]] = [
          place([a.operation, a.backend]),
          place([b.operation, b.backend]),
        ];
        return operation - otherOperation || backend - otherBackend;
      }),
    means: meansOf(timings),
    warnings: [
      ...new Set([
        ...records.flatMap(({ warnings }) => warnings),
        ...(machines.length > 1
          ? [`the parts were timed on different machines, whose times do not compare: ${machines.join('; ')}`]
          : []),
      ]),
    ],
  };
}
