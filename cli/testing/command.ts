/** The command as a person runs it: in a process of its own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** Node's arguments that start it: the compiled command, which `build.ts` has made. */
export const command = join(root, 'dist/cli/main.js');

export function etalon(...words: string[]) {
  return etalonIn(process.env, ...words);
}

/** With other variables of the environment than ours. */
export function etalonIn(env: NodeJS.ProcessEnv, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...words], { cwd: root, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}
