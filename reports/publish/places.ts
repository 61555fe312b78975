/** Addresses of a published site. They depend on names alone, so that a link stays when more runs come. */
import { createHash } from 'node:crypto';
import { pageLink, pagePaths } from '../html/links.ts';

export const places = {
  index: pagePaths.index,
  documents: pagePaths.documents,
  errata: pagePaths.errata,
  runs: 'runs.html',
  compare: 'compare.html',
  search: 'search.html',
} as const;

/** Two names never share a file: what a file's name cannot hold is told apart by a hash. */
export function fileName(name: string): string {
  const safe = name
    .replace(/[^\w.-]+/g, '-')
    .replace(/^\.+/, '-')
    .slice(0, 80);
  return safe === name ? safe : `${safe}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}

export const backendPath = (line: string): string => `backends/${fileName(line)}.html`;
export const operationPath = (name: string): string => `operations/${fileName(name)}.html`;
export const runDataPath = (id: string): string => `runs/${id}.js`;
export const badgePath = (line: string, extension: 'svg' | 'json'): string => `badges/${fileName(line)}.${extension}`;

export const backendLink = (line: string): string => pageLink(backendPath(line));
export const operationLink = (name: string): string => pageLink(operationPath(name));
/** Names the anchor of a version on the page of its backend. */
export const versionAnchor = (version: string): string => `version-${fileName(version)}`;
export const runLink = (id: string): string => pageLink(places.runs, `run-${id}`);
export const compareLink = (base: string, head: string): string => pageLink(places.compare, `base=${base}&head=${head}`);
