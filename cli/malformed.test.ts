/** Thousands of malformed files of each kind: a clear line each, and neither a stack nor a wait nor an answer that is made up. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { programCommand } from '../backends/index.ts';
import { parsed, replySchema } from '../backends/worker/protocol.ts';
import { sampleReport } from '../reports/testing/sample.ts';
import { parseExpectedFailures } from '../suites/running/expectedFailures.ts';
import { UsageError } from './errors.ts';
import { parseJournal } from './journal.ts';
import { parseReport } from './readReport.ts';
import { entrySchemas } from './reportSchema.ts';
import { requireName, selectOperations } from './selection.ts';
import { countingNumber, positiveNumber, wholeNumber } from './values.ts';

/** A tenth of them here; all of them in malformed.system.test.ts. */
const numRuns = Number(process.env.ETALON_EXAMPLES ?? 1000);
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values of every kind, some of them of the names that objects have of themselves. */
const anything = fc.oneof(
  fc.constantFrom<Json>(null, true, 0, -1, 1e308, '', '__proto__', [], {}, [[]], 'x'.repeat(300), '\u001b[31m\n::error::'),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

const compact: Json = JSON.parse(
  JSON.stringify({
    ...sampleReport,
    outcomes: sampleReport.outcomes.slice(0, 2),
    operations: sampleReport.operations.slice(0, 1),
    properties: sampleReport.properties.slice(0, 1),
    timings: sampleReport.timings.slice(0, 1),
    rows: sampleReport.rows.slice(0, 1),
    accuracy: sampleReport.accuracy?.slice(0, 1),
    algorithms: sampleReport.algorithms?.slice(0, 1),
    backends: sampleReport.backends.slice(0, 1),
  }),
);

/** A document with one of its parts removed or replaced; `steps` choose the way to it. */
function changed(value: Json, steps: readonly number[], by: Json | undefined): Json | undefined {
  if (typeof value !== 'object' || value === null || steps.length === 0) return by;
  const keys = Object.keys(value);
  if (keys.length === 0) return by;
  const key = keys[steps[0] % keys.length];
  const copy = structuredClone(value) as { [key: string]: Json };
  const inner = changed(copy[key], steps.slice(1), by);
  if (inner === undefined && !Array.isArray(copy)) delete copy[key];
  else copy[key] = inner ?? null;
  return copy;
}

const steps = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 6 });
const mutated = (document: Json) =>
  fc.tuple(steps, fc.option(anything, { nil: undefined })).map(([way, by]) => JSON.stringify(changed(document, way, by)) ?? '');
