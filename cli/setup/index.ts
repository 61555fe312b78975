/** What can be set up, by the name that users type. */

import { onnxruntimeCuda } from './onnxruntimeCuda.ts';
import { python, torch } from './python.ts';
import type { Setup, SetupChoices } from './setup.ts';
import { tfjsCuda, tfjsNode } from './tensorflow.ts';
import { webgpu } from './webgpu.ts';

/** Functions, because a setup looks at the packages that it is for: one that is not installed costs only its own setup. */
export const setups: Readonly<Record<string, (choices: SetupChoices) => Setup>> = {
  'tfjs-node': tfjsNode,
  'tfjs-cuda': tfjsCuda,
  'onnxruntime-cuda': onnxruntimeCuda,
  python,
  torch,
  webgpu,
};
