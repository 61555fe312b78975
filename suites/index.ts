/** What `import … from 'etalon'` gives: the table of operations, cases, the judge, the runner and the run report's types. */
export type { Algorithm } from './algorithms/algorithm.ts';
export { algorithms } from './algorithms/index.ts';
export { runAlgorithms } from './algorithms/run.ts';
export { benchmark } from './benchmark.ts';
export { casesOf, materialize } from './cases.ts';
export { type Judgement, judge, prepareQuestion, type Question } from './comparison.ts';
export { type ExpectedFailure, readExpectedFailures } from './expectedFailures.ts';
export type { AnyOperation, Case, KnownMistake, Operation } from './operation.ts';
export { operationNamed, operations } from './operations/index.ts';
export { type Precision, precisions } from './precision.ts';
export { checkAgainstReference } from './properties.ts';
export { executeRows, implementedRows } from './rows/index.ts';
export { type BackendUnderTest, checkCases, checkProperties, type RunListener } from './run.ts';
export type * from './runReport.ts';
