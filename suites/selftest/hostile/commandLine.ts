/** Files, folders, arguments and signals, tried on the command line as a person or a build would. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Attack, type AttackContext, type AttackKind, type CommandOptions, crowding, misended } from './attack.ts';

const quick = ['check', '--backend', 'js', '--case', 'relu/plain/exact'];
const isRoot = () => process.getuid?.() === 0;

interface Try {
  readonly words: (context: AttackContext) => readonly string[];
  readonly due: number;
  readonly says?: RegExp;
  readonly options?: (context: AttackContext) => CommandOptions;
  readonly mostSeconds?: number;
  /** What is wrong afterwards. */
  readonly afterwards?: (context: AttackContext) => string | undefined;
}

function attack(kind: AttackKind, name: string, { words, due, says, options, mostSeconds, afterwards }: Try): Attack {
  return {
    kind,
    name,
    async run(context) {
      const result = await context.etalon(words(context), options?.(context));
      return misended(result, due, says, mostSeconds) ?? afterwards?.(context);
    },
  };
}

const header = JSON.stringify({
  header: {
    ...{
      schemaVersion: 2,
      etalonVersion: '0',
      startedAt: '',
      seed: 1,
      command: '',
      environment: { node: '', platform: '', cpu: '', cores: 1, memoryGiB: 1 },
    },
    ...{ backends: [], operations: [], outcomes: [], properties: [], timings: [], rows: [] },
  },
});

const badReports: Readonly<Record<string, string>> = {
  'that is empty': '',
  'that is no JSON': 'not JSON',
  'of null': 'null',
  'of a list': '[]',
  'of a number': '1e999',
  'of another version': '{"schemaVersion":99}',
  'of a version that is text': '{"schemaVersion":"2"}',
  'of version 1 and nothing else': '{"schemaVersion":1}',
  'of version 2 and nothing else': '{"schemaVersion":2}',
  'with outcomes of null': '{"schemaVersion":2,"outcomes":null}',
  'that was cut off': '{"schemaVersion":2,"outcomes":[{"caseId":"relu',
  'with a conflict of a merge': '<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> main\n',
  'nested 100,000 deep': '['.repeat(100_000),
  'with __proto__': '{"__proto__":{"schemaVersion":2}}',
  'with words that act': '{"schemaVersion":"\\u001b]0;x\\u0007\\n::error::x"}',
  'of binary': '\u0000\u0001\u0002',
};
const badJournals: Readonly<Record<string, string>> = {
  'that is empty': '',
  'that is no JSON': 'not JSON\n',
  'without a header': '{"caseSeconds":3}\n',
  'with a header of null': '{"header":null}\n',
  'of a list': '[]\n',
};
const oddJournals: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
  'with a line that is no JSON': [`${header}\nnot JSON\n{"caseSeconds":3}\n`, /line 2 is left out: it is not JSON/],
  'with an entry of another kind': [
    `${header}\n{"novelty":1}\n{"caseSeconds":3}\n`,
    /line 2 is left out: no entry is called "novelty"/,
  ],
  'with an outcome of null': [`${header}\n{"outcome":null}\n\n`, /line 2 is left out: outcome/],
  'with two headers': [`${header}\n${header}\n\n`, /line 2 is left out: a second header/],
  'whose last line was cut off': [`${header}\n{"outcome":{"ca`, /index\.html/],
};
const badLists: Readonly<Record<string, string>> = {
  'that are no JSON': 'x',
  'that are no list': '{}',
  'of null': '[null]',
  'without a reason': '[{"backend":"js","case":"*"}]',
  'with a word too many': '[{"backend":"js","case":"*","reason":"x","more":1}]',
  'with a range that is none': '[{"backend":"js","case":"*","reason":"x","versions":"latest"}]',
  'with a link that is none': '[{"backend":"js","case":"*","reason":"x","link":"here"}]',
};

