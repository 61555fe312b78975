/**
 * CUDA's shared libraries: those that a setup fetched, and those that the machine has already, as Python packages or in the
 * system's folders.
 *
 * A library's name carries its own version, not CUDA's, so that some names are the same in CUDA 12 and 13 (libcudnn.so.9,
 * libcusparse.so.12). Those fit when they call libraries of the wanted CUDA. One process must never hold both.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, setupFolder } from './installed.ts';

export type CudaMajor = 12 | 13;

interface CudaNeeds {
  readonly major: CudaMajor;
  /** Without one of these nothing runs. */
  readonly required: readonly string[];
  /** Opened by the others for some of what they do. */
  readonly useful: readonly string[];
}

/** What the library of each backend opens, by the name of the backend and of its setup. */
export const cudaNeeds = {
  'onnxruntime-cuda': {
    major: 13,
    required: ['libcudart.so.13', 'libcublas.so.13', 'libcublasLt.so.13', 'libcurand.so.10', 'libcudnn.so.9'],
    useful: ['libnvrtc.so.13'],
  },
  'tfjs-cuda': {
    major: 12,
    required: [
      ...['libcudart.so.12', 'libcublas.so.12', 'libcublasLt.so.12', 'libcufft.so.11', 'libcusolver.so.11'],
      ...['libcusparse.so.12', 'libnvJitLink.so.12', 'libcudnn.so.9'],
    ],
    useful: ['libnvrtc.so.12'],
  },
} as const satisfies Readonly<Record<string, CudaNeeds>>;

export type CudaBackend = keyof typeof cudaNeeds;

/** Where a library that is called alike in CUDA 12 and 13 names one that is not. */
const witnesses: Readonly<Record<string, { readonly file: string; readonly names: (major: CudaMajor) => string }>> = {
  'libcudnn.so.9': { file: 'libcudnn_adv.so.9', names: (major) => `libcublasLt.so.${major}` },
  'libcusparse.so.12': { file: 'libcusparse.so.12', names: (major) => `libnvJitLink.so.${major}` },
};

export interface FoundLibraries {
  /** Folders for LD_LIBRARY_PATH, each once. */
  readonly folders: readonly string[];
  readonly missing: readonly string[];
}

/** Looks for each library in these folders, in their order; a folder is taken for the libraries that were not found before it. */
export function findLibraries(sonames: readonly string[], major: CudaMajor, candidates: readonly string[]): FoundLibraries {
  const folders = new Set<string>();
  const missing = sonames.filter((soname) => {
    const folder = candidates.find((candidate) => holds(candidate, soname, major));
    if (folder !== undefined) folders.add(folder);
    return folder === undefined;
  });
  return { folders: [...folders], missing };
}

function holds(folder: string, soname: string, major: CudaMajor): boolean {
  if (!existsSync(join(folder, soname))) return false;
  const witness = witnesses[soname];
  return witness === undefined || contains(join(folder, witness.file), witness.names(major));
}

/** Whether the bytes of a file hold a text. */
function contains(file: string, text: string): boolean {
  if (!existsSync(file)) return false;
  const wanted = Buffer.from(text, 'latin1');
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(2 ** 22);
    let kept = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, kept, buffer.length - kept, null);
      if (read === 0) return false;
      const filled = buffer.subarray(0, kept + read);
      if (filled.includes(wanted)) return true;
      // The text may lie across two reads.
      kept = Math.min(filled.length, wanted.length - 1);
      filled.copy(buffer, 0, filled.length - kept);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Folders under `folder` that hold shared libraries: what was fetched lies as it lay in its packages. */
function libraryFoldersUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.so(\.|$)/.test(name));
  return [...new Set(files.map((name) => dirname(join(folder, name))))].sort();
}

let found: readonly string[] | undefined;

/** Where this machine may have them: its library path, Python's packages of NVIDIA, the toolkit, the system's own folders. */
export function machineFolders(): readonly string[] {
  found ??= [
    ...(process.env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean),
    ...pythonFolders().flatMap((folder) => libraryFoldersUnder(join(folder, 'nvidia'))),
    ...toolkits(),
    ...['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/lib64', '/usr/lib'],
  ];
  return found;
}

function pythonFolders(): string[] {
  const { stdout, status } = spawnSync('python3', ['-c', 'import sys; print("\\n".join(sys.path))'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n').filter((line) => line !== '' && existsSync(join(line, 'nvidia'))) : [];
}

function toolkits(): string[] {
  const names = existsSync('/usr/local') ? readdirSync('/usr/local').filter((name) => name.startsWith('cuda')) : [];
  return names.sort().flatMap((name) => [`/usr/local/${name}/lib64`, `/usr/local/${name}/targets/x86_64-linux/lib`]);
}

/** What is there for a backend: its own fetched libraries first, then the machine's. */
export function cudaLibrariesOf(backend: CudaBackend): FoundLibraries {
  const { major, required, useful } = cudaNeeds[backend];
  const candidates = [...libraryFoldersUnder(join(setupFolder(backend), 'cuda')), ...machineFolders()];
  const { missing } = findLibraries(required, major, candidates);
  return { folders: findLibraries([...required, ...useful], major, candidates).folders, missing };
}

/** What the process of a backend is started with. */
export function cudaEnvironment(backend: CudaBackend): Readonly<Record<string, string>> {
  // Looking for libraries takes its time: only where something is set up that could use them.
  if (!existsSync(setupFolder(backend))) return {};
  const { folders } = cudaLibrariesOf(backend);
  return {
    LD_LIBRARY_PATH: [...folders, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    // Kernels that are compiled for a new device on their first use are kept.
    CUDA_CACHE_PATH: process.env.CUDA_CACHE_PATH ?? join(cacheFolder(), 'cuda-kernels'),
    // The libraries would round the factors of a float32 product to TF32 unasked; with 1, results are judged as TF32.
    NVIDIA_TF32_OVERRIDE: process.env.NVIDIA_TF32_OVERRIDE ?? '0',
  };
}

/** The precision that NVIDIA_TF32_OVERRIDE leaves. */
export const cudaPrecision = (): 'float32' | 'tf32' => (process.env.NVIDIA_TF32_OVERRIDE === '0' ? 'float32' : 'tf32');

/** Name and driver of the first device, as its own program tells them; nothing without that program. */
export function cudaDevice(): string | undefined {
  const { stdout, status } = spawnSync('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader'], {
    encoding: 'utf8',
  });
  const [name, driver] = (status === 0 ? stdout.split('\n')[0] : '').split(',').map((part) => part.trim());
  return name ? `${name}, driver ${driver}` : undefined;
}

/** Why the system's loader refuses a shared library, or nothing: the libraries that load it keep the reason to themselves. */
export function loadingError(file: string): string | undefined {
  try {
    process.dlopen({ exports: {} }, file);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // It was loaded: only that it is no addon of Node is wrong.
    return /did not self-register|self-register/.test(message) ? undefined : message;
  }
}
