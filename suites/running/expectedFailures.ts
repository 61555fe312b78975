/**
 * Failures that a backend's author knows of, in a file that the author owns: JSON, a list of
 * `{ "backend", "versions"?, "case", "sometimes"?, "reason", "link"? }`. `case` is a case id, in which a `*` stands for anything; an
 * algorithm's is `algorithm/NAME`. `versions` is a semver range of the backend's library. A listed case that passes is an unexpected
 * pass, and red: the list must shrink again. A property draws other examples under every seed and may well meet none that fails, so
 * a listed property that passes is a pass; so is a case with `"sometimes": true`, whose failure depends on the numbers that the seed
 * draws. The first entry that fits counts.
 */
import { readFileSync } from 'node:fs';
import { satisfies } from 'semver';
import { z } from 'zod';
import type { Outcome, Status } from '../runReport.ts';

const schema = z.array(
  z.strictObject({
    backend: z.string(),
    versions: z.string().optional(),
    case: z.string(),
    sometimes: z.boolean().optional(),
    reason: z.string().min(1),
    link: z.url().optional(),
  }),
);

export type ExpectedFailure = z.infer<typeof schema>[number];

/** @throws Error naming the file and the first entry that is not of the form. */
export function readExpectedFailures(file: string | URL): ExpectedFailure[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`expected failures ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw new Error(`expected failures ${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

interface ListedBackend {
  readonly name: string;
  readonly description: { readonly version: string };
  readonly expectedFailures: readonly ExpectedFailure[];
}

/** Which cases an entry is about. */
function pattern(cases: string): RegExp {
  return new RegExp(
    `^${cases
      .split('*')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
}

type Entry = { readonly about: RegExp; readonly failure: ExpectedFailure };
const lists = new WeakMap<ListedBackend, readonly Entry[]>();

/** The entries about this backend in its version; looked through once for all cases. */
function entriesOf(backend: ListedBackend): readonly Entry[] {
  const { name, description, expectedFailures } = backend;
  const known = lists.get(backend);
  if (known) return known;
  const entries = expectedFailures
    .filter((entry) => entry.backend === name)
    .filter(({ versions }) => versions === undefined || satisfies(description.version, versions))
    .map((failure) => ({ about: pattern(failure.case), failure }));
  lists.set(backend, entries);
  return entries;
}

/** What a status becomes when the case is listed; nothing when it is not. */
export function expectedFailureOf(
  backend: ListedBackend,
  caseId: string,
  status: Status,
): Partial<Pick<Outcome, 'status' | 'reason' | 'link'>> {
  const listed = entriesOf(backend).find(({ about }) => about.test(caseId))?.failure;
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