function withFile(
  kind: AttackKind,
  name: string,
  file: string,
  text: string,
  words: (path: string) => readonly string[],
  due: number,
  says?: RegExp,
): Attack {
  return attack(kind, name, {
    due,
    says,
    words: ({ folder }) => {
      writeFileSync(join(folder, file), text);
      return words(join(folder, file));
    },
  });
}

const elsewhere = (path: string) => ['report', path, '--output', `${path}-report`];
const files: readonly Attack[] = [
  ...Object.entries(badReports).map(([name, text]) =>
    withFile('file', `a report ${name}`, 'run.json', text, elsewhere, 2, /run\.json/),
  ),
  ...Object.entries(badJournals).map(([name, text]) =>
    withFile('file', `a journal ${name}`, 'run.jsonl', text, elsewhere, 2, /is not the journal of a run/),
  ),
  ...Object.entries(oddJournals).map(([name, [text, says]]) =>
    withFile('file', `a journal ${name}`, 'run.jsonl', text, elsewhere, 0, says),
  ),
  ...Object.entries(badLists).map(([name, text]) =>
    withFile(
      'file',
      `expected failures ${name}`,
      'list.json',
      text,
      (path) => [...quick, '--expected-failures', path],
      2,
      /expected failures .*list\.json/,
    ),
  ),
  withFile(
    'file',
    'expected failures with a pattern of 40 stars',
    'list.json',
    `[{"backend":"js","case":"${'*a'.repeat(40)}","reason":"x"}]`,
    (path) => [...quick, '--expected-failures', path],
    0,
  ),
  attack('file', 'a report that is a folder', { due: 2, says: /it is not a file/, words: ({ folder }) => ['report', folder] }),
  attack('file', 'a report that is a pipe', {
    due: 2,
    says: /it is not a file/,
    words: ({ folder }) => {
      execFileSync('mkfifo', [join(folder, 'run.json')]);
      return elsewhere(join(folder, 'run.json'));
    },
  }),
  attack('file', 'a report of 8 GiB', {
    due: 2,
    says: /are read at most/,
    words: ({ folder }) => {
      writeFileSync(join(folder, 'run.json'), '');
      truncateSync(join(folder, 'run.json'), 2 ** 33);
      return elsewhere(join(folder, 'run.json'));
    },
  }),
  attack('file', 'a report that is endless', { due: 2, says: /it is not a file/, words: () => ['report', '/dev/zero'] }),
  attack('file', 'expected failures that are endless', {
    due: 2,
    says: /it is not a file/,
    words: () => [...quick, '--expected-failures', '/dev/zero'],
  }),
];

const adapters: Readonly<Record<string, string>> = {
  'that throws while loading': 'throw new Error("\\u001b[31mno\\n::error::x")',
  'that exits while loading': 'process.exit(0)',
  'that crashes while loading': 'process.kill(process.pid, "SIGSEGV"); for (;;);',
  'without a default export': 'export const nothing = 1',
  'whose export is a number': 'export default 1',
  'whose function throws': 'export default async () => { throw new Error("no") }',
  'whose function gives nothing': 'export default async () => undefined',
  'that does not parse': 'export default async ( => {',
  'whose description is empty': 'export default async () => ({ describe: async () => ({}) })',
  'that supports nothing':
    "export default async () => ({ describe: async () => ({ name: 'n', library: 'n', version: '1', device: 'cpu', dtype: 'float32' }), supports: () => ({ supported: false, reason: 'no' }) })",
};

const hangingHello = 'hello that hangs';
const workerWords = ({ attacker }: AttackContext, way: string) => ['--worker', `${process.execPath} ${attacker} '${way}'`];
const relu = ['--operation', 'relu', '--properties', '0'];

