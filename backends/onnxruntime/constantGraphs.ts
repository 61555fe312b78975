/** Operations whose graph is a constant: the library computes it on the processor when it loads the model, whatever the device. */
import type { Holes } from '../adapterHost.ts';

/** The operations that every provider lacks that has to show where its nodes ran. */
export const constantGraphs: Holes = {
  'identity.derivative': () => ({
    reason:
      'its graph is a constant, which the library computes on the processor when it loads the model: no node is left to run',
    link: 'https://onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html',
  }),
};
