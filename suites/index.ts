/** What `import … from 'etalon'` gives: the table of operations, cases, the judge, the runner and the run report's types. */

export { benchmark } from './benchmarks/run.ts';
export { benchmarkSizes } from './benchmarks/sizes.ts';
export { executeRows, implementedRows } from './documents/index.ts';
export { type Judgement, judge } from './judging/judge.ts';
export type { AnyOperation, Case, KnownMistake, Operation } from './judging/operation.ts';
export { type Precision, precisions } from './judging/precision.ts';
export { prepareQuestion, type Question } from './judging/question.ts';
export { defineOperation, drawSizes } from './operations/define.ts';
export { operationNamed, operations } from './operations/index.ts';
export type { Algorithm } from './running/algorithms/algorithm.ts';
export { algorithms } from './running/algorithms/index.ts';
export { runAlgorithms } from './running/algorithms/run.ts';
export { casesOf, materialize } from './running/cases.ts';
export { type ExpectedFailure, readExpectedFailures } from './running/expectedFailures.ts';
export { checkAgainstReference } from './running/properties.ts';
export { type BackendUnderTest, checkCases, checkProperties, type RunListener } from './running/run.ts';
export type * from './runReport.ts';
