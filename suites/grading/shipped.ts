/** Assignments that come with Etalon. Their solutions are in the repository alone: a package that students install has none. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const shippedAssignments = [
  'perceptron',
  'activations',
  'softmax-and-cross-entropy',
  'mlp-forward',
  'mlp-back-propagation',
  'convolution-forward',
  'convolution-gradients',
  'pooling-and-a-small-network',
] as const;

const assignments = fileURLToPath(new URL('./assignments/', import.meta.url));
const solutions = fileURLToPath(new URL('./solutions/', import.meta.url));

/** Folder of an assignment by its name, or the folder itself; undefined where there is none. */
export function assignmentFolder(nameOrFolder: string): string | undefined {
  if ((shippedAssignments as readonly string[]).includes(nameOrFolder)) return join(assignments, nameOrFolder);
  return existsSync(join(nameOrFolder, 'assignment.yaml')) ? resolve(nameOrFolder) : undefined;
}

/** Folder of an assignment's solutions: `solutions` in its own folder, or for what is shipped the repository's. */
export function solutionsFolder(folder: string): string | undefined {
  const candidates = [
    join(folder, 'solutions'),
    ...(folder.startsWith(assignments) ? [join(solutions, basename(folder))] : []),
  ];
  return candidates.find((candidate) => existsSync(candidate));
}
