/** The adapters that compose their own kernels of a library's operators: what they compute is tested by the same numbers. */
import * as onnxruntime from '../onnxruntime/testing/kernels.ts';
import * as tfjs from '../tfjs/testing/kernels.ts';

export const adapters = [
  { adapter: 'tfjs', calculate: tfjs.calculate },
  { adapter: 'onnxruntime', calculate: onnxruntime.calculate },
] as const;
