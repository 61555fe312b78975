/** The one order of a report's records and fields: the same run gives the same file, whoever came first and however it was divided. */
import { rowFixtures } from '../../fixtures/documents/index.ts';
import { inventory as listedRows } from '../../fixtures/documents/inventory.ts';
import { algorithms } from '../running/algorithms/index.ts';
import { stateProperty } from '../running/state.ts';
import { type RunReport, referenceName, type Timing } from '../runReport.ts';

/**
 * Orders records by the operations' table, then by the backends as they were named; rows, functions and algorithms as their own tables do.
 * The cases of an operation, and its properties, stay in the order in which they were asked; questions asked again come first: another
 * part may have asked them.
 */
export function inOrder(report: RunReport): RunReport {
  const operation = placesOf(report.operations.map(({ name }) => name));
  const backend = placesOf([referenceName, ...report.backends.map(({ name }) => name)]);
  const row = placesOf(rowFixtures.map(({ id }) => id));
  const listed = placesOf(listedRows);
  const algorithm = placesOf(algorithms.map(({ name }) => name));
  const { schemaVersion, etalonVersion, startedAt, finishedAt, stopped, seed, command, shard, environment } = report;
  const { backends, operations, caseSeconds, benchmarks, sources, inventory, accuracy, ...rest } = report;
  return {
    ...{ schemaVersion, etalonVersion, startedAt, finishedAt, stopped, seed, command, shard, environment },
    ...{ backends, operations },
    outcomes: rest.outcomes.toSorted((a, b) => operation(a.operation) - operation(b.operation)),
    caseSeconds,
    properties: rest.properties.toSorted(
      (a, b) =>
        operation(a.operation) - operation(b.operation) ||
        backend(a.backend) - backend(b.backend) ||
        Number(b.property === stateProperty) - Number(a.property === stateProperty),
    ),
    timings: rest.timings.toSorted(
      (a, b) =>
        operation(a.operation) - operation(b.operation) ||
        amountOf(a) - amountOf(b) ||
        compare(a.caseId, b.caseId) ||
        backend(a.backend) - backend(b.backend),
    ),
    benchmarks,
    rows: rest.rows.toSorted((a, b) => row(a.id) - row(b.id)),
    ...{ sources, inventory: inventory?.toSorted((a, b) => listed(a) - listed(b)) },
    accuracy: accuracy?.toSorted((a, b) => compare(a.function, b.function)),
    algorithms: rest.algorithms?.toSorted(
      (a, b) => algorithm(a.algorithm) - algorithm(b.algorithm) || backend(a.backend) - backend(b.backend),
    ),
  };
}

/** What is not in the list comes last. */
function placesOf(names: readonly string[]): (name: string) => number {
  const places = new Map(names.map((name, place) => [name, place]));
  return (name) => places.get(name) ?? places.size;
}

const amountOf = ({ flops, bytes = 0 }: Timing): number => flops ?? bytes;
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
