/**
 * How fast `js` is beside tfjs-cpu and tfjs-wasm, on 35 sizes of real layers: `npm run pace -- [--json] [--rounds N] [NAME…]`. Each backend
 * runs in a process of its own; they take turns, block by block, so that whatever else the machine does meets all of them. Times are of the
 * processor: a backend with several threads spends that of all of them. An answer that agrees with no other backend's gets no number. Exit
 * codes: 0 as expected, 1 an answer of js disagrees with all others, 2 wrong usage, 3 a backend failed.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Tensor } from '../reference/tensor.ts';
import type { Attributes, Kernel, NamedShapes, OperationName } from './index.ts';
import { embeddedBackends } from './index.ts';
import type { ConvolutionAttributes } from './signatures.ts';

interface Size {
  readonly operation: OperationName;
  readonly title: string;
  readonly attributes: Attributes;
  readonly shapes: NamedShapes;
  /** Multiplications and additions of a call; without them its rate is that of the memory. */
  readonly flops?: number;
  /** Numbers that a call gives, to count bytes. */
  readonly outputs: number;
}

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function matmul(rows: number, inner: number, columns: number): Size {
  return {
    operation: 'matmul',
    title: `${rows}×${inner} by ${inner}×${columns}`,
    attributes: {},
    shapes: { a: [rows, inner], b: [inner, columns] },
    flops: 2 * rows * inner * columns,
    outputs: rows * columns,
  };
}

/** A convolution of square kernels that keeps the size but for its stride, and both its gradients. */
function convolution(
  batch: number,
  channels: number,
  size: number,
  outputs: number,
  kernel: number,
  stride: number,
  groups: number,
) {
  const side = (kernel - 1) >> 1;
  const given: ConvolutionAttributes = {
    stride: [stride, stride],
    padding: [side, side, side, side],
    dilation: [1, 1],
    groups,
  };
  const output = Math.floor((size + 2 * side - kernel) / stride) + 1;
  const x = [batch, channels, size, size];
  const weights = [outputs, channels / groups, kernel, kernel];
  const dy = [batch, outputs, output, output];
  const flops = 2 * product(dy) * product(weights.slice(1));
  const title = `${batch}×${channels}×${size}², ${kernel}×${kernel}→${outputs}${stride > 1 ? `, stride ${stride}` : ''}${groups > 1 ? ', depthwise' : ''}`;
  const sizes: Size[] = [
    { operation: 'conv2d', title, attributes: { ...given }, shapes: { x, weights }, flops, outputs: product(dy) },
    {
      operation: 'conv2d.inputGradient',
      title,
      attributes: { ...given, inputSize: [size, size] },
      shapes: { weights, dy },
      flops,
      outputs: product(x),
    },
    {
      operation: 'conv2d.weightGradient',
      title,
      attributes: { ...given, kernelSize: [kernel, kernel] },
      shapes: { x, dy },
      flops,
      outputs: product(weights),
    },
  ];
  return sizes;
}

const halving = { window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] };
const [images, halves] = [
  [8, 64, 56, 56],
  [8, 64, 28, 28],
];

const pooling = (operation: OperationName, attributes: Attributes, shapes: NamedShapes, output: readonly number[]): Size => ({
  operation,
  title: '8×64×56², 2×2',
  attributes,
  shapes,
  outputs: product(output),
});

const sizes: readonly Size[] = [
  ...[64, 256, 512, 1024].map((n) => matmul(n, n, n)),
  matmul(1, 4096, 4096),
  {
    operation: 'dense',
    title: '64×784→256',
    attributes: {},
    shapes: { x: [64, 784], weights: [256, 784], bias: [256] },
    flops: 2 * 64 * 784 * 256,
    outputs: 64 * 256,
  },
  ...convolution(1, 64, 56, 64, 3, 1, 1),
  ...convolution(1, 3, 112, 64, 7, 2, 1),
  ...convolution(1, 128, 28, 256, 1, 1, 1),
  ...convolution(1, 96, 56, 96, 3, 1, 96),
  ...convolution(8, 1, 28, 6, 5, 1, 1),
  pooling('maxPool2d', halving, { x: images }, halves),
  pooling('averagePool2d', halving, { x: images }, halves),
  pooling('maxPool2d.backward', { ...halving, inputSize: [56, 56] }, { x: images, dy: halves }, images),
  pooling('averagePool2d.backward', { ...halving, inputSize: [56, 56] }, { dy: halves }, images),
  ...[1000, 1_000_000].flatMap((n) =>
    (['relu', 'sigmoid', 'tanh', 'softplus'] as const).map((operation) => ({
      operation,
      title: n.toLocaleString('en'),
      attributes: {},
      shapes: { x: [n] },
      outputs: n,
    })),
  ),
  ...[
    [64, 1000],
    [16, 32000],
  ].map((shape) => ({
    operation: 'softmax' as const,
    title: shape.join('×'),
    attributes: {},
    shapes: { x: shape },
    outputs: product(shape),
  })),
];

