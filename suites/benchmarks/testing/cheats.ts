/**
 * Kernels for tests, chosen by the variable CHEAT: one is honest, the others look fast or right without the work. All of them compute
 * products of matrices slowly enough for a clock to see, in float32 as the judge expects it.
 */
import type { Backend, Kernel } from '../../../backends/contract.ts';
import type { NamedTensors } from '../../../backends/signatures.ts';

type Matrices = { readonly a: Float32Array; readonly b: Float32Array };

function product({ a, b }: Matrices, n: number): Float32Array {
  const y = new Float32Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += a[row * n + k] * b[k * n + column];
      y[row * n + column] = sum;
    }
  }
  return y;
}

const later = () => new Promise<void>((resolve) => setImmediate(resolve));

interface State {
  inputs: Matrices;
  y: Float32Array;
  calls: number;
  pending: Promise<void>;
  readonly known: Map<string, Float32Array>;
}

type Steps = {
  readonly execute: (state: State, n: number) => void | Promise<void>;
  readonly read?: (state: State, n: number) => void | Promise<void>;
};

const compute = (state: State, n: number) => {
  state.y = product(state.inputs, n);
};

/** What execute and read do. */
const cheats: Readonly<Record<string, Steps>> = {
  honest: { execute: compute },
  /** Right in the first calls, which a suspicious reader would check; then it saves the work. */
  'wrong when timed': {
    execute: (state, n) => {
      if (state.calls < 3) compute(state, n);
      else state.y = new Float32Array(n * n);
    },
  },
  'cached by input': {
    execute: (state, n) => {
      const key = state.inputs.a.slice(0, 4).join();
      const known = state.known.get(key);
      if (known) state.y = known;
      else compute(state, n);
      state.known.set(key, state.y);
    },
  },
  /** The same once for every shape: whatever is asked later gets the first answer. */
  'cached by shape': {
    execute: (state, n) => {
      if (!state.known.has(String(n))) state.known.set(String(n), product(state.inputs, n));
      state.y = state.known.get(String(n))!;
    },
  },
  'not awaited': {
    execute: (state, n) => {
      const { inputs } = state;
      state.pending = state.pending.then(later).then(() => {
        state.y = product(inputs, n);
      });
    },
    read: ({ pending }) => pending,
  },
  'answers before it has computed': {
    execute: (state, n) => {
      const { inputs } = state;
      void later().then(() => {
        state.y = product(inputs, n);
      });
    },
  },
  'computes when it is read': {
    execute: (state) => {
      state.calls = -1;
    },
    read: (state, n) => {
      if (state.calls === -1) compute(state, n);
      state.calls = 0;
    },
  },
  'output of the request before': {
    execute: (state, n) => {
      state.known.set('before', state.known.get('next') ?? new Float32Array(n * n));
      state.known.set('next', product(state.inputs, n));
      state.y = state.known.get('before')!;
    },
  },
  'nothing after the first call': {
    execute: (state, n) => {
      if (state.calls === 0) compute(state, n);
    },
  },
};

export const cheatNames = Object.keys(cheats);

export default async function cheat(): Promise<Backend> {
  const steps = cheats[process.env.CHEAT ?? 'honest'];
  return {
    describe: async () => ({ name: 'cheat', library: 'none', version: '1', device: 'cpu', dtype: 'float32' }),
    supports: (operation) => (operation === 'matmul' ? { supported: true } : { supported: false, reason: 'products only' }),
    async prepare(_operation, _attributes, { a: [n] }): Promise<Kernel> {
      const state: State = {
        inputs: { a: new Float32Array(0), b: new Float32Array(0) },
        y: new Float32Array(n * n),
        calls: 0,
        pending: Promise.resolve(),
        known: new Map(),
      };
      return {
        async load({ a, b }: NamedTensors) {
          state.inputs = { a: Float32Array.from(a.data), b: Float32Array.from(b.data) };
        },
        async execute() {
          await steps.execute(state, n);
          if (state.calls >= 0) state.calls++;
        },
        async read() {
          await steps.read?.(state, n);
          return { y: { dtype: 'float32', shape: [n, n], data: state.y.slice() } };
        },
        dispose: async () => {},
      };
    },
  };
}
