import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sizeOf, type Tensor, tensor } from '../../reference/tensor.ts';
import type { FilesOfFolder } from './privateFolder.ts';
import { asDtype, decodeTensors, encodeTensors } from './tensors.ts';

const directory = mkdtempSync(join(tmpdir(), 'etalon-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** What a worker of ours does with its folder. */
const files: FilesOfFolder = (name, action) => action(join(directory, name));

const bytesOf = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
const special = [Number.NaN, Infinity, -Infinity, -0, 0, 1e-45, 3.4028234663852886e38, -1.5];

it('writes little-endian base64, row-major', async () => {
  const y: Tensor = { dtype: 'int32', shape: [2, 2], data: Int32Array.of(1, -1, 256, 0x01020304) };
  // 01000000 ffffffff 00010000 04030201
  expect(await encodeTensors({ y })).toEqual({ y: { dtype: 'int32', shape: [2, 2], data: 'AQAAAP////8AAQAABAMCAQ==' } });
});

it.each(['float32', 'float64'] as const)('brings %s back bit for bit, by base64 and by file', async (dtype) => {
  const small = asDtype(tensor([2, 4], special), dtype);
  const large = asDtype(
    tensor(
      [2 ** 15, 9],
      new Float64Array(2 ** 15 * 9).map((_, i) => special[i % 8]),
    ),
    dtype,
  );
  for (const folder of [undefined, files]) {
    const wire = JSON.parse(JSON.stringify(await encodeTensors({ small, large }, folder)));
    expect('file' in wire.large).toBe(folder !== undefined);
    expect('data' in wire.small).toBe(true);
    const back = await decodeTensors(wire, { dtype, where: 'inputs', files: folder });
    for (const [name, sent] of Object.entries({ small, large })) {
      expect(back[name].shape).toEqual(sent.shape);
      expect(back[name].data.constructor).toBe(sent.data.constructor);
      expect(bytesOf(back[name]).equals(bytesOf(sent))).toBe(true);
    }
  }
  expect(readdirSync(directory)).toEqual([]);
});

it('writes files raw, for nobody else to read', async () => {
  const x: Tensor = { dtype: 'float32', shape: [300_000], data: new Float32Array(300_000).fill(1) };
  const { file } = (await encodeTensors({ x }, files)).x;
  const path = join(directory, file!);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path).subarray(0, 8).toString('hex')).toBe('0000803f0000803f');
  rmSync(path);
});

it('carries views of a larger array, empty tensors and scalars', async () => {
  const whole = Float32Array.of(1, 2, 3, 4);
  const tensors = {
    view: { dtype: 'float32', shape: [2], data: whole.subarray(1, 3) },
    empty: { dtype: 'float32', shape: [0, 3], data: new Float32Array(0) },
    scalar: { dtype: 'float32', shape: [], data: Float32Array.of(7) },
  } as const satisfies Record<string, Tensor>;
  const back = await decodeTensors(await encodeTensors(tensors), { dtype: 'float32', where: 'inputs' });
  expect(back).toEqual({ ...tensors, view: { dtype: 'float32', shape: [2], data: Float32Array.of(2, 3) } });
});

it('keeps a name like __proto__ an output of its own', async () => {
  const wire = JSON.parse('{"__proto__":{"dtype":"float32","shape":[],"data":"AACAPw=="}}');
  const back = await decodeTensors(wire, { dtype: 'float32', where: 'outputs' });
  expect(Object.keys(back)).toEqual(['__proto__']);
});

it('converts what is representable', () => {
  const x = tensor([2], [0.5, -0]);
  expect(asDtype(x, 'float64')).toBe(x);
  expect(asDtype(x, 'float32')).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(0.5, -0) });
});

it('refuses data that is not what its dtype says', async () => {
  const mislabelled = { dtype: 'float32', shape: [1], data: Float64Array.of(1) } as const;
  await expect(encodeTensors({ y: mislabelled })).rejects.toThrow("y: a float32 tensor's data is Float64Array");
});

it.each([
  [[1, 2.5], 'int32', 'value 1 is 2.5'],
  [[1, 2 ** 31], 'int32', 'value 1 is 2147483648'],
  [['nan', 1], 'int32', 'value 0 is "nan"'],
  [[1, null], 'float64', 'value 1 is null'],
  [[1, 'toString'], 'float64', 'value 1 is "toString"'],
] as const)('refuses the values %j as %s', async (values, dtype, message) => {
  const wire = { dtype, shape: [2], values: [...values] };
  expect(sizeOf(wire.shape)).toBe(values.length);
  await expect(decodeTensors({ y: wire }, { dtype, where: 'outputs' })).rejects.toThrow(`outputs.y: ${message}`);
});

it('refuses a file where files were not agreed on', async () => {
  const wire = { dtype: 'float32', shape: [1], file: 'y.bin' } as const;
  await expect(decodeTensors({ y: { ...wire, shape: [1] } }, { dtype: 'float32', where: 'outputs' })).rejects.toThrow(
    'did not say "files": true',
  );
});

it('takes no memory for more numbers than may be there', async () => {
  const y = { dtype: 'float32', shape: [2 ** 31], file: 'y.bin' } as const;
  const options = { dtype: 'float32', where: 'outputs', files, mostElements: 100 } as const;
  await expect(decodeTensors({ y: { ...y, shape: [...y.shape] } }, options)).rejects.toThrow(
    'outputs.y: with shape [2147483648] they hold 2,147,483,648 numbers, 100 are the most that is read here',
  );
  const sixty = { dtype: 'float32' as const, shape: [60], data: Buffer.alloc(240).toString('base64') };
  expect(Object.keys(await decodeTensors({ y: sixty }, options))).toEqual(['y']);
  await expect(decodeTensors({ y: sixty, z: sixty }, options)).rejects.toThrow(
    'outputs.z: with shape [60] they hold 120 numbers',
  );
});

it('cuts the name of an output', async () => {
  const wire = { ['x'.repeat(5000)]: { dtype: 'float32' as const, shape: [], data: 'AACAPw==' } };
  const [name] = Object.keys(await decodeTensors(wire, { dtype: 'float32', where: 'outputs' }));
  expect(name).toBe(`${'x'.repeat(100)}… 4,900 more characters`);
});
