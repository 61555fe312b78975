/** Puts the attacks of workers to a supervisor, as a run does: each may cost its own case, and nothing else. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createWorkerSupervisor, type RunResult, type WorkerSupervisor } from '../../../backends/worker/worker.ts';
import { tensor } from '../../../reference/tensor.ts';
import { type Attack, type AttackContext, isPlain } from './attack.ts';
import { helloAttacks } from './hello.ts';
import { timingAttacks } from './timing.ts';
import { type WorkerAttack, workerAttacks } from './workers.ts';

const x = tensor([3], [1, 2.5, -3]);
const patient = 15_000;
/** Time for what is meant to hang. */
const brief = 600;

function supervise({ folder, attacker }: AttackContext, hello: string, timeoutMs = patient): WorkerSupervisor {
  const directory = join(folder, 'workers');
  mkdirSync(join(directory, 'outside'), { recursive: true });
  writeFileSync(join(directory, 'outside', 'y.bin'), Buffer.alloc(4));
  return createWorkerSupervisor({ command: process.execPath, arguments: [attacker, hello], timeoutMs, directory });
}

/** What is wrong with the words of a result, if anything. */
function rawWords(result: { readonly kind: string; readonly message?: string; readonly link?: string }): string | undefined {
  if (result.message !== undefined && !isPlain(result.message))
    return `its words reach a person raw: ${JSON.stringify(result.message.slice(0, 80))}`;
  if (result.link !== undefined && !/^https?:/.test(result.link)) return `the link ${result.link} is passed on`;
  return undefined;
}

function rawNames(result: RunResult): string | undefined {
  if (result.kind !== 'outputs') return undefined;
  const raw = Object.keys(result.outputs).find((name) => !isPlain(name) || name.length > 200);
  return raw && 'the name of an output reaches a person raw';
}

const lateSeconds = 20;

/** Asks until one question is charged with what the worker did after a reply. */
async function isCharged(ask: () => Promise<RunResult>): Promise<boolean> {
  for (const ends = performance.now() + 1000 * lateSeconds; performance.now() < ends; ) {
    await setTimeout(150);
    if ((await ask()).kind !== 'outputs') return true;
  }
  return false;
}

async function tryWorker(
  { name, does: _, due = ['protocol'], late }: WorkerAttack,
  context: AttackContext,
): Promise<string | undefined> {
  const supervisor = supervise(context, '{}');
  try {
    const ask = (operation: string, timeoutMs = patient) => supervisor.run(operation, {}, { x }, { timeoutMs });
    const before = await ask('identity');
    if (before.kind !== 'outputs') return `the question before it: ${before.kind}`;
    const result = await ask(name, due.includes('timedOut') ? brief : patient);
    if (!due.some((kind) => kind === result.kind))
      return `the case is ${result.kind}: ${'message' in result ? result.message : ''}`;
    const raw = rawWords(result) ?? rawNames(result);
    if (raw) return raw;
    // What it does after its reply may be charged to a later question, and to one alone.
    if (late && !(await isCharged(() => ask('identity')))) return 'what it did after its reply went unseen';
    const after = await ask('identity');
    if (after.kind !== 'outputs') return `the question after it: ${after.kind}: ${after.message}`;
    if (!existsSync(join(context.folder, 'workers/outside/y.bin'))) return 'a file outside of its folder is gone';
    return undefined;
  } finally {
    await supervisor.close();
  }
}

const workers = workerAttacks.map(
  (attack): Attack => ({ kind: 'worker', name: attack.name, run: (context) => tryWorker(attack, context) }),
);

const greetings = helloAttacks.map(
  ({ name, starts }): Attack => ({
    kind: 'hello',
    name,
    async run(context) {
      const hangs = name.includes('hangs') || name.includes('says nothing');
      const supervisor = supervise(context, name, hangs ? brief : patient);
      try {
        const start = await supervisor.start();
        if (start.kind === 'unavailable') return starts ? `it does not start: ${start.message}` : rawWords(start);
        if (!starts) return 'it is believed';
        const texts = [
          start.hello.name,
          start.hello.version,
          start.hello.device,
          start.hello.driver ?? '',
          ...(start.hello.notes ?? []),
        ];
        const raw = texts.find((text) => !isPlain(text) || text.length > 400);
        if (raw !== undefined) return `its words reach a person raw: ${JSON.stringify(raw.slice(0, 80))}`;
        return 'polluted' in {} ? 'every object is polluted' : undefined;
      } finally {
        await supervisor.close();
      }
    },
  }),
);

const timings = timingAttacks.map(
  ({ name }): Attack => ({
    kind: 'timing',
    name,
    async run(context) {
      const supervisor = supervise(context, '{}');
      try {
        const result = await supervisor.bench(name, {}, { x }, { timeoutMs: patient, warmup: 0, iterations: 1 });
        return result.kind === 'timed' ? `it is a number in the report: ${result.executeMs[0]} ms` : rawWords(result);
      } finally {
        await supervisor.close();
      }
    },
  }),
);

export const workerTrials: readonly Attack[] = [...workers, ...greetings, ...timings];
