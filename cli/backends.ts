/** Starts the backends that a command line names; one that cannot start costs only itself. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { backendCommand, embeddedBackends, hostCommand, programCommand } from '../backends/index.ts';

import { versionedName } from '../backends/versions.ts';
import { plainText, textLimits } from '../backends/worker/plainText.ts';
import { sweepFolders } from '../backends/worker/privateFolder.ts';

import { descriptionOf } from '../backends/worker/protocol.ts';
import { createWorkerSupervisor, type WorkerOptions, type WorkerSupervisor } from '../backends/worker/worker.ts';
import type { TimedBackend } from '../suites/benchmarks/visit.ts';
import type { AnyOperation } from '../suites/judging/operation.ts';
import { type ExpectedFailure, readExpectedFailures } from '../suites/running/expectedFailures.ts';
import type { BackendRecord } from '../suites/runReport.ts';
import { UsageError } from './errors.ts';
import { findProgram, isolatedWorker, type WorkerKind } from './isolatedWorkers.ts';
import { requireName } from './selection.ts';
import { fetchVersion } from './setup/versions.ts';

/** What is checked when nothing is named. */
export const defaultBackends: readonly string[] = ['js', 'tfjs-cpu', 'tfjs-wasm', 'onnxruntime-cpu'];

export interface BackendSelection {
  readonly backend?: readonly string[];
  readonly worker?: readonly string[];
  readonly adapter?: readonly string[];
  readonly expectedFailures?: string;
  /** File of the user's own operations. */
  readonly operations?: string;
  readonly timeoutMs: number;
  readonly timeLimitMs?: number;
  readonly giveUpAfter?: number;
  /** A backend that was named may be missing. */
  readonly allowUnavailable?: boolean;
  readonly isolate?: boolean;
  /** Ends all of them at once when it is aborted. */
  readonly signal?: AbortSignal;
}

export interface StartedBackends {
  readonly running: readonly TimedBackend[];
  readonly records: readonly BackendRecord[];
  close(): Promise<void>;
}

interface Candidate {
  /** Absent when the program names itself in its hello. */
  readonly name?: string;
  /** What the user typed: the backend's name where it never says one. */
  readonly typed: string;
  readonly kind: WorkerKind;
  readonly command: Pick<WorkerOptions, 'command' | 'arguments' | 'replyDescriptor' | 'environment'>;
  readonly replayOptions: string;
  readonly expectedFailures: readonly ExpectedFailure[];
}

/** Loading a library may take much longer than an answer. */
const startTimeoutMs = 60_000;

/** @throws UsageError for a name that does not exist or a file of expected failures that is not one. */
export async function startBackends(
  selection: BackendSelection,
  operations: readonly AnyOperation[],
): Promise<StartedBackends> {
  for (const text of selection.backend ?? []) {
    const versioned = versionedName(text);
    requireName('backend', versioned.name, Object.keys(embeddedBackends));
    await fetchVersion(versioned, (line) => process.stderr.write(`${line}\n`));
  }
  sweepFolders(tmpdir());
  const candidates = candidatesOf(selection);
  const begun = distinct(await Promise.all(candidates.map((candidate) => startOne(candidate, operations, selection))));
  // What nobody named may be missing, but not all of it.
  const named = [selection.backend, selection.worker, selection.adapter].some((list) => list !== undefined);
  const required = (named || begun.every(({ backend }) => backend === undefined)) && !selection.allowUnavailable;
  const started = begun.map(({ record, ...rest }) => ({ ...rest, record: { ...record, ...(required && { required }) } }));
  return {
    running: started.flatMap(({ backend }) => backend ?? []),
    records: started.map(({ record }) => record),
    close: async () => {
      await Promise.all(started.map(({ supervisor }) => supervisor.close()));
    },
  };
}

