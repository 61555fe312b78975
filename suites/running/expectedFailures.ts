/**
 * Failures that a backend's author knows of, in a file that the author owns: JSON, a list of
 * `{ "backend", "versions"?, "case", "sometimes"?, "reason", "link"? }`. `case` is a case id or a list of them, in which a `*` stands for anything; an
 * algorithm's is `algorithm/NAME`. `versions` is a semver range of the backend's library. A listed case that passes is an unexpected
 * pass, and red: the list must shrink again. A property draws other examples under every seed and may well meet none that fails, so
 * a listed property that passes is a pass; so is a case with `"sometimes": true`, whose failure depends on the numbers that the seed
 * draws. The first entry that fits counts.
 */
import { readFileSync, statSync } from 'node:fs';
import { satisfies, validRange } from 'semver';
import { z } from 'zod';
import type { Outcome, Status } from '../runReport.ts';

const schema = z.array(
  z.strictObject({
    backend: z.string(),
    versions: z
      .string()
      .refine((range) => validRange(range) !== null, 'a semver range is needed, as in ">=1.2 <2"')
      .optional(),
    case: z.union([z.string(), z.array(z.string()).min(1)]),
    sometimes: z.boolean().optional(),
    reason: z.string().min(1),
    link: z.url().optional(),
  }),
);

/** The same as JSON Schema (draft 2020-12), which the package publishes as `etalon/expected-failures.schema.json`. */
export function expectedFailuresJsonSchema(): object {
  return { ...z.toJSONSchema(schema), title: 'Expected failures of backends' };
}

export type ExpectedFailure = z.infer<typeof schema>[number];

/** @throws Error naming the file and the first entry that is not of the form. */
export function readExpectedFailures(file: string | URL): ExpectedFailure[] {
  const status = statSync(file);
  if (!status.isFile()) throw new Error(`expected failures ${file}: it is not a file`);
  if (status.size > mostBytes)
    throw new Error(`expected failures ${file}: ${status.size} bytes are more than the ${mostBytes} that are read`);
  return parseExpectedFailures(readFileSync(file, 'utf8'), String(file));
}

const mostBytes = 2 ** 24;

/** @throws Error naming the file and the first entry that is not of the form. */
export function parseExpectedFailures(text: string, file: string): ExpectedFailure[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new Error(`expected failures ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new Error(
    `expected failures ${file}: ${[path.map(String).join('.'), message].filter((part) => part !== '').join(': ')}`,
  );
}

interface ListedBackend {
  readonly name: string;
  readonly description: { readonly version: string };
  readonly expectedFailures: readonly ExpectedFailure[];
}

/** Tells whether the pattern is about a case: `*` stands for anything. Takes time in proportion to both lengths, at most. */
export function fits(pattern: string, caseId: string): boolean {
  const [first, ...rest] = pattern.split('*');
  if (rest.length === 0) return caseId === pattern;
  const last = rest.pop() ?? '';
  if (!caseId.startsWith(first)) return false;
  let at = first.length;
  // The earliest place of each part leaves the most room for the next.
  for (const part of rest) {
    const found = caseId.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return caseId.length - last.length >= at && caseId.endsWith(last);
}

const lists = new WeakMap<ListedBackend, readonly ExpectedFailure[]>();

/** The entries about this backend in its version; looked through once for all cases. */
function entriesOf(backend: ListedBackend): readonly ExpectedFailure[] {
  const { name, description, expectedFailures } = backend;
  const known = lists.get(backend);
  if (known) return known;
  const entries = expectedFailures
    .filter((entry) => entry.backend === name)
    .filter(({ versions }) => versions === undefined || satisfies(description.version, versions));
  lists.set(backend, entries);
  return entries;
}

/** Returns the status of a case that is listed; nothing where it is not. */
export function expectedFailureOf(
  backend: ListedBackend,
  caseId: string,
  status: Status,
): Partial<Pick<Outcome, 'status' | 'reason' | 'link'>> {
  const listed = entriesOf(backend).find((entry) => [entry.case].flat().some((pattern) => fits(pattern, caseId)));
  if (listed === undefined || status === 'unsupported' || status === 'notAsked') return {};
  if (status === 'passed' && (listed.sometimes || caseId.endsWith('/property'))) return {};
  if (status === 'passed') {
    return {
      status: 'unexpectedPass',
      reason: `passes, though listed as an expected failure: ${listed.reason}`,
      link: listed.link,
    };
  }
  return { status: 'expectedFailure', reason: listed.reason, link: listed.link };
}
