/**
 * A small shell that outlives us for a moment: when we end, however that happens, its standard input ends, and it ends what is left of our
 * processes and removes their folders. SIGKILL leaves us no other way.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/** What is ended or removed: a process group, a process, every process with this variable in its environment, or a folder. */
export type Guarded = `group ${number}` | `process ${number}` | `mark ${string}` | `folder ${string}`;

const script = `
trap '' INT TERM HUP QUIT PIPE
list=
while IFS= read -r line; do
  case $line in
    +*) list="$list
\${line#+}" ;;
    -*) kept=
      set -f; IFS='
'
      for item in $list; do [ "$item" = "\${line#-}" ] || kept="$kept
$item"; done
      set +f; unset IFS; list=$kept ;;
  esac
done
exec 2> /dev/null
set -f; IFS='
'
for item in $list; do
  value=\${item#* }
  case $item in
    'group '*) kill -KILL "-$value" ;;
    'process '*) kill -KILL "$value" ;;
    'mark '*) set +f
      for file in $(grep -lsxzF -e "$value" /proc/[0-9]*/environ); do
        id=\${file#/proc/}; kill -KILL "\${id%/environ}"
      done
      set -f ;;
    'folder '*) rm -rf -- "$value" ;;
  esac
done
`;

let guardian: ChildProcess | undefined;

function tell(line: string): void {
  if (process.platform === 'win32') return;
  if (guardian === undefined) {
    // In a group of its own: what ends ours must not end it. It keeps nothing of ours in use: its folder is the root, it writes nowhere.
    const env = { PATH: '/usr/bin:/bin' };
    guardian = spawn('/bin/sh', ['-c', script], { cwd: '/', env, detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    // Without a shell, or once somebody has ended it, we are as safe as before.
    guardian.on('error', () => {});
    guardian.stdin?.on('error', () => {});
    guardian.unref();
    (guardian.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }
  guardian.stdin?.write(`${line}\n`);
}

/** Ends or removes it when we are gone. */
export function guard(what: Guarded): void {
  tell(`+${what}`);
}

/** It is gone already. */
export function release(what: Guarded): void {
  if (guardian !== undefined) tell(`-${what}`);
}
