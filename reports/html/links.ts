/**
 * Where things stand in the report. Links are written from its root ("@/run.html#accuracy-exp"); the page that holds them makes them
 * relative, so that the report works from any folder.
 */
import { createHash } from 'node:crypto';
import type { RunReport } from '../../suites/runReport.ts';

export type Place = 'op' | 'case' | 'row' | 'finding' | 'benchmark' | 'accuracy' | 'algorithm' | 'topic';

/** Names of the pages beside those of the operations. */
export const pagePaths = {
  index: 'index.html',
  operations: 'operations.html',
  findings: 'findings.html',
  algorithms: 'algorithms.html',
  timings: 'timings.html',
  documents: 'documents.html',
  errata: 'errata.html',
  run: 'run.html',
} as const;

/** A name as an HTML identifier; operations keep their dots, so that a link can be written by hand. */
export function identifier(prefix: Place, name: string): string {
  return `${prefix}-${plain(name)}`;
}

/** A page's link from the root of the report. */
export function pageLink(path: string, anchor?: string): string {
  return `@/${path}${anchor === undefined ? '' : `#${anchor}`}`;
}

/** "operations/conv2d.weightGradient.html" */
export function operationPath(name: string): string {
  return `operations/${plain(name)}.html`;
}

export function operationLink(name: string): string {
  return pageLink(operationPath(name));
}

export function caseLink(operation: string, caseId: string): string {
  return pageLink(operationPath(operation), identifier('case', caseId));
}

export function rowLink({ id, kind }: { readonly id: string; readonly kind: string }): string {
  return pageLink(kind === 'erratum' ? pagePaths.errata : pagePaths.documents, identifier('row', id));
}

/** A row of the documents by its id, with a link where the report has it. */
export function rowReference(
  id: string,
  { rows }: Pick<RunReport, 'rows'>,
): { readonly id: string; readonly href?: string; readonly plainTitle?: string } {
  const row = rows.find((one) => one.id === id);
  return row ? { id, href: rowLink(row), plainTitle: row.title.replaceAll('$', '') } : { id };
}

export function algorithmLink(name: string): string {
  return pageLink(pagePaths.algorithms, identifier('algorithm', name));
}

export function benchmarkLink(operation: string): string {
  return pageLink(pagePaths.timings, identifier('benchmark', operation));
}

export function accuracyLink(name: string): string {
  return pageLink(pagePaths.run, identifier('accuracy', name));
}

/** Makes the links of a page's markup relative to the folder that the page lies in. */
export function relativeLinks(markup: string, path: string): string {
  const up = '../'.repeat(path.split('/').length - 1);
  return markup.replace(/ (href|src)="@\/([^"]*)"/g, (_, attribute: string, target: string) => {
    const [file, anchor] = target.split('#');
    // Within one page an anchor is enough.
    if (file === path && anchor !== undefined) return ` ${attribute}="#${anchor}"`;
    return ` ${attribute}="${up}${target}"`;
  });
}

/** Makes the links those of a report in one file, in which a page is a part: "#run.html#accuracy-exp". */
export function innerLinks(markup: string): string {
  return markup.replace(
    / href="@\/([^"]*)"/g,
    (_, target: string) => ` href="${target.startsWith('.') ? target : `#${target}`}"`,
  );
}

/** What a stranger's name may hold is neither a way out of the folder nor longer than a file's name may be. */
function plain(name: string): string {
  const safe = name.replace(/[^\w.-]+/g, '-').replace(/^\.+/, '-');
  if (safe.length <= 100) return safe;
  return `${safe.slice(0, 80)}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}
