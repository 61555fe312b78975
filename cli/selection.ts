/** From what was typed to what is meant; a name that does not exist is answered with the nearest that do. */
import { distance } from 'fastest-levenshtein';
import type { AnyOperation } from '../suites/judging/operation.ts';
import { operations } from '../suites/operations/index.ts';
import type { Algorithm } from '../suites/running/algorithms/algorithm.ts';
import { algorithms } from '../suites/running/algorithms/index.ts';
import { blockCasesOf, blocksOfCase, type CaseReference, checkedCasesOf } from '../suites/running/cases.ts';
import { UsageError } from './errors.ts';

/** @throws UsageError naming the nearest allowed names when `name` is none of them. */
export function requireName(kind: string, name: string, allowed: readonly string[]): string {
  if (allowed.includes(name)) return name;
  const near = nearest(name, allowed);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `allowed: ${allowed.join(', ')}`;
  throw new UsageError(`${kind} ${JSON.stringify(name)} does not exist; ${hint}`);
}

function nearest(name: string, allowed: readonly string[]): string[] {
  const scored = allowed
    .map((candidate) => ({ candidate, apart: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, apart }) => apart <= Math.max(2, candidate.length / 3))
    .sort((a, b) => a.apart - b.apart);
  return scored.slice(0, 3).map(({ candidate }) => candidate);
}

/** Operations by name; a trailing `*` selects by beginning (`conv2d*`). All of them when none is named. */
export function selectOperations(names: readonly string[] = [], table = operations): readonly AnyOperation[] {
  if (names.length === 0) return table;
  const allowed = table.map(({ name }) => name);
  const wanted = new Set(names.flatMap((name) => matching('operation', name, allowed)));
  return table.filter(({ name }) => wanted.has(name));
}

/** Algorithms by name; a trailing `*` selects by beginning. All of them when none is named. */
export function selectAlgorithms(names?: readonly string[]): readonly Algorithm[] {
  if (names === undefined) return algorithms;
  const allowed = algorithms.map(({ name }) => name);
  const wanted = new Set(names.flatMap((name) => matching('algorithm', name, allowed)));
  return algorithms.filter(({ name }) => wanted.has(name));
}

/** Cases by id (`conv2d/stride-rows/random`); of the given operations, all when none is named. */
export function selectCases(
  selected: readonly AnyOperation[],
  ids: readonly string[] = [],
  table = operations,
): CaseReference[] {
  if (ids.length === 0) return selected.flatMap(checkedCasesOf);
  for (const id of ids) {
    const [operation, ...rest] = id.split('/');
    if (rest.length !== 2 || rest.some((part) => part === '')) {
      throw new UsageError(
        `case id ${JSON.stringify(id)} is malformed; it has the form operation/recipe/tier, as in matmul/plain/exact`,
      );
    }
    requireName(
      'operation',
      operation,
      table.map(({ name }) => name),
    );
    if (!selected.some(({ name }) => name === operation)) {
      throw new UsageError(`--case ${id} is of ${operation}, which --operation leaves out`);
    }
  }
  const names = new Set(ids.map((id) => id.split('/')[0]));
  const ofBlocks = ids.flatMap((id) => {
    const operation = table.find(({ name }) => id.startsWith(`${name}/`));
    const blocks = blocksOfCase(id);
    return operation && blocks ? blockCasesOf(operation, blocks).filter((reference) => reference.id === id) : [];
  });
  const all = [...table.filter(({ name }) => names.has(name)).flatMap(checkedCasesOf), ...ofBlocks];
  const wanted = new Set(
    ids.map((id) =>
      requireName(
        'case',
        id,
        all.map((reference) => reference.id),
      ),
    ),
  );
  return all.filter(({ id }) => wanted.has(id));
}

function matching(kind: string, name: string, allowed: readonly string[]): string[] {
  if (!name.endsWith('*')) return [requireName(kind, name, allowed)];
  const found = allowed.filter((candidate) => candidate.startsWith(name.slice(0, -1)));
  if (found.length === 0) {
    const hint = allowed.length > 20 ? `see etalon ${kind}s` : `allowed: ${allowed.join(', ')}`;
    throw new UsageError(`no ${kind} begins with ${JSON.stringify(name.slice(0, -1))}; ${hint}`);
  }
  return found;
}
