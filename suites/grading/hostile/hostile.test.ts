import { describe, expect, it } from 'vitest';
import { type IsolationLevel, levelDescriptions } from '../../../backends/isolation/isolation.ts';
import { hostileResult } from '../../selftest/hostile/submissions.ts';
import { type HostileRecord, hostileLevels, hostileSubmissions, tryHostile } from './hostile.ts';

it('has more than 50 submissions with names of their own, over every row of the threats', () => {
  const names = hostileSubmissions.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(50);
  expect(new Set(hostileSubmissions.map(({ row }) => row)).size).toBeGreaterThanOrEqual(15);
  for (const { javascript, python } of hostileSubmissions)
    expect([javascript, python].filter((code) => code !== undefined)).toHaveLength(1);
});

it('documents what a level does not hold, in a sentence of its own description', () => {
  const notHeld = hostileSubmissions.flatMap(({ notHeldAt }) => Object.entries(notHeldAt));
  expect(notHeld.length).toBeGreaterThan(10);
  for (const [level, sentence] of notHeld) {
    expect(levelDescriptions[level as IsolationLevel].doesNotHold).toContain(sentence);
  }
});

/** One of each kind; `npm run test:system` runs them all, at the strongest and at the weakest level. */
const quick = [
  'exit',
  'daemon',
  'forged-reply',
  'second-reply-with-the-right-id',
  'reads-the-answers',
  'writes-the-assignment',
  'kill-all',
  'right-while-it-is-checked',
  'network',
  'python-segmentation-fault',
  'python-daemon',
  'python-frames',
];
const [strongest] = hostileLevels();

describe.skipIf(strongest === undefined)(`at the level ${strongest}`, () => {
  it.each(quick)('holds %s', async (name) => {
    const record = await tryHostile(hostileSubmissions.find((one) => one.name === name)!, strongest);
    expect(record.held || record.documented, record.says).toBe(true);
  });

  it('holds an exit at the level limits too, where the whole grading is isolated', async () => {
    if (!hostileLevels().includes('limits')) return;
    const record = await tryHostile(hostileSubmissions.find((one) => one.name === 'exit')!, 'limits');
    expect(record).toMatchObject({ level: 'limits', held: true, says: '0 of 2 points: crashed' });
  });

  it('sees an attack that is not held', async () => {
    const honest = hostileSubmissions.find((one) => one.name === 'daemon')!;
    const record = await tryHostile({ ...honest, honest: false, javascript: 'RIGHT' }, strongest);
    expect(record).toMatchObject({ held: false, says: 'it got 2 points' });
  });
});

it('is red over an attack that is not held and not documented', () => {
  const record = (name: string, held: boolean, documented = false): HostileRecord => ({
    name,
    row: 'row',
    level: 'otherUser',
    held,
    documented,
    says: 'it got 2 points',
    seconds: 1,
  });
  const { problems, record: totals } = hostileResult(
    ['otherUser'],
    [record('a', true), record('b', false, true), record('c', false)],
  );
  expect(problems).toEqual(['c is not held at otherUser: it got 2 points']);
  expect(totals).toEqual({ hostile: { submissions: 3, levels: { otherUser: { of: 3, held: 1 } } } });
});
