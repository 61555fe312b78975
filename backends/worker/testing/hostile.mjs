/** A worker that speaks the protocol until it is asked for an operation: each does wrong in its own way. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const say = (text) => {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
};
const reply = (id, ok) => say(`${JSON.stringify({ id, ok })}\n`);
const base64 = (numbers) => Buffer.from(Float32Array.from(numbers).buffer).toString('base64');
const float32 = (shape, numbers) => ({ dtype: 'float32', shape, data: base64(numbers) });
const answer = ({ id, inputs }) => reply(id, { outputs: { y: inputs.x } });
const answerWith = (y) => ({ id }) => reply(id, { outputs: { y } });
let directory;
const held = [];

const operations = {
  identity: answer,
  /** How many such requests had come before it answered. */
  received(request) {
    held.push(request);
    if (held.length > 1) return;
    setTimeout(() => {
      const all = held.splice(0);
      for (const { id } of all) reply(id, { outputs: { y: float32([1], [all.length]) } });
    }, 60);
  },
  crash: () => process.kill(process.pid, 'SIGSEGV'),
  exit: () => process.exit(0),
  exitWithWords: () => {
    console.error('first words');
    console.error('\u001b[31mlast words\u001b[0m');
    process.exit(3);
  },
  answerThenExit(request) {
    answer(request);
    setTimeout(() => process.exit(7), 100);
  },
  hang() {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => {});
    console.error('counting');
    for (;;);
  },
  twice: ({ id, inputs }) => say(`${JSON.stringify({ id, ok: { outputs: { y: inputs.x } } })}\n`.repeat(2)),
  twiceLate(request) {
    answer(request);
    setTimeout(() => answer(request), 100);
  },
  unasked(request) {
    answer(request);
    setTimeout(() => reply('made up', {}), 100);
  },
  wrongId: ({ inputs }) => reply('guessed', { outputs: { y: inputs.x } }),
  notJson: () => say('Epoch 1/10 loss 0.5\n'),
  notObject: () => say('[1, 2]\n'),
  neither: ({ id }) => say(`${JSON.stringify({ id })}\n`),
  both: ({ id }) => say(`${JSON.stringify({ id, ok: {}, error: { code: 'failed', message: 'no' } })}\n`),
  strangeError: ({ id }) => say(`${JSON.stringify({ id, error: { code: 'tired', message: 'no' } })}\n`),
  failure: ({ id }) => say(`${JSON.stringify({ id, error: { code: 'failed', message: 'singular', link: 'https://example.org/' } })}\n`),
  noOutputs: ({ id }) => reply(id, { result: 1 }),
  negativeShape: answerWith({ dtype: 'float32', shape: [-2], data: '' }),
  hugeShape: answerWith({ dtype: 'float32', shape: [1e9, 1e9], data: base64([1]) }),
  tooFew: answerWith(float32([2, 2], [1, 2, 3])),
  tooMany: answerWith(float32([2], [1, 2, 3])),
  wrongDtype: answerWith({ dtype: 'float64', shape: [1], data: Buffer.from(Float64Array.of(1).buffer).toString('base64') }),
  wrongShape: answerWith(float32([1, 3], [1, 2, 3])),
  notBase64: answerWith({ dtype: 'float32', shape: [1], data: '?????A==' }),
  nowhere: answerWith({ dtype: 'float32', shape: [1] }),
  everywhere: answerWith({ dtype: 'float32', shape: [1], data: base64([1]), values: [1] }),
  values: answerWith({ dtype: 'float32', shape: [5], values: ['nan', 'inf', '-inf', '-0', 0.1] }),
  tooManyValues: answerWith({ dtype: 'float32', shape: [2], values: [1, 2, 3] }),
  wordValue: answerWith({ dtype: 'float32', shape: [2], values: [1, 'NaN'] }),
  tooLargeValue: answerWith({ dtype: 'float32', shape: [2], values: [1, 1e300] }),
  nan: ({ id, inputs }) => reply(id, { outputs: { y: float32(inputs.x.shape, Array(inputs.x.shape[0]).fill(Number.NaN)) } }),
  missingFile: answerWith({ dtype: 'float32', shape: [1], file: 'nothing.bin' }),
  foreignFile: answerWith({ dtype: 'float32', shape: [1], file: '../../etc/hostname' }),
  linkedFile({ id }) {
    writeFileSync(join(directory, '..', `linked-${process.pid}.bin`), Buffer.alloc(4));
    symlinkSync(join(directory, '..', `linked-${process.pid}.bin`), join(directory, 'link.bin'));
    reply(id, { outputs: { y: { dtype: 'float32', shape: [1], file: 'link.bin' } } });
  },
  /** Says whether the folder of the worker is there, and its own process id. */
  where: ({ id }) => reply(id, { outputs: { y: float32([2], [existsSync(directory) ? 1 : 0, process.pid]) } }),
  endlessLine() {
    const part = 'x'.repeat(2 ** 20);
    for (let i = 0; i < 1024; i++) say(part);
    say('\n');
  },
  /** A child in the same group that keeps the pipes open, then the end. */
  grandchild() {
    const child = spawn('sleep', ['1000'], { stdio: 'inherit' });
    console.error(`grandchild ${child.pid}`);
    process.exit(1);
  },
  /** A child in a group of its own that keeps the pipes open. */
  daemon() {
    const child = spawn('sleep', ['1000'], { stdio: 'inherit', detached: true });
    console.error(`grandchild ${child.pid}`);
    process.exit(1);
  },
  closesChannel() {
    closeSync(1);
    setInterval(() => {}, 1000);
  },
  /** 100,000 lists in each other, in a line that is long and in one that is short. */
  deepReply: ({ id }) => say(`{"id":"${id}","ok":{"outputs":${'['.repeat(100_000)}${']'.repeat(100_000)}}}\n`),
  deepShortReply: ({ id }) => say(`{"id":"${id}","ok":{"outputs":${'['.repeat(30_000)}${']'.repeat(30_000)}}}\n`),
  manyValues: ({ id }) =>
    say(`{"id":"${id}","ok":{"outputs":{"y":{"dtype":"float32","shape":[3],"values":[${'1,'.repeat(4_000_000)}1]}}}}\n`),
  manyOutputs: ({ id }) => reply(id, { outputs: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`y${i}`, float32([1], [1])])) }),
  manyAxes: answerWith({ dtype: 'float32', shape: Array(40).fill(1), data: base64([1]) }),
  folderAsFile({ id }) {
    mkdirSync(join(directory, 'folder.bin'));
    reply(id, { outputs: { y: { dtype: 'float32', shape: [1], file: 'folder.bin' } } });
  },
  pipeAsFile({ id }) {
    execFileSync('mkfifo', [join(directory, 'pipe.bin')]);
    reply(id, { outputs: { y: { dtype: 'float32', shape: [1], file: 'pipe.bin' } } });
  },
  sparseFile({ id }) {
    closeSync(openSync(join(directory, 'y.bin'), 'w'));
    truncateSync(join(directory, 'y.bin'), 2 ** 33);
    reply(id, { outputs: { y: { dtype: 'float32', shape: [2 ** 31], file: 'y.bin' } } });
  },
  longFileName: answerWith({ dtype: 'float32', shape: [1], file: 'x'.repeat(100_000) }),
  removedFolder({ id }) {
    rmSync(directory, { recursive: true });
    reply(id, { outputs: { y: { dtype: 'float32', shape: [1], file: 'y.bin' } } });
  },
  /** A link to a folder outside, which holds a file of the name that the reply gives. */
  replacedFolder({ id }) {
    renameSync(directory, `${directory}.moved`);
    symlinkSync(process.env.OUTSIDE, directory);
    reply(id, { outputs: { y: { dtype: 'float32', shape: [1], file: 'y.bin' } } });
  },
  answerThenRemoveFolder(request) {
    rmSync(directory, { recursive: true });
    answer(request);
  },
  lockedFolder() {
    mkdirSync(join(directory, 'a/b'), { recursive: true });
    writeFileSync(join(directory, 'a/b/c'), '');
    execFileSync('chmod', ['000', join(directory, 'a/b'), join(directory, 'a'), directory]);
    process.exit(1);
  },
  deepFolder() {
    process.chdir(directory);
    for (let i = 0; i < 700; i++) {
      mkdirSync('deeper');
      process.chdir('deeper');
    }
    process.exit(1);
  },
  fullFolder() {
    for (let i = 0; i < 2000; i++) writeFileSync(join(directory, `${i}.bin`), '');
    process.exit(1);
  },
  longMessage: ({ id }) => say(`${JSON.stringify({ id, error: { code: 'failed', message: 'm'.repeat(900_000) } })}\n`),
  actingMessage: ({ id }) =>
    say(`${JSON.stringify({ id, error: { code: 'failed', message: '\u001b[31mred\n::error::owned \u0007 ##[error]x', link: 'javascript:alert(1)' } })}\n`),
  floodsLog() {
    const text = `${'flood '.repeat(10_000)}\n`;
    for (;;) writeSync(2, text);
  },
  zeroBench: ({ id, inputs }) => reply(id, { loadMs: [0], executeMs: [0], readMs: [0], outputs: { y: inputs.x } }),
  tinyBench: ({ id, inputs }) => reply(id, { loadMs: [1e-3], executeMs: [5e-324], readMs: [1e-3], outputs: { y: inputs.x } }),
  hugeBench: ({ id, inputs }) => reply(id, { loadMs: [1e305], executeMs: [1e305], readMs: [1e305], outputs: { y: inputs.x } }),
  longBench: ({ id, inputs }) => reply(id, { loadMs: [1e4], executeMs: [4e4], readMs: [1e4], outputs: { y: inputs.x } }),
  longFirstCall: ({ id, inputs }) => reply(id, { loadMs: [0.01], executeMs: [0.01], readMs: [0.01], firstCallMs: 9e4, outputs: { y: inputs.x } }),
  soundBench: ({ id, inputs }) =>
    setTimeout(() => reply(id, { loadMs: [10], executeMs: [20], readMs: [10], outputs: { y: inputs.x } }), 45),
  shortBench: ({ id, inputs }) => reply(id, { loadMs: [1], executeMs: [1], readMs: [1], outputs: { y: inputs.x } }),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line);
  if (request.call === 'hello') {
    directory = request.directory;
    const hello = { protocol: 1, name: 'hostile', version: '1', device: 'cpu', dtype: 'float32', files: true };
    const whole = { ...hello, operations: Object.keys(operations), ...JSON.parse(process.argv[2] ?? '{}') };
    reply(request.id, Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== null)));
  } else if (request.call === 'bye') process.exit(0);
  else if (request.call === 'supports') for (;;);
  else operations[request.operation](request);
});
