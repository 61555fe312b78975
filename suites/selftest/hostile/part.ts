/** `etalon selftest --only hostile`: what attacks a run, and submissions that attack their grading. */
import type { SelfTestPart } from '../part.ts';
import { tryAttacks } from './attacks.ts';
import { trySubmissions } from './submissions.ts';

export const hostilePart: SelfTestPart = {
  name: 'hostile',
  title: 'Hostile workers, files, folders, arguments, signals and submissions',
  seconds: 240,
  async run({ progress }) {
    const attacks = await tryAttacks(progress);
    const submissions = await trySubmissions(progress);
    return {
      record: { ...attacks.record, ...submissions.record },
      summary: `${attacks.summary}; submissions: ${submissions.summary}`,
      details: { ...attacks.details, ...submissions.details },
      problems: [...attacks.problems, ...submissions.problems],
      tables: [...attacks.tables, ...submissions.tables],
    };
  },
};
