/** A process that measures parts of the suite, one after the other as it is told. */
import { type SelfTestOptions, type SelfTestResult, selfTestParts } from '../suites/selftest/index.ts';

export type SelfTestTask = { readonly part: string } & Omit<SelfTestOptions, 'progress'>;
export type SelfTestMessage =
  | { readonly progress: readonly [label: string, done: number, total: number] }
  | { readonly result: SelfTestResult }
  | { readonly error: string };

const send = (message: SelfTestMessage) => process.send!(message);

const parent = process.ppid;
/** A part computes for a minute without a pause, in which it hears of nothing: whether anyone is still there, it asks itself. */
function endIfAlone(): void {
  if (process.ppid !== parent) process.exit();
}

process.on('message', async ({ part, ...options }: SelfTestTask) => {
  try {
    const found = selfTestParts.find(({ name }) => name === part);
    if (!found) throw new RangeError(`no part of selftest is called ${part}`);
    const progress: SelfTestOptions['progress'] = (...said) => {
      endIfAlone();
      send({ progress: said });
    };
    send({ result: await found.run({ ...options, progress }) });
  } catch (error) {
    send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
// Whoever asked is gone.
process.once('disconnect', () => process.exit());
