/** Kernels that try to look right and fast and are not. */
import {
  type HostileKernelRecord,
  hostileKernels,
  kernelLibrariesHere,
  tryHostileKernel,
} from '../../grading/hostile/hostileKernels.ts';
import { kernelLibraries } from '../../grading/kernelLibraries.ts';
import type { SelfTestOptions } from '../part.ts';
import { type HostileResult, isAsked } from './attack.ts';

/** They are timed: one core is left for whatever else runs. */
const atATime = 2;

/** Tries every kernel that is asked for, on the libraries that are set up here. */
export async function tryKernels(progress: SelfTestOptions['progress'], asked: string): Promise<HostileResult> {
  const here = kernelLibrariesHere();
  const waiting = hostileKernels.filter(
    ({ library, row, name }) => here.includes(library) && isAsked(asked, 'kernel', row, name),
  );
  const of = waiting.length;
  const records: HostileKernelRecord[] = [];
  const work = async () => {
    for (let kernel = waiting.shift(); kernel; kernel = waiting.shift()) {
      records.push(await tryHostileKernel(kernel));
      progress('hostile kernels', records.length, of);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  const order = (record: HostileKernelRecord) =>
    hostileKernels.findIndex(({ name, library }) => name === record.name && library === record.library);
  return kernelsResult(records.sort((a, b) => order(a) - order(b)));
}

export function kernelsResult(records: readonly HostileKernelRecord[], here = kernelLibrariesHere()): HostileResult {
  const open = records.filter(({ held }) => !held);
  const held = records.length - open.length;
  const absent = kernelLibraries.filter((library) => !here.includes(library));
  const notTried = absent.map(
    (library) => `kernels on ${library} were not tried: etalon setup ${library === 'torch' ? 'torch' : 'python'} brings it`,
  );
  const rows = [...new Set(records.map(({ row }) => row))].map((row) => {
    const own = records.filter((record) => record.row === row);
    return [row, String(own.length), String(own.filter((record) => record.held).length)];
  });
  return {
    tried: records.length,
    record: { kernels: { tried: records.length, held } },
    summary: [`${held} of ${records.length} kernels held`, ...notTried].join(', '),
    details: { kernels: records },
    problems: open.map(({ name, library, says }) => `the kernel ${name} on ${library} is not held: ${says}`),
    tables: [
      {
        title: 'Kernels that look right and fast, by how',
        columns: ['cheat', 'tried', 'held'],
        rows: [...rows, ['all', String(records.length), String(held)]],
        notes: notTried,
      },
    ],
  };
}
