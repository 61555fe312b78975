/** `etalon selftest`: the suite is measured too (VERDICTS.md). One line a part; a part gives its record, its problems and its tables. */
import { diagnosisPart } from './diagnosis.ts';
import { dotProductPart } from './dotProductReport.ts';
import { honestVariantsPart } from './honestVariants.ts';
import { knownMistakesPart } from './knownMistakes.ts';
import { mutantsPart } from './mutants.ts';
import type { SelfTestOptions, SelfTestPart, SelfTestResult } from './part.ts';
import { precisionPart } from './precisionReport.ts';

export const selfTestParts: readonly SelfTestPart[] = [
  dotProductPart,
  precisionPart,
  knownMistakesPart,
  diagnosisPart,
  honestVariantsPart,
  mutantsPart,
];

/** Runs parts one after the other and merges what they give. */
export async function selfTest(parts: readonly SelfTestPart[], options: SelfTestOptions): Promise<SelfTestResult> {
  const record: Record<string, unknown> = {};
  const problems: string[] = [];
  const tables: SelfTestResult['tables'][number][] = [];
  const operations = new Map<string, Record<string, unknown>>();
  for (const part of parts) {
    const result = await part.run(options);
    for (const key of Object.keys(result.record)) {
      if (key in record) throw new Error(`selftest: ${part.name} writes ${key}, which another part has written`);
    }
    Object.assign(record, result.record);
    for (const [name, counts] of Object.entries(result.operations ?? {}))
      operations.set(name, { ...(operations.get(name) ?? { name }), ...counts });
    problems.push(...result.problems.map((problem) => `${part.name}: ${problem}`));
    tables.push(...result.tables);
  }
  if (operations.size > 0) record.operations = [...operations.values()];
  return { record, problems, tables };
}

export type { SelfTestOptions, SelfTestPart, SelfTestResult, SelfTestTable } from './part.ts';
