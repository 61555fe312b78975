/**
 * Libraries under test, in a version of their user's choice: `onnxruntime-cpu@1.24.3` runs the adapter on the packages of a folder of its
 * own, which npm fills once.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder } from './installed.ts';

/** A backend's name, and the version of its library where one is asked for. */
export interface VersionedName {
  readonly name: string;
  readonly version?: string;
}

/** Splits `onnxruntime-cpu@1.24.3`. */
export function versionedName(text: string): VersionedName {
  const at = text.indexOf('@', 1);
  return at < 0 ? { name: text } : { name: text.slice(0, at), version: text.slice(at + 1) };
}

/** A version as the registry publishes it: no range and no tag, so that a run names what it checked. */
export const isPublishedVersion = (version: string): boolean => /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version);

/** Returns the folder that holds these packages in one version, whether or not it is there. */
export function versionFolder(packages: readonly string[], version: string): string {
  return join(cacheFolder(), 'versions', `${packages.join('+').replaceAll('/', '-')}@${version}`);
}

/** Whether npm has put all of them there. */
export function hasVersion(packages: readonly string[], version: string): boolean {
  return packages.every((name) => existsSync(join(versionFolder(packages, version), 'node_modules', name, 'package.json')));
}

/** Returns the options with which Node resolves the packages from a folder instead of the project's own. */
export function resolvedFrom(folder: string, packages: readonly string[]): string[] {
  const parent = JSON.stringify(pathToFileURL(join(folder, 'package.json')).href);
  const hooks = `
    const names = new Set(${JSON.stringify(packages)});
    const packageOf = (specifier) => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
    export const resolve = (specifier, context, next) =>
      next(specifier, names.has(packageOf(specifier)) ? { ...context, parentURL: ${parent} } : context);`;
  const dataUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  return ['--import', dataUrl(`import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hooks))});`)];
}