const names = ['js', 'tfjs-cpu', 'tfjs-wasm'] as const;
/** Calls of a block: as many as fill so many milliseconds, by the second call of all. */
const blockMs = 10;
/** Of a backend that takes longer than this for a call the first call is its only sample. */
const longMs = 1000;
/** Largest difference of two answers that agree, as a share of the largest number in them: rounding of sums in float32 stays far below. */
const tolerance = 1e-5;

/** Numbers between −1 and 1, the same in every process. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return new Float32Array(count).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

/** Processor time of this process and all its threads: time in which other processes had the processor does not count. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/* The process of one backend: it is told a size, then to time blocks of it. */

type Request = { readonly size: number } | { readonly calls: number };
type Reply =
  | { readonly unsupported: string }
  | { readonly outputs: Readonly<Record<string, Tensor>>; readonly callMs: number }
  | { readonly ms: number };

async function serve(name: string): Promise<void> {
  const backend = await (await embeddedBackends[name].load!()).default();
  let kernel: Kernel | undefined;
  async function answer(request: Request): Promise<Reply> {
    if ('calls' in request) {
      const start = processorMs();
      for (let i = 0; i < request.calls; i++) await kernel!.execute();
      return { ms: (processorMs() - start) / request.calls };
    }
    await kernel?.dispose();
    kernel = undefined;
    const { operation, attributes, shapes } = sizes[request.size];
    const support = backend.supports(operation, attributes);
    if (!support.supported) return { unsupported: support.reason };
    kernel = await backend.prepare(operation, attributes, shapes);
    const inputs = Object.entries(shapes).map(([input, shape], i): [string, Tensor] => [
      input,
      { dtype: 'float32', shape, data: numbers(product(shape), i + 1) },
    ]);
    await kernel.load(Object.fromEntries(inputs));
    // The first call compiles; the second says how long one takes.
    let start = processorMs();
    await kernel.execute();
    const firstMs = processorMs() - start;
    if (firstMs > longMs) return { outputs: await kernel.read(), callMs: firstMs };
    start = processorMs();
    await kernel.execute();
    const callMs = processorMs() - start;
    return { outputs: await kernel.read(), callMs };
  }
  process.on('message', async (request: Request) => process.send!(await answer(request)));
  process.send!({});
}

/* The process that asks. */

