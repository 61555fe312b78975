/**
 * Hosts a file of plain JavaScript functions behind the worker protocol: `node host.mjs FILE TABLE`.
 *
 * Nothing of Etalon is imported here, because nothing that this process can reach may know an answer: the file under test runs in it
 * and may read and change all of it. Requests come on standard input, replies go to descriptor 3, what the file prints is log.
 *
 * TABLE is JSON: {"functions":[{"operation","function","arguments":["x","weights[]","stride"],"outputs":["loss","dWeights[]"]}]}. The
 * names are those of the operation's inputs, attributes and outputs. `weights[]` stands for weights1, weights2, … as one array.
 * Inputs are handed over one by one, in that order, as nested arrays; the attributes together as the last argument, where there are any.
 * A file that says `export const arrays = 'typed'` gets { shape, data: Float64Array } instead.
 */
import { writeSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const replyDescriptor = 3;
/** A result with more numbers, or nested more deeply, is refused before it fills the memory. */
const mostNumbers = 5_000_000;
const mostAxes = 8;

const file = resolve(process.argv[2]);
const { functions } = JSON.parse(process.argv[3]);
const table = new Map(functions.map((line) => [line.operation, line]));
/** What was returned cannot be read as numbers; the message is for its author. */
class WrongResult extends Error {}

let found = {};
let typed = false;

async function load() {
  const module = await import(pathToFileURL(file).href);
  const others = module.default !== null && typeof module.default === 'object' ? module.default : {};
  found = { ...others, ...module };
  typed = found.arrays === 'typed';
}

function hello() {
  const names = Object.keys(found).filter((name) => typeof found[name] === 'function');
  return {
    protocol: 1,
    name: 'submission',
    version: process.version,
    device: 'cpu',
    dtype: 'float64',
    precision: 'float32',
    operations: functions.filter((line) => names.includes(line.function)).map(({ operation }) => operation),
    notes: names,
  };
}

async function run({ operation, attributes, inputs }) {
  const line = table.get(operation);
  const result = await found[line.function](...argumentsOf(line, inputs, attributes));
  return { outputs: outputsOf(line, result) };
}

function argumentsOf(line, inputs, attributes) {
  const given = [];
  const options = {};
  for (const name of line.arguments) {
    if (name.endsWith('[]')) given.push(numbered(name.slice(0, -2), inputs).map((key) => decode(inputs[key])));
    else if (Object.hasOwn(inputs, name)) given.push(decode(inputs[name]));
    else if (Object.hasOwn(attributes, name)) options[name] = structuredClone(attributes[name]);
  }
  return Object.keys(options).length > 0 ? [...given, options] : given;
}

/** weights1, weights2, …: the names that begin so and are there. */
function numbered(stem, inputs) {
  const names = [];
  while (Object.hasOwn(inputs, `${stem}${names.length + 1}`)) names.push(`${stem}${names.length + 1}`);
  return names;
}

function decode({ shape, data }) {
  const bytes = Buffer.from(data, 'base64');
  const numbers = new Float64Array(bytes.length / 8);
  new Uint8Array(numbers.buffer).set(bytes);
  return typed ? { shape: [...shape], data: numbers } : nested(shape, numbers, 0, 0);
}

function nested(shape, numbers, axis, at) {
  if (axis === shape.length) return numbers[at];
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  return Array.from({ length: shape[axis] }, (_, i) => nested(shape, numbers, axis + 1, at + i * inner));
}

/** One output may come without its name; it is then called `result`. */
function outputsOf({ outputs }, result) {
  const names = outputs.map((name) => name.replace('[]', ''));
  const isNamed = result !== null && typeof result === 'object' && names.some((name) => Object.hasOwn(result, name));
  if (!isNamed) {
    if (outputs.length > 1 || outputs[0].endsWith('[]')) {
      throw new WrongResult(`it returned ${kind(result)}; an object with ${names.join(', ')} is needed`);
    }
    return { result: encode(result, '') };
  }
  const encoded = {};
  for (const output of outputs) {
    const name = output.replace('[]', '');
    const value = result[name];
    if (value === undefined) throw new WrongResult(`the object that it returned has no ${name}`);
    if (!output.endsWith('[]')) encoded[name] = encode(value, name);
    else {
      if (!Array.isArray(value)) throw new WrongResult(`${name} is ${kind(value)}; an array with an entry for each layer is needed`);
      for (let i = 0; i < value.length && i < 1000; i++) encoded[`${name}${i + 1}`] = encode(value[i], `${name}[${i}]`);
    }
  }
  return encoded;
}

function encode(value, place) {
  const { shape, numbers } = read(value, place);
  const bytes = new Uint8Array(Float64Array.from(numbers).buffer);
  return { dtype: 'float64', shape, data: Buffer.from(bytes).toString('base64') };
}

function read(value, place) {
  if (typeof value === 'number' || typeof value === 'boolean') return { shape: [], numbers: [Number(value)] };
  if (isTyped(value)) return { shape: [value.length], numbers: counted(value, place) };
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    const { shape, data } = value;
    if (Array.isArray(shape) && (isTyped(data) || Array.isArray(data))) {
      const size = shape.reduce((product, axis) => product * axis, 1);
      if (size !== data.length) throw new WrongResult(`${at(place)}shape [${shape}] holds ${size} numbers, its data has ${data.length}`);
      return { shape: [...shape], numbers: Array.from(counted(data, place), (number, i) => numberAt(number, `${place}.data[${i}]`)) };
    }
  }
  const numbers = [];
  const shape = [];
  walk(value, place, 0, shape, numbers);
  return { shape, numbers };
}

