/** Tensors to and from the wire. The base64 and file paths copy whole buffers and never look at an element. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, unlink, writeFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { type Dtype, type Shape, sizeOf, type Tensor, type TensorData } from '../../reference/tensor.ts';
import type { NamedTensors } from '../signatures.ts';
import { plainText, textLimits } from './plainText.ts';
import type { FilesOfFolder } from './privateFolder.ts';
import { fileThresholdBytes, ProtocolError, type WireTensor, type WireTensors } from './protocol.ts';

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;
const bigEndian = endianness() === 'BE';
const spelled: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity, '-0': -0 };

/** The tensor with elements of another type. Values are copied as they are; the caller knows that they are representable. */
export function asDtype(tensor: Tensor, dtype: Dtype): Tensor {
  return tensor.dtype === dtype ? tensor : { dtype, shape: tensor.shape, data: new arrays[dtype](tensor.data) };
}

/**
 * Tensors as they travel: base64, or files for large ones where there is a folder for them.
 *
 * @throws TypeError when the data is not the typed array that its dtype says.
 */
export async function encodeTensors(tensors: NamedTensors, files?: FilesOfFolder): Promise<WireTensors> {
  const encoded: [string, WireTensor][] = [];
  for (const [name, tensor] of Object.entries(tensors)) encoded.push([name, await encodeTensor(name, tensor, files)]);
  return Object.fromEntries(encoded);
}

async function encodeTensor(name: string, { dtype, shape, data }: Tensor, files?: FilesOfFolder): Promise<WireTensor> {
  if (!(Object.hasOwn(arrays, dtype) && data instanceof arrays[dtype])) {
    throw new TypeError(`${name}: a ${dtype} tensor's data is ${Object.prototype.toString.call(data).slice(8, -1)}`);
  }
  const own = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const bytes = bigEndian ? swapBytes(Buffer.from(own), data.BYTES_PER_ELEMENT) : own;
  if (files === undefined || bytes.length <= fileThresholdBytes) {
    return { dtype, shape: [...shape], data: bytes.toString('base64') };
  }
  const file = `${randomUUID()}.bin`;
  await files(file, (path) => writeFile(path, bytes, { mode: 0o600, flag: 'wx' }));
  return { dtype, shape: [...shape], file };
}

export interface DecodeOptions {
  readonly dtype: Dtype;
  /** What the tensors are, in messages: "outputs". */
  readonly where: string;
  /** Where tensors may lie that travel as files. */
  readonly files?: FilesOfFolder;
  /** Numbers that all tensors may hold together; checked before memory is taken. */
  readonly mostElements?: number;
}

/**
 * Tensors from the wire, every one of the hello's dtype and of as many numbers as its shape holds.
 *
 * @throws ProtocolError saying which tensor is wrong and how.
 */
export async function decodeTensors(tensors: WireTensors, options: DecodeOptions): Promise<NamedTensors> {
  const { where, mostElements = Infinity } = options;
  const named = Object.entries(tensors).map(([name, tensor]) => [plainText(name, textLimits.name), tensor] as const);
  let elements = 0;
  for (const [name, { shape }] of named) {
    elements += sizeOf(shape);
    if (!(elements <= mostElements)) {
      const count = elements.toLocaleString('en-US');
      throw new ProtocolError(
        `${where}.${name}: with shape [${shape.join(', ')}] they hold ${count} numbers, ${mostElements.toLocaleString('en-US')} are the most that is read here`,
      );
    }
  }
  const decoded: [string, Tensor][] = [];
  for (const [name, tensor] of named) decoded.push([name, await decodeTensor(tensor, `${where}.${name}`, options)]);
  return Object.fromEntries(decoded);
}

async function decodeTensor(wire: WireTensor, place: string, { dtype, files }: DecodeOptions): Promise<Tensor> {
  const { shape, data, values, file } = wire;
  if (wire.dtype !== dtype) {
    throw new ProtocolError(`${place}: dtype is ${wire.dtype}, the hello declared ${dtype}`);
  }
  const ways = [data, values, file].filter((way) => way !== undefined).length;
  if (ways !== 1) throw new ProtocolError(`${place}: needs one of "data", "values" and "file", has ${ways}`);
  if (data !== undefined) return { dtype, shape, data: fromBase64(data, dtype, shape, place) };
  if (values !== undefined) return { dtype, shape, data: fromValues(values, dtype, shape, place) };
  if (files === undefined) {
    throw new ProtocolError(`${place}: came as "file", but the hello did not say "files": true on both sides`);
  }
  return { dtype, shape, data: await fromFile(file!, files, dtype, shape, place) };
}

