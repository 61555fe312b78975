/**
 * Activations: computed in double from the float32 input and rounded once. No form here cancels. Each has loops of its own, into which the
 * compiler puts the function; one loop for all would call it for every element.
 */
import type {
  ActivationAttributes,
  ActivationName,
  EluAttributes,
  GeluAttributes,
  LeakyReluAttributes,
  PlainActivation,
  ScaledTanhAttributes,
} from '../signatures.ts';
import { exp, expm1, log1p } from './exponential.ts';
import { density, distribution } from './normalDistribution.ts';
import type { Builders } from './program.ts';

type Buffer = Float32Array;

export interface Activation {
  /** y = f(x). */
  readonly values: (x: Buffer, y: Buffer) => void;
  /** dx = dy·f′(x); dx may be dy. */
  readonly gradient: (x: Buffer, dy: Buffer, dx: Buffer) => void;
}

/** max(x, 0) without a branch, of which a processor would guess every other one wrongly. */
const positivePart = (x: number) => (x === -Infinity ? 0 : (x + Math.abs(x)) / 2);
/** 1 where a comparison holds and otherwise 0; NaN where x is NaN, so that the comparison does not swallow it. */
const oneWhere = (holds: boolean, x: number) => (Number.isNaN(x) ? x : Number(holds));

const one = (x: number) => oneWhere(true, x);
const step = (x: number) => oneWhere(x >= 0, x);
const flat = (x: number) => oneWhere(false, x);
const sigmoid = (x: number) => 1 / (1 + exp(-x));
const sigmoidSlope = (x: number) => {
  const e = exp(-Math.abs(x));
  return e / ((1 + e) * (1 + e));
};
/** m/(m + 2) with m = e²ˣ − 1; beyond ±20 it is ±1 long since. */
const tanh = (x: number) => {
  if (x === 0) return x;
  const m = expm1(2 * Math.min(x, 20));
  return m / (m + 2);
};
const tanhSlope = (x: number) => 4 * sigmoidSlope(2 * x);
const reluSlope = (x: number) => oneWhere(x > 0, x);
const hardTanh = (x: number) => Math.max(-1, Math.min(1, x));
const hardTanhSlope = (x: number) => oneWhere(x > -1 && x < 1, x);
const softplus = (x: number) => log1p(exp(-Math.abs(x))) + positivePart(x);

const silu = (x: number) => (x < -200 ? 0 : x * sigmoid(x));
/** σ(x)(1 + x(1 − σ(x))), of which infinities leave 0 and 1. */
const siluSlope = (x: number) => {
  const z = Math.max(-200, Math.min(200, x));
  return sigmoid(z) * (1 + z * sigmoid(-z));
};

/** Value and slope at one point, of those that take no attributes. */
export const functions: Readonly<Record<PlainActivation, { value: (x: number) => number; slope: (x: number) => number }>> = {
  identity: { value: (x) => x, slope: one },
  sign: { value: Math.sign, slope: flat },
  step: { value: step, slope: flat },
  sigmoid: { value: sigmoid, slope: sigmoidSlope },
  tanh: { value: tanh, slope: tanhSlope },
  relu: { value: positivePart, slope: reluSlope },
  hardTanh: { value: hardTanh, slope: hardTanhSlope },
  softplus: { value: softplus, slope: sigmoid },
  silu: { value: silu, slope: siluSlope },
};

export const activations: Readonly<Record<PlainActivation, Activation>> = {
  identity: {
    values: (x, y) => y.set(x),
    gradient: (x, dy, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * one(x[i]);
    },
  },
  sign: {
    values: (x, y) => {
      for (let i = 0; i < y.length; i++) y[i] = Math.sign(x[i]);
    },
    gradient: (x, dy, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * flat(x[i]);
    },
  },
  step: {
    values: (x, y) => {
      for (let i = 0; i < y.length; i++) y[i] = step(x[i]);
    },
    gradient: (x, dy, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * flat(x[i]);
    },
  },
  sigmoid: {
    values: (x, y) => {
      for (let i = 0; i < y.length; i++) y[i] = sigmoid(x[i]);
    },
    gradient: (x, dy, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * sigmoidSlope(x[i]);
    },
  },
  tanh: {
    values: (x, y) => {
      for (let i = 0; i < y.length; i++) y[i] = tanh(x[i]);
    },
    gradient: (x, dy, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * tanhSlope(x[i]);
    },
  },
  relu: {
    values: (x, y) => {
      for (let i = 0; i < y.length; i++) y[i] = positivePart(x[i]);
    },
    gradient: (x, dy, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * reluSlope(x[i]);
    },
  },
  hardTanh: {
    values: (x, y) => {
      for (let i = 0; i < y.length; i++) y[i] = hardTanh(x[i]);
    },
    gradient: (x, dy, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * hardTanhSlope(x[i]);
    },
  },
  softplus: {
    values: (x, y) => {
      for (let i = 0; i < y.length; i++) y[i] = softplus(x[i]);
    },
    gradient: (x, dy, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * sigmoid(x[i]);
    },
  },
  silu: {
    values: (x, y) => {
      for (let i = 0; i < y.length; i++) y[i] = silu(x[i]);
    },
    gradient: (x, dy, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * siluSlope(x[i]);
    },
  },
};

