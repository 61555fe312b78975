/** Replies and deeds of a worker that cost its own case: the next question is answered by a fresh worker. */

export interface WorkerAttack {
  readonly name: string;
  /** JavaScript of the attacker: `id` and `inputs` of the request, and the helpers of attacker.ts. */
  readonly does: string;
  /** What may come of the case; 'protocol' where nothing is said. */
  readonly due?: readonly ('protocol' | 'crashed' | 'timedOut' | 'failed' | 'invalid' | 'unsupported' | 'outputs')[];
  /** The reply is followed by misbehaviour that the next case may be charged with. */
  readonly late?: boolean;
}

const attack = (name: string, does: string, due?: WorkerAttack['due'], late?: boolean): WorkerAttack => ({
  name,
  does,
  due,
  late,
});
const named = (names: readonly string[], make: (name: string) => WorkerAttack) => names.map(make);

const framing: readonly WorkerAttack[] = [
  ...named(
    [
      'Epoch 1/10',
      '',
      '{',
      '[]',
      '[1, 2]',
      'null',
      'true',
      '1e999',
      '"text"',
      '{}',
      "{'id': 1}",
      'NaN',
      '\\ufeff{}',
      '{"id":1}',
      '<html>',
    ],
    (text) => attack(`the line ${text || 'that is empty'}`, `say(${JSON.stringify(text)} + '\\n')`),
  ),
  attack('bytes that are not UTF-8', `fs.writeSync(1, Buffer.from([0xff, 0xfe, 0x80, 10]))`),
  attack('null bytes', `say('\\0\\0\\0\\n')`),
  attack('neither ok nor error', `line({ id })`),
  attack('ok and error', `line({ id, ok: {}, error: { code: 'failed', message: 'no' } })`),
  attack('another id', `line({ id: 'guessed', ok: { outputs: { y: inputs.x } } })`),
  attack('the id of another type', `line({ id: 7, ok: { outputs: { y: inputs.x } } })`),
  attack('an id of a megabyte', `line({ id: 'x'.repeat(900000), ok: {} })`),
  attack('an id that acts', `line({ id: '\\u001b[2J\\n::error::x', ok: {} })`),
  attack('two replies at once', `say((JSON.stringify({ id, ok: { outputs: { y: inputs.x } } }) + '\\n').repeat(2))`),
  attack('two replies, one later', `sound(id, inputs); setTimeout(() => sound(id, inputs), 50)`, ['outputs'], true),
  attack('a reply that nobody asked for', `sound(id, inputs); setTimeout(() => ok('made up', {}), 50)`, ['outputs'], true),
  attack('a thousand replies', `for (let i = 0; i < 1000; i++) sound(id, inputs)`),
  attack('a line without an end', `const part = 'x'.repeat(2 ** 20); for (let i = 0; i < 100; i++) say(part)`),
  attack(
    'a line that comes byte by byte',
    `const text = JSON.stringify({ id, ok: { outputs: { y: inputs.x } } }) + '\\n'; for (const one of text) say(one)`,
    ['outputs'],
  ),
  attack('half a line, then the end', `say('{"id":"'); process.exit(0)`, ['crashed']),
  attack('100,000 lists in each other', `say('{"id":"' + id + '","ok":' + '['.repeat(100000) + ']'.repeat(100000) + '}\\n')`),
  attack('30,000 lists in each other', `say('{"id":"' + id + '","ok":' + '['.repeat(30000) + ']'.repeat(30000) + '}\\n')`),
  attack(
    '30,000 objects in each other',
    `say('{"id":"' + id + '","ok":' + '{"a":'.repeat(6000) + '1' + '}'.repeat(6000) + '}\\n')`,
  ),
  attack('two million lists beside each other', `say('{"id":"' + id + '","ok":[' + '[],'.repeat(2000000) + '1]}\\n')`),
  attack('a name twice', `say('{"id":"' + id + '","id":"other","ok":{}}\\n')`),
  attack('__proto__ in the reply', `say('{"__proto__":{"id":"' + id + '"},"ok":{}}\\n')`),
  attack('a string of 60 MB', `line({ id, ok: 'x'.repeat(60000000) })`),
];

