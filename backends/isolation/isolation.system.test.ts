/** Attacks on every level that works on this machine; each level must hold what its description says. Needs Linux; root and bubblewrap for all. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  endUser,
  hidesFiles,
  type IsolationLevel,
  type IsolationOptions,
  isolate,
  isolationLevels,
  nodeAddressSpaceBytes,
  whyNot,
} from './isolation.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-isolation-'));
chmodSync(folder, 0o755);
mkdirSync(join(folder, 'package'));
mkdirSync(join(folder, 'package/backends'));
writeFileSync(join(folder, 'package/answers.txt'), 'the answers');
writeFileSync(join(folder, 'package/backends/host.txt'), 'the host');
const victim = join(folder, 'victim.txt');
writeFileSync(victim, 'untouched', { mode: 0o666 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A server that counts whoever reaches it, on the loopback device and as an abstract socket. */
const server = createServer((socket) => socket.end());
let port = 0;
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  port = (server.address() as { port: number }).port;
});
afterAll(() => server.close());

function run(level: IsolationLevel, code: string, options: Partial<IsolationOptions> = {}) {
  const made = isolate([process.execPath, '-e', code], { readable: [process.execPath], ...options }, level);
  const result = spawnSync(made.command, made.arguments, {
    env: made.environment,
    encoding: 'utf8',
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  return { ...result, user: made.user };
}

/** The error's code, or what the expression gives. */
const attempt = (expression: string) =>
  `let said; try { said = ${expression}; } catch (error) { said = error.code; } console.log(String(said));`;

describe.each(isolationLevels)('%s', (level) => {
  const reason = whyNot(level);
  const isRoot = process.getuid?.() === 0;
  if (reason !== undefined) it.skip(`cannot be tried here: ${reason}`, () => {});
  const tried = it.runIf(reason === undefined);
  const hiding = it.runIf(reason === undefined && hidesFiles(level));
  const otherUser = it.runIf(reason === undefined && isRoot && level !== 'userNamespaces' && level !== 'limits');
  const counting = it.runIf(reason === undefined && level !== 'limits' && !(level === 'userNamespaces' && isRoot));

  tried('starts Node in the address space that it needs', () => {
    expect(run(level, 'console.log("here")', { addressSpaceBytes: nodeAddressSpaceBytes() }).stdout).toBe('here\n');
  });

  hiding('shows a named folder and covers a hidden one in it', () => {
    const options = {
      readable: [process.execPath, folder, join(folder, 'package/backends')],
      hidden: [join(folder, 'package')],
    };
    const read = (path: string) =>
      run(level, attempt(`require('fs').readFileSync(${JSON.stringify(join(folder, path))}, 'utf8')`), options).stdout;
    expect(read('package/backends/host.txt')).toBe('the host\n');
    expect(read('victim.txt')).toBe('untouched\n');
    expect(read('package/answers.txt')).toBe('ENOENT\n');
  });

  hiding.each([
    ['the sources of Etalon', join(import.meta.dirname, 'isolation.ts')],
    ['the root of the first process', '/proc/1/root/etc/passwd'],
    ['the accounts', '/etc/passwd'],
    ['the memory of the first process', '/proc/1/mem'],
  ])('does not show %s', (_, path) => {
    expect(run(level, attempt(`require('fs').readFileSync(${JSON.stringify(path)}).length`)).stdout).toMatch(
      /^(ENOENT|EACCES|EPERM|EIO)\n$/,
    );
  });

  hiding('lets nothing be written but the private folder and /tmp', () => {
    const own = mkdtempSync(join(folder, 'own-'));
    const options = { readable: [process.execPath, folder], writable: own };
    const write = (path: string) =>
      run(level, attempt(`require('fs').writeFileSync(${JSON.stringify(path)}, 'written') ?? 'written'`), options).stdout;
    expect(write(join(own, 'result'))).toBe('written\n');
    expect(readFileSync(join(own, 'result'), 'utf8')).toBe('written');
    expect(write('/tmp/result')).toBe('written\n');
    for (const path of [victim, '/usr/planted', '/planted', '/dev/planted', '/etc/planted']) {
      expect(write(path), path).toMatch(/^(EROFS|EACCES|EPERM)\n$/);
    }
    // Opened, not written: where this fails the machine is to stay as it is.
    expect(run(level, attempt("require('fs').openSync('/proc/sys/kernel/core_pattern', 'r+')")).stdout).toMatch(
      /^(EROFS|EACCES|EPERM)\n$/,
    );
    expect(readFileSync(victim, 'utf8')).toBe('untouched');
    expect(readdirSync(tmpdir())).not.toContain('result');
  });

  hiding('has no network', () => {
    const code = `
      const socket = require('net').connect(${port}, '127.0.0.1');
      socket.on('connect', () => { console.log('connected'); process.exit(); });
      socket.on('error', (error) => console.log(error.code));`;
    expect(run(level, code).stdout).toMatch(/^(ECONNREFUSED|ENETUNREACH)\n$/);
  });

  hiding('sees no process of the system and can signal none', () => {
    const count = "require('fs').readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length";
    expect(Number(run(level, attempt(count)).stdout)).toBeLessThan(6);
    expect(run(level, attempt(`process.kill(${process.pid}, 0)`)).stdout).toBe('ESRCH\n');
  });

  hiding('ends everything that the program started when the program ends', async () => {
    const mark = `etalon-orphan-${level}-${process.pid}`;
    run(
      level,
      `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '${mark}'], { detached: true, stdio: 'ignore' }).unref()`,
    );
    await setTimeout(200);
    expect(processesWith(mark)).toEqual([]);
  });

  otherUser('leaves nothing of its user behind, daemons included', async () => {
    const mark = `etalon-daemon-${level}-${process.pid}`;
    const code = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '${mark}'], { detached: true, stdio: 'ignore' }).unref()`;
    const { user } = run(level, code);
    endUser(user!);
    await setTimeout(200);
    expect(processesWith(mark)).toEqual([]);
  });

  otherUser('runs as a user of its own that cannot signal us', () => {
    const { stdout, user } = run(
      level,
      `console.log(process.getuid(), process.getgid(), process.getgroups().join()); ${attempt(`process.kill(${process.pid}, 0)`)}`,
    );
    expect(stdout).toMatch(new RegExp(`^${user} ${user} ${user}\\n(ESRCH|EPERM)\\n$`));
  });

  otherUser('cannot become root again', () => {
    expect(run(level, attempt('process.setuid(0) ?? "root"')).stdout).toBe('EPERM\n');
    expect(
      run(level, `console.log(/CapEff:\\s+0+\\n/.test(require('fs').readFileSync('/proc/self/status', 'utf8')))`).stdout,
    ).toBe('true\n');
  });

  counting('stops a fork bomb at the limit', () => {
    const code = `
      let count = 0;
      const more = () => {
        const child = require('child_process').spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' });
        child.on('error', ({ code }) => { console.log(code, count); process.exit(); });
        if (child.pid !== undefined && ++count < 200) setImmediate(more);
        else if (count === 200) { console.log('all', count); process.exit(); }
      };
      more();`;
    const [said, count] = run(level, code, { processes: 40, openFiles: 1024 }).stdout.trim().split(' ');
    expect(said).toBe('EAGAIN');
    expect(Number(count)).toBeLessThan(40);
  });

  tried('stops a memory bomb at the limit', () => {
    const { status, signal, stdout } = run(
      level,
      'const all = []; for (let i = 0; i < 256; i++) all.push(Buffer.alloc(2 ** 24, 1)); console.log("4 GiB")',
      { memoryBytes: 2 ** 29 },
    );
    expect(stdout).toBe('');
    expect(status === 0 && signal === null).toBe(false);
  });

  tried('ends an endless loop after its processor time', () => {
    const started = performance.now();
    const { status, signal } = run(level, 'process.on("SIGXCPU", () => {}); for (;;);', { cpuSeconds: 1 });
    // 128 and the signal's number, where a shell stands between.
    expect([status, signal]).not.toEqual([0, null]);
    expect(performance.now() - started).toBeLessThan(25_000);
  });

  tried('limits files that are written, and writes no core', () => {
    const code = `process.on('SIGXFSZ', () => {}); ${attempt("require('fs').writeFileSync('/tmp/etalon-large-' + process.pid, Buffer.alloc(2 ** 21)) ?? 'written'")} require('fs').rmSync('/tmp/etalon-large-' + process.pid, { force: true });`;
    expect(run(level, code, { fileBytes: 2 ** 20 }).stdout).toBe('EFBIG\n');
    expect(
      run(level, "console.log(require('fs').readFileSync('/proc/self/limits', 'utf8').match(/Max core file size +(\\d+)/)[1])")
        .stdout,
    ).toBe('0\n');
  });

  hiding('limits what is written to /tmp altogether', () => {
    const code = `let said = 'all'; try { for (let i = 0; i < 64; i++) require('fs').writeFileSync('/tmp/' + i, Buffer.alloc(2 ** 19)); } catch (error) { said = error.code; } console.log(said);`;
    expect(run(level, code, { fileBytes: 2 ** 20 }).stdout).toBe('ENOSPC\n');
  });

  tried('says a crash with its signal or with 128 and its number', () => {
    const { status, signal } = run(level, 'process.kill(process.pid, "SIGSEGV")');
    expect(signal === 'SIGSEGV' || status === 139).toBe(true);
  });

  tried('leaves the standard streams and descriptor 3 open', () => {
    const made = isolate(
      [process.execPath, '-e', 'process.stdin.pipe(require("fs").createWriteStream(null, { fd: 3 }))'],
      { readable: [process.execPath] },
      level,
    );
    const { output } = spawnSync(made.command, made.arguments, {
      env: made.environment,
      input: 'over there',
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    expect(output[3]).toBe('over there');
  });

  it.runIf(reason === undefined && isRoot && level !== 'limits' && level !== 'userNamespaces')(
    'gives the writable folder to its user',
    () => {
      const own = mkdtempSync(join(folder, 'own-'));
      const { user } = run(level, '', { writable: own });
      expect(statSync(own).uid).toBe(user);
    },
  );
});

function processesWith(mark: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(mark);
    } catch {
      return false;
    }
  });
}
