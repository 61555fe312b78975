/** The examples of a run on several machines ask every part once: each is run with a command in npx's place that only says what it was given. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { shardOption } from './values.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-examples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'npx'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });

const text = (name: string) => readFileSync(new URL(`examples/${name}`, import.meta.url), 'utf8');
const said = (script: string, env: Record<string, string> = {}) =>
  spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8', env: { PATH: `${folder}:${process.env.PATH}`, ...env } })
    .stdout;
const inTurn = (of: number) => Array.from({ length: of }, (_, i) => i + 1);

function expectEveryPart(lines: readonly string[], of: number): void {
  expect(lines).toEqual(inTurn(of).map((part) => `etalon check --shard ${part}/${of} --output part-${part}\n`));
  for (const line of lines) expect(shardOption(line.split(' ')[3]).of).toBe(of);
}
const merge = 'npx etalon merge part-* --output etalon-report';

it('GitHub: the matrix', () => {
  const { jobs } = parse(text('github-matrix.yml'));
  const runs: string[] = jobs.part.steps.flatMap(({ run }: { run?: string }) => (run?.includes('etalon') ? [run] : []));
  const parts: number[] = jobs.part.strategy.matrix.part;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: GitHub's own braces
  const lines = parts.map((part) => said(runs[0].replaceAll('${{ matrix.part }}', String(part))));
  expectEveryPart(lines, 8);
  expect(jobs.merge.steps.at(-1).run).toBe(merge);
});

it('GitLab: parallel', () => {
  const { part, merge: last } = parse(text('gitlab-parallel.yml'));
  const total = String(part.parallel);
  const lines = inTurn(part.parallel).map((index) =>
    said(part.script.at(-1), { CI_NODE_INDEX: String(index), CI_NODE_TOTAL: total }),
  );
  expectEveryPart(lines, 8);
  expect(last.script.at(-1)).toBe(merge);
});

it('Slurm: the array', () => {
  const script = text('slurm-array.sbatch');
  const [, from, to] = /--array=(\d+)-(\d+)/.exec(script)!.map(Number);
  expect(from).toBe(1);
  expectEveryPart(
    inTurn(to).map((task) => said(script, { SLURM_ARRAY_TASK_ID: String(task) })),
    16,
  );
});
