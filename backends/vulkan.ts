/**
 * The Vulkan driver that WebGPU computes with on Linux: that of a device where the system has one, else the software driver that
 * `etalon setup webgpu` fetched.
 */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readInstalled, setupFolder } from './installed.ts';

/** Where the Vulkan loader looks for the files that name a driver. */
const driverFolders = [
  '/etc/vulkan/icd.d',
  '/usr/local/etc/vulkan/icd.d',
  '/usr/share/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  join(homedir(), '.local/share/vulkan/icd.d'),
];
const loaderFolders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib', '/usr/local/lib'];
/** Mesa's drivers that compute on the processor; the one of Debian 12 is too old for Dawn. */
const softwareDriver = /lvp|lavapipe|swiftshader/i;
const loader = 'libvulkan.so.1';

/**
 * The variables that a worker which uses Vulkan is started with: the loader reads them before any code of ours runs. Whatever the
 * user has set stays.
 */
export function vulkanEnvironment(): Record<string, string> {
  if (process.platform !== 'linux') return {};
  const folder = join(setupFolder('webgpu'), 'vulkan');
  const fetched = readInstalled('webgpu') !== undefined;
  const variables: Record<string, string> = {};
  if (fetched && !loaderFolders.some((place) => existsSync(join(place, loader)))) {
    variables.LD_LIBRARY_PATH = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  }
  const chosen = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (fetched && chosen === undefined && !hasDevice()) variables.VK_ICD_FILENAMES = join(folder, 'vk_swiftshader_icd.json');
  return variables;
}

/** Mesa's driver files come with many systems that have no graphics device: the device itself must be there as well. */
function hasDevice(): boolean {
  const nodes = ['/dev/nvidiactl', '/dev/dxg', ...listed('/dev/dri').filter((file) => file.includes('renderD'))];
  const drivers = driverFolders.flatMap(listed).filter((file) => file.endsWith('.json') && !softwareDriver.test(file));
  return nodes.some(existsSync) && drivers.length > 0;
}

function listed(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}