const replies: readonly WorkerAttack[] = [
  ...named(
    [
      'null',
      '1',
      '"y"',
      '[]',
      '{}',
      '{"result":1}',
      '{"outputs":null}',
      '{"outputs":[]}',
      '{"outputs":"y"}',
      '{"outputs":{"y":null}}',
      '{"outputs":{"y":[1]}}',
      '{"outputs":{"y":{}}}',
    ],
    (value) => attack(`ok is ${value}`, `say('{"id":"' + id + '","ok":${value}}\\n')`),
  ),
  attack('no outputs at all', `outputs(id, {})`, ['outputs']),
  attack('an output of another name', `outputs(id, { z: inputs.x })`, ['outputs']),
  attack(
    'an output called __proto__',
    `say('{"id":"' + id + '","ok":{"outputs":{"__proto__":{"dtype":"float32","shape":[],"data":"AACAPw=="}}}}\\n')`,
    ['outputs', 'protocol'],
  ),
  attack('an output called constructor', `outputs(id, { constructor: inputs.x })`, ['outputs']),
  attack('an output with a name of 500 kB', `outputs(id, { ['n'.repeat(500000)]: inputs.x })`, ['outputs']),
  attack('an output with a name that acts', `outputs(id, { '\\u001b[31m\\n::error::x': inputs.x })`, ['outputs']),
  attack('100 outputs', `outputs(id, Object.fromEntries(Array.from({ length: 100 }, (_, i) => ['y' + i, inputs.x])))`),
  attack('100,000 outputs', `outputs(id, Object.fromEntries(Array.from({ length: 100000 }, (_, i) => ['y' + i, 1])))`),
];

const tensors: readonly WorkerAttack[] = [
  ...named(
    ['[-1]', '[1.5]', '[null]', '["3"]', '3', '"3"', '{}', '[1e400]', '[9007199254740993]', '[[3]]', '[true]', 'null'],
    (shape) =>
      attack(
        `the shape ${shape}`,
        `say('{"id":"' + id + '","ok":{"outputs":{"y":{"dtype":"float32","shape":${shape},"data":"AACAPw=="}}}}\\n')`,
      ),
  ),
  attack('a shape of 10¹⁸ numbers', `y(id, { shape: [1e9, 1e9], data: base64(1) })`),
  attack('a shape of 2³¹ numbers', `y(id, { shape: [2 ** 31], data: base64(1) })`),
  attack('a shape whose product overflows', `y(id, { shape: [2 ** 52, 2 ** 52, 0], data: '' })`, ['outputs', 'protocol']),
  attack('a shape with 40 axes', `y(id, { shape: Array(40).fill(1), data: base64(1) })`),
  attack('a shape with 100,000 axes', `y(id, { shape: Array(100000).fill(1), data: base64(1) })`),
  attack('fewer numbers than the shape', `y(id, { shape: [2, 2], data: base64(1, 2, 3) })`),
  attack('more numbers than the shape', `y(id, { shape: [2], data: base64(1, 2, 3) })`),
  attack('half a number', `y(id, { shape: [1], data: 'AAA=' })`),
  attack('many more numbers than are due', `y(id, { shape: [4000000], data: 'A'.repeat(21333336) })`),
  ...named(['float64', 'float16', 'int32', 'uint8', 'complex64', 'FLOAT32', ''], (dtype) =>
    attack(`the dtype ${dtype || 'that is empty'}`, `outputs(id, { y: { dtype: '${dtype}', shape: [1], data: base64(1) } })`),
  ),
  ...named(['?????A==', 'AACAPw', 'AACAPw=', 'AACA Pw==', 'AACAPw==AACAPw==', '-_-_', 'ÄÄÄÄ'], (data) =>
    attack(`the base64 ${data}`, `y(id, { shape: [1], data: ${JSON.stringify(data)} })`),
  ),
  attack('data of another type', `y(id, { shape: [1], data: [1] })`),
  attack('no numbers in any way', `y(id, { shape: [1] })`),
  attack('numbers in two ways', `y(id, { shape: [1], data: base64(1), values: [1] })`),
  ...named(['NaN', 'Infinity', 'inf ', 'nan\\n', '1', '', '-nan', '0x1'], (word) =>
    attack(
      `the value ${JSON.stringify(word)}`,
      `y(id, { shape: [2], values: [1, ${JSON.stringify(word).replaceAll('\\\\', '\\')}] })`,
    ),
  ),
  ...named(['null', 'true', '[1]', '{}', '1e300'], (value) =>
    attack(`the value ${value}`, `y(id, { shape: [2], values: [1, ${value}] })`),
  ),
  attack(
    'four million values',
    `say('{"id":"' + id + '","ok":{"outputs":{"y":{"dtype":"float32","shape":[3],"values":[' + '1,'.repeat(4000000) + '1]}}}}\\n')`,
  ),
  attack('only NaN', `y(id, { shape: [3], values: ['nan', 'nan', 'nan'] })`, ['outputs']),
  attack('only infinities', `y(id, { shape: [3], values: ['inf', '-inf', 'inf'] })`, ['outputs']),
  attack('an empty tensor', `y(id, { shape: [0, 3], data: '' })`, ['outputs']),
];