/** How many bytes the shape asks for, checked before anything is allocated. */
function requireBytes(actualBytes: number, dtype: Dtype, shape: Shape, place: string): void {
  const count = sizeOf(shape);
  const bytes = count * arrays[dtype].BYTES_PER_ELEMENT;
  if (actualBytes !== bytes) {
    throw new ProtocolError(
      `${place}: shape [${shape.join(', ')}] holds ${count} ${dtype} values (${bytes} bytes), ${actualBytes} bytes were sent`,
    );
  }
}

function fromBase64(text: string, dtype: Dtype, shape: Shape, place: string): TensorData {
  requireBytes(Buffer.byteLength(text, 'base64'), dtype, shape, place);
  const data = new arrays[dtype](sizeOf(shape));
  const bytes = Buffer.from(data.buffer);
  // Node skips characters that are not base64, so that anything wrong shows as bytes that are missing.
  if (text.length % 4 !== 0 || bytes.write(text, 'base64') !== bytes.length) {
    throw new ProtocolError(`${place}: "data" is not base64`);
  }
  if (bigEndian) swapBytes(bytes, data.BYTES_PER_ELEMENT);
  return data;
}

function fromValues(values: readonly unknown[], dtype: Dtype, shape: Shape, place: string): TensorData {
  const count = sizeOf(shape);
  if (values.length !== count) {
    throw new ProtocolError(`${place}: shape [${shape.join(', ')}] holds ${count} values, ${values.length} were sent`);
  }
  const data = new arrays[dtype](count);
  values.forEach((value, index) => {
    const number = numberOf(value);
    if (number !== undefined) data[index] = number;
    const lost = dtype === 'int32' ? data[index] !== number : Number.isFinite(number) !== Number.isFinite(data[index]);
    if (number === undefined || lost) {
      throw new ProtocolError(
        `${place}: value ${index} is ${JSON.stringify(value)}; numbers of ${dtype}, "nan", "inf", "-inf" and "-0" are allowed`,
      );
    }
  });
  return data;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'string') return Object.hasOwn(spelled, value) ? spelled[value] : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

async function fromFile(name: string, files: FilesOfFolder, dtype: Dtype, shape: Shape, place: string): Promise<TensorData> {
  if (!/^\w[\w.-]{0,199}$/.test(name)) {
    throw new ProtocolError(
      `${place}: "file" is ${JSON.stringify(name.slice(0, 80))}; the bare name of a file of the directory is allowed`,
    );
  }
  return files(name, async (path) => {
    // Neither a link that leads elsewhere nor a pipe that never ends: the name comes from the other side.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const handle = await open(path, flags).catch((cause: NodeJS.ErrnoException) => {
      throw new ProtocolError(`${place}: the file ${name} cannot be read: ${cause.code ?? cause.message}`, { cause });
    });
    try {
      const status = await handle.stat();
      if (!status.isFile()) throw new ProtocolError(`${place}: ${name} is not a plain file`);
      requireBytes(status.size, dtype, shape, place);
      const data = new arrays[dtype](sizeOf(shape));
      const bytes = Buffer.from(data.buffer);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, at, bytes.length - at, at);
        if (bytesRead === 0) throw new ProtocolError(`${place}: ${name} became shorter while it was read`);
        at += bytesRead;
      }
      if (bigEndian) swapBytes(bytes, data.BYTES_PER_ELEMENT);
      return data;
    } finally {
      await handle.close().catch(() => {});
      // What cannot be removed now is removed with the folder.
      await unlink(path).catch(() => {});
    }
  });
}

function swapBytes(bytes: Buffer, elementBytes: number): Buffer {
  return elementBytes === 8 ? bytes.swap64() : bytes.swap32();
}
