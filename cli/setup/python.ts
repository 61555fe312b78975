/** The setups of the Python backends: packages in a folder of their own, which the backend's process finds by PYTHONPATH. */
import type { Setup } from './setup.ts';
import { type Tool, tools } from './tools.ts';

const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'] as const;

const pip: Tool = { ...tools.pip, purpose: 'fetches the packages, verifies their checksums and unpacks them' };

/** One package with what it depends on. pip verifies each file against the checksum that its index states. */
function pythonPackage(name: string, version: string, fetchedBytes: number, diskBytes: number): Setup['parts'][number] {
  return {
    name: 'packages',
    fetchedBytes,
    diskBytes,
    build: async ({ target, run }) => {
      await run('python3', [
        ...['-m', 'pip', 'install', `${name}==${version}`, '--target', target],
        ...['--only-binary', ':all:', '--quiet', '--disable-pip-version-check'],
      ]);
    },
  };
}

export const python = (): Setup => ({
  summary: 'NumPy for Python 3.11 or newer',
  backends: ['numpy'],
  versions: { numpy: '2.4.6' },
  parts: [pythonPackage('numpy', '2.4.6', 18_000_000, 90_000_000)],
  tools: [pip],
  platforms,
});

export const torch = (): Setup => ({
  summary:
    'PyTorch and what it depends on; on Linux that includes the CUDA libraries, though this backend computes on the processor',
  backends: ['torch'],
  versions: { torch: '2.15.0', numpy: '2.4.6' },
  parts: [
    { ...pythonPackage('numpy', '2.4.6', 18_000_000, 90_000_000), name: 'numpy' },
    pythonPackage('torch', '2.15.0', 2_600_000_000, 5_300_000_000),
  ],
  tools: [pip],
  platforms,
});
