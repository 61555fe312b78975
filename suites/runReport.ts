/**
 * The result of a run as plain data: what the runner writes, what every reporter is a function of. Nothing in it needs the
 * code that made it. NaN and the infinities are written as the strings "nan", "inf" and "-inf", and −0, which JSON loses, as "-0" (see jsonNumber).
 */
import type { BackendDescription } from '../backends/contract.ts';
import type { Attributes } from '../backends/signatures.ts';
import type { ErrorClass, Tier } from './judging/operation.ts';

export const schemaVersion = 2;

/** A number as JSON can carry it. */
export type JsonNumber = number | 'nan' | 'inf' | '-inf' | '-0';

export function jsonNumber(value: number): JsonNumber {
  if (Number.isNaN(value)) return 'nan';
  if (Object.is(value, -0)) return '-0';
  if (value === Infinity) return 'inf';
  return value === -Infinity ? '-inf' : value;
}

export type Status =
  | 'passed'
  | 'failed'
  | 'unsupported'
  | 'errored'
  | 'crashed'
  | 'timedOut'
  | 'expectedFailure'
  | 'unexpectedPass'
  /** The backend had been given up, or its time was over. */
  | 'notAsked';

/** Statuses that turn the exit code red. */
export const redStatuses: readonly Status[] = ['failed', 'errored', 'crashed', 'timedOut', 'unexpectedPass'];

/** The check that decided, in the order in which they are made. */
export type Check = 'reply' | 'names' | 'dtype' | 'shape' | 'special values' | 'values' | 'statistics';

/** One element of one output that says most about the error. */
export interface WorstElement {
  readonly index: readonly number[];
  readonly expected: JsonNumber;
  readonly actual: JsonNumber;
  readonly absoluteError: JsonNumber;
  readonly limit: number;
  /** Distance in units of the last place of the declared precision at the expected value. */
  readonly ulps: JsonNumber;
  /**
   * What went in: for an element-wise operation the same element of each input, otherwise the inputs that are small enough to show. Of a
   * passed case at a boundary size it is left out.
   */
  readonly inputs: Readonly<Record<string, JsonNumber | readonly JsonNumber[]>>;
}

/** One statistic over all elements of an output. */
export interface StatisticRecord {
  readonly statistic: JsonNumber;
  /** The largest that passes. */
  readonly threshold: number;
  /** Upper bound of the probability that an honest implementation exceeds it. */
  readonly falseAlarmProbability: number;
}

/** Are the errors of an output together what honest rounding of that length gives? */
export interface StatisticsRecord {
  readonly passed: boolean;
  /** Upper bound of the probability that an honest implementation fails any of the tests. */
  readonly falseAlarmProbability: number;
  readonly tests: Readonly<Record<string, StatisticRecord>>;
}

/** What the errors of an output say of the arithmetic behind it; it decides nothing. */
export interface ObservedPrecision {
  /** Significant bits: 24 for float32. */
  readonly bits: number;
  /** "TF32 inputs"; several where the inputs do not tell them apart, none where no known format explains the errors. */
  readonly consistentWith: readonly string[];
}

/** Outputs drawn one by one and independently of each other, any of them as likely as any other. */
export interface SampleRecord {
  /** Elements of the whole output. */
  readonly of: number;
  /** 1 − (1 − share)ⁿ for n drawn elements: the probability that a fault in this share of the outputs, wherever they are, was drawn. */
  readonly share: number;
  readonly detectionProbability: number;
}

export interface OutputJudgement {
  readonly name: string;
  readonly shape: readonly number[];
  readonly compared: number;
  /** Elements that nothing was asked of. */
  readonly unconstrained: number;
  /** Only of a large output, of which a sample was compared. */
  readonly sample?: SampleRecord;
  /** Largest error / limit; at most 1 passes. 0 where the answer is exact, "inf" where a limit of 0 was missed. */
  readonly errorRatio: JsonNumber;
  readonly largestUlps: JsonNumber;
  readonly worst?: WorstElement;
  /** Elements over their limit. */
  readonly wrong: number;
  /** Elements that are 0 where a subnormal number is due, of a backend that declares flushing. */
  readonly flushed?: number;
  /** For sums of products with 1000 elements or more, all of them within their limits. */
  readonly statistics?: StatisticsRecord;
  readonly precision?: ObservedPrecision;
  /** Declared fast algorithms whose bound it was judged by: "Winograd's F(2×2, 3×3)". */
  readonly algorithms?: readonly string[];
}

