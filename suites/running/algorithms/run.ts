/** Runs the algorithms on the reference and on every backend and hands each result to the listener the moment it is there. */

import { precisionOf, precisions } from '../../judging/precision.ts';
import { operationNamed } from '../../operations/index.ts';
import { type AlgorithmOutcome, referenceName } from '../../runReport.ts';
import { expectedFailureOf } from '../expectedFailures.ts';
import type { BackendUnderTest, CheckOptions, RunListener } from '../run.ts';
import type { Algorithm } from './algorithm.ts';
import { type Execution, executeAlgorithm, type Participant } from './execute.ts';

export interface AlgorithmOptions extends CheckOptions {
  readonly thorough: boolean;
}

/** What an algorithm may take on one backend. */
const budgetSeconds = { usual: 120, thorough: 1200 } as const;

export async function runAlgorithms(
  backends: readonly BackendUnderTest[],
  algorithms: readonly Algorithm[],
  listener: RunListener,
  { seed, timeoutMs, signal, thorough }: AlgorithmOptions,
): Promise<void> {
  const label = 'running algorithms';
  const options = { seed, thorough, signal, budgetMs: 1000 * budgetSeconds[thorough ? 'thorough' : 'usual'] };
  let done = 0;
  for (const algorithm of algorithms) {
    if (signal?.aborted) return;
    listener.progress(label, done, algorithms.length);
    const record = (name: string, replayOptions: string, execution: Execution | undefined, known = {}) => {
      if (execution === undefined) return;
      const { title, statement, formula, rows } = algorithm;
      const outcome: AlgorithmOutcome = {
        ...{ algorithm: algorithm.name, title, statement, formula, rows, backend: name, seed, thorough },
        ...execution,
        ...known,
        replay: `etalon check ${replayOptions}--algorithm ${algorithm.name} --seed ${seed}${thorough ? ' --thorough' : ''}`,
      };
      listener.algorithm(outcome);
    };
    // Beside backends that lack its operations the reference need not train.
    let begin = (_someoneComputes: boolean) => {};
    const begun = new Promise<boolean>((resolve) => {
      begin = resolve;
    });
    const executions = Promise.all(
      backends.map(async (backend) => {
        const participant = participantOf(backend, timeoutMs, () => begin(true));
        const execution = await executeAlgorithm(algorithm, participant, options);
        if (execution === undefined) return;
        const listed = expectedFailureOf(backend, `algorithm/${algorithm.name}`, execution.status);
        const found = listed.status === 'expectedFailure' ? { reason: `${listed.reason}; found: ${execution.reason}` } : {};
        record(backend.name, `${backend.replayOptions} `, execution, { ...listed, ...found });
      }),
    );
    await Promise.all([
      executions.then(() => begin(false)),
      begun.then(async (someoneComputes) => {
        if (someoneComputes) record(referenceName, '', await executeAlgorithm(algorithm, reference, options));
      }),
    ]);
    done++;
  }
  listener.progress(label, done, algorithms.length);
}

const reference: Participant = {
  dtype: 'float64',
  precision: precisions.float64,
  judged: false,
  ask: async (name, attributes, inputs) => {
    const started = performance.now();
    const outputs = operationNamed(name).reference(inputs, attributes);
    // The backends' answers are waiting to be judged and answered.
    await new Promise((resolve) => setImmediate(resolve));
    return { kind: 'outputs', outputs, milliseconds: performance.now() - started };
  },
};

/** `answered` is called with every answer that holds outputs. */
function participantOf({ description, supervisor }: BackendUnderTest, timeoutMs: number, answered: () => void): Participant {
  return {
    dtype: description.dtype,
    precision: precisionOf(description),
    judged: true,
    ask: async (operation, attributes, inputs) => {
      const result = await supervisor.run(operation, attributes, inputs, { timeoutMs });
      if (result.kind === 'outputs') answered();
      return result;
    },
  };
}
