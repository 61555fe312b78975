import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { sampleReport } from '../reports/testing/sample.ts';
import { parseJournal, startJournal } from './journal.ts';

it('gives the outcomes in the order of the table, whatever the order in which they were asked', () => {
  const [first, second] = sampleReport.operations;
  const of = ({ name }: { name: string }, recipe: string) => ({
    ...sampleReport.outcomes[0],
    operation: name,
    caseId: `${name}/${recipe}/random`,
  });
  const journal = startJournal({ ...sampleReport, outcomes: [] });
  for (const outcome of [of(second, 'plain'), of(first, 'plain'), of(second, 'bare'), of(first, 'bare')])
    journal.outcome(outcome);
  expect(journal.finish().outcomes.map(({ caseId }) => caseId)).toEqual(
    [of(first, 'plain'), of(first, 'bare'), of(second, 'plain'), of(second, 'bare')].map(({ caseId }) => caseId),
  );
});

it('has an answer in its file when it is judged, and the diagnosis when all answers of the operation are there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'etalon-journal-'));
  const journal = startJournal({ ...sampleReport, outcomes: [] }, folder);
  const [outcome] = sampleReport.outcomes;
  const { backend, caseId } = outcome;
  const written = () =>
    parseJournal(readFileSync(join(folder, 'run.jsonl'), 'utf8'), 'run.jsonl', () => {}).outcomes.map(
      ({ diagnosis }) => diagnosis,
    );
  journal.outcome({ ...outcome, diagnosis: undefined });
  await vi.waitFor(() => expect(written()).toEqual([undefined]));
  journal.outcome({ ...outcome, diagnosis: undefined, caseId: 'another' });
  journal.diagnosis({ backend, caseId, diagnosis: 'twice what is due' });
  await vi.waitFor(() => expect(written()).toEqual(['twice what is due', undefined]));
  expect(journal.report.outcomes.map(({ diagnosis }) => diagnosis)).toEqual(['twice what is due', undefined]);
  journal.finish();
  journal.discard();
});
