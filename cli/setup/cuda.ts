/** CUDA's libraries from NVIDIA's own Python packages, for machines that have the driver and not the toolkit. */
import { type CudaBackend, cudaNeeds, findLibraries, machineFolders } from '../../backends/cudaLibraries.ts';
import type { Download } from './downloads.ts';
import type { Part, SetupChoices } from './setup.ts';
import { unpackWheel } from './unpack.ts';

interface CudaWheel extends Pick<Download, 'name' | 'version' | 'sha256' | 'bytes'> {
  readonly diskBytes: number;
  /** Folder in the wheel. */
  readonly from: string;
  /** The libraries that it is fetched for. */
  readonly sonames: readonly string[];
}

/** CUDA 13.0, which drivers from 580 on run, and CUDA 12.9, which drivers from 525 on run. */
const wheels: Readonly<Record<CudaBackend, readonly CudaWheel[]>> = {
  'onnxruntime-cuda': [
    {
      name: 'nvidia-cuda-runtime',
      version: '13.0.96',
      sha256: '7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548',
      bytes: 2_243_632,
      diskBytes: 704_288,
      from: 'nvidia/cu13/lib/',
      sonames: ['libcudart.so.13'],
    },
    {
      name: 'nvidia-cublas',
      version: '13.1.0.3',
      sha256: 'ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171',
      bytes: 423_133_236,
      diskBytes: 595_773_576,
      from: 'nvidia/cu13/lib/',
      sonames: ['libcublas.so.13', 'libcublasLt.so.13'],
    },
    {
      name: 'nvidia-curand',
      version: '10.4.0.35',
      sha256: '1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc',
      bytes: 59_544_258,
      diskBytes: 132_698_328,
      from: 'nvidia/cu13/lib/',
      sonames: ['libcurand.so.10'],
    },
    {
      name: 'nvidia-cuda-nvrtc',
      version: '13.0.88',
      sha256: 'ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575',
      bytes: 90_215_200,
      diskBytes: 113_718_656,
      from: 'nvidia/cu13/lib/',
      sonames: ['libnvrtc.so.13', 'libnvrtc-builtins.so.13.0'],
    },
    {
      name: 'nvidia-cudnn-cu13',
      version: '9.15.1.9',
      sha256: 'ebc9a647918df0d7298d67cfaf41579fd4c78ead9aba246f5ad9414d61b9ec4c',
      bytes: 351_298_418,
      diskBytes: 472_445_064,
      from: 'nvidia/cudnn/lib/',
      sonames: ['libcudnn.so.9'],
    },
  ],
  'tfjs-cuda': [
    {
      name: 'nvidia-cuda-runtime-cu12',
      version: '12.9.79',
      sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
      bytes: 3_493_179,
      diskBytes: 741_088,
      from: 'nvidia/cuda_runtime/lib/',
      sonames: ['libcudart.so.12'],
    },
    {
      name: 'nvidia-cublas-cu12',
      version: '12.9.1.4',
      sha256: '453611eb21a7c1f2c2156ed9f3a45b691deda0440ec550860290dc901af5b4c2',
      bytes: 581_242_350,
      diskBytes: 854_346_880,
      from: 'nvidia/cublas/lib/',
      sonames: ['libcublas.so.12', 'libcublasLt.so.12'],
    },
    {
      name: 'nvidia-cufft-cu12',
      version: '11.4.1.4',
      sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
      bytes: 200_877_592,
      diskBytes: 291_507_928,
      from: 'nvidia/cufft/lib/',
      sonames: ['libcufft.so.11'],
    },
    {
      name: 'nvidia-cusolver-cu12',
      version: '11.7.5.82',
      sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
      bytes: 338_117_415,
      diskBytes: 302_024_152,
      from: 'nvidia/cusolver/lib/',
      sonames: ['libcusolver.so.11'],
    },
    {
      name: 'nvidia-cusparse-cu12',
      version: '12.5.10.65',
      sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
      bytes: 366_465_088,
      diskBytes: 486_556_368,
      from: 'nvidia/cusparse/lib/',
      sonames: ['libcusparse.so.12'],
    },
    {
      name: 'nvidia-nvjitlink-cu12',
      version: '12.9.86',
      sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
      bytes: 39_748_338,
      diskBytes: 95_935_344,
      from: 'nvidia/nvjitlink/lib/',
      sonames: ['libnvJitLink.so.12'],
    },
    {
      name: 'nvidia-cuda-nvrtc-cu12',
      version: '12.9.86',
      sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
      bytes: 89_568_129,
      diskBytes: 113_447_240,
      from: 'nvidia/cuda_nvrtc/lib/',
      sonames: ['libnvrtc.so.12', 'libnvrtc-builtins.so.12.9'],
    },
    {
      name: 'nvidia-cudnn-cu12',
      version: '9.15.1.9',
      sha256: '343d9b4bdba9df2f4acf5e8d8582fd40b66ee65fa5cff7702d58ebdc0c077dfa',
      bytes: 647_660_669,
      diskBytes: 977_861_120,
      from: 'nvidia/cudnn/lib/',
      sonames: ['libcudnn.so.9'],
    },
  ],
};

/** A part per wheel; one whose libraries the machine has, and that fit, is not needed. */
export function cudaParts(backend: CudaBackend, source: SetupChoices['cudaLibraries']): Part[] {
  const { major } = cudaNeeds[backend];
  return wheels[backend].map(({ diskBytes, from, sonames, ...wheel }) => ({
    name: `cuda/${wheel.name}`,
    downloads: [{ kind: 'wheel', ...wheel }],
    diskBytes,
    unneeded: () => {
      if (source === 'machine') return `${sonames.join(', ')} are left to the machine`;
      const { folders, missing } = findLibraries(sonames, major, machineFolders());
      return missing.length === 0 ? `${sonames.join(', ')} are in ${folders.join(', ')}` : undefined;
    },
    build: ({ files: [file], target }) =>
      unpackWheel(
        file,
        target,
        sonames.map((soname) => from + beginning(soname)),
        'flat',
      ),
  }));
}

/** cuDNN is one library to those that call it, and eight files. */
const beginning = (soname: string): string => (soname === 'libcudnn.so.9' ? 'libcudnn' : soname);