function candidatesOf({ backend, worker = [], adapter = [], expectedFailures, operations }: BackendSelection): Candidate[] {
  const own = expectedFailures === undefined ? [] : expectedFailuresIn(expectedFailures);
  const option = [
    expectedFailures === undefined ? '' : ` --expected-failures ${expectedFailures}`,
    operations === undefined ? '' : ` --operations ${operations}`,
  ].join('');
  const names = backend ?? (worker.length + adapter.length > 0 ? [] : defaultBackends);
  const embedded = [...new Set(names)].map((text): Candidate => {
    const { name, version } = versionedName(text);
    requireName('backend', name, Object.keys(embeddedBackends));
    const { expectedFailures: file } = embeddedBackends[name];
    return {
      name: text,
      typed: text,
      kind: { embedded: name },
      command: meant('--backend', () => backendCommand(name, version)),
      replayOptions: `--backend ${text}${option}`,
      expectedFailures: [...own, ...(file ? expectedFailuresIn(file) : [])],
    };
  });
  const programs = worker.map(
    (line): Candidate => ({
      typed: plainText(line, textLimits.name),
      kind: { program: true },
      command: meant('--worker', () => existing(programCommand(line))),
      replayOptions: `--worker ${JSON.stringify(line)}${option}`,
      expectedFailures: own,
    }),
  );
  const modules = adapter.map((file): Candidate => {
    if (!existsSync(file)) throw new UsageError(`--adapter ${JSON.stringify(file)}: there is no such file`);
    const path = resolve(file);
    return {
      typed: file,
      kind: { adapter: path },
      command: meant('--adapter', () => hostCommand(path)),
      replayOptions: `--adapter ${file}${option}`,
      expectedFailures: own,
    };
  });
  return [...embedded, ...programs, ...modules];
}

/** @throws RangeError when there is no such program: nothing is started then. */
function existing<Command extends { readonly command: string }>(made: Command): Command {
  if (process.platform !== 'win32' && findProgram(made.command) === undefined) {
    throw new RangeError(`no such command: ${made.command}`);
  }
  return made;
}

/** What is wrong with an option is its user's to mend. */
function meant<Result>(option: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`${option}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function expectedFailuresIn(file: string | URL): ExpectedFailure[] {
  try {
    return readExpectedFailures(file);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

interface Started {
  readonly supervisor: WorkerSupervisor;
  readonly record: BackendRecord;
  readonly backend?: TimedBackend;
}

/** Programs name themselves: a name that is taken gets a number, because results are told apart by it. */
function distinct(started: readonly Started[]): Started[] {
  const taken = new Set<string>();
  return started.map(({ record, backend, ...rest }) => {
    let { name } = record;
    for (let count = 2; taken.has(name); count++) name = `${record.name}-${count}`;
    taken.add(name);
    return { ...rest, record: { ...record, name }, backend: backend && { ...backend, name } };
  });
}

async function startOne(
  candidate: Candidate,
  operations: readonly AnyOperation[],
  selection: BackendSelection,
): Promise<Started> {
  const { timeoutMs, timeLimitMs, giveUpAfter, signal } = selection;
  const isolated = selection.isolate ? isolatedWorker(candidate.command, candidate.kind) : undefined;
  const command = { ...(isolated?.command ?? candidate.command), timeoutMs: startTimeoutMs, giveUpAfter, signal };
  const supervisor = createWorkerSupervisor({ ...command, timeLimitMs });
  const start = await supervisor.start();
  const isolation = isolated?.isolation;
  if (start.kind === 'unavailable') {
    return {
      supervisor,
      record: { name: candidate.typed, status: 'unavailable', reason: start.message, isolation, holes: [] },
    };
  }
  const description = descriptionOf(start.hello);
  const name = candidate.name ?? description.name;
  const holes = await holesOf(supervisor, operations, timeoutMs);
  const { replayOptions, expectedFailures } = candidate;
  return {
    supervisor,
    record: { ...description, name, status: 'ran', isolation, holes },
    backend: { name, supervisor, fresh: () => createWorkerSupervisor(command), description, replayOptions, expectedFailures },
  };
}

/** Operations of which every recipe's attributes are refused, with the first refusal's reason. */
async function holesOf(
  supervisor: WorkerSupervisor,
  operations: readonly AnyOperation[],
  timeoutMs: number,
): Promise<BackendRecord['holes']> {
  const holes: { operation: string; reason: string; link?: string }[] = [];
  for (const operation of operations) {
    let refusal: { message: string; link?: string } | undefined;
    for (const { attributes } of operation.cases) {
      const support = await supervisor.supports(operation.name, attributes, { timeoutMs });
      if (support.kind === 'notAsked') return holes;
      if (support.kind !== 'unsupported') {
        refusal = undefined;
        break;
      }
      refusal ??= support;
    }
    if (refusal) holes.push({ operation: operation.name, reason: refusal.message, link: refusal.link });
  }
  return holes;
}
