/** Who may ask now: so many at a time, first come, first served, and one alone where nothing may run beside it. */

export interface Turns {
  /** How many tasks may run at a time from now on; 1 until something is said. */
  allow(atATime: number): void;
  /** Runs the task when its turn has come; `alone` waits for all others to end, and nothing begins while it runs. */
  take<Result>(task: () => Promise<Result>, alone?: boolean): Promise<Result>;
}

export function createTurns(): Turns {
  let atATime = 1;
  let running = 0;
  let isAlone = false;
  const waiting: { readonly alone: boolean; readonly begin: () => void }[] = [];

  function admit(): void {
    while (waiting.length > 0 && !isAlone && running < atATime && !(waiting[0].alone && running > 0)) {
      const { alone, begin } = waiting.shift()!;
      running++;
      isAlone = alone;
      begin();
    }
  }

  return {
    allow(count) {
      atATime = count;
      admit();
    },
    async take(task, alone = false) {
      await new Promise<void>((begin) => {
        waiting.push({ alone, begin });
        admit();
      });
      try {
        return await task();
      } finally {
        running--;
        isAlone = false;
        admit();
      }
    },
  };
}