const files: readonly WorkerAttack[] = [
  ...named(
    [
      '../../etc/hostname',
      '/etc/hostname',
      '..',
      '.',
      '',
      'a/b',
      '.hidden',
      'a\\\\b',
      'y.bin\\u0000',
      '-rf',
      'C:\\\\y.bin',
      '~',
      '$HOME',
      '%00',
    ],
    (name) => attack(`the file ${name || 'without a name'}`, `file(id, '${name}')`),
  ),
  attack('a file that is not there', `file(id, 'nothing.bin')`),
  attack('a file with a name of 100 kB', `file(id, 'x'.repeat(100000))`),
  attack('a folder as a file', `fs.mkdirSync(join(directory, 'folder.bin')); file(id, 'folder.bin')`),
  attack('a pipe as a file', `execFileSync('mkfifo', [join(directory, 'pipe.bin')]); file(id, 'pipe.bin')`),
  attack(
    'a link to a file',
    `fs.writeFileSync(join(directory, 'real'), Buffer.alloc(4)); fs.symlinkSync('real', join(directory, 'link.bin')); file(id, 'link.bin')`,
  ),
  attack('a link to /dev/zero', `fs.symlinkSync('/dev/zero', join(directory, 'zero.bin')); file(id, 'zero.bin')`),
  attack('a link to itself', `fs.symlinkSync('loop.bin', join(directory, 'loop.bin')); file(id, 'loop.bin')`),
  attack(
    'a file without permission',
    `fs.writeFileSync(join(directory, 'y.bin'), Buffer.alloc(4)); fs.chmodSync(join(directory, 'y.bin'), 0); file(id, 'y.bin')`,
    ['protocol', 'outputs'],
  ),
  attack('an empty file', `fs.writeFileSync(join(directory, 'y.bin'), ''); file(id, 'y.bin')`),
  attack('a file that is too long', `fs.writeFileSync(join(directory, 'y.bin'), Buffer.alloc(400)); file(id, 'y.bin')`),
  attack(
    'a sparse file of 8 GiB',
    `fs.closeSync(fs.openSync(join(directory, 'y.bin'), 'w')); fs.truncateSync(join(directory, 'y.bin'), 2 ** 33); file(id, 'y.bin', [2 ** 31])`,
  ),
  attack(
    'a sparse file of a terabyte',
    `fs.closeSync(fs.openSync(join(directory, 'y.bin'), 'w')); fs.truncateSync(join(directory, 'y.bin'), 2 ** 40); file(id, 'y.bin', [2 ** 38])`,
  ),
  attack('its folder removed', `fs.rmSync(directory, { recursive: true }); file(id, 'y.bin')`),
  attack('its folder read-only', `fs.chmodSync(directory, 0o500); file(id, 'y.bin')`),
  attack('its folder closed', `fs.chmodSync(directory, 0); file(id, 'y.bin')`),
  attack(
    'its folder in the place of a file',
    `fs.rmSync(directory, { recursive: true }); fs.writeFileSync(directory, ''); file(id, 'y.bin')`,
  ),
  attack(
    'its folder replaced by a link',
    `fs.renameSync(directory, directory + '.moved'); fs.symlinkSync(join(directory, '..', 'outside'), directory); file(id, 'y.bin')`,
  ),
  attack(
    'its folder full of folders',
    `for (let i = 0; i < 300; i++) fs.mkdirSync(join(directory, 'd' + i)); file(id, 'y.bin')`,
  ),
  attack(
    'its folder very deep',
    `process.chdir(directory); for (let i = 0; i < 600; i++) { fs.mkdirSync('deeper'); process.chdir('deeper'); } file(id, 'y.bin')`,
  ),
  attack(
    'its folder with locked parts',
    `fs.mkdirSync(join(directory, 'a/b'), { recursive: true }); fs.chmodSync(join(directory, 'a/b'), 0); fs.chmodSync(join(directory, 'a'), 0); file(id, 'y.bin')`,
  ),
];

