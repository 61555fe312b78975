/**
 * The adapter of TensorFlow.js, for every device it has. A device is a file of its own beside this one, which loads the
 * library, names its tfjs backend and states what that device lacks.
 */
import type { Shape, Tensor } from '../../reference/tensor.ts';
import { type Holes, inStep, requireShape, requireSupport, supportsFrom } from '../adapterHost.ts';
import type { Backend, BackendDescription, Kernel } from '../contract.ts';
import type { Attributes, NamedShapes, NamedTensors, OperationName } from '../signatures.ts';
import { builders } from './operations.ts';
import type { DeviceTensor, Layout, Tf } from './program.ts';

export interface TfjsDevice {
  readonly tf: Tf;
  /** The library's own name of the device: 'cpu', 'wasm', 'webgpu', 'tensorflow'. Registered by the time this is called. */
  readonly tfBackend: string;
  /** Everything a reader of the report should know, except what is the same for all devices. */
  readonly description: Omit<BackendDescription, 'library' | 'dtype'> & { readonly library?: string };
  readonly holes?: Holes;
  /** Brings a tensor to the device, where the library would do so only when it first computes with it; returns what replaces it. */
  readonly upload?: (tensor: DeviceTensor) => DeviceTensor;
  /** Resolves when the device has computed these tensors; not needed where the library computes before it returns. */
  readonly finish?: (tensors: readonly DeviceTensor[]) => Promise<void>;
  /** Frees the device itself, where it holds more than tensors. */
  readonly dispose?: () => void | Promise<void>;
}

type DeviceTensors = Record<string, DeviceTensor>;

/** A builder and its program as the adapter sees them: without the operation's name in the types, which the table has checked. */
interface AnyProgram {
  readonly inputLayouts?: Readonly<Record<string, Layout | undefined>>;
  readonly outputLayouts?: Readonly<Record<string, Layout | undefined>>;
  readonly compute: (inputs: DeviceTensors) => DeviceTensors;
}
type AnyBuilder = (context: {
  tf: Tf;
  attributes: Attributes;
  shapes: NamedShapes;
  keep: <Kept extends { dispose(): void }>(kept: Kept) => Kept;
}) => AnyProgram;
const anyBuilders = builders as unknown as Readonly<Record<string, AnyBuilder>>;

const sharedNotes = [
  'Gradients are the library’s own (tf.grad), which computes the value first: their time includes the forward pass.',
  'Images are transposed to NHWC and kernels to HWIO while loading, and back while reading.',
  'Where the library refuses a dilation (with a stride, or in a gradient), the kernel is spread with zeros by tf.pad.',
];

/** The library's backend that computes in this process. It has one engine: a second backend would compute for the first as well. */
let engineOf: string | undefined;

/**
 * A backend that computes with tfjs on one of its devices, in float32.
 *
 * @throws Error when the library cannot start the device.
 */
export async function createTfjsBackend(device: TfjsDevice): Promise<Backend> {
  const { tf, tfBackend, description, holes } = device;
  if (engineOf !== undefined && engineOf !== tfBackend) {
    throw new Error(
      `${description.name}: TensorFlow.js computes on '${engineOf}' in this process already, and all its backends share one engine: give each a process of its own, as etalon check does`,
    );
  }
  engineOf = tfBackend;
  // Only silences the library's advice on the console: its production mode changes nothing else.
  tf.enableProdMode();
  if (!(await tf.setBackend(tfBackend))) throw new Error(`${description.name}: tfjs cannot start its backend '${tfBackend}'`);
  await tf.ready();

  const supports = supportsFrom('tfjs', builders, holes);

  return {
    describe: async () => ({
      library: '@tensorflow/tfjs',
      ...description,
      dtype: 'float32',
      notes: [...(description.notes ?? []), ...sharedNotes],
    }),
    supports,
    async prepare(operation, attributes, shapes) {
      requireSupport(description.name, operation, supports(operation, attributes));
      return prepareKernel(device, operation as OperationName, attributes, shapes);
    },
    dispose: async () => {
      engineOf = undefined;
      await device.dispose?.();
    },
  };
}

function prepareKernel(device: TfjsDevice, operation: OperationName, attributes: Attributes, shapes: NamedShapes): Kernel {
  const { tf, upload, finish } = device;
  const kept: { dispose(): void }[] = [];
  let inputs: DeviceTensors | undefined;
  let outputs: DeviceTensors | undefined;

  const program = explained('prepare', () =>
    anyBuilders[operation]({
      tf,
      attributes,
      shapes,
      keep: (item) => {
        kept.push(item);
        if (item instanceof tf.Tensor) upload?.(item);
        return item;
      },
    }),
  );

  /** Foreign errors say which kernel they came from. */
  function explained<Result>(step: string, run: () => Result): Result {
    try {
      return run();
    } catch (cause) {
      throw inStep(device.description.name, operation, step, cause);
    }
  }
  function toDevice(name: string, value: Tensor | undefined, shape: Shape): DeviceTensor {
    const { data } = requireShape(name, value, shape);
    return tf.tidy(() => {
      // A copy, because the library keeps the array it is given.
      const outside = tf.tensor(new Float32Array(data), [...shape], 'float32');
      const inside = program.inputLayouts?.[name]?.toDevice(tf, outside) ?? outside;
      return upload?.(inside) ?? inside;
    });
  }

  return {
    async load(given: NamedTensors) {
      const loaded = explained('load', () =>
        tf.tidy(() =>
          Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, toDevice(name, given[name], shape)])),
        ),
      );
      if (inputs) tf.dispose(inputs);
      inputs = loaded;
      await finish?.(Object.values(loaded));
    },
    async execute() {
      let computed: DeviceTensors;
      try {
        computed = explained('execute', () => {
          const ready = inputs;
          if (!ready) throw new Error('nothing was loaded');
          return tf.tidy(() => program.compute(ready));
        });
      } catch (error) {
        // The device's message about the part that was sent to it belongs to this call, and this error says more.
        await finish?.([]).catch(() => {});
        throw error;
      }
      if (outputs) tf.dispose(outputs);
      outputs = computed;
      await finish?.(Object.values(computed));
    },
    async read() {
      const computed = explained('read', () => {
        if (!outputs) throw new Error('nothing was executed');
        return outputs;
      });
      const result: Record<string, Tensor> = {};
      for (const [name, inside] of Object.entries(computed)) {
        const layout = program.outputLayouts?.[name];
        const outside = layout ? tf.tidy(() => layout.fromDevice(tf, inside)) : inside;
        // A copy, because the CPU device hands out the array it computes with.
        result[name] = { dtype: 'float32', shape: [...outside.shape], data: new Float32Array(await outside.data()) };
        if (layout) outside.dispose();
      }
      return result;
    },
    async dispose() {
      for (const tensors of [inputs, outputs]) if (tensors) tf.dispose(tensors);
      inputs = undefined;
      outputs = undefined;
      for (const item of kept.splice(0)) item.dispose();
    },
  };
}
