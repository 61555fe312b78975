/** Submissions that try to get points they did not earn or to bring the machine down, from the strongest level of isolation to the weakest. */
import type { IsolationLevel } from '../../../backends/isolation/isolation.ts';
import { type HostileRecord, hostileLevels, hostileSubmissions, tryHostile } from '../../grading/hostile/hostile.ts';
import type { SelfTestOptions } from '../part.ts';
import { type HostileResult, isAsked } from './attack.ts';

/** Most of an attack's time is waiting for a time-out. */
const atATime = 3;

/** Tries every submission that is asked for, at each of the levels. */
export async function trySubmissions(progress: SelfTestOptions['progress'], asked: string): Promise<HostileResult> {
  const levels = hostileLevels();
  const chosen = hostileSubmissions.filter(({ row, name }) => isAsked(asked, 'submission', row, name));
  const all = levels.flatMap((level) => chosen.map((submission) => ({ submission, level })));
  const records: HostileRecord[] = new Array(all.length);
  let next = 0;
  let done = 0;
  const work = async () => {
    for (let i = next++; i < all.length; i = next++) {
      records[i] = await tryHostile(all[i].submission, all[i].level);
      progress('hostile submissions', ++done, all.length);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return hostileResult(levels, records);
}

/** Every attack has to be held, except where its level is documented not to. */
export function hostileResult(levels: readonly IsolationLevel[], records: readonly HostileRecord[]): HostileResult {
  const submissions = new Set(records.map(({ name }) => name)).size;
  const of = (level: IsolationLevel) => records.filter((record) => record.level === level);
  const held = (some: readonly HostileRecord[]) => some.filter((record) => record.held).length;
  const open = records.filter((record) => !record.held);
  const summary =
    levels.length === 0
      ? 'no isolation for code that is not trusted works here: nothing was run'
      : levels.map((level) => `${held(of(level))} of ${of(level).length} submissions held at ${level}`).join(', ');
  return {
    tried: submissions,
    record: {
      hostile: {
        submissions,
        levels: Object.fromEntries(levels.map((level) => [level, { of: of(level).length, held: held(of(level)) }])),
      },
    },
    summary,
    details: { hostile: records },
    problems: open
      .filter(({ documented }) => !documented)
      .map(({ name, level, says }) => `${name} is not held at ${level}: ${says}`),
    tables: [
      {
        title: 'Hostile submissions, by what they try',
        columns: ['attack', ...levels],
        rows: [...new Set(records.map(({ row }) => row))].map((row) => [
          row,
          ...levels.map((level) => {
            const own = of(level).filter((record) => record.row === row);
            return `${held(own)} of ${own.length}`;
          }),
        ]),
        notes: open.map(
          ({ name, level, says, documented }) =>
            `${name} at ${level}: ${says}${documented ? ', which this level does not hold' : ''}`,
        ),
      },
    ],
  };
}