const deeds: readonly WorkerAttack[] = [
  ...named(['SIGSEGV', 'SIGKILL', 'SIGABRT', 'SIGFPE', 'SIGBUS', 'SIGILL', 'SIGTERM'], (name) =>
    attack(`ends itself by ${name}`, `process.kill(process.pid, '${name}'); for (;;);`, ['crashed']),
  ),
  ...named(['0', '1', '42', '255'], (code) => attack(`exits with ${code}`, `process.exit(${code})`, ['crashed'])),
  attack('an exception that nobody catches', `throw new Error('\\u001b[31mred\\n::error::x')`, ['crashed']),
  attack('runs out of stack', `const deeper = () => deeper() + 1; deeper()`, ['crashed']),
  attack('answers, then exits', `sound(id, inputs); setTimeout(() => process.exit(7), 50)`, ['outputs'], true),
  attack(
    'hangs and ignores signals',
    `for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {}); for (;;);`,
    ['timedOut'],
  ),
  attack('sleeps', `setTimeout(() => sound(id, inputs), 60000)`, ['timedOut']),
  attack('stops itself', `process.kill(process.pid, 'SIGSTOP')`, ['timedOut']),
  attack('closes its channel', `fs.closeSync(1); setInterval(() => {}, 1000)`, ['protocol', 'timedOut']),
  attack('closes its input', `fs.closeSync(0); setInterval(() => {}, 1000)`, ['timedOut', 'crashed', 'protocol']),
  attack('leaves a grandchild with its pipes', `spawn('sleep', ['300'], { stdio: 'inherit' }); process.exit(1)`, ['crashed']),
  attack('leaves a daemon with its pipes', `spawn('sleep', ['300'], { stdio: 'inherit', detached: true }); process.exit(1)`, [
    'crashed',
  ]),
  attack(
    'starts twenty processes',
    `for (let i = 0; i < 20; i++) spawn('sleep', ['300'], { stdio: 'ignore', detached: true }); process.exit(1)`,
    ['crashed'],
  ),
  attack(
    'floods its log',
    `const text = 'flood '.repeat(10000) + '\\n'; for (;;) { try { fs.writeSync(2, text); } catch {} }`,
    ['timedOut'],
  ),
  attack(
    'floods its log without a line break',
    `const text = 'x'.repeat(60000); for (;;) { try { fs.writeSync(2, text); } catch {} }`,
    ['timedOut'],
  ),
  attack(
    'a log that acts, then exits',
    `console.error('\\u001b]0;owned\\u0007\\u001b[2J\\n::error::owned\\n##[error]x'); process.exit(1)`,
    ['crashed'],
  ),
  attack(
    'a log of binary, then exits',
    `fs.writeSync(2, Buffer.from(Array.from({ length: 3000 }, (_, i) => i % 256))); process.exit(1)`,
    ['crashed'],
  ),
];

const words: readonly WorkerAttack[] = [
  ...named(['failed', 'invalid', 'unsupported'], (code) =>
    attack(`the error ${code} with 900 kB of text`, `error(id, { code: '${code}', message: 'm'.repeat(900000) })`, [
      code as 'failed',
    ]),
  ),
  ...named(
    [
      '\\u001b[2J',
      '\\u001b]0;x\\u0007',
      '\\r\\n::error::x',
      '##vso[task.complete]',
      '\\u202e',
      '\\u2028',
      '\\u0000',
      '\\ud800',
      '<script>',
      '|a|b|\\n|-|-|',
    ],
    (text) => attack(`the error text ${text}`, `error(id, { code: 'failed', message: 'a ${text} b' })`, ['failed']),
  ),
  ...named(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'not an address', 'x'.repeat(20)], (link) =>
    attack(`the link ${link}`, `error(id, { code: 'failed', message: 'no', link: '${link}' })`, ['failed']),
  ),
  attack('an error of an unknown kind', `error(id, { code: 'tired', message: 'no' })`),
  attack('an error without words', `error(id, { code: 'failed' })`),
  attack('an error that is a list', `error(id, [1])`),
  attack('an error of 40 MB', `error(id, { code: 'failed', message: 'x'.repeat(40000000) })`, ['failed', 'protocol']),
];

export const workerAttacks: readonly WorkerAttack[] = [...framing, ...replies, ...tensors, ...files, ...deeds, ...words];
