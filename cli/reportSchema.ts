/**
 * The form of a run report, for files that come from outside. What it does not know is kept as it is: a later version's fields, and those that
 * no reporter needs to be of one form. The compiler compares it with the RunReport type.
 */
import { z } from 'zod';
import type { Catalogue } from '../reports/publish/catalogue.ts';
import type { PublishedRun, publishedVersion } from '../reports/publish/run.ts';
import type { JsonNumber, RunReport, Status, schemaVersion } from '../suites/runReport.ts';

const statuses = z.enum([
  'passed',
  'failed',
  'unsupported',
  'errored',
  'crashed',
  'timedOut',
  'expectedFailure',
  'unexpectedPass',
  'notAsked',
] satisfies Status[]);
const words: readonly unknown[] = ['nan', 'inf', '-inf', '-0'];
/** A number, or the word that the JSON reporter writes for one that JSON cannot carry. */
const real = z
  .custom<number>(
    (value) => typeof value === 'number' || words.includes(value),
    'a number, "nan", "inf", "-inf" or "-0" is needed',
  )
  .meta({ anyOf: [{ type: 'number' }, { enum: words }] });
const number: z.ZodType<JsonNumber> = real;
const texts = z.array(z.string());
const numbers = z.array(real);
const shapes = z.record(z.string(), numbers);
const attributes = z.record(z.string(), z.unknown());
const link = z.string().optional();
const reason = z.string().optional();
const check = z.enum(['reply', 'names', 'dtype', 'shape', 'special values', 'values', 'statistics']).optional();

const statistics = z.looseObject({
  passed: z.boolean(),
  falseAlarmProbability: real,
  tests: z.record(z.string(), z.looseObject({ statistic: number, threshold: real, falseAlarmProbability: real })),
});

const output = z.looseObject({
  name: z.string(),
  shape: numbers,
  compared: real,
  unconstrained: real,
  sample: z.looseObject({ of: real, share: real, detectionProbability: real }).optional(),
  errorRatio: number,
  largestUlps: number,
  worst: z
    .looseObject({
      index: numbers,
      expected: number,
      actual: number,
      absoluteError: number,
      limit: real,
      ulps: number,
      inputs: z.record(z.string(), z.union([number, z.array(number)])),
    })
    .optional(),
  wrong: real,
  statistics: statistics.optional(),
  precision: z.looseObject({ bits: real, consistentWith: texts }).optional(),
  algorithms: texts.optional(),
});

const outcome = z.looseObject({
  caseId: z.string(),
  operation: z.string(),
  backend: z.string(),
  status: statuses,
  tier: z.enum(['random', 'exact']),
  seed: real,
  attributes,
  shapes,
  reason,
  link,
  check,
  diagnosis: z.string().optional(),
  alternative: z.string().optional(),
  outputs: z.array(output),
  strict: z.looseObject({ passed: z.boolean(), errorRatio: number, check }).optional(),
  milliseconds: real,
  judgingMilliseconds: real.optional(),
  replay: z.string(),
});

const property = z.looseObject({
  operation: z.string(),
  backend: z.string(),
  property: z.string(),
  status: statuses,
  runs: real,
  skipped: real.optional(),
  seed: real,
  reason,
  link,
  counterexample: z
    .looseObject({
      attributes,
      inputs: z.record(z.string(), z.looseObject({ shape: numbers, values: z.array(number) })),
      path: z.string(),
    })
    .optional(),
  replay: z.string(),
});

const samples = z.looseObject({ samplesMs: numbers, medianMs: real, madMs: real }).optional();
const timing = z.looseObject({
  operation: z.string(),
  backend: z.string(),
  caseId: z.string(),
  status: z.enum(['valid', 'invalid', 'unsupported', 'skipped']),
  reason,
  shapes,
  load: samples,
  execute: samples,
  read: samples,
  flops: real.optional(),
});

