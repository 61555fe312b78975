/**
 * Whether a backend's memory stays flat: 10,000 cases after one another through its worker, each with a kernel of its own, and the
 * resident memory of the worker in between. `npm run memory -- [--cases N] BACKEND…`, on Linux.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { backendCommand, descriptionOf, embeddedBackends } from '../backends/index.ts';
import { createWorkerSupervisor } from '../backends/worker/worker.ts';
import { operations } from '../suites/operations/index.ts';
import { casesOf, materialize } from '../suites/running/cases.ts';
import { expectedFailureOf, readExpectedFailures } from '../suites/running/expectedFailures.ts';
import { defaultBackends } from './backends.ts';

const { values, positionals } = parseArgs({ options: { cases: { type: 'string', default: '10000' } }, allowPositionals: true });
const total = Number(values.cases);
/** JavaScript's heap grows as far as it may before it is cleaned up; with little room, what grows further is not garbage. */
const heapLimit = '--max-old-space-size=160';
/** Enough for the libraries' own caches and the garbage collector's first rounds. */
const warmUp = Math.floor(total / 5);
const samples = 200;
/** What the median of the last fifth may lie above that of the first fifth after the warm-up. */
const allowedMegabytes = 24;
const allowedShare = 0.1;

function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes![1]) / 1024;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

async function isFlat(backend: string): Promise<boolean> {
  const { environment, ...command } = backendCommand(backend);
  const supervisor = createWorkerSupervisor({
    ...command,
    environment: { ...environment, NODE_OPTIONS: heapLimit },
    timeoutMs: 60_000,
  });
  const started = await supervisor.start();
  if (started.kind === 'unavailable') {
    console.log(`${backend}: unavailable: ${started.message}`);
    return true;
  }
  // More different cases than the worker keeps kernels, so that each call prepares one and disposes another; few enough that the
  // warm-up goes through all of them twice, because a library may keep the programs that it has compiled.
  // A case that is known to fail may end the worker, and its successor would start with an empty memory.
  const { expectedFailures: file } = embeddedBackends[backend];
  const expectedFailures = file === undefined ? [] : readExpectedFailures(file);
  const known = { name: backend, description: descriptionOf(started.hello), expectedFailures };
  const all = operations
    .flatMap(casesOf)
    .map(({ operation, recipe, tier }) => materialize(operation, recipe, tier, 1, started.hello.dtype))
    .filter(({ id }) => expectedFailureOf(known, id, 'crashed').status === undefined)
    .filter(({ inputs }) => Object.values(inputs).every(({ data }) => data.length <= 2000));
  const cases = all.filter((_, index) => index % Math.ceil(all.length / (warmUp / 2)) === 0);
  const pid = supervisor.pid();
  const megabytes: number[] = [];
  let unsupported = 0;
  for (let index = 0; index < total; index++) {
    const { operation, attributes, inputs } = cases[index % cases.length];
    const result = await supervisor.run(operation, attributes, inputs, { timeoutMs: 60_000 });
    if (result.kind === 'unsupported') unsupported++;
    if (supervisor.pid() !== pid) throw new Error(`${backend}: the worker ended at ${operation}: ${JSON.stringify(result)}`);
    if (index >= warmUp && index % Math.ceil((total - warmUp) / samples) === 0) megabytes.push(residentMegabytes(pid!));
  }
  await supervisor.close();
  const fifth = Math.ceil(megabytes.length / 5);
  const [before, after] = [median(megabytes.slice(0, fifth)), median(megabytes.slice(-fifth))];
  const flat = after - before <= Math.max(allowedMegabytes, allowedShare * before);
  console.log(
    `${backend}: ${total} cases (${unsupported} unsupported), ${before.toFixed(0)} MB after the warm-up, ${after.toFixed(0)} MB at the end: ` +
      `${flat ? 'flat' : 'grows'} (${(((after - before) / (total - warmUp)) * 1024).toFixed(2)} kB a case)`,
  );
  return flat;
}

const flat: boolean[] = [];
for (const name of positionals.length > 0 ? positionals : defaultBackends) flat.push(await isFlat(name));
process.exit(flat.every(Boolean) ? 0 : 1);