export interface StrictJudgement {
  readonly passed: boolean;
  /** Largest error / limit of all outputs. */
  readonly errorRatio: JsonNumber;
  readonly check?: Check;
}

export interface Outcome {
  readonly caseId: string;
  readonly operation: string;
  readonly backend: string;
  readonly status: Status;
  readonly tier: Tier;
  readonly seed: number;
  readonly attributes: Attributes;
  /** Shapes of the inputs by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Why, in one line, for everything but `passed`. */
  readonly reason?: string;
  readonly link?: string;
  /** The check that failed. */
  readonly check?: Check;
  /** Names the known mistake or pattern that the output matches, when the inputs tell it apart. */
  readonly diagnosis?: string;
  /** The right answer that was taken where there are several: "ReLU′(0) = 0". */
  readonly alternative?: string;
  readonly outputs: readonly OutputJudgement[];
  /** The same answer against strict float32, where the backend declares less, or without the fast algorithm that it was judged by. */
  readonly strict?: StrictJudgement;
  /** Of the call, from when the worker could begin with it; without an answer, since it was asked, its turn awaited. */
  readonly milliseconds: number;
  /** What the reference, its bound and the judge took. The question is prepared once for all backends of its precision, and counted for each. */
  readonly judgingMilliseconds?: number;
  /** Command that replays this case alone. */
  readonly replay: string;
}

/** The diagnosis of an outcome that stands already: it is found when all cases of its operation are answered. */
export interface Diagnosed {
  readonly backend: string;
  readonly caseId: string;
  readonly diagnosis: string;
}

/** A property (no oracle, or shapes drawn at random) checked by fast-check against a backend. */
export interface PropertyOutcome {
  readonly operation: string;
  readonly backend: string;
  readonly property: string;
  readonly status: Status;
  /** Examples that were judged. */
  readonly runs: number;
  /** Examples drawn beside these in which there was nothing to judge: refused, too small, or without a bound. */
  readonly skipped?: number;
  readonly seed: number;
  readonly reason?: string;
  readonly link?: string;
  /** As in an Outcome; of the smallest failing example. */
  readonly diagnosis?: string;
  /** Smallest failing example after shrinking. */
  readonly counterexample?: {
    readonly attributes: Attributes;
    readonly inputs: Readonly<Record<string, { shape: readonly number[]; values: readonly JsonNumber[] }>>;
    readonly path: string;
  };
  readonly replay: string;
}

/** One phase of one benchmark, milliseconds, in the order measured, one process after the other. */
export interface Samples {
  readonly samplesMs: readonly number[];
  readonly medianMs: number;
  /** Median absolute deviation; the median of the processes' where there are several. */
  readonly madMs: number;
  /** How many of the samples each process made, in order. */
  readonly perProcess?: readonly number[];
  /** The interval that holds the median with probability `level`; it holds what differs between processes. */
  readonly lowMs?: number;
  readonly highMs?: number;
  readonly level?: number;
  /** Samples in Tukey's classes, counted within each process. */
  readonly outliers?: {
    readonly lowSevere: number;
    readonly lowMild: number;
    readonly highMild: number;
    readonly highSevere: number;
  };
  /** Those that the number of samples supports: { p50, p90 }. */
  readonly percentilesMs?: Readonly<Record<string, number>>;
}

/** Something about a number that a reader should know before trusting its last digits. */
export interface TimingWarning {
  readonly kind: 'noisy' | 'very noisy' | 'drift' | 'coarse clock' | 'unproven fence' | 'few processes';
  readonly text: string;
}