function walk(value, place, axis, shape, numbers) {
  const list = Array.isArray(value) || isTyped(value);
  if (!list) {
    if (axis < shape.length) throw new WrongResult(`${at(place)}is ${kind(value)} where its neighbours are arrays`);
    numbers.push(numberAt(value, place));
    shape.closed = true;
    return;
  }
  if (axis === mostAxes) throw new WrongResult(`${at(place)}is nested more than ${mostAxes} levels deep`);
  const { length } = value;
  if (axis === shape.length) {
    if (shape.closed) throw new WrongResult(`${at(place)}is an array where its neighbours are numbers`);
    shape.push(length);
  }
  if (length !== shape[axis]) throw new WrongResult(`${at(place)}has ${length} entries, its neighbours have ${shape[axis]}`);
  if (numbers.length + length > mostNumbers) throw new WrongResult(`it returned more than ${mostNumbers} numbers`);
  for (let i = 0; i < length; i++) walk(value[i], `${place}[${i}]`, axis + 1, shape, numbers);
}

function counted(data, place) {
  if (data.length > mostNumbers) throw new WrongResult(`${at(place)}has more than ${mostNumbers} numbers`);
  return data;
}

function numberAt(value, place) {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  throw new WrongResult(place === '' ? `it returned ${kind(value)}; numbers are needed` : `${at(place)}is ${kind(value)}; a number is needed`);
}

function isTyped(value) {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && !(value instanceof BigInt64Array) && !(value instanceof BigUint64Array);
}

function at(place) {
  return place === '' ? 'the result ' : `${place.startsWith('[') ? 'the result' : ''}${place} `;
}

function kind(value) {
  if (value === undefined) return 'undefined (is a return missing?)';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  return `a ${typeof value}`;
}

/** The error in one line, with the line of the file that it comes from. */
function described(error) {
  if (!(error instanceof Error)) return `it threw ${kind(error)}`;
  const frame = new RegExp(`${basename(file).replace(/[.]/g, '\\.')}:(\\d+)`).exec(String(error.stack));
  const place = frame ? `line ${frame[1]}: ` : '';
  return `${place}${error.name}: ${String(error.message).split('\n')[0]}`.slice(0, 500);
}

const { stringify, parse } = JSON;
function reply(id, body) {
  const bytes = Buffer.from(`${stringify({ id, ...body })}\n`);
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += writeSync(replyDescriptor, bytes, sent);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

async function answer(request) {
  try {
    if (request.call === 'hello') {
      await load();
      return { ok: hello() };
    }
    return { ok: await run(request) };
  } catch (error) {
    const wrong = error instanceof WrongResult;
    return { error: { code: wrong ? 'invalid' : 'failed', message: wrong ? error.message : described(error) } };
  }
}

// A promise that nobody awaits, or a timer that throws, costs no case of its own: the next answer is judged as it is.
process.on('unhandledRejection', (error) => console.error(error));
process.on('uncaughtException', (error) => console.error(error));

for await (const line of createInterface({ input: process.stdin })) {
  const request = parse(line);
  if (request.call === 'bye') break;
  reply(request.id, await answer(request));
}
process.exit(0);
