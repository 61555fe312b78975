/** `etalon grade`: what is wrong with a submission, and what it is worth. */
import { basename, extname } from 'node:path';
import { Command } from 'commander';
import { terminal } from '../../reports/grading/terminal.ts';
import { type Assignment, AssignmentError, readAssignment } from '../../suites/grading/assignment.ts';
import { gradeFile } from '../../suites/grading/gradeFile.ts';
import { assignmentFolder, shippedAssignments } from '../../suites/grading/shipped.ts';
import { exitCodes, UsageError } from '../errors.ts';
import { countingNumber } from '../values.ts';
import { version } from '../version.ts';

interface GradeCommandOptions {
  readonly assignment: string;
  readonly student?: string;
  readonly attempt: number;
  readonly json?: boolean;
}

export function gradeCommand(): Command {
  return new Command('grade')
    .description('Grade a file of plain functions in JavaScript, TypeScript or Python.')
    .argument('<file>', 'the submission')
    .requiredOption(
      '--assignment <name>',
      `an assignment that is shipped (${shippedAssignments.join(', ')}) or the folder of one`,
    )
    .option('--student <name>', 'who handed it in (default: the name of the file)')
    .option('--attempt <number>', 'which attempt of this student it is', countingNumber, 1)
    .option('--json', 'print the grade report as JSON on standard output')
    .addHelpText(
      'after',
      `
Exit codes: 0 full points, 1 points are missing, 2 the command line or a file of the teacher's is wrong, 3 Etalon failed.

Examples:
  etalon grade mine.py --assignment convolution-gradients
  etalon grade mine.mjs --assignment ./my-assignment --student ada --attempt 2`,
    )
    .action(gradeOne);
}

/** @throws UsageError where there is none, or where its files are wrong. */
export function requireAssignment(nameOrFolder: string): Assignment {
  const folder = assignmentFolder(nameOrFolder);
  if (!folder) {
    throw new UsageError(
      `--assignment ${nameOrFolder}: no assignment of this name is shipped (${shippedAssignments.join(', ')}), and no folder of this name has an assignment.yaml`,
    );
  }
  try {
    return readAssignment(folder);
  } catch (error) {
    if (error instanceof AssignmentError) throw new UsageError(error.message);
    throw error;
  }
}

async function gradeOne(file: string, options: GradeCommandOptions): Promise<void> {
  const assignment = requireAssignment(options.assignment);
  const report = await gradeFile(file, assignment, {
    student: options.student ?? basename(file, extname(file)),
    attempt: options.attempt,
    etalonVersion: version,
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new UsageError(`${file}: there is no such file`);
    throw error;
  });
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : terminal(report));
  process.exitCode = report.points === report.maximum ? exitCodes.asExpected : exitCodes.failureFound;
}
