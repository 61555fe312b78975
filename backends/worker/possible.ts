/** Timings are evidence, not a worker's word: they must fit into what our own clock saw of the call. */

/** What the two clocks and the rounding of their readings may differ by. */
const slackMs = 1;
const slackShare = 0.01;
/** No processor works, and no clock steps, in less than a nanosecond. */
const shortestMs = 1e-6;

interface Samples {
  readonly loadMs: readonly number[];
  readonly executeMs: readonly number[];
  readonly readMs: readonly number[];
  readonly firstCallMs?: number;
  readonly coldMs?: readonly number[];
  readonly chain?: { readonly oneMs: number; readonly allMs: number };
}

/**
 * Returns why these samples cannot have been measured within a call that took `milliseconds` by our clock: together they are longer, or one of
 * them is shorter than any clock can tell. Returns nothing when they can.
 */
export function whyImpossible(samples: Samples, milliseconds: number): string | undefined {
  const { loadMs, executeMs, readMs, firstCallMs = 0, coldMs = [], chain } = samples;
  const executions = [...executeMs, ...coldMs];
  const others = [...loadMs, ...readMs, firstCallMs, chain?.oneMs ?? 0, chain?.allMs ?? 0];
  const tooShort =
    executions.find((sample) => !(sample >= shortestMs)) ?? others.find((sample) => sample > 0 && sample < shortestMs);
  if (tooShort !== undefined) {
    return `impossible timing: a sample of ${tooShort} ms; less than a nanosecond (${shortestMs} ms) cannot be measured`;
  }
  const sum = [...executions, ...others].reduce((total, sample) => total + sample, 0);
  if (sum <= milliseconds * (1 + slackShare) + slackMs) return undefined;
  return `impossible timing: the samples are ${shown(sum)} ms together, the whole call took ${shown(milliseconds)} ms by the clock of Etalon`;
}

function shown(milliseconds: number): string {
  return milliseconds < 1e6 ? milliseconds.toFixed(3) : milliseconds.toExponential(3);
}