const backend = z.looseObject({
  name: z.string(),
  status: z.enum(['ran', 'unavailable']),
  reason,
  required: z.boolean().optional(),
  notAsked: z.string().optional(),
  isolation: z.looseObject({ level: z.string(), title: z.string(), holds: texts, doesNotHold: texts }).optional(),
  holes: z.array(z.looseObject({ operation: z.string(), reason: z.string(), link })),
});

const operation = z.looseObject({
  name: z.string(),
  title: z.string(),
  topic: z.string(),
  formula: z.string(),
  rows: texts,
  source: z.string(),
  onnx: z.string().optional(),
  attributes: z.record(z.string(), z.string()),
  inputs: z.record(z.string(), texts),
  outputs: z.record(z.string(), texts),
  constraints: z.array(z.looseObject({ id: z.string(), text: z.string() })),
  errorClass: z.enum(['exact', 'sum of products', 'elementary', 'composed', 'trajectory', 'set-valued']),
  bound: z.string(),
  derivation: z.string(),
});

const scale = z.enum(['linear', 'log']).optional();
const drawn = z.enum(['line', 'scatter']);
const chart = z.looseObject({
  title: z.string(),
  kind: z.enum(['line', 'scatter', 'bar']),
  xLabel: z.string(),
  yLabel: z.string(),
  xScale: scale,
  yScale: scale,
  series: z.array(
    z.looseObject({
      name: z.string(),
      points: z.array(z.tuple([z.union([real, z.string()]), real])),
      kind: drawn.optional(),
    }),
  ),
});
const evidence = z.looseObject({
  label: z.string(),
  printed: z.string().optional(),
  expected: z.string(),
  actual: z.string(),
  passed: z.boolean(),
});

const row = z.looseObject({
  id: z.string(),
  document: z.string(),
  kind: z.enum(['algorithm', 'worked example', 'identity', 'claim', 'erratum']),
  title: z.string(),
  statement: z.string(),
  related: texts,
  source: z.string(),
  passed: z.boolean(),
  reason,
  evidence: z.array(evidence),
  charts: z.array(chart),
  tables: z.array(z.looseObject({ title: z.string(), columns: texts, rows: z.array(texts) })),
  seconds: real,
});

const accuracy = z.looseObject({
  function: z.string(),
  library: z.string(),
  digits: real,
  bound: z.string(),
  regimes: z.array(
    z.looseObject({ regime: z.string(), values: real, largestUlps: number, fewestDigits: number, errorRatio: number }),
  ),
  worst: z.looseObject({ input: z.string(), certified: z.string(), actual: number, ulps: number }),
  passed: z.boolean(),
});

const call = z
  .looseObject({
    operation: z.string(),
    step: real,
    call: real,
    attributes,
    shapes,
    check,
    reason,
    diagnosis: z.string().optional(),
    outputs: z.array(output),
  })
  .optional();

const algorithm = z.looseObject({
  algorithm: z.string(),
  title: z.string(),
  statement: z.string(),
  formula: z.string().optional(),
  rows: texts,
  backend: z.string(),
  status: statuses,
  reason,
  link,
  seed: real,
  thorough: z.boolean(),
  steps: real,
  sampling: z.string(),
  operations: z.array(z.looseObject({ operation: z.string(), calls: real, judged: real, wrong: real, errorRatio: number })),
  closest: call,
  firstWrong: call,
  evidence: z.array(evidence),
  curves: z.array(
    z.looseObject({
      title: z.string(),
      xLabel: z.string(),
      yLabel: z.string(),
      yScale: scale,
      points: z.array(z.tuple([real, real])),
    }),
  ),
  seconds: real,
  replay: z.string(),
});