/** What a disk, an editor or a merge makes of a text. */
const broken = (text: string) =>
  fc.oneof(
    fc.nat({ max: text.length }).map((end) => text.slice(0, end)),
    fc
      .tuple(fc.nat({ max: text.length }), fc.string({ maxLength: 3 }))
      .map(([at, by]) => text.slice(0, at) + by + text.slice(at + 1)),
    fc.string({ unit: 'binary', maxLength: 40 }),
    anything.map((value) => JSON.stringify(value)),
    fc.constantFrom(
      '['.repeat(50_000),
      `{"schemaVersion":2,"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      '',
      '\ufeff{}',
      '<<<<<<< HEAD',
    ),
  );

/** Either it is read, or the user is told in one line what is wrong with it. */
function answers(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    const { message } = error as Error;
    if (!(error instanceof UsageError)) throw error;
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(1000);
    expect(message).toContain('a-file');
    return message;
  }
}

it('run reports', () => {
  const text = JSON.stringify(compact);
  expect(answers(() => parseReport(text, 'a-file'))).toBeUndefined();
  let refused = 0;
  fc.assert(
    fc.property(fc.oneof(mutated(compact), broken(text)), (file) => {
      if (answers(() => parseReport(file, 'a-file')) !== undefined) refused++;
    }),
    { numRuns },
  );
  expect(refused).toBeGreaterThan(numRuns / 2);
}, 300_000);

it('reports name the part that is wrong', () => {
  const file = JSON.stringify({ ...(compact as object), outcomes: [{ ...sampleReport.outcomes[0], status: 'fine' }] });
  expect(() => parseReport(file, 'a-file')).toThrow(
    /^a-file is not a run report: outcomes\.0\.status: Invalid option: expected one of "passed"/,
  );
  expect(() => parseReport('{"schemaVersion":2}', 'a-file')).toThrow(
    'a-file is not a run report: etalonVersion: Invalid input',
  );
  expect(() => parseReport('null', 'a-file')).toThrow('a-file is not a run report: it has no schemaVersion');
});

it('journals', () => {
  const {
    backends,
    outcomes,
    properties,
    timings,
    rows,
    accuracy = [],
    algorithms = [],
    ...rest
  } = compact as unknown as typeof sampleReport;
  const lines = [
    { header: { ...rest, backends: [], outcomes: [], properties: [], timings: [], rows: [] } },
    ...backends.map((backend) => ({ backend })),
    ...outcomes.map((outcome) => ({ outcome })),
    ...properties.map((property) => ({ property })),
    ...timings.map((timing) => ({ timing })),
    ...rows.map((row) => ({ row })),
    ...accuracy.map((record) => ({ accuracy: record })),
    ...algorithms.map((algorithm) => ({ algorithm })),
    { caseSeconds: 3 },
    { stopped: { name: 'js', notAsked: 'given up' } },
  ].map((entry) => JSON.stringify(entry));
  const problems: string[] = [];
  const warn = (problem: string) => problems.push(problem);
  expect(answers(() => parseJournal(lines.join('\n'), 'a-file', warn))).toBeUndefined();
  expect(problems).toEqual([]);
  const journal = fc
    .tuple(fc.nat({ max: lines.length - 1 }), fc.nat())
    .chain(([at]) =>
      fc.oneof(mutated(JSON.parse(lines[at])), broken(lines[at])).map((line) => lines.with(at, line).join('\n')),
    );
  fc.assert(
    fc.property(journal, (file) => {
      const said = answers(() => parseJournal(file, 'a-file', warn));
      for (const problem of problems.splice(0)) {
        expect(problem).toMatch(/^a-file: line \d+ is left out: ./);
        expect(problem).not.toContain('\n');
        expect(problem.length).toBeLessThan(1000);
      }
      expect(said === undefined || said.includes('is not the journal of a run')).toBe(true);
    }),
    { numRuns },
  );
}, 300_000);

it('a journal with a bad line in its middle keeps what follows, and says the line', () => {
  const { outcomes, ...rest } = compact as unknown as typeof sampleReport;
  const lines = [
    { header: { ...rest, outcomes: [] } },
    { outcome: outcomes[0] },
    { novelty: 1 },
    { outcome: { ...outcomes[1], seed: 'x' } },
    { outcome: outcomes[1] },
  ];
  const problems: string[] = [];
  const text = `${lines.map((line) => JSON.stringify(line)).join('\n')}\nnot JSON\n${JSON.stringify({ outcome: outcomes[0] })}\n{"outcome":{"ca`;
  const report = parseJournal(text, 'a-file', (problem) => problems.push(problem));
  expect(report.outcomes).toHaveLength(3);
  expect(problems).toEqual([
    expect.stringMatching(
      /^a-file: line 3 is left out: no entry is called "novelty"; this version of etalon knows header, backend, /,
    ),
    expect.stringMatching(/^a-file: line 4 is left out: outcome: seed: a number/),
    'a-file: line 6 is left out: it is not JSON',
  ]);
  expect(Object.keys(entrySchemas)).toContain('stopped');
});

it('expected failures', () => {
  const sound: Json = [
    { backend: 'js', case: 'conv2d/*', reason: 'known', versions: '<2', link: 'https://example.org/', sometimes: true },
    { backend: 'mine', case: '*', reason: 'known' },
  ];
  const text = JSON.stringify(sound);
  fc.assert(
    fc.property(fc.oneof(mutated(sound), broken(text)), (file) => {
      try {
        parseExpectedFailures(file, 'a-file');
      } catch (error) {
        const { message } = error as Error;
        expect(message).toMatch(/^expected failures a-file: ./);
        expect(message.length).toBeLessThan(1000);
      }
    }),
    { numRuns },
  );
}, 300_000);

it('names, numbers and commands on the command line', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ unit: fc.constantFrom('*', '"', "'", ' ', 'a', '-', '/', '9', 'e') }),
    fc.constant('*'.repeat(5000)),
  );
  fc.assert(
    fc.property(word, (text) => {
      for (const read of [() => requireName('backend', text, ['js', 'tfjs-cpu']), () => selectOperations([text])]) {
        try {
          read();
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }
      for (const read of [wholeNumber, countingNumber, positiveNumber]) {
        try {
          expect(Number.isFinite(read(text))).toBe(true);
        } catch (error) {
          expect((error as Error).message).toMatch(/^A (whole )?number/);
        }
      }
      try {
        expect(programCommand(text).command).not.toBe('');
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
    { numRuns },
  );
}, 300_000);

it('replies of workers', () => {
  const sound: Json = { id: 'a', ok: { outputs: { y: { dtype: 'float32', shape: [1], data: 'AACAPw==' } } } };
  fc.assert(
    fc.property(fc.oneof(mutated(sound), broken(JSON.stringify(sound))), (line) => {
      try {
        parsed(replySchema, JSON.parse(line), 'reply');
      } catch (error) {
        expect(error instanceof SyntaxError || (error as Error).name === 'ProtocolError').toBe(true);
      }
    }),
    { numRuns },
  );
}, 300_000);
