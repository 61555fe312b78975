/** `etalon assignment`: list what is shipped, make a new one, audit one. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { auditAssignment } from '../../suites/grading/audit.ts';
import { type Autograder, autograders, writeAutograder } from '../../suites/grading/autograders.ts';
import { newAssignment } from '../../suites/grading/newAssignment.ts';
import { shippedAssignments, solutionsFolder } from '../../suites/grading/shipped.ts';
import { exitCodes, UsageError } from '../errors.ts';
import { selectOperations } from '../selection.ts';
import { version } from '../version.ts';
import { requireAssignment } from './grade.ts';

export function assignmentCommand(): Command {
  const list = new Command('list').description('List the assignments that are shipped.').action(() => {
    for (const name of shippedAssignments) {
      const { title, points, tasks } = requireAssignment(name);
      process.stdout.write(`${name}: ${title}, ${points} points, ${tasks.length} functions\n`);
    }
  });
  const createNew = new Command('new')
    .description('Make an assignment: text, starters in two languages, and the list of what is asked.')
    .argument('<folder>', 'where its files go; must not exist')
    .requiredOption('--operation <names>', 'operations that are asked, separated by commas', (value: string) =>
      value.split(','),
    )
    .option('--title <words>', 'what students read (default: the name of the folder)')
    .addHelpText(
      'after',
      '\nExample:\n  etalon assignment new exercise-5 --operation conv2d,conv2d.biasGradient --title "Exercise 5"',
    )
    .action(createAssignment);
  const exportTo = new Command('export')
    .description('Make the folder with which another system grades an assignment.')
    .argument('<assignment>', 'a name that etalon assignment list prints, or a folder')
    .argument('<folder>', 'where its files go; must not exist')
    .addOption(new Option('--to <system>', 'the system').choices(autograders).makeOptionMandatory())
    .addHelpText('after', '\nExample:\n  etalon assignment export activations autograder --to gradescope')
    .action(exportAssignment);
  const check = new Command('check')
    .description(
      'Audit an assignment: solutions get full points, starters none, every known mistake loses points and is named.',
    )
    .argument('<assignment>', 'a name that etalon assignment list prints, or a folder')
    .option('--solutions <folder>', 'folder of solution.mjs, solution.py and wrong.yaml')
    .option('--json', 'print the records as JSON on standard output')
    .action(checkAssignment);
  return new Command('assignment')
    .description('List, make and audit assignments.')
    .addCommand(list)
    .addCommand(createNew)
    .addCommand(check)
    .addCommand(exportTo);
}

const nextSteps: Readonly<Record<Autograder, string>> = {
  gradescope:
    'put a package of Etalon (npm run package) and secret.txt into the folder, zip its contents, and upload the archive as autograder',
  prairielearn: 'put the folder into serverFilesCourse/etalon of the course, with secret.txt, and info.json into the question',
  'github-classroom':
    'put classroom.yml into .github/workflows of the repository that students start from, and assignment beside it',
  slurm: 'put secret.txt into the folder, then: sbatch --array=1-16 grade.sbatch HANDED-IN GRADES',
  kubernetes: 'name your image and volume in job.yaml, make the secret etalon-grading, then: kubectl apply -f job.yaml',
};

function exportAssignment(name: string, folder: string, { to }: { readonly to: Autograder }): void {
  if (existsSync(folder)) throw new UsageError(`${folder} exists already; another folder is needed`);
  for (const path of writeAutograder(to, requireAssignment(name), folder)) process.stdout.write(`wrote ${path}\n`);
  process.stdout.write(`next: ${nextSteps[to]}\n`);
}

interface NewOptions {
  readonly operation: readonly string[];
  readonly title?: string;
}

function createAssignment(folder: string, { operation, title = basename(folder) }: NewOptions): void {
  if (existsSync(folder)) throw new UsageError(`${folder} exists already; another folder is needed`);
  const files = newAssignment(title, selectOperations(operation));
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    process.stdout.write(`wrote ${path}\n`);
  }
  process.stdout.write(
    `next:\n  etalon grade ${join(folder, 'starter.py')} --assignment ${folder}\n  etalon assignment check ${folder}\n`,
  );
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