const benchmarks = z.looseObject({
  suite: z.string(),
  processes: real,
  loadBefore: real,
  bracketMs: z.record(z.string(), real),
  referenceKernelMs: numbers,
  limits: z.record(
    z.string(),
    z.looseObject({
      multiplyAddGflops: real,
      by: z.string(),
      copy: z.array(z.looseObject({ bytes: real, gigabytesPerSecond: real })),
    }),
  ),
  growth: z.array(
    z.looseObject({
      operation: z.string(),
      backend: z.string(),
      of: z.string(),
      exponent: real,
      low: real,
      high: real,
      theory: real,
      points: z.array(z.tuple([real, real])),
    }),
  ),
  means: z.array(z.looseObject({ backend: z.string(), ratioToFastest: real, numbers: real })),
  warnings: texts,
});

export const reportSchema: z.ZodType<RunReport> = z.looseObject({
  schemaVersion: z.literal(2 satisfies typeof schemaVersion),
  etalonVersion: z.string(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  stopped: z.string().optional(),
  seed: real,
  command: z.string(),
  shard: z.strictObject({ part: z.int().positive(), of: z.int().positive() }).optional(),
  environment: z.looseObject({
    node: z.string(),
    platform: z.string(),
    cpu: z.string(),
    cores: real,
    memoryGiB: real,
  }),
  backends: z.array(backend),
  operations: z.array(operation),
  outcomes: z.array(outcome),
  caseSeconds: real.optional(),
  properties: z.array(property),
  timings: z.array(timing),
  rows: z.array(row),
  sources: z.string().optional(),
  inventory: texts.optional(),
  accuracy: z.array(accuracy).optional(),
  algorithms: z.array(algorithm).optional(),
  benchmarks: benchmarks.optional(),
});

/** What a journal's line may hold, by its one key. */
export const entrySchemas = {
  header: reportSchema,
  backend,
  outcome,
  diagnosis: z.looseObject({ backend: z.string(), caseId: z.string(), diagnosis: z.string() }),
  caseSeconds: real,
  property,
  timing,
  benchmarks,
  row,
  accuracy,
  algorithm,
  stopped: z.looseObject({ name: z.string(), notAsked: z.string() }),
} as const;

/** The summary of a run that a published site keeps. */
export const publishedRunSchema: z.ZodType<PublishedRun> = z.looseObject({
  publishedVersion: z.literal(1 satisfies typeof publishedVersion),
  // It is part of a path.
  id: z.string().regex(/^\w[\w-]{0,60}$/),
  startedAt: z.string(),
  unfinished: z.string().optional(),
  etalonVersion: z.string(),
  seed: real,
  command: z.string(),
  machine: z.string(),
  headline: z.string(),
  findings: real,
  report: z.string().optional(),
  backends: z.array(
    z.looseObject({
      name: z.string(),
      line: z.string(),
      version: z.string(),
      ran: z.boolean(),
      reason,
      library: z.string().optional(),
      device: z.string().optional(),
      precision: z.string().optional(),
      bits: real.optional(),
      timesJs: real.optional(),
      timesFastest: real.optional(),
      wins: real.optional(),
      timed: real.optional(),
      operations: z.record(
        z.string(),
        z.union([
          z.tuple([statuses, real, real, real, real, number.nullable()]),
          z.tuple([statuses, real, real, real, real, number.nullable(), z.string()]),
        ]),
      ),
      timings: z.record(z.string(), real),
    }),
  ),
});

/** The operations and documents that a published site keeps. */
export const catalogueSchema: z.ZodType<Catalogue> = z.looseObject({
  operations: z.record(z.string(), z.looseObject({ at: z.string(), place: real, record: operation })),
  documents: z
    .looseObject({ at: z.string(), rows: z.array(row), inventory: texts.optional(), sources: z.string().optional() })
    .optional(),
});

/** The same as JSON Schema (draft 2020-12), which the package publishes as `etalon/run-report.schema.json`. */
export function reportJsonSchema(): object {
  const title = 'Etalon run report';
  return { ...z.toJSONSchema(reportSchema, { unrepresentable: 'any', io: 'input' }), title };
}