const folders: readonly Attack[] = [
  ...Object.entries(adapters).map(([name, text]) =>
    attack('file', `an adapter ${name}`, {
      due: 1,
      says: /mine\.mjs|supports nothing/,
      words: ({ folder }) => {
        writeFileSync(join(folder, 'mine.mjs'), text);
        return ['check', '--adapter', join(folder, 'mine.mjs'), ...relu, '--output', join(folder, 'out')];
      },
    }),
  ),
  attack('folder', 'a folder below a file', {
    due: 2,
    says: /cannot write to/,
    words: ({ folder }) => [...quick, '--output', join(planted(folder, 'file'), 'below')],
  }),
  attack('folder', 'a folder that is a file', {
    due: 2,
    says: /cannot write to/,
    words: ({ folder }) => [...quick, '--output', planted(folder, 'file')],
  }),
  attack('folder', 'a folder below /proc', {
    due: 2,
    says: /cannot write to/,
    words: () => [...quick, '--output', '/proc/etalon/below'],
  }),
  attack('folder', 'a folder below /dev/null', {
    due: 2,
    says: /cannot write to/,
    words: () => [...quick, '--output', '/dev/null/below'],
  }),
  attack('folder', 'a folder with a null byte', {
    due: 2,
    says: /cannot write to|name of a folder/,
    words: ({ folder }) => [...quick, '--output', `${folder}/a`.concat('x'.repeat(300))],
  }),
  attack('folder', 'a folder without a name', {
    due: 2,
    says: /the name of a folder is needed/,
    words: () => [...quick, '--output', ''],
  }),
  attack('folder', 'a folder that is a link to nowhere', {
    due: 2,
    says: /a link that leads nowhere/,
    words: ({ folder }) => {
      symlinkSync('/nowhere/at/all', join(folder, 'link'));
      return [...quick, '--output', join(folder, 'link')];
    },
  }),
  ...['run.json', 'run.jsonl', 'index.html', 'junit.xml', '.etalon-lock'].flatMap((file) => [
    attack('folder', `a folder where ${file} goes`, {
      due: 2,
      says: /a folder lies there/,
      words: ({ folder }) => {
        mkdirSync(join(folder, 'out', file), { recursive: true });
        return [...quick, '--output', join(folder, 'out')];
      },
    }),
    attack('folder', `a link where ${file} goes`, {
      due: 2,
      says: /a link lies there/,
      words: ({ folder }) => {
        mkdirSync(join(folder, 'out'));
        symlinkSync(planted(folder, 'victim'), join(folder, 'out', file));
        return [...quick, '--output', join(folder, 'out')];
      },
      afterwards: ({ folder }) =>
        readFileSync(join(folder, 'victim'), 'utf8') === 'untouched' ? undefined : 'the link was followed',
    }),
    attack('folder', `a pipe where ${file} goes`, {
      due: 2,
      says: /no plain file lies there/,
      words: ({ folder }) => {
        mkdirSync(join(folder, 'out'));
        execFileSync('mkfifo', [join(folder, 'out', file)]);
        return [...quick, '--output', join(folder, 'out')];
      },
    }),
  ]),
  attack('folder', 'a folder that may not be written to', {
    // Root may write everywhere.
    due: isRoot() ? 0 : 2,
    words: ({ folder }) => {
      mkdirSync(join(folder, 'out'));
      chmodSync(join(folder, 'out'), 0o500);
      return [...quick, '--output', join(folder, 'out')];
    },
  }),
  attack('folder', 'a folder that another run writes to', {
    due: 2,
    says: /is in use by another run/,
    words: ({ folder }) => {
      mkdirSync(join(folder, 'out'));
      writeFileSync(join(folder, 'out/.etalon-lock'), `${process.pid}\n`);
      return [...quick, '--output', join(folder, 'out')];
    },
  }),
  ...['999999999', 'nonsense', '', '-1', '9'.repeat(100_000)].map((owner) =>
    attack('folder', `the lock of ${owner.slice(0, 12) || 'nobody'}`, {
      due: 0,
      words: ({ folder }) => {
        mkdirSync(join(folder, 'out'));
        writeFileSync(join(folder, 'out/.etalon-lock'), owner);
        return [...quick, '--output', join(folder, 'out')];
      },
      afterwards: ({ folder }) => (existsSync(join(folder, 'out/.etalon-lock')) ? 'the lock stays' : undefined),
    }),
  ),
  attack('folder', 'the journal of a run that was killed', {
    due: 0,
    says: /is what a run that was killed had measured/,
    words: ({ folder }) => {
      mkdirSync(join(folder, 'out'));
      writeFileSync(join(folder, 'out/run.jsonl'), `${header}\n`);
      return [...quick, '--output', join(folder, 'out')];
    },
    afterwards: ({ folder }) =>
      readdirSync(join(folder, 'out')).some((name) => /^run-killed-.*\.jsonl$/.test(name)) ? undefined : 'it is gone',
  }),
  // A disk that fills up, as a limit on the size of a file: no root is needed, and the same error path ends both.
  ...[8, 100].map((kiB) =>
    attack('folder', `a disk with room for ${kiB} KiB`, {
      due: 3,
      says: /holds what was measured until then/,
      words: ({ folder }) => ['check', '--backend', 'js', '--operation', 'matmul', '--output', join(folder, 'out')],
      options: () => ({ before: `ulimit -f ${kiB}; ` }),
      afterwards: ({ folder }) => cutJournal(join(folder, 'out/run.jsonl')),
    }),
  ),
  attack('folder', 'a folder that is removed while the run goes on', {
    due: 3,
    says: /holds what was measured until then/,
    words: (context) => [
      'check',
      ...workerWords(context, '{"operations":["relu"]}'),
      ...relu,
      '--timeout',
      '2',
      '--give-up-after',
      '9',
      '--output',
      join(context.folder, 'out'),
    ],
    options: ({ folder }) => ({
      meanwhile: async () => {
        for (let i = 0; i < 400 && !existsSync(join(folder, 'out/run.jsonl')); i++) await setTimeout(25);
        await setTimeout(500);
        rmSync(join(folder, 'out'), { recursive: true, force: true });
      },
    }),
  }),
];

