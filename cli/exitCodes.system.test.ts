/** Exit codes never lie; the hostile corpus (`etalon selftest --only hostile`) tries many more command lines. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../suites/runReport.ts';
import { command, etalon, root } from './testing/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-exit-codes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const quick = ['check', '--operation', 'relu', '--properties', '0'];

describe('a backend that was named', () => {
  const throwing = join(folder, 'mine.mjs');
  writeFileSync(throwing, 'throw new Error("no licence")');
  const useless = join(folder, 'useless.mjs');
  writeFileSync(
    useless,
    `export default async () => ({
      describe: async () => ({ name: 'useless', library: 'useless', version: '1', device: 'cpu', dtype: 'float32' }),
      supports: () => ({ supported: false, reason: 'nothing at all' }),
    })`,
  );

  it('is red when it does not start, and is called what the user called it', () => {
    const { status, stdout } = etalon(...quick, '--backend', 'js', '--adapter', throwing, '--json');
    const { backends, outcomes }: RunReport = JSON.parse(stdout);
    expect(status).toBe(1);
    expect(backends[1]).toMatchObject({ name: throwing, status: 'unavailable', reason: expect.stringContaining('no licence') });
    expect(new Set(outcomes.map((outcome) => outcome.status))).toEqual(new Set(['passed']));
  });

  it('is red when it supports nothing of what was asked', () => {
    const { status, stdout } = etalon(...quick, '--adapter', useless, '--output', join(folder, 'useless'));
    expect(status).toBe(1);
    expect(stdout).toContain('supports nothing of what was asked');
  });

  it('may be missing where the user says so', () => {
    expect(etalon(...quick, '--backend', 'js', '--adapter', throwing, '--allow-unavailable', '--json').status).toBe(0);
  });
});

it.runIf(existsSync('/dev/full'))(
  'output that cannot be written is the fault of no backend: 3, in one line, with the stack on request',
  () => {
    const shell = (...more: string[]) =>
      spawnSync(
        'sh',
        [
          '-c',
          '"$@" > /dev/full',
          'sh',
          process.execPath,
          command,
          ...quick,
          '--backend',
          'js',
          '--output',
          join(folder, 'full'),
          ...more,
        ],
        {
          cwd: root,
          encoding: 'utf8',
        },
      );
    const brief = shell();
    expect(brief.status).toBe(3);
    expect(brief.stderr.trim().split('\n').at(-1)).toMatch(
      /^etalon: Etalon itself failed: the output cannot be written: ENOSPC.* \(--debug shows where\)$/,
    );
    expect(brief.stderr).not.toMatch(/\n\s+at /);
    const whole = shell('--debug');
    expect(whole.status).toBe(3);
    expect(whole.stderr).toMatch(/\n\s+at /);
  },
);

it('keeps the journal of a run that was killed, says so, and takes over its lock', () => {
  const output = join(folder, 'killed');
  expect(etalon(...quick, '--backend', 'js', '--output', output).status).toBe(0);
  writeFileSync(join(output, 'run.jsonl'), 'what had been measured\n');
  writeFileSync(join(output, '.etalon-lock'), '999999999\n');
  const { status, stderr } = etalon(...quick, '--backend', 'js', '--output', output);
  expect(status).toBe(0);
  const moved = readdirSync(output).find((name) => /^run-killed-.*\.jsonl$/.test(name));
  expect(stderr).toContain(`${join(output, moved ?? '')} is what a run that was killed had measured; etalon report `);
  writeFileSync(join(output, '.etalon-lock'), `${process.pid}\n`);
  const second = etalon(...quick, '--backend', 'js', '--output', output);
  expect(second.status).toBe(2);
  expect(second.stderr).toContain(`${output} is in use by another run (process ${process.pid})`);
});

it('gives a backend up that hangs again and again, says it once, and is red', () => {
  const silent = join(folder, 'hangs.mjs');
  writeFileSync(
    silent,
    `import { createInterface } from 'node:readline';
    createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, call } = JSON.parse(line);
      if (call !== 'hello') for (;;);
      console.log(JSON.stringify({ id, ok: { protocol: 1, name: 'hangs', version: '1', device: 'cpu', dtype: 'float32', operations: ['relu'] } }));
    });`,
  );
  const words = ['--worker', `node ${silent}`, '--timeout', '0.2', '--give-up-after', '2', '--json'];
  const { status, stdout } = etalon(...quick, ...words);
  const { backends, outcomes }: RunReport = JSON.parse(stdout);
  expect(status).toBe(1);
  expect(outcomes.filter((outcome) => outcome.status === 'timedOut')).toHaveLength(2);
  expect(new Set(outcomes.slice(2).map((outcome) => outcome.status))).toEqual(new Set(['notAsked']));
  expect(backends[0].notAsked).toMatch(
    /^given up after 2 calls in a row at which it crashed or hung; the last: no reply to relu within 0\.2 s/,
  );
});