export interface Timing {
  readonly operation: string;
  readonly backend: string;
  /** Unique among the timings of a backend: `matmul/benchmark-512/random`. */
  readonly caseId: string;
  /** Name of the size within its operation: '512', 'resnet-3x3'. */
  readonly size?: string;
  /** 'valid', or why there is no number: a wrong answer gets none. 'skipped' was not asked, because it would take too long or too much memory. */
  readonly status: 'valid' | 'invalid' | 'unsupported' | 'skipped';
  readonly reason?: string;
  /** The answer is wrong and was known to be: an expected failure lists it. */
  readonly expected?: boolean;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** First call, compilation included; the median of the processes'. */
  readonly firstCallMs?: number;
  readonly load?: Samples;
  /** Latency: one execution, the device's completion awaited. */
  readonly execute?: Samples;
  readonly read?: Samples;
  /** Executions one after the other without load or read between them, ÷ their number: a sample a process. */
  readonly throughput?: Samples;
  /** Executions with data that lies in no cache. */
  readonly cold?: Samples;
  /** Fresh processes that were measured. */
  readonly processes?: number;
  /** Floating-point operations of one execution. */
  readonly flops?: number;
  /** Bytes of all inputs and outputs. */
  readonly bytes?: number;
  /** Share of the rate that this machine reaches, at most of its arithmetic and its memory; the one that limits is named. */
  readonly limitShare?: number;
  readonly limitedBy?: 'arithmetic' | 'memory';
  /** The result refers to the input, no element is moved: its time is none of computing and enters no mean. */
  readonly movesNoData?: boolean;
  /** Output elements that were judged, and of how many, over all answers. */
  readonly judged?: { readonly compared: number; readonly of: number; readonly answers: number };
  readonly warnings?: readonly TimingWarning[];
  /** execute's median over that of `js` in this run; below 1 is faster. */
  readonly ratioToJs?: number;
  /** execute's median over the fastest backend's. */
  readonly ratioToFastest?: number;
}

/** What held a process, and what did not (`etalon check --isolate`). */
export interface IsolationRecord {
  /** 'bubblewrap', 'namespaces', 'userNamespaces', 'otherUser', 'limits'. */
  readonly level: string;
  readonly title: string;
  readonly holds: readonly string[];
  readonly doesNotHold: readonly string[];
}

/** How an operation's time grows with its size on a backend: time ≈ c·sizeᵖ. */
export interface GrowthRecord {
  readonly operation: string;
  readonly backend: string;
  /** What `size` counts: "n of an n × n product". */
  readonly of: string;
  readonly exponent: number;
  readonly low: number;
  readonly high: number;
  /** What the number of operations says. */
  readonly theory: number;
  readonly points: readonly (readonly [size: number, ms: number])[];
}

/** Rates that a device reaches, measured in the same run. */
export interface MachineLimits {
  readonly multiplyAddGflops: number;
  /** What measured it: "matmul of 768 through onnxruntime-cpu". */
  readonly by: string;
  /** Rate of a copy by the bytes it moves, read and written. */
  readonly copy: readonly { readonly bytes: number; readonly gigabytesPerSecond: number }[];
}

/** The circumstances of a run's timings, and what follows from them together. */
export interface BenchmarksRecord {
  readonly suite: string;
  /** Fresh processes for each number, interleaved with the other backends'. */
  readonly processes: number;
  /** Load averages over one minute. */
  readonly loadBefore: number;
  readonly loadAfter?: number;
  /** Share of processor time that the hypervisor gave to others meanwhile. */
  readonly stealShare?: number;
  readonly governor?: string;
  /** Two readings of the clock around an asynchronous call of nothing, by backend; subtracted nowhere. */
  readonly bracketMs: Readonly<Record<string, number>>;
  readonly clockMs?: number;
  /** The pinned kernel in plain JavaScript, a sample a round. */
  readonly referenceKernelMs: readonly number[];
  /** What the machine reaches, by device: 'cpu' (which 'wasm' shares), 'webgpu', 'cuda'. */
  readonly limits: Readonly<Record<string, MachineLimits>>;
  readonly growth: readonly GrowthRecord[];
  /** Geometric means of execute's ratio to the fastest backend, over the numbers that all of them have. */
  readonly means: readonly { readonly backend: string; readonly ratioToFastest: number; readonly numbers: number }[];
  readonly warnings: readonly string[];
}

export interface BackendRecord extends Partial<BackendDescription> {
  readonly name: string;
  /** 'ran', or why it could not. */
  readonly status: 'ran' | 'unavailable';
  readonly reason?: string;
  /** Named by the user, who does not allow it to be unavailable: red when it did not start, or supports nothing of what was asked. */
  readonly required?: boolean;
  /** Why it was not asked to the end, once for all outcomes that are notAsked: "given up after 3 calls in a row at which it crashed or hung; …". */
  readonly notAsked?: string;
  /** The isolation that its process ran in; absent where it ran as trusted code. */
  readonly isolation?: IsolationRecord;
  /** Operations it has no kernel for and why; attributes that it refuses show as outcomes. */
  readonly holes: readonly { readonly operation: string; readonly reason: string; readonly link?: string }[];
}

