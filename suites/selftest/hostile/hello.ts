/** Greetings that are none, or that try to be shown as they are. */
export interface HelloAttack {
  readonly name: string;
  readonly does: string;
  /** Whether the backend may be used all the same, with what it says cut and cleaned. */
  readonly starts: boolean;
}

const whole = "protocol: 1, name: 'attacker', version: '1', device: 'cpu', dtype: 'float32', operations: ['identity']";
const greeting = (name: string, fields: string, starts = false): HelloAttack => ({
  name: `hello ${name}`,
  does: `ok(id, { ${whole}, ${fields} })`,
  starts,
});
const deed = (name: string, does: string): HelloAttack => ({ name: `hello ${name}`, does, starts: false });

export const helloAttacks: readonly HelloAttack[] = [
  ...['2', '0', '"1"', 'null', '[1]'].map((value) => greeting(`of protocol ${value}`, `protocol: ${value}`)),
  ...['"float8"', '""', 'null', '32', '"FLOAT32"'].map((value) => greeting(`of dtype ${value}`, `dtype: ${value}`)),
  ...['""', 'null', '7', '" \\n "'].map((value) => greeting(`with the name ${value}`, `name: ${value}`)),
  ...['null', '"relu"', '[1]', '{}'].map((value) => greeting(`with the operations ${value}`, `operations: ${value}`)),
  greeting('with a million operations', "operations: Array(1000000).fill('x')"),
  greeting('that lists nothing', 'operations: []', true),
  ...['0', '-1', '1.5', '"8"'].map((value) => greeting(`with ${value} in flight`, `inFlight: ${value}`)),
  greeting('with 10⁹ in flight', 'inFlight: 1e9', true),
  greeting('with a precision of its own', "precision: 'float8'"),
  greeting('with an algorithm of its own', "algorithms: ['fft']"),
  greeting('with subnormals kept', "subnormals: 'kept'"),
  ...['"yes"', '1'].map((value) => greeting(`deterministic ${value}`, `deterministic: ${value}`)),
  ...['8', '[0]', '[1.5]', '["8"]', '[1e9]', 'Array(9).fill(8)'].map((value) =>
    greeting(`with blocks ${value}`, `blocks: ${value}`),
  ),
  greeting('with 1,000 notes', "notes: Array(1000).fill('x')"),
  greeting('with a name of 200 kB', "name: 'n'.repeat(200000)", true),
  greeting('with a version of 200 kB', "version: 'n'.repeat(200000)", true),
  greeting('with a device that acts', "device: '\\u001b[31m\\n::error::x\\u0007'", true),
  greeting('with a name that acts', "name: '::error::\\u001b]0;x\\u0007'", true),
  greeting('with a driver that acts', "driver: '##[error]\\u202e'", true),
  greeting('with notes that act', "notes: ['\\r\\n::warning::x']", true),
  greeting('with __proto__', "['__proto__']: { polluted: true }", true),
  deed('that exits', 'process.exit(0)'),
  deed('that crashes', "process.kill(process.pid, 'SIGSEGV'); for (;;);"),
  deed('that hangs', 'for (;;);'),
  deed('that says nothing', 'setInterval(() => {}, 1000)'),
  deed('that is no JSON', "say('hello\\n')"),
  deed('that refuses', "error(id, { code: 'unsupported', message: '\\u001b[31mno\\n' + 'x'.repeat(100000) })"),
  deed('of 50 MB', "ok(id, { name: 'x'.repeat(50000000) })"),
  deed('twice', 'for (let i = 0; i < 2; i++) ok(id, {})'),
  deed('that is deep', "say('{\"id\":\"' + id + '\",\"ok\":' + '['.repeat(100000) + ']'.repeat(100000) + '}\\n')"),
];
