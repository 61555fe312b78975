/** `etalon assignment`: list what is shipped, make a new one, audit one. */
import { Command } from 'commander';
import { auditAssignment } from '../../suites/grading/audit.ts';
import { shippedAssignments, solutionsFolder } from '../../suites/grading/shipped.ts';
import { exitCodes } from '../errors.ts';
import { version } from '../version.ts';
import { requireAssignment } from './grade.ts';

export function assignmentCommand(): Command {
  const list = new Command('list').description('List the assignments that are shipped.').action(() => {
    for (const name of shippedAssignments) {
      const { title, points, tasks } = requireAssignment(name);
      process.stdout.write(`${name}: ${title}, ${points} points, ${tasks.length} functions\n`);
    }
  });
  const check = new Command('check')
    .description(
      'Audit an assignment: solutions get full points, starters none, every known mistake loses points and is named.',
    )
    .argument('<assignment>', 'a name that etalon assignment list prints, or a folder')
    .option('--solutions <folder>', 'folder of solution.mjs, solution.py and wrong.yaml')
    .option('--json', 'print the records as JSON on standard output')
    .action(checkAssignment);
  return new Command('assignment').description('List, make and audit assignments.').addCommand(list).addCommand(check);
}

async function checkAssignment(
  name: string,
  { solutions, json }: { readonly solutions?: string; readonly json?: boolean },
): Promise<void> {
  const assignment = requireAssignment(name);
  const records = await auditAssignment(assignment, solutions ?? solutionsFolder(assignment.folder), {
    etalonVersion: version,
  });
  const failed = records.filter(({ passed }) => !passed);
  if (json) process.stdout.write(`${JSON.stringify(records, null, 2)}\n`);
  else {
    for (const { what, passed, says } of records) process.stdout.write(`${passed ? '✓' : '✗'} ${what}: ${says}\n`);
    process.stdout.write(
      `${assignment.name}: ${failed.length === 0 ? 'as it must be' : `${failed.length} not as it must be`}\n`,
    );
  }
  process.exitCode = failed.length === 0 ? exitCodes.asExpected : exitCodes.failureFound;
}
