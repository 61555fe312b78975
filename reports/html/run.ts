/** What was run with what. */
import type { RunReport } from '../../suites/runReport.ts';
import { count, duration, plural } from '../numbers.ts';
import { flushedText, judgedAs, precisionSentences, strictSummary } from '../precision.ts';
import { callTimes, callTimeText, statisticsText, throughputText } from '../summary.ts';
import { safeLink } from './markup.ts';

export function run(report: RunReport) {
  const { environment, finishedAt, startedAt } = report;
  const took = finishedAt === undefined ? 'not finished' : duration(Date.parse(finishedAt) - Date.parse(startedAt));
  const statistics = statisticsText(report);
  const times = callTimes(report);
  const observed = precisionSentences(report);
  const timeOf = (name: string) => {
    const own = times.find(({ backend }) => backend === name);
    return own && callTimeText(own);
  };
  const throughput = throughputText(report);
  return {
    parameters: [
      { name: 'Command', value: report.command, code: true },
      { name: 'Seed', value: String(report.seed) },
      {
        name: 'Statistics',
        value: statistics ? `${statistics}, below 10⁻⁶ by design` : 'none: no output has 1000 rounded elements',
      },
      { name: 'Special values', value: specialValuesText(report) },
      { name: 'Etalon', value: report.etalonVersion },
      { name: 'Started', value: utc(startedAt) },
      { name: 'Took', value: took },
      ...(throughput ? [{ name: 'Throughput', value: throughput }] : []),
      { name: 'Processor', value: `${environment.cpu}, ${plural(environment.cores, 'core')}` },
      { name: 'Memory', value: `${environment.memoryGiB} GiB` },
      { name: 'Platform', value: environment.platform },
      { name: 'Node', value: environment.node },
    ],
    backends: report.backends.map((backend) => ({
      ...{ name: backend.name, ran: backend.status === 'ran', reason: backend.reason, notes: backend.notes ?? [] },
      facts: [
        { name: 'Library', value: backend.library },
        { name: 'Version', value: backend.version },
        { name: 'Device', value: backend.device },
        { name: 'Driver', value: backend.driver },
        { name: 'Element type', value: backend.dtype },
        { name: 'Judged as', value: judgedAs(backend) },
        { name: 'Subnormal numbers', value: flushedText(report, backend) },
        { name: 'Against strict float32', value: strictSummary(report, backend.name)?.text },
        { name: 'Time', value: timeOf(backend.name) },
        { name: 'Observed', value: observed.find((one) => one.backend === backend.name)?.text },
      ].filter(({ value }) => value !== undefined),
      holes: backend.holes.map(({ operation, reason, link }) => ({ operation, reason, link: safeLink(link) })),
      holesText: plural(backend.holes.length, 'operation'),
    })),
  };
}

/** Of all operations of the run. */
function specialValuesText({ operations }: RunReport): string {
  const total = (of: 'specialCases' | 'undefinedValues') =>
    operations.reduce((sum, operation) => sum + Object.keys(operation[of] ?? {}).length, 0);
  return `${count(total('specialCases'))} asked, ${count(total('undefinedValues'))} undefined, each with its reason`;
}

/** "2026-03-12 09:30:00 UTC" */
export function utc(iso: string): string {
  return iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}
