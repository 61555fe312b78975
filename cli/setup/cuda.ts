/** CUDA's libraries from NVIDIA's own Python packages, for machines that have the driver and not the toolkit. */
import { type CudaBackend, cudaNeeds, findLibraries, machineFolders } from '../../backends/cudaLibraries.ts';
import type { Download } from './downloads.ts';
import type { Part, SetupChoices } from './setup.ts';
import { unpackWheel } from './unpack.ts';

interface CudaWheel {
  readonly wheel: Download;
  readonly diskBytes: number;
  /** Files of the wheel that are taken, by their beginnings. */
  readonly members: readonly string[];
  /** The libraries that it is fetched for. */
  readonly sonames: readonly string[];
}

/** CUDA 13.0, which drivers from 580 on run; CUDA 12.9, which drivers from 525 on run. */
const wheels: Readonly<Record<CudaBackend, readonly CudaWheel[]>> = {
  'onnxruntime-cuda': [
    cudaWheel('nvidia-cuda-runtime', '13.0.96', '7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548', 2_243_632, 704_288, 'nvidia/cu13/lib/', ['libcudart.so.13']),
    cudaWheel('nvidia-cublas', '13.1.0.3', 'ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171', 423_133_236, 595_773_576, 'nvidia/cu13/lib/', ['libcublas.so.13', 'libcublasLt.so.13']),
    cudaWheel('nvidia-curand', '10.4.0.35', '1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc', 59_544_258, 132_698_328, 'nvidia/cu13/lib/', ['libcurand.so.10']),
    cudaWheel('nvidia-cuda-nvrtc', '13.0.88', 'ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575', 90_215_200, 113_718_656, 'nvidia/cu13/lib/', ['libnvrtc.so.13', 'libnvrtc-builtins.so.13']),
    cudaWheel('nvidia-cudnn-cu13', '9.15.1.9', 'ebc9a647918df0d7298d67cfaf41579fd4c78ead9aba246f5ad9414d61b9ec4c', 351_298_418, 472_444_928, 'nvidia/cudnn/lib/', ['libcudnn']),
  ],

/** A part per wheel; one whose libraries the machine has, and that fit, is not needed. */
export function cudaParts(backend: CudaBackend, source: SetupChoices['cudaLibraries']): Part[] {
  const { major } = cudaNeeds[backend];
  return wheels[backend].map(({ wheel, diskBytes, members, sonames }) => ({
    name: `cuda/${wheel.name}`,
    downloads: [wheel],
    diskBytes,
    unneeded: () => {
      if (source === 'machine') return `${sonames.join(', ')} are left to the machine`;
      const { folders, missing } = findLibraries(sonames, major, machineFolders());
      return missing.length === 0 ? `${sonames.join(', ')} are in ${folders.join(', ')}` : undefined;
    },
    build: ({ files: [file], target }) => unpackWheel(file, target, members, 'flat'),
  }));
}
