/** The files that an isolated process sees: a list of mounts that bubblewrap and our own script build alike. */
import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';

export type Mount =
  | { readonly kind: 'readable' | 'writable'; readonly path: string; readonly source: string }
  /** A device that may be opened, such as a graphics processor. */
  | { readonly kind: 'device'; readonly path: string; readonly source: string }
  /** An empty folder that covers what lies there. */
  | { readonly kind: 'hidden'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

export interface VisibleFiles {
  /** Files and folders that may be read, with everything below them. */
  readonly readable: readonly string[];
  /** Folders that are covered even where something above them may be read. A readable path below a hidden one stays readable. */
  readonly hidden?: readonly string[];
  /** The one folder that may be written to, beside an empty /tmp of its own. */
  readonly writable?: string;
  /** Graphics devices and what their drivers read. */
  readonly devices?: boolean;
}

/** The parts of the system that programs and their libraries need, where it exists. Nothing in it is private: /etc/passwd, /home, /var and /run are not here. */
const system = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/etc/alternatives',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
];
const driverFiles = ['/etc/OpenCL', '/etc/vulkan', '/sys/class/drm', '/sys/dev', '/sys/devices', '/sys/bus/pci'];

/**
 * The mounts, parents before children, so that the narrower one decides.
 *
 * @throws RangeError when a path does not exist.
 */
export function mountsOf({ readable, hidden = [], writable, devices = false }: VisibleFiles): Mount[] {
  const mounts: Mount[] = [
    ...system.filter((path) => existsSync(path)).map(systemMount),
    ...readable.flatMap((path) => pathMounts('readable', path)),
    ...(writable === undefined ? [] : pathMounts('writable', writable)),
    ...(devices ? deviceMounts() : []),
  ];
  const visible = mounts.filter(({ kind }) => kind === 'readable' || kind === 'writable');
  const covers = new Set(hidden.filter((path) => existsSync(path)).flatMap((path) => [resolve(path), realpathSync(path)]));
  for (const path of covers) {
    if (visible.some((mount) => isBelow(path, mount.path))) mounts.push({ kind: 'hidden', path });
  }
  const byPath = new Map(mounts.map((mount) => [mount.path, mount]));
  return [...byPath.values()].sort((a, b) => depthOf(a.path) - depthOf(b.path));
}

/** Tells whether the path is the folder itself or lies in it. */
function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function depthOf(path: string): number {
  return path.split(sep).length;
}

/** A link such as /bin → usr/bin stays a link. */
function systemMount(path: string): Mount {
  if (lstatSync(path).isSymbolicLink() && !path.startsWith('/etc/')) return { kind: 'link', path, target: readlinkSync(path) };
  return { kind: 'readable', path, source: realpathSync(path) };
}

/** The path as it is named and, where links lead elsewhere, as it really is. */
function pathMounts(kind: 'readable' | 'writable', named: string): Mount[] {
  const path = resolve(named);
  if (!existsSync(path)) throw new RangeError(`isolation: ${path} does not exist`);
  if (path === sep) throw new RangeError('isolation: the whole file system cannot be made readable');
  const source = realpathSync(path);
  // The contents of the system's folders are visible already, and a mount inside them would need a place to be made.
  const places = [...new Set([path, source])].filter((place) => kind === 'writable' || !isSystem(place));
  return places.map((place) => ({ kind, path: place, source }));
}

function isSystem(path: string): boolean {
  return system.some((folder) => isBelow(path, folder));
}

function deviceMounts(): Mount[] {
  const devices = readdirSync('/dev')
    .filter((name) => /^(nvidia|dri$|kfd$|dxg$)/.test(name))
    .map((name) => `/dev/${name}`);
  return [
    ...devices.map((path): Mount => ({ kind: 'device', path, source: path })),
    ...driverFiles.filter((path) => existsSync(path)).map((path): Mount => ({ kind: 'readable', path, source: path })),
  ];
}
