/** The failures of a run as a file of expected failures, which their author looks through and explains. */
import type { ExpectedFailure } from '../running/expectedFailures.ts';
import { type RunReport, redStatuses, referenceName, type Status } from '../runReport.ts';

/**
 * Returns an entry for each backend, operation and diagnosis with the cases that failed and are not listed yet, in the order of the
 * operations. The reason is the diagnosis; where there is none, status and reason of the first case.
 */
export function knownFailures({ operations, outcomes, properties, algorithms = [] }: RunReport): ExpectedFailure[] {
  const failures = [
    ...operations.flatMap(({ name }) => [
      ...outcomes.filter(({ operation }) => operation === name).map((one) => ({ ...one, case: one.caseId })),
      ...properties.filter(({ operation }) => operation === name).map((one) => ({ ...one, case: `${name}/property` })),
    ]),
    ...algorithms
      .filter(({ backend }) => backend !== referenceName)
      .map((one) => ({ ...one, ...{ operation: 'algorithm', case: `algorithm/${one.algorithm}`, diagnosis: undefined } })),
  ].filter(({ status }) => isNew(status));
  const groups = new Map<string, { backend: string; cases: Set<string>; reason: string }>();
  for (const { backend, operation, case: caseId, status, diagnosis, reason } of failures) {
    // Without a diagnosis each reason has numbers of its own; the status tells enough of them apart.
    const key = JSON.stringify([operation, backend, diagnosis ?? [status]]);
    const group = groups.get(key) ?? {
      backend,
      cases: new Set(),
      reason: diagnosis ?? `${status}: ${reason ?? 'no reason given'}`,
    };
    group.cases.add(caseId);
    groups.set(key, group);
  }
  return Array.from(groups.values(), ({ backend, cases, reason }) => ({ backend, case: [...cases], reason }));
}

const isNew = (status: Status) => redStatuses.includes(status) && status !== 'unexpectedPass';