function scaledTanh({ a, b }: ScaledTanhAttributes): Activation {
  return {
    values: (x, y) => {
      for (let i = 0; i < y.length; i++) y[i] = a * tanh(b * x[i]);
    },
    gradient: (x, dy, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * (a * b * tanhSlope(b * x[i]));
    },
  };
}

function leakyRelu({ alpha }: LeakyReluAttributes): Activation {
  return {
    values: (x, y) => {
      for (let i = 0; i < y.length; i++) y[i] = x[i] > 0 ? x[i] : alpha * x[i];
    },
    gradient: (x, dy, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = x[i] > 0 ? dy[i] : alpha * dy[i];
    },
  };
}

function elu({ alpha }: EluAttributes): Activation {
  return {
    values: (x, y) => {
      for (let i = 0; i < y.length; i++) y[i] = x[i] > 0 ? x[i] : alpha * expm1(x[i]);
    },
    gradient: (x, dy, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = x[i] > 0 ? dy[i] : dy[i] * (alpha * exp(x[i]));
    },
  };
}

const gelu = (x: number) => (x < -15 ? 0 : x * distribution(x));
/** Φ(x) + x·φ(x), of which infinities leave 0 and 1. */
const geluSlope = (x: number) => {
  const z = Math.max(-200, Math.min(200, x));
  return distribution(z) + z * density(z);
};
const twiceRoot = 2 * Math.sqrt(2 / Math.PI);
/** x·σ(2z) with z = √(2/π)(x + 0.044715x³); beyond ±200 it is x or 0 long since. */
const geluByTanh = (x: number) => (x < -200 ? 0 : x * sigmoid(twiceRoot * x * (1 + 0.044715 * x * x)));
const geluSlopeByTanh = (x: number) => {
  const v = Math.max(-200, Math.min(200, x));
  const z = twiceRoot * v * (1 + 0.044715 * v * v);
  return sigmoid(z) * (1 + v * twiceRoot * (1 + 3 * 0.044715 * v * v) * sigmoid(-z));
};

function geluOf({ approximate }: GeluAttributes): Activation {
  if (approximate === 'tanh') {
    return {
      values: (x, y) => {
        for (let i = 0; i < y.length; i++) y[i] = geluByTanh(x[i]);
      },
      gradient: (x, dy, dx) => {
        for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * geluSlopeByTanh(x[i]);
      },
    };
  }
  return {
    values: (x, y) => {
      for (let i = 0; i < y.length; i++) y[i] = gelu(x[i]);
    },
    gradient: (x, dy, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * geluSlope(x[i]);
    },
  };
}

/** The three kernels of an activation; its attributes make the loops once, when the kernel is prepared. */
function kernelsOf<Name extends ActivationName>(name: Name, make: (attributes: ActivationAttributes) => Activation) {
  type Names = Name | `${Name}.derivative` | `${Name}.backward`;
  const kernels = {
    [name]: (attributes: ActivationAttributes, { x: shape }: { x: readonly number[] }) => {
      const { values } = make(attributes);
      return { outputs: { y: shape }, run: ({ x }: { x: Buffer }, { y }: { y: Buffer }) => values(x, y) };
    },
    // The gradient where 1 arrives everywhere.
    [`${name}.derivative`]: (attributes: ActivationAttributes, { x: shape }: { x: readonly number[] }) => {
      const { gradient } = make(attributes);
      return { outputs: { y: shape }, run: ({ x }: { x: Buffer }, { y }: { y: Buffer }) => gradient(x, y.fill(1), y) };
    },
    [`${name}.backward`]: (attributes: ActivationAttributes, { x: shape }: { x: readonly number[] }) => {
      const { gradient } = make(attributes);
      return {
        outputs: { dx: shape },
        run: ({ x, dy }: { x: Buffer; dy: Buffer }, { dx }: { dx: Buffer }) => gradient(x, dy, dx),
      };
    },
  };
  return kernels as unknown as Builders<Names>;
}

const plain = <Name extends keyof typeof activations>(name: Name) => kernelsOf(name, () => activations[name]);

export const activationKernels = {
  ...plain('identity'),
  ...plain('sign'),
  ...plain('step'),
  ...plain('sigmoid'),
  ...plain('tanh'),
  ...plain('relu'),
  ...plain('hardTanh'),
  ...plain('softplus'),
  ...plain('silu'),
  ...kernelsOf('scaledTanh', scaledTanh),
  ...kernelsOf('leakyRelu', leakyRelu),
  ...kernelsOf('elu', elu),
  ...kernelsOf('gelu', geluOf),
};
