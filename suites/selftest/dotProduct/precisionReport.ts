/** Injected precisions against what is said of them, as a part of `etalon selftest`. */

import type { SelfTestPart } from '../part.ts';
import { precisionTable } from './precision.ts';

export const precisionPart: SelfTestPart = {
  name: 'precision',
  title: 'Effective precision: what is said of precisions put in on purpose',
  seconds: 15,
  run({ seed, draws, progress }) {
    const rows = precisionTable(seed, draws, (done) => progress('injected precisions', done, draws));
    const right = rows.reduce((sum, row) => sum + row.right, 0);
    return {
      summary: `${right} of ${rows.length * draws} said rightly of ${rows.length} injected precisions`,
      record: {
        effectivePrecision: {
          injected: rows.length,
          draws,
          asked: rows.length * draws,
          right,
        },
      },
      details: { effectivePrecision: rows },
      problems: rows
        .filter(({ right }) => right < draws)
        .map(({ injected, right, said }) => {
          const words = said.map(({ says, times }) => `${says} (${times})`).join(', ');
          return `${injected}: right in ${right} of ${draws} draws; said ${words}`;
        }),
      tables: [
        {
          title: 'Injected precisions and what is said of them',
          columns: ['injected', `right, of ${draws}`, 'observed bits', 'said'],
          rows: rows.map(({ injected, right, bits, example }) => [
            injected,
            String(right),
            `${bits[0].toFixed(1)} to ${bits[1].toFixed(1)}`,
            example,
          ]),
        },
      ],
    };
  },
};
