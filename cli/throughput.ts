/**
 * How fast cases go through a worker: the shipped suite, drawn, asked, judged and recorded as `etalon check` does it. The first round is
 * what a run costs, compilation of our own JavaScript included; the later ones are what it costs once that is done, with a quarter, half
 * and all of the cases, whose seconds a case must not grow. Then the large cases alone, one after the other and nothing beside them, so
 * that a call's time is the worker's: what reference and judge take must not be more than three times that, by the median of seven. `npm run throughput -- [--seed N] [BACKEND]`
 */
import '../backends/worker/compilation.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { throughputText } from '../reports/summary.ts';
import { medianOf } from '../suites/benchmarks/statistics/samples.ts';
import { operations } from '../suites/operations/index.ts';
import { checkedCasesOf } from '../suites/running/cases.ts';
import { checkJudge } from '../suites/running/judgeCheck.ts';
import { checkCases } from '../suites/running/run.ts';
import { startBackends } from './backends.ts';
import { reportHeader } from './header.ts';
import { startJournal } from './journal.ts';

const { values, positionals } = parseArgs({ options: { seed: { type: 'string', default: '1' } }, allowPositionals: true });
const [name = 'onnxruntime-cpu'] = positionals;
const seed = Number(values.seed);
const timeoutMs = 60_000;
const all = operations.flatMap(checkedCasesOf);
const every = (n: number) => all.filter((_, index) => index % n === 0);
const rounds = [
  { title: 'first', cases: all },
  { title: 'a quarter of the cases', cases: every(4) },
  { title: 'half', cases: every(2) },
  { title: 'all, again', cases: all },
];

console.log(`load of the machine: ${loadavg()[0].toFixed(1)}`);
const starting = startBackends({ backend: [name], timeoutMs }, operations);
await checkJudge(all, seed, starting);
const { running, records, close } = await starting;
const directory = mkdtempSync(join(tmpdir(), 'etalon-throughput-'));
for (const { title, cases } of rounds) {
  const journal = startJournal(reportHeader(operations, seed), directory);
  for (const record of records) journal.backend(record);
  const before = process.cpuUsage();
  await checkCases(running, cases, journal, { seed, timeoutMs });
  const { user, system } = process.cpuUsage(before);
  const { caseSeconds: seconds = 0 } = journal.report;
  const speed = throughputText(journal.report);
  const own = `${((user + system) / 1e6).toFixed(2)} s of processor time, ${((1000 * seconds) / cases.length).toFixed(2)} ms a case`;
  console.log(`${name}, ${title}: ${speed ?? 'nothing was judged'} (${own})`);
  journal.discard();
}
for (const large of all.filter(({ operation, recipe }) => recipe === operation.large)) {
  const journal = startJournal(reportHeader(operations, seed));
  for (let time = 0; time < 7; time++) await checkCases(running, [large], journal, { seed, timeoutMs });
  const { outcomes } = journal.report;
  const [{ status, outputs }] = outcomes;
  const compared = outputs.map((output) => output.compared + (output.sample ? ` of ${output.sample.of}` : '')).join(', ');
  const call = medianOf(outcomes.map(({ milliseconds }) => milliseconds));
  const judging = medianOf(outcomes.map(({ judgingMilliseconds = 0 }) => judgingMilliseconds));
  console.log(
    `${large.id}: ${status}, ${compared} compared, call ${call.toFixed(0)} ms, reference and judge ${judging.toFixed(0)} ms: ${(judging / call).toFixed(1)} times`,
  );
}
rmSync(directory, { recursive: true, force: true });
await close();
console.log(`peak memory of this process: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
process.exit();
