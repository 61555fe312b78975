/** What is being done, how much of it is done and how long the rest will take: one line that rewrites itself on a terminal, plain lines elsewhere. */
export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Progress {
  /** `detail` is what of it is being done at this moment. */
  update(label: string, done: number, total: number, detail?: string): void;
  /** Clears the line on a terminal, so that what is printed next starts clean. */
  clear(): void;
}

const plainLineEveryMs = 5_000;

export function createProgress(output: ProgressOutput, now: () => number = () => performance.now()): Progress {
  let label = '';
  let startedAt = 0;
  let saidAt = -Infinity;
  let drawn = false;

  return {
    update(next, done, total, detail) {
      const time = now();
      const changed = next !== label;
      if (changed) {
        label = next;
        startedAt = time;
      }
      const finished = done === total;
      if (output.isTTY) {
        if (!changed && !finished && time - saidAt < 50) return;
        output.write(`\r\u001b[2K${line(label, done, total, time - startedAt, detail).slice(0, (output.columns ?? 80) - 1)}`);
        drawn = true;
      } else {
        if (!changed && !finished && time - saidAt < plainLineEveryMs) return;
        output.write(`${line(label, done, total, time - startedAt, detail)}\n`);
      }
      saidAt = time;
    },
    clear() {
      if (drawn) output.write('\r\u001b[2K');
      drawn = false;
    },
  };
}

function line(label: string, done: number, total: number, elapsedMs: number, detail?: string): string {
  const share = total === 0 ? 1 : done / total;
  const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
  if (done === total) return `${label}: ${done} of ${total}, ${seconds(elapsedMs)}`;
  const left = done === 0 ? '' : `, ${seconds((elapsedMs * (1 - share)) / share)} left`;
  return `${label}: ${done} of ${total}${left}${detail === undefined ? '' : `: ${detail}`}`;
}
