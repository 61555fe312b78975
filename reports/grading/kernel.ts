/** A graded kernel for the terminal: the verdict first, as plainly when it is fast and wrong as when it is right and slow. */
import type { KernelReport } from '../../suites/grading/kernelReport.ts';
import { findingLines, wrapped } from './terminal.ts';

export function kernelText(report: KernelReport): string {
  const { operation, entry, against, verdict, cases, speed, speedUnavailable, problem, findings, isolation } = report;
  const lines = [
    `${entry} for ${operation}, against ${against}: ${verdict}`,
    `${cases.passed} of ${cases.of} cases are right`,
    ...(speed
      ? [
          `${speed.kernelMs.toPrecision(3)} ms a call, ${against} ${speed.libraryMs.toPrecision(3)} ms: ${speed.ratio.toPrecision(3)} times as fast`,
          ...(speed.clock === 'ours' ? ['its own clock says less than passed: this is by ours'] : []),
          ...(speed.right ? [] : ['what it returned while it was timed is wrong']),
        ]
      : []),
    ...(speedUnavailable ? [wrapped(`not timed: ${speedUnavailable}`)] : []),
    ...(problem ? ['', wrapped(problem)] : []),
    ...findings.flatMap(findingLines),
    '',
    `isolation: ${isolation.title}`,
  ];
  return `${lines.join('\n')}\n`;
}
