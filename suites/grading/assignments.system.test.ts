import { expect, it } from 'vitest';
import { readAssignment } from './assignment.ts';
import { auditAssignment } from './audit.ts';
import { assignmentFolder, shippedAssignments, solutionsFolder } from './shipped.ts';

it.each(shippedAssignments)('%s passes its audit, and no mistake is named beside another', async (name) => {
  const folder = assignmentFolder(name)!;
  const records = await auditAssignment(readAssignment(folder), solutionsFolder(folder), { etalonVersion: 'test' });
  expect(records.filter(({ passed }) => !passed)).toEqual([]);
  expect(records.filter(({ says }) => says.startsWith('named beside'))).toEqual([]);
  // The first two sentences of the feedback on every wrong solution, to be read as prose.
  const wrong = records.filter(({ what }) => what.startsWith('wrong solution'));
  expect(wrong.map(({ says }) => says)).toMatchSnapshot();
  // Two starters, two solutions, five wrong ones, and what the operations know.
  expect(records.length).toBeGreaterThan(12);
});