/** What the report says about an operation; a copy of the table's line without its functions. */
export interface OperationRecord {
  readonly name: string;
  readonly title: string;
  readonly topic: string;
  readonly formula: string;
  readonly rows: readonly string[];
  readonly source: string;
  readonly onnx?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly outputs: Readonly<Record<string, readonly string[]>>;
  readonly constraints: readonly { readonly id: string; readonly text: string }[];
  readonly errorClass: ErrorClass;
  readonly bound: string;
  readonly derivation: string;
  /** Errata that are known mistakes of it: who follows the document computes what `says` completes: "the output equals …". */
  readonly errata?: readonly { readonly id: string; readonly says: string }[];
  /** Wrong implementations that the diagnosis knows by name; `says` completes "the output equals …". */
  readonly knownMistakes?: readonly {
    readonly name: string;
    readonly says: string;
    readonly erratum?: string;
    readonly link?: string;
  }[];
  /** Special values and sizes by the name of the recipe that asks them. */
  readonly specialCases?: Readonly<Record<string, string>>;
  /** Special values of which no answer is the right one, and why. */
  readonly undefinedValues?: Readonly<Record<string, string>>;
}

/** A picture as data; the reporter draws it. */
export interface Chart {
  readonly title: string;
  readonly kind: 'line' | 'scatter' | 'bar';
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale?: 'linear' | 'log';
  readonly yScale?: 'linear' | 'log';
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number | string, y: number])[];
    /** Drawn as points or as a line, where that is not the chart's kind: data beside the curve fitted to them. */
    readonly kind?: 'line' | 'scatter';
  }[];
}

/** One executed comparison of a row of the inventory. */
export interface Evidence {
  /** What is compared: "∂E/∂ŷ". */
  readonly label: string;
  /** As the document prints it, where it does. */
  readonly printed?: string;
  readonly expected: string;
  readonly actual: string;
  readonly passed: boolean;
}

export interface RowRecord {
  readonly id: string;
  readonly document: string;
  readonly kind: 'algorithm' | 'worked example' | 'identity' | 'claim' | 'erratum';
  readonly title: string;
  /** Heading it stands under in the report, and what a reader meets there. */
  readonly topic?: { readonly title: string; readonly says: string };
  /** What must hold, in a sentence. */
  readonly statement: string;
  /** LaTeX. */
  readonly formula?: string;
  /** Errata: what is printed and what is right, LaTeX or text between $…$. */
  readonly printed?: string;
  readonly right?: string;
  /** Errata: the slide that prints it. */
  readonly where?: string;
  /** Errata: why what is printed is no known mistake of an operation, where it is none. */
  readonly notFollowed?: string;
  /** Rows that this one corrects or rests on. */
  readonly related: readonly string[];
  /** Code that was executed. */
  readonly source: string;
  readonly passed: boolean;
  /** Why there is no evidence, when the execution itself failed. */
  readonly reason?: string;
  readonly evidence: readonly Evidence[];
  readonly charts: readonly Chart[];
  readonly tables: readonly {
    readonly title: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly string[])[];
  }[];
  /** What `--thorough` does more, where the row has such an experiment, and whether this run did it. */
  readonly thorough?: { readonly does: string; readonly done: boolean };
  readonly seconds: number;
}

/** The reference's own error on one table of certified values. */
export interface AccuracyRecord {
  readonly function: string;
  /** What made the certified values, and with how many digits. */
  readonly library: string;
  readonly digits: number;
  /** The stated bound, in words. */
  readonly bound: string;
  readonly regimes: readonly AccuracyByRegime[];
  /** The value that came closest to its bound, or furthest over it. */
  readonly worst: {
    readonly input: string;
    readonly certified: string;
    readonly actual: JsonNumber;
    readonly ulps: JsonNumber;
  };
  /** No value is over its bound. */
  readonly passed: boolean;
}

