/** What can be set up, by the name that users type. */
import { python, torch } from './python.ts';
import type { Setup } from './setup.ts';
import { tfjsNode } from './tensorflow.ts';
import { webgpu } from './webgpu.ts';

/** Functions, because a setup looks at the packages that it is for: one that is not installed costs only its own setup. */
export const setups: Readonly<Record<string, () => Setup>> = {
  'tfjs-node': tfjsNode,
  python,
  torch,
  webgpu,
};
