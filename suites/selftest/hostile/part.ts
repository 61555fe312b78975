/** `etalon selftest --only hostile`: what attacks a run, submissions that attack their grading, and kernels that only look right and fast. */
import type { SelfTestPart } from '../part.ts';
import { tryAttacks } from './attacks.ts';
import { tryKernels } from './kernels.ts';
import { trySubmissions } from './submissions.ts';

export const hostilePart: SelfTestPart = {
  name: 'hostile',
  title: 'Hostile workers, files, folders, arguments, signals, submissions and kernels',
  seconds: 420,
  async run({ progress, attacks = '' }) {
    // One after the other: some of them look at what the whole machine does.
    const all = [
      await tryAttacks(progress, attacks),
      await trySubmissions(progress, attacks),
      await tryKernels(progress, attacks),
    ];
    const tried = all.filter((one) => one.tried > 0);
    return {
      record: Object.assign({}, ...all.map(({ record }) => record)),
      summary: tried.map(({ summary }) => summary).join('; '),
      details: Object.assign({}, ...all.map(({ details }) => details)),
      problems: [
        ...all.flatMap(({ problems }) => problems),
        ...(tried.length > 0 ? [] : [`no attack has "${attacks}" in its kind or name`]),
      ],
      tables: tried.flatMap(({ tables }) => tables),
    };
  },
};