export interface AccuracyByRegime {
  /** tiny, huge, cancelling, near-a-kink, ordinary. */
  readonly regime: string;
  readonly values: number;
  /** Largest error in units of the last place of float64. */
  readonly largestUlps: JsonNumber;
  /** Fewest correct significant digits, −log₁₀ of the relative error, of values in float64's normal range; "inf" where all of them are exact. */
  readonly fewestDigits: JsonNumber;
  /** Largest error / bound; at most 1 passes. */
  readonly errorRatio: JsonNumber;
}

/** A learning curve; the curves of one title are one picture, a line for each backend. */
export interface Curve extends Pick<Chart, 'title' | 'xLabel' | 'yLabel' | 'yScale'> {
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A judged call of an algorithm. */
export interface AlgorithmCall {
  readonly operation: string;
  /** 0 before the first step. */
  readonly step: number;
  /** Counted over the whole run, the first is 1. */
  readonly call: number;
  readonly attributes: Attributes;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly check?: Check;
  readonly reason?: string;
  /** As in an Outcome; of a wrong call. */
  readonly diagnosis?: string;
  readonly outputs: readonly OutputJudgement[];
}

/**
 * An algorithm composed of operations, run with one backend's own kernels. Every judged call is judged by its operation's own bound
 * from the backend's own previous state, so that nothing is asked of the trajectory as a whole but its evidence.
 */
export interface AlgorithmOutcome {
  readonly algorithm: string;
  readonly title: string;
  /** What it does, in a sentence or two. */
  readonly statement: string;
  /** LaTeX. */
  readonly formula?: string;
  readonly rows: readonly string[];
  /** A backend, or `referenceName`. */
  readonly backend: string;
  readonly status: Status;
  /** Why, in one line, for everything but `passed`. */
  readonly reason?: string;
  readonly link?: string;
  readonly seed: number;
  readonly thorough: boolean;
  readonly steps: number;
  /** Which calls were judged: "every call". */
  readonly sampling: string;
  readonly operations: readonly {
    readonly operation: string;
    readonly calls: number;
    readonly judged: number;
    readonly wrong: number;
    /** Largest error / limit of a judged call. */
    readonly errorRatio: JsonNumber;
  }[];
  /** The right call that came closest to its limit. */
  readonly closest?: AlgorithmCall;
  readonly firstWrong?: AlgorithmCall;
  readonly evidence: readonly Evidence[];
  readonly curves: readonly Curve[];
  readonly seconds: number;
  /** Command that runs this algorithm on this backend alone. */
  readonly replay: string;
}

/** The float64 reference's name among an algorithm's backends. Its calls are right by definition, its evidence is not. */
export const referenceName = 'reference';

export interface Environment {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
}

export interface RunReport {
  readonly schemaVersion: typeof schemaVersion;
  readonly etalonVersion: string;
  readonly startedAt: string;
  /** Absent while running, and in a run that was killed. */
  readonly finishedAt?: string;
  /** Set when the run was stopped before its end: 'interrupted (SIGINT)'. */
  readonly stopped?: string;
  readonly seed: number;
  /** Without the options that say where and how the report is written, and which part of the run it is. */
  readonly command: string;
  /** Of a run that several machines share: this part, counted from 1, of how many. The operations are those of the whole run. */
  readonly shard?: { readonly part: number; readonly of: number };
  readonly environment: Environment;
  readonly backends: readonly BackendRecord[];
  readonly operations: readonly OperationRecord[];
  readonly outcomes: readonly Outcome[];
  /**
   * Wall time of the cases: from before the first one's numbers are drawn until the last answer of the slowest backend is judged and
   * recorded. Drawing, reference, bounds, the worker's own work and the judge are in it; starting the workers is not.
   */
  readonly caseSeconds?: number;
  readonly properties: readonly PropertyOutcome[];
  readonly timings: readonly Timing[];
  /** Only in a run that times. */
  readonly benchmarks?: BenchmarksRecord;
  readonly rows: readonly RowRecord[];
  /** What the name of a source file is appended to, for links: a URL, or the way from the report's folder to the sources. */
  readonly sources?: string;
  /** IDs of the rows that the documents' inventory lists; only in a run that executes them. A row that is not in `rows` is missing. */
  readonly inventory?: readonly string[];
  /** Only in a run that measures it. */
  readonly accuracy?: readonly AccuracyRecord[];
  readonly algorithms?: readonly AlgorithmOutcome[];
}
