/**
 * The source of a program that speaks the protocol and misbehaves: `node attacker.mjs HELLO`, where HELLO is JSON that is merged into its hello,
 * or the name of a way to greet. For every other attack the operation that it is asked for says what it does.
 */
import { helloAttacks } from './hello.ts';
import { timingAttacks } from './timing.ts';
import { workerAttacks } from './workers.ts';

const entries = (attacks: readonly { readonly name: string; readonly does: string }[]) =>
  attacks.map(({ name, does }) => `${JSON.stringify(name)}(request) { const { id, inputs } = request; ${does} },`).join('\n');

export const attackerSource = `
import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const say = (text) => {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try { at += fs.writeSync(1, bytes, at); } catch (error) { if (error.code !== 'EAGAIN') process.exit(1); }
  }
};
const line = (value) => say(JSON.stringify(value) + '\\n');
const ok = (id, value) => line({ id, ok: value });
const outputs = (id, value) => ok(id, { outputs: value });
const base64 = (...numbers) => Buffer.from(Float32Array.from(numbers).buffer).toString('base64');
const y = (id, tensor) => outputs(id, { y: { dtype: 'float32', ...tensor } });
const error = (id, value) => line({ id, error: value });
const sound = (id, inputs) => outputs(id, { y: inputs.x ?? inputs.a });
const file = (id, name, shape = [1]) => y(id, { shape, file: name });
let directory;

const attacks = {
${entries(workerAttacks)}
${entries(timingAttacks)}
  identity({ id, inputs }) { sound(id, inputs); },
};
const greetings = {
${entries(helloAttacks)}
};
const way = process.argv[2] ?? '{}';
createInterface({ input: process.stdin }).on('line', (text) => {
  const request = JSON.parse(text);
  if (request.call === 'hello') {
    directory = request.directory;
    if (way in greetings) return greetings[way](request);
    const whole = { protocol: 1, name: 'attacker', version: '1', device: 'cpu', dtype: 'float32', files: true, operations: Object.keys(attacks) };
    return ok(request.id, { ...whole, ...JSON.parse(way) });
  }
  if (request.call === 'bye') process.exit(0);
  if (request.call === 'supports') for (;;);
  if (request.operation in attacks) return attacks[request.operation](request);
  for (;;);
});
`;