class Runner {
  private readonly child: ChildProcess;
  constructor(name: string) {
    this.child = fork(fileURLToPath(import.meta.url), ['--serve', name], {
      serialization: 'advanced',
      env: { ...process.env, ...embeddedBackends[name].environment?.() },
      // Libraries greet on stdout, which belongs to the table.
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    this.child.once('exit', (code) => {
      if (code === null) return;
      console.error(`pace: ${name} ended with exit code ${code}`);
      process.exit(3);
    });
  }
  async reply(): Promise<Reply> {
    const [reply] = await once(this.child, 'message');
    return reply as Reply;
  }
  ask(request: Request): Promise<Reply> {
    const reply = this.reply();
    this.child.send(request);
    return reply;
  }
  end(): void {
    this.child.removeAllListeners('exit');
    this.child.kill();
  }
}

function agree(a: Readonly<Record<string, Tensor>>, b: Readonly<Record<string, Tensor>>): boolean {
  return Object.entries(a).every(([output, { data: left }]) => {
    const right = b[output].data;
    let [largest, difference] = [0, 0];
    for (let i = 0; i < left.length; i++) {
      largest = Math.max(largest, Math.abs(left[i]));
      difference = Math.max(difference, Math.abs(left[i] - right[i]));
    }
    return left.length === right.length && difference <= tolerance * largest;
  });
}

interface Timing {
  readonly medianMs: number;
  readonly minimumMs: number;
  /** In the order in which they were taken. */
  readonly samplesMs: readonly number[];
}
interface Measured {
  readonly operation: string;
  readonly size: string;
  readonly flops?: number;
  readonly bytes: number;
  readonly timings: Readonly<Record<string, Timing>>;
  /** Why a backend has no number. */
  readonly without: Readonly<Record<string, string>>;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function measure(runners: ReadonlyMap<string, Runner>, index: number, rounds: number): Promise<Measured> {
  const { operation, title, shapes, flops, outputs } = sizes[index];
  const answers = new Map<string, Readonly<Record<string, Tensor>>>();
  const blocks = new Map<string, { readonly calls: number; readonly rounds: number; readonly samplesMs: number[] }>();
  const without: Record<string, string> = {};
  for (const [name, runner] of runners) {
    const reply = await runner.ask({ size: index });
    if ('unsupported' in reply) without[name] = 'unsupported';
    else if ('outputs' in reply) {
      answers.set(name, reply.outputs);
      const long = reply.callMs > longMs;
      blocks.set(name, {
        calls: Math.max(1, Math.round(blockMs / reply.callMs)),
        rounds: long ? 0 : rounds,
        samplesMs: long ? [reply.callMs] : [],
      });
    }
  }
  for (const [name, answer] of answers) {
    const agrees = [...answers].some(([other, its]) => other !== name && agree(its, answer));
    if (agrees || answers.size === 1) continue;
    without[name] = 'disagrees';
    blocks.delete(name);
  }
  for (let round = 0; round < rounds; round++) {
    // Whoever begins changes from round to round.
    const order = [...blocks].map((_, i, all) => all[(i + round) % all.length]);
    for (const [name, block] of order) {
      if (round >= block.rounds) continue;
      const reply = await runners.get(name)!.ask({ calls: block.calls });
      if ('ms' in reply) block.samplesMs.push(reply.ms);
    }
  }
  const timings = [...blocks].map(([name, { samplesMs }]): [string, Timing] => [
    name,
    { medianMs: median(samplesMs), minimumMs: Math.min(...samplesMs), samplesMs },
  ]);
  const bytes = 4 * (Object.values(shapes).reduce((sum, shape) => sum + product(shape), 0) + outputs);
  return { operation, size: title, flops, bytes, timings: Object.fromEntries(timings), without };
}

/** Of `name`'s times and js' times: the geometric mean of the ratio of medians, over how many sizes, and on how many js is slower. */
function comparison(measured: readonly Measured[], name: string) {
  const logarithms = measured.flatMap(({ timings: { js, [name]: other } }) =>
    js && other ? [Math.log(other.medianMs / js.medianMs)] : [],
  );
  return {
    timesAsFast: Math.exp(logarithms.reduce((a, b) => a + b, 0) / logarithms.length),
    sizes: logarithms.length,
    slowerOn: logarithms.filter((logarithm) => logarithm < 0).length,
  };
}

const milliseconds = (ms: number) => (ms < 1 ? ms.toFixed(4) : ms.toFixed(2));

function cells({ operation, size, flops, bytes, timings, without }: Measured, chosen: readonly string[]): string[] {
  const { js } = timings;
  const rate = !js
    ? ''
    : flops
      ? `${(flops / js.medianMs / 1e6).toFixed(2)} GFLOP/s`
      : `${(bytes / js.medianMs / 1e6).toFixed(2)} GB/s`;
  const others = chosen
    .filter((name) => name !== 'js')
    .flatMap((name) => {
      const its = timings[name];
      return [
        its ? milliseconds(its.medianMs) : without[name],
        its && js ? `${(its.medianMs / js.medianMs).toFixed(1)} ×` : '',
      ];
    });
  return [operation, size, js ? milliseconds(js.medianMs) : without.js, rate, ...others];
}

async function main(chosen: readonly string[], rounds: number, json: boolean): Promise<void> {
  const runners = new Map(chosen.map((name) => [name, new Runner(name)]));
  for (const runner of runners.values()) await runner.reply();
  const heads = ['operation', 'size', 'js, ms', 'rate', ...chosen.slice(1).flatMap((name) => [`${name}, ms`, '÷ js'])];
  const widths = [22, 29, 9, 13, ...chosen.slice(1).flatMap(() => [13, 8])];
  const line = (texts: readonly string[]) =>
    texts.map((text, i) => (i < 2 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join('  ');
  if (!json) console.log(line(heads));
  const measured: Measured[] = [];
  for (const [index, { operation, title }] of sizes.entries()) {
    if (json || process.stderr.isTTY) process.stderr.write(`pace: ${index + 1} of ${sizes.length}: ${operation} ${title}\n`);
    measured.push(await measure(runners, index, rounds));
    if (!json) console.log(line(cells(measured[index], chosen)));
  }
  for (const runner of runners.values()) runner.end();
  const comparisons = Object.fromEntries(chosen.slice(1).map((name) => [name, comparison(measured, name)]));
  if (json) {
    const machine = { node: process.version, processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
    console.log(JSON.stringify({ ...machine, rounds, measured, comparisons }, null, 2));
  } else {
    for (const [name, { timesAsFast, sizes: count, slowerOn }] of Object.entries(comparisons))
      console.log(
        `js is ${timesAsFast.toFixed(1)} times as fast as ${name} (geometric mean of ${count} sizes), slower on ${slowerOn}`,
      );
  }
  if (measured.some(({ without }) => without.js === 'disagrees')) process.exitCode = 1;
}

function usage(message: string): never {
  console.error(`pace: ${message}`);
  process.exit(2);
}

function argumentsOf() {
  try {
    return parseArgs({
      options: { serve: { type: 'string' }, json: { type: 'boolean' }, rounds: { type: 'string' } },
      allowPositionals: true,
    });
  } catch (error) {
    return usage(`${(error as Error).message.split('.')[0]}: there are --json, --rounds N and names of backends`);
  }
}

const { values, positionals } = argumentsOf();
if (values.serve !== undefined) await serve(values.serve);
else {
  const unknown = positionals.find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) usage(`${unknown} is not one of ${names.join(', ')}`);
  const rounds = Number(values.rounds ?? 9);
  if (!Number.isInteger(rounds) || rounds < 1) usage(`--rounds ${values.rounds}: a whole number from 1 on`);
  const others = names.filter((name) => name !== 'js' && (positionals.length === 0 || positionals.includes(name)));
  await main(['js', ...others], rounds, values.json ?? false);
}
