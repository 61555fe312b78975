/**
 * TensorFlow.js on TensorFlow itself: the kernels of tfjs-node-gpu, on the addon that `etalon setup` compiled.
 *
 * The package's own entry is not used: it looks for the addon inside the package, where no install script has put one.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { requireInstalled } from '../installed.ts';
import type { DeviceTensor, Tf } from './program.ts';

const require = createRequire(import.meta.url);
const addonPackage = '@tensorflow/tfjs-node-gpu';

/** The addon's exports, as far as they are used here; the rest is the package's own business. */
interface Addon {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
  /** Since the last call: "OPERATION DEVICE TYPE" of every output that was computed, each different line once. */
  takePlacements(): string[];
}

interface TensorflowBackend {
  /** Writes the tensors to the device, where that was put off. */
  getInputTensorIds(tensors: readonly DeviceTensor[]): unknown;
}

export interface Tensorflow {
  readonly tf: Tf;
  /** TensorFlow's version, not that of TensorFlow.js. */
  readonly version: string;
  readonly addon: Addon;
  upload(tensor: DeviceTensor): DeviceTensor;
}

/**
 * Loads TensorFlow and registers it with tfjs as its backend 'tensorflow'.
 *
 * @throws Error that names the command that mends it, when the setup is missing, of another version, or does not load.
 */
export async function loadTensorflow(setup: string): Promise<Tensorflow> {
  const { version: packageVersion } = requirePackage();
  const folder = requireInstalled(setup, { [addonPackage]: packageVersion });
  // Advice about processors is not for us; errors stay.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  // Node 23 removed two functions that the package calls.
  const old = util as unknown as Record<string, (value: unknown) => boolean>;
  old.isNullOrUndefined = (value) => value === null || value === undefined;
  old.isArray = Array.isArray;
  const addon = loadAddon(join(folder, 'tfjs_binding.node'), setup);
  const tf: Tf = await import('@tensorflow/tfjs');
  require(`${addonPackage}/dist/register_all_kernels`);
  const { NodeJSKernelBackend } = require(`${addonPackage}/dist/nodejs_kernel_backend`);
  const backend = new NodeJSKernelBackend(addon, addonPackage) as TensorflowBackend;
  tf.registerBackend('tensorflow', () => backend as never);
  return {
    tf,
    version: addon.TF_Version,
    addon,
    upload(tensor) {
      backend.getInputTensorIds([tensor]);
      return tensor;
    },
  };
}

function requirePackage(): { version: string } {
  try {
    return require(`${addonPackage}/package.json`);
  } catch (cause) {
    throw new Error(`the package ${addonPackage} is not installed; run: npm install ${addonPackage}`, { cause });
  }
}

function loadAddon(file: string, setup: string): Addon {
  try {
    return require(file) as Addon;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the addon does not load: ${message}; to build it anew, remove its folder and run: etalon setup ${setup}`, {
      cause,
    });
  }
}