/** Says which line of a journal cannot be read, if one cannot. */
function cutJournal(file: string): string | undefined {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  for (const [index, line] of lines.entries()) {
    try {
      JSON.parse(line);
    } catch {
      return `line ${index + 1} of the journal is cut off`;
    }
  }
  return undefined;
}

/** A file that must not change. */
function planted(folder: string, name: string): string {
  const path = join(folder, name);
  writeFileSync(path, 'untouched');
  return path;
}

const argument = (words: readonly string[], due: number, says?: RegExp, options?: CommandOptions): Attack =>
  attack(
    'argument',
    `etalon ${words.map((word) => (word.length > 30 ? `${word.slice(0, 30)}…` : word)).join(' ')}${options?.shell ?? ''}`,
    {
      words: () => words,
      due,
      says,
      options: () => options ?? {},
    },
  );

const commandArguments: readonly Attack[] = [
  argument(['chek'], 2, /unknown command/),
  argument(['check', '--bakend', 'js'], 2, /unknown option/),
  argument(['check', '--backend'], 2),
  argument(['check', '--backend', ''], 2),
  argument(['check', '--backend', '__proto__'], 2, /does not exist/),
  argument(['check', '--backend', 'constructor'], 2, /does not exist/),
  argument(['check', '--backend', '../js'], 2, /does not exist/),
  argument(['check', '--operation', '*'.repeat(5000)], 2),
  argument(['check', '--operation', 'toString'], 2, /does not exist/),
  argument(['check', '--case', 'relu'], 2, /malformed/),
  argument(['check', '--case', 'relu/../exact'], 2),
  argument(['check', '--operation', 'relu', '--case', 'matmul/plain/exact'], 2, /--operation leaves out/),
  argument(['check', '--seed', '1e999'], 2),
  argument(['check', '--seed', '-1'], 2),
  argument(['check', '--timeout', '0'], 2),
  argument(['check', '--timeout', 'NaN'], 2),
  argument(['check', '--time-limit', '-1'], 2),
  argument(['check', '--give-up-after', '0'], 2),
  argument(['check', '--properties', '-1'], 2),
  argument(['bench', '--iterations', '0'], 2),
  argument(['check', '--worker', ''], 2, /a command is needed/),
  argument(['check', '--worker', 'no-such-program'], 2, /no such command/),
  argument(['check', '--worker', '/tmp'], 2, /no such command/),
  argument(['check', '--adapter', '/no/such/file.mjs'], 2, /there is no such file/),
  argument(['check', '--expected-failures', '/no/such/file'], 2),
  argument(['report'], 2),
  argument(['report', '/no/such/file'], 2, /cannot read/),
  argument(['report', 'x', '--report', 'pdf'], 2, /does not exist/),
  argument(['selftest', '--only', 'nothing'], 2),
  argument(['check', `--${'x'.repeat(50_000)}`], 2),
  argument(['\u001b[31m'], 2),
  argument(['operations'], 3, /cannot be written/, { shell: ' > /dev/full' }),
  argument(['operations'], 0, undefined, { shell: ' | head -1' }),
  argument([...quick], 3, /cannot be written/, { shell: ' > /dev/full' }),
  argument([...quick], 0, undefined, { shell: ' | true' }),
  argument([...quick, '--json'], 0, undefined, { shell: ' | head -c 1' }),
];

