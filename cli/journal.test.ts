import { expect, it } from 'vitest';
import { sampleReport } from '../reports/testing/sample.ts';
import { startJournal } from './journal.ts';

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
