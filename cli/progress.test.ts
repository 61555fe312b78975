import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.ts';

function recorder(isTTY: boolean) {
  const written: string[] = [];
  let time = 0;
  const progress = createProgress({ write: (text) => written.push(text), isTTY, columns: 40 }, () => time);
  return { written, progress, wait: (ms: number) => (time += ms) };
}

describe('progress', () => {
  it('rewrites one line on a terminal and clears it', () => {
    const { written, progress, wait } = recorder(true);
    progress.update('checking', 0, 4);
    wait(2000);
    progress.update('checking', 1, 4);
    progress.clear();
    expect(written).toEqual(['\r\u001b[2Kchecking: 0 of 4', '\r\u001b[2Kchecking: 1 of 4, 6 s left', '\r\u001b[2K']);
  });

  it('writes plain lines elsewhere: at the start, every few seconds and at the end', () => {
    const { written, progress, wait } = recorder(false);
    for (let done = 0; done <= 4; done++) {
      progress.update('checking', done, 4);
      wait(3000);
    }
    expect(written).toEqual(['checking: 0 of 4\n', 'checking: 2 of 4, 6 s left\n', 'checking: 4 of 4, 12 s\n']);
  });
});
