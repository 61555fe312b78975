/** Executes the rows of the inventory: fixtures (what the documents say) × experiments (what is done about it). */

import { rowFixtures } from '../../fixtures/documents/index.ts';
import { topicOf } from '../../fixtures/documents/inventory.ts';
import { documents, type RowFixture } from '../../fixtures/documents/row.ts';
import type { RowRecord } from '../runReport.ts';
import type { Experiment } from './experiment.ts';
import { experiments } from './experiments.ts';

/** A row that has a fixture or an experiment but not both is no implemented row. */
export function implementedRows(fixtures = rowFixtures, table = experiments): string[] {
  return fixtures.map(({ id }) => id).filter((id) => id in table);
}

/** Executes every implemented row whose id is wanted, in the fixtures' order; an experiment that throws is a failed row. */
export function* executeRows(
  options: { seed: number; thorough?: boolean; ids?: readonly string[] },
  fixtures: readonly RowFixture[] = rowFixtures,
  table: Readonly<Record<string, Experiment>> = experiments,
): Generator<RowRecord> {
  for (const fixture of fixtures) {
    const experiment = table[fixture.id];
    if (experiment === undefined || (options.ids && !options.ids.includes(fixture.id))) continue;
    yield executeRow(fixture, experiment, options.seed, options.thorough ?? false);
  }
}

function executeRow(fixture: RowFixture, experiment: Experiment, seed: number, thorough: boolean): RowRecord {
  const { id, kind, title, statement, formula, printed, right, where, notFollowed } = fixture;
  const topic = topicOf(id);
  const started = performance.now();
  const row = {
    ...{ id, kind, title, statement, formula, printed, right, where, notFollowed },
    topic: topic && { title: topic.title, says: topic.says },
    document: fixture.documents.map((key) => documents[key]).join('; '),
    related: fixture.related ?? [],
    source: experiment.source,
    thorough: experiment.thorough === undefined ? undefined : { does: experiment.thorough, done: thorough },
  };
  try {
    const { evidence, charts = [], tables = [] } = experiment.run({ fixture, seed, thorough });
    const passed = evidence.length > 0 && evidence.every((piece) => piece.passed);
    return { ...row, passed, evidence, charts, tables, seconds: (performance.now() - started) / 1000 };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      ...row,
      passed: false,
      reason,
      evidence: [],
      charts: [],
      tables: [],
      seconds: (performance.now() - started) / 1000,
    };
  }
}
