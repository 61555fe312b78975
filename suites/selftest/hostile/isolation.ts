/** What a program in isolation tries to reach. Each expression is evaluated inside; it must throw, or give nothing. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hidesFiles, isolate } from '../../../backends/isolation/isolation.ts';
import type { Attack } from './attack.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const fs = "require('fs')";

/** Name, and an expression that is true when the attack succeeds. */
const attempts: readonly (readonly [name: string, expression: string])[] = [
  ['reads the reference', `${fs}.readdirSync('${root}reference').length > 0`],
  ['reads the suites', `${fs}.readdirSync('${root}suites').length > 0`],
  ['reads the fixtures', `${fs}.readdirSync('${root}fixtures').length > 0`],
  ['reads the hidden file of a visible folder', `${fs}.readFileSync('FOLDER/hidden/answers').length > 0`],
  ['reads it through the first process', `${fs}.readFileSync('/proc/1/root' + 'FOLDER/hidden/answers').length > 0`],
  ['reads it through the parent', `${fs}.readFileSync('/proc/' + process.ppid + '/root' + 'FOLDER/hidden/answers').length > 0`],
  ['reads it through Etalon', `${fs}.readFileSync('/proc/PARENT/root' + 'FOLDER/hidden/answers').length > 0`],
  ['reads the accounts', `${fs}.readFileSync('/etc/passwd').length > 0`],
  ['reads the shadow of the accounts', `${fs}.readFileSync('/etc/shadow').length > 0`],
  ['reads homes', `${fs}.readdirSync('/home').concat(${fs}.readdirSync('/root')).length > 0`],
  ['reads /var', `${fs}.readdirSync('/var').length > 0`],
  ['reads sockets in /run', `${fs}.readdirSync('/run').length > 0`],
  ['reads the environment of Etalon', `${fs}.readFileSync('/proc/PARENT/environ').length > 0`],
  ['reads the memory of Etalon', `${fs}.openSync('/proc/PARENT/mem') > 0`],
  ['reads our variables', `Object.keys(process.env).includes('ETALON_HOSTILE_SECRET')`],
  ['sees the processes of the system', `${fs}.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length > 8`],
  ['signals Etalon', `process.kill(PARENT, 0)`],
  ['signals everybody', `(process.kill(-1, 0), ${fs}.existsSync('/proc/PARENT'))`],
  ['writes into a visible folder', `(${fs}.writeFileSync('FOLDER/visible/planted', ''), true)`],
  ['removes a visible file', `(${fs}.rmSync('FOLDER/visible/file'), true)`],
  ['writes into the system', `(${fs}.writeFileSync('/usr/planted', ''), true)`],
  ['writes at the top', `(${fs}.mkdirSync('/planted'), true)`],
  ['opens a parameter of the kernel', `${fs}.openSync('/proc/sys/kernel/core_pattern', 'r+') > 0`],
  ['opens a disk', `${fs}.readdirSync('/dev').some((name) => /^(sd|vd|nvme|xvd|loop|mem$|kmem$)/.test(name))`],
  ['makes a device', `require('child_process').spawnSync('mknod', ['/tmp/zero', 'c', '1', '5']).status === 0`],
  ['mounts', `require('child_process').spawnSync('mount', ['-t', 'tmpfs', 'none', '/tmp']).status === 0`],
  ['unmounts what hides', `require('child_process').spawnSync('umount', ['-l', 'FOLDER/hidden']).status === 0`],
  ['changes its root', `require('child_process').spawnSync('chroot', ['/usr', '/bin/true']).status === 0`],
  [
    'becomes root',
    `(process.setuid(0), process.getuid() === 0 && /CapEff:\\s+0*[1-9a-f]/.test(${fs}.readFileSync('/proc/self/status', 'utf8')))`,
  ],
  ['has a privilege', `!/CapEff:\\s+0+\\n/.test(${fs}.readFileSync('/proc/self/status', 'utf8'))`],
  ['may gain privileges', `!/NoNewPrivs:\\s+1/.test(${fs}.readFileSync('/proc/self/status', 'utf8'))`],
  ['has a network', `Object.keys(require('os').networkInterfaces()).some((name) => name !== 'lo')`],
  [
    'fills the disk',
    `(() => { for (let i = 0; i < 64; i++) ${fs}.writeFileSync('/tmp/' + i, Buffer.alloc(2 ** 20)); return true; })()`,
  ],
  ['takes 2 GiB of memory', `Array.from({ length: 128 }, () => Buffer.alloc(2 ** 24, 1)).length === 128`],
  [
    'raises its limits',
    `require('child_process').spawnSync('prlimit', ['--pid', String(process.pid), '--nofile=100000']).status === 0`,
  ],
];

export const isolationAttacks: readonly Attack[] = attempts.map(([name, expression]) => ({
  kind: 'isolation',
  name: `inside: ${name}`,
  async run({ folder, level }) {
    // The levels that hide no files say of themselves that they are for trusted code.
    if (level === undefined || !hidesFiles(level)) return undefined;
    for (const part of ['visible', 'hidden']) mkdirSync(join(folder, part), { mode: 0o755 });
    writeFileSync(join(folder, 'hidden/answers'), '42');
    writeFileSync(join(folder, 'visible/file'), '');
    const tried = expression.replaceAll('FOLDER', folder).replaceAll('PARENT', String(process.pid));
    const code = `process.on('SIGXFSZ', () => {}); let done = false; try { done = ${tried}; } catch {} console.log(done ? 'succeeded' : 'held');`;
    const options = {
      readable: [process.execPath, folder],
      hidden: [join(folder, 'hidden')],
      memoryBytes: 2 ** 29,
      fileBytes: 2 ** 24,
    };
    const made = isolate([process.execPath, '-e', code], options, level);
    process.env.ETALON_HOSTILE_SECRET = 'secret';
    const { stdout, ended } = await new Promise<{ stdout: string; ended: boolean }>((resolve) => {
      const limits = { env: made.environment, timeout: 60_000, killSignal: 'SIGKILL' } as const;
      execFile(made.command, made.arguments, limits, (error, text) => resolve({ stdout: text, ended: error !== null }));
    });
    // It may also have been ended for trying.
    return stdout.includes('succeeded') || !(ended || stdout.includes('held')) ? 'it succeeds' : undefined;
  },
}));