/** A run whose worker hangs at this point gets a signal. */
function signalled(at: string, way: string, names: readonly NodeJS.Signals[], due: number): Attack {
  return {
    kind: 'signal',
    name: `${names.join(' and ')} while a worker hangs in ${at}`,
    async run(context) {
      let sentAt = 0;
      const output = join(context.folder, 'out');
      const words = ['check', ...workerWords(context, way), ...relu, '--output', output];
      const result = await context.etalon(words, {
        meanwhile: async (pid) => {
          for (let i = 0; i < 800 && !existsSync(join(output, 'run.jsonl')); i++) await setTimeout(25);
          await setTimeout(1500);
          sentAt = performance.now();
          for (const name of names) {
            try {
              process.kill(pid, name);
            } catch {
              // It ended before; its code says why.
            }
            await setTimeout(30);
          }
        },
      });
      const seconds = (performance.now() - sentAt) / 1000;
      if (names[0] === 'SIGKILL') {
        if (!existsSync(join(output, 'run.jsonl'))) return 'the journal is gone';
      } else {
        const wrong = misended(result, due, undefined, 120);
        if (wrong) return wrong;
        if (names.length === 1 && !existsSync(join(output, 'run.json'))) return 'there is no report';
        const most = signalSeconds * crowding();
        if (seconds > most) return `ended ${seconds.toFixed(1)} s after the signal, ${most.toFixed(1)} s are allowed`;
      }
      const ends = performance.now() + 1000 * leftoverSeconds * crowding();
      while (leftBy(context.folder) > 0 && performance.now() < ends) await setTimeout(50);
      const left = leftBy(context.folder);
      return left > 0 ? `left ${left} processes behind` : undefined;
    },
  };
}

function leftBy(folder: string): number {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isOf(name, folder)).length;
}

/** Whether the process was started for this attack: its temporary folder is the attack's. */
function isOf(pid: string, folder: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`TMPDIR=${folder}`);
  } catch {
    return false;
  }
}

const hangs = {
  hello: hangingHello,
  supports: '{"supports":true}',
  'a call': '{"operations":["relu"]}',
} as const;
/** A run ends so soon after a signal where nothing else runs; where others want the processors too, so many times later as they are. */
const signalSeconds = 2;
const leftoverSeconds = 1;

const signals: readonly Attack[] = Object.entries(hangs).flatMap(([at, way]) => [
  ...(['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => signalled(at, way, [name], 130)),
  signalled(at, way, ['SIGINT', 'SIGINT'], 130),
  signalled(at, way, ['SIGKILL'], 137),
]);

export const commandAttacks: readonly Attack[] = [...files, ...folders, ...commandArguments, ...signals];
