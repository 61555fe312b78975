import type { z } from 'zod';
import { plainText } from '../backends/worker/plainText.ts';

/** Returns the first thing that does not fit the schema, in one line: "outcomes.3.status: Invalid option: …". Nothing when all of it fits. */
export function problemOf(schema: z.ZodType, value: unknown): string | undefined {
  let result: ReturnType<typeof schema.safeParse>;
  try {
    result = schema.safeParse(value);
  } catch (error) {
    // Nested deeper than the stack.
    return error instanceof Error ? error.message : String(error);
  }
  if (result.success) return undefined;
  const [issue] = result.error.issues;
  return plainText([issue.path.map(String).join('.'), issue.message].filter((part) => part !== '').join(': '), 500);
}
