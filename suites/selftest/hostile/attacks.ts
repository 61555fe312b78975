/** Workers, files, folders, arguments and signals that attack a run, and which of them fell short of being held. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { strongestIsolation } from '../../../backends/isolation/isolation.ts';
import type { SelfTestOptions } from '../part.ts';
import {
  type Attack,
  type AttackContext,
  attackKinds,
  type CommandOptions,
  type CommandResult,
  crowding,
  type HostileResult,
  isAsked,
} from './attack.ts';
import { attackerSource } from './attacker.ts';
import { commandAttacks } from './commandLine.ts';
import { isolationAttacks } from './isolation.ts';
import { workerTrials } from './tried.ts';

export const attacks: readonly Attack[] = [...workerTrials, ...isolationAttacks, ...commandAttacks];

const mostMemoryMiB = 512;
/** No attack keeps a run from its other backends and from signals for longer, where nothing else runs. */
const mostBusyMs = 1000;
/** Attacks that wait for most of their time: more of them at once than there are cores. */
const lanes = 4;

/** How the `etalon` command is started: compiled, or from sources with tsx. */
export function commandWords(): readonly string[] {
  const fromSources = import.meta.url.endsWith('.ts');
  const main = fileURLToPath(new URL(`../../../cli/main.${fromSources ? 'ts' : 'js'}`, import.meta.url));
  return [process.execPath, ...(fromSources ? ['--import', import.meta.resolve('tsx')] : []), main];
}

/** A place for attacks: a folder with the attacker in it, and a function that tries one. */
export function arena(command: readonly string[] = commandWords()) {
  const folder = mkdtempSync(join(tmpdir(), 'etalon-hostile-'));
  // Isolated programs run as somebody else, and read what lies in it.
  chmodSync(folder, 0o755);
  const attacker = join(folder, 'attacker.mjs');
  writeFileSync(attacker, attackerSource);
  const level = strongestIsolation();
  let count = 0;

  function etalon(
    own: string,
    words: readonly string[],
    { meanwhile, before = '', shell = '', timeoutMs = 120_000 }: CommandOptions = {},
  ): Promise<CommandResult> {
    const whole = [...command, ...words];
    const started = performance.now();
    const [program, ...rest] =
      before + shell === ''
        ? whole
        : ['bash', '-o', 'pipefail', '-c', `${before}"$@"${shell}; exit \${PIPESTATUS[0]}`, 'etalon', ...whole];
    const child = spawn(program, rest, {
      cwd: own,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: own, NO_COLOR: '1' },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    void meanwhile?.(child.pid ?? 0);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        resolve({
          code: code ?? (signal === 'SIGKILL' ? 137 : null),
          signal,
          stdout,
          stderr,
          seconds: (performance.now() - started) / 1000,
        });
      });
    });
  }

  return {
    level,
    /** Resolves with what fell short, or with nothing. */
    async try(attack: Attack): Promise<string | undefined> {
      const own = join(folder, String(count++));
      mkdirSync(own, { mode: 0o755 });
      const context: AttackContext = { folder: own, level, attacker, etalon: (words, options) => etalon(own, words, options) };
      const before = process.memoryUsage().rss;
      let largest = before;
      const watch = setInterval(() => {
        largest = Math.max(largest, process.memoryUsage().rss);
      }, 20);
      try {
        const wrong = await attack.run(context);
        const grownMiB = (largest - before) / 2 ** 20;
        return wrong ?? (grownMiB > mostMemoryMiB ? `took ${grownMiB.toFixed(0)} MiB of memory` : undefined);
      } catch (error) {
        return `ended the run: ${error instanceof Error ? error.message : String(error)}`;
      } finally {
        clearInterval(watch);
        rmSync(own, { recursive: true, force: true, maxRetries: 2 });
      }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Tries every attack on a run that is asked for. */
export async function tryAttacks(progress: SelfTestOptions['progress'], asked: string): Promise<HostileResult> {
  const chosen = attacks.filter(({ kind, name }) => isAsked(asked, kind, name));
  const place = arena();
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const fellShort: { readonly attack: Attack; readonly wrong: string }[] = [];
  const waiting = [...chosen];
  let done = 0;
  const lane = async () => {
    for (let attack = waiting.shift(); attack; attack = waiting.shift()) {
      const wrong = await place.try(attack);
      if (wrong !== undefined) fellShort.push({ attack, wrong });
      progress('attacks on a run', ++done, chosen.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    delay.disable();
    place.close();
  }
  const rows = attackKinds.map((kind) => {
    const tried = chosen.filter((attack) => attack.kind === kind).length;
    const short = fellShort.filter(({ attack }) => attack.kind === kind).length;
    return [kind, String(tried), String(tried - short), String(short)];
  });
  const busiestMs = Math.round(delay.max / 1e6);
  const silent = busiestMs > mostBusyMs * crowding() ? [`nothing else was heard of for ${busiestMs} ms`] : [];
  const total = chosen.length;
  return {
    tried: total,
    record: {
      attacks: {
        tried: total,
        held: total - fellShort.length,
        fellShort: fellShort.length,
        isolation: place.level ?? 'none',
        busiestMs,
      },
    },
    summary: `${total} attacks tried, ${total - fellShort.length} held, ${fellShort.length} fell short; isolation: ${place.level ?? 'none works here'}`,
    details: { attacks: fellShort.map(({ attack, wrong }) => ({ kind: attack.kind, name: attack.name, wrong })) },
    problems: [...fellShort.map(({ attack, wrong }) => `${attack.kind}: ${attack.name}: ${wrong}`), ...silent],
    tables: [
      {
        title: 'Hostile workers, files, folders, arguments and signals',
        columns: ['kind', 'tried', 'held', 'fell short'],
        rows: [...rows, ['all', String(total), String(total - fellShort.length), String(fellShort.length)]],
        notes: [`The longest that nothing else was heard of: ${busiestMs} ms.`],
      },
    ],
  };
}
