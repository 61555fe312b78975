/** `etalon selftest`: the suite is measured too. One line a part; a part gives its record, its problems and its tables. */
import { boundariesPart } from './boundaries/part.ts';
import { diagnosisPart } from './diagnosis.ts';
import { precisionPart } from './dotProduct/precisionReport.ts';
import { dotProductPart } from './dotProduct/report.ts';
import { gradingPart } from './grading.ts';
import { honestVariantsPart } from './honestVariants.ts';
import { hostilePart } from './hostile/part.ts';
import { knownMistakesPart } from './knownMistakes.ts';
import { mutantsPart } from './mutation/part.ts';
import type { SelfTestOptions, SelfTestPart, SelfTestResult } from './part.ts';

export const selfTestParts: readonly SelfTestPart[] = [
  dotProductPart,
  precisionPart,
  knownMistakesPart,
  boundariesPart,
  diagnosisPart,
  honestVariantsPart,
  mutantsPart,
  gradingPart,
  hostilePart,
];

/** Runs one part; here, or in a process of its own. */
export type RunPart = (part: SelfTestPart, options: SelfTestOptions) => SelfTestResult | Promise<SelfTestResult>;

/** Runs parts and merges what they give, in the order of the parts. */
export async function selfTest(
  parts: readonly SelfTestPart[],
  options: SelfTestOptions,
  run: RunPart = (part) => part.run(options),
): Promise<SelfTestResult> {
  const record: Record<string, unknown> = {};
  const details: Record<string, unknown> = {};
  const problems: string[] = [];
  const sentences: string[] = [];
  const tables: SelfTestResult['tables'][number][] = [];
  const operations = new Map<string, Record<string, unknown>>();
  const results = await Promise.all(parts.map((part) => run(part, options)));
  results.forEach((result, i) => {
    const { name: part } = parts[i];
    for (const key of Object.keys(result.record)) {
      if (key in record) throw new Error(`selftest: ${part} writes ${key}, which another part has written`);
    }
    Object.assign(record, result.record);
    Object.assign(details, result.details);
    for (const [name, counts] of Object.entries(result.operations ?? {}))
      operations.set(name, { ...(operations.get(name) ?? { name }), ...counts });
    sentences.push(`${part}: ${result.summary}`);
    problems.push(...result.problems.map((problem) => `${part}: ${problem}`));
    tables.push(...result.tables);
  });
  if (operations.size > 0) record.operations = [...operations.values()];
  return { record, summary: sentences.join('\n'), details, problems, tables };
}

export type { SelfTestOptions, SelfTestPart, SelfTestResult, SelfTestTable } from './part.ts';
