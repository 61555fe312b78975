/** A participant in this process: the backend `js`, some of its kernels replaced or taken away. */
import createJsBackend from '../../../../backends/js/index.ts';
import type { Attributes, NamedTensors, OperationName } from '../../../../backends/signatures.ts';
import { createKernelCache } from '../../../../backends/worker/kernelCache.ts';
import type { RunResult } from '../../../../backends/worker/worker.ts';
import { precisions } from '../../../judging/precision.ts';
import type { Participant } from '../execute.ts';

type Kernel = (inputs: NamedTensors, attributes: Attributes, honest: NamedTensors) => RunResult | NamedTensors;

/** `changed` makes the answer of an operation from its inputs and the honest answer. */
export async function jsParticipant(changed: { readonly [Name in OperationName]?: Kernel } = {}): Promise<Participant> {
  const backend = await createJsBackend();
  const kernels = createKernelCache(64);
  return {
    dtype: 'float32',
    precision: precisions.float32,
    judged: true,
    ask: async (name, attributes, inputs) => {
      const honest = await kernels.use(backend, name, attributes, inputs, async (kernel) => {
        await kernel.load(inputs);
        await kernel.execute();
        return kernel.read();
      });
      const answer = changed[name]?.(inputs, attributes, honest) ?? honest;
      return 'kind' in answer ? (answer as RunResult) : { kind: 'outputs', outputs: answer, milliseconds: 0 };
    },
  };
}
