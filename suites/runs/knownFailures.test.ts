import { expect, it } from 'vitest';
import { expectedFailureOf, parseExpectedFailures } from '../running/expectedFailures.ts';
import type { Outcome, PropertyOutcome, RunReport, Status } from '../runReport.ts';
import { knownFailures } from './knownFailures.ts';

const outcome = (caseId: string, status: Status, more: Partial<Outcome> = {}): Outcome => ({
  ...{ caseId, operation: caseId.split('/')[0], backend: 'mine', status, tier: 'random', seed: 1, outputs: [] },
  ...{ attributes: {}, shapes: {}, milliseconds: 1, replay: '', reason: `${caseId} is wrong` },
  ...more,
});
const property: PropertyOutcome = {
  ...{ operation: 'relu', backend: 'mine', property: 'agrees', status: 'failed', runs: 1, seed: 1, replay: '' },
  diagnosis: 'the sign is lost',
};

const report = {
  operations: [{ name: 'relu' }, { name: 'dot' }],
  outcomes: [
    outcome('dot/a/random', 'crashed'),
    outcome('relu/a/random', 'failed', { diagnosis: 'the sign is lost' }),
    outcome('relu/b/random', 'passed'),
    outcome('relu/c/random', 'failed', { diagnosis: 'the sign is lost' }),
    outcome('relu/d/random', 'failed', { diagnosis: 'ReLU′(0) is 1' }),
    outcome('relu/e/random', 'expectedFailure'),
    outcome('relu/f/random', 'unexpectedPass'),
    outcome('relu/g/random', 'unsupported'),
    outcome('relu/a/random', 'failed', { backend: 'other' }),
  ],
  properties: [property],
} as unknown as RunReport;

it('groups what failed by operation, backend and diagnosis', () => {
  expect(knownFailures(report)).toEqual([
    { backend: 'mine', case: ['relu/a/random', 'relu/c/random', 'relu/property'], reason: 'the sign is lost' },
    { backend: 'mine', case: ['relu/d/random'], reason: 'ReLU′(0) is 1' },
    { backend: 'other', case: ['relu/a/random'], reason: 'failed: relu/a/random is wrong' },
    { backend: 'mine', case: ['dot/a/random'], reason: 'crashed: dot/a/random is wrong' },
  ]);
});

it('makes each of them an expected failure when the file is read again, and nothing else', () => {
  const expectedFailures = parseExpectedFailures(JSON.stringify(knownFailures(report)), 'file');
  const statusOf = (name: string, caseId: string) =>
    expectedFailureOf({ name, description: { version: '1' }, expectedFailures }, caseId, 'failed').status;
  for (const name of ['relu/a/random', 'relu/c/random', 'relu/d/random', 'relu/property', 'dot/a/random'])
    expect(statusOf('mine', name)).toBe('expectedFailure');
  for (const name of ['relu/b/random', 'relu/f/random', 'relu/a/exact']) expect(statusOf('mine', name)).toBeUndefined();
  expect(statusOf('other', 'relu/c/random')).toBeUndefined();
});
