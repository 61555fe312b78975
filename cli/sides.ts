/** The two versions that `etalon compare` puts beside each other, from what was typed. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { valid } from 'semver';
import { backendCommand, createWorkerSupervisor, embeddedBackends, hostCommand, programCommand } from '../backends/index.ts';
import { setupFolder } from '../backends/installed.ts';
import type { WorkerOptions } from '../backends/worker/worker.ts';
import type { Side } from '../suites/benchmarks/compare/pairs.ts';
import { UsageError } from './errors.ts';
import { requireName } from './selection.ts';
import { projectRoot } from './setup/packages.ts';

type Command = Pick<WorkerOptions, 'command' | 'arguments' | 'replyDescriptor' | 'environment'>;

export interface OpenedSide extends Side {
  /** Removes what was made for it. */
  close(): void;
}

const startTimeoutMs = 60_000;

/** Packages that a version after @ stands for, by backend. */
const packagesOf: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-cpu': ['onnxruntime-node'],
  'tfjs-cpu': ['@tensorflow/tfjs'],
  'tfjs-wasm': ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
};

/**
 * Opens a side: the name of a backend, the path of an adapter, a program's command in quotation marks, a backend at a version of its library
 * (onnxruntime-cpu@1.24.3), or a backend at a git revision of this clone (js@main~3).
 *
 * @throws UsageError when it is none of them, or cannot be had.
 */
export function openSide(text: string): OpenedSide {
  const at = text.lastIndexOf('@');
  if (/\s/.test(text.trim())) return sideOf(text, programCommand(text));
  if (existsSync(text)) return sideOf(text, hostCommand(resolve(text)));
  if (/[/\\]|\.[cm]?[jt]s$/.test(text) && at <= 0) throw new UsageError(`${text}: there is no such file`);
  if (at <= 0) {
    requireName('backend', text, Object.keys(embeddedBackends));
    return sideOf(text, backendCommand(text));
  }
  const [name, version] = [text.slice(0, at), text.slice(at + 1)];
  requireName('backend', name, Object.keys(embeddedBackends));
  if (version === '') throw new UsageError(`${text}: a version or a git revision is needed after @`);
  return valid(version) ? versionSide(text, name, version) : revisionSide(text, name, version);
}

function sideOf(name: string, command: Command, close = () => {}): OpenedSide {
  return { name, fresh: () => createWorkerSupervisor({ ...command, timeoutMs: startTimeoutMs }), close };
}

/** Installs the version into a folder that is kept, and lets this backend's process find its library there. */
function versionSide(text: string, name: string, version: string): OpenedSide {
  const packages = packagesOf[name];
  if (packages === undefined) {
    throw new UsageError(`${text}: versions are known of ${Object.keys(packagesOf).join(', ')}; of others a git revision`);
  }
  const folder = setupFolder(join('versions', `${name}-${version}`));
  if (!packages.every((one) => existsSync(join(folder, 'node_modules', one, 'package.json')))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const wanted = packages.map((one) => `${one}@${version}`);
    ran(text, 'npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder, ...wanted]);
  }
  const command = backendCommand(name);
  return sideOf(text, { ...command, arguments: ['--import', resolvingIn(folder, packages), ...(command.arguments ?? [])] });
}

/** A module, as a URL, that makes the process look for these packages in the folder. */
function resolvingIn(folder: string, packages: readonly string[]): string {
  const hooks = `
const packages = ${JSON.stringify(packages)};
const parentURL = ${JSON.stringify(pathToFileURL(join(folder, 'package.json')).href)};
export const resolve = (specifier, context, next) =>
  next(specifier, packages.some((name) => specifier === name || specifier.startsWith(name + '/')) ? { ...context, parentURL } : context);`;
  const url = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
  return url(`import { register } from 'node:module'; register(${JSON.stringify(url(hooks))});`);
}

/** Takes the revision's files into a folder of their own, which lives as long as the comparison; the packages are those of this clone. */
function revisionSide(text: string, name: string, revision: string): OpenedSide {
  const root = projectRoot();
  if (!existsSync(join(root, '.git'))) throw new UsageError(`${text}: a git revision needs a clone of Etalon`);
  try {
    execFileSync('git', ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`], { cwd: root, stdio: 'ignore' });
  } catch {
    throw new UsageError(`${text}: ${revision} is neither a version nor a revision of this clone`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'etalon-revision-'));
  const close = () => rmSync(folder, { recursive: true, force: true });
  try {
    const archive = join(folder, 'files.tar');
    ran(text, 'git', ['-C', root, 'archive', '--output', archive, revision]);
    ran(text, 'tar', ['-xf', archive, '-C', folder]);
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const loader = pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href;
    const command = { ...backendCommand(name), command: process.execPath, replyDescriptor: 3 as const };
    return sideOf(text, { ...command, arguments: ['--import', loader, join(folder, 'backends/worker/host.ts'), name] }, close);
  } catch (error) {
    close();
    throw error;
  }
}

function ran(text: string, command: string, args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const { stderr, message } = error as { stderr?: Buffer; message: string };
    const said = stderr?.toString().trim().split('\n').slice(-2).join(' ');
    throw new UsageError(`${text}: ${command} failed: ${said || message}`);
  }
}
