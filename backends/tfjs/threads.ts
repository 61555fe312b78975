/**
 * Lets tfjs-backend-wasm start its threads in Node. Its build with threads loads them as a page would, from the URL of a blob, which
 * Node's workers refuse; the library therefore goes without threads there (https://github.com/tensorflow/tfjs/issues/3830).
 */
import { createRequire } from 'node:module';
import type * as WorkerThreads from 'node:worker_threads';

// The library's own copy: its module object can be changed, the one that `import` gives cannot.
const threads: { Worker: typeof WorkerThreads.Worker } = createRequire(import.meta.url)('node:worker_threads');

/** The names of its file that the function uses which a thread is made from. */
const surroundings = `
const require$$0 = require('fs'), require$$1 = require('path'), require$$3 = require('perf_hooks'), require$$4 = require('os');
const commonjsGlobal = globalThis;
const __values = (iterable) => iterable[Symbol.iterator]();
const __read = (iterable) => [...iterable];
const __spreadArray = (before, after) => [...before, ...after];
`;

/** Starts the library's device with threads: for as long as `start` takes, blobs keep their text and workers are started from it. */
export async function withThreads<Result>(start: () => Promise<Result>): Promise<Result> {
  const { Blob } = globalThis;
  const { Worker } = threads;
  const texts: string[] = [];
  globalThis.Blob = class extends Blob {
    constructor(parts: readonly string[], options?: object) {
      super([...parts], options);
      texts.push(parts.join(''));
    }
  } as typeof Blob;
  threads.Worker = class extends Worker {
    constructor() {
      // The first blob is the module itself, each later one the program of a thread, which asks for the module by importScripts.
      const [module, thread] = texts;
      const load = `global.importScripts = () => (0, eval)(require('worker_threads').workerData);`;
      super(`${thread}\n${load}`, { eval: true, workerData: surroundings + module });
    }
  };
  try {
    return await start();
  } finally {
    globalThis.Blob = Blob;
    threads.Worker = Worker;
  }
}
