/** Activations: computed in double from the float32 input and rounded once. No form here cancels. */
import type { ActivationName, ScaledTanhAttributes } from '../signatures.ts';
import type { Builders } from './program.ts';

export interface Activation {
  readonly value: (x: number) => number;
  readonly derivative: (x: number) => number;
}

const sigmoid = (x: number) => {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
};
const sigmoidSlope = (x: number) => {
  const e = Math.exp(-Math.abs(x));
  return e / ((1 + e) * (1 + e));
};
const tanhSlope = (x: number) => 4 * sigmoidSlope(2 * x);
/** NaN where x is NaN, so that comparisons do not swallow it. */
const zeroOrNaN = (x: number) => (Number.isNaN(x) ? x : 0);

export const plainActivations: Readonly<Record<Exclude<ActivationName, 'scaledTanh'>, Activation>> = {
  identity: { value: (x) => x, derivative: (x) => 1 + zeroOrNaN(x) },
  sign: { value: Math.sign, derivative: zeroOrNaN },
  step: { value: (x) => (x >= 0 ? 1 : zeroOrNaN(x)), derivative: zeroOrNaN },
  sigmoid: { value: sigmoid, derivative: sigmoidSlope },
  tanh: { value: Math.tanh, derivative: tanhSlope },
  relu: { value: (x) => (x > 0 ? x : zeroOrNaN(x)), derivative: (x) => (x > 0 ? 1 : zeroOrNaN(x)) },
  hardTanh: { value: (x) => Math.max(-1, Math.min(1, x)), derivative: (x) => (x > -1 && x < 1 ? 1 : zeroOrNaN(x)) },
  softplus: { value: (x) => Math.log1p(Math.exp(-Math.abs(x))) + (x > 0 ? x : zeroOrNaN(x)), derivative: sigmoid },
};

function scaledTanh({ a, b }: ScaledTanhAttributes): Activation {
  return { value: (x) => a * Math.tanh(b * x), derivative: (x) => a * b * tanhSlope(b * x) };
}

/** The three kernels of an activation; its attributes make the functions once, when the kernel is prepared. */
function kernelsOf<Name extends ActivationName>(name: Name, make: (attributes: ScaledTanhAttributes) => Activation) {
  type Names = Name | `${Name}.derivative` | `${Name}.backward`;
  const kernels = {
    [name]: (attributes: ScaledTanhAttributes, { x: shape }: { x: readonly number[] }) => {
      const { value } = make(attributes);
      return {
        outputs: { y: shape },
        run: ({ x }: { x: Float32Array }, { y }: { y: Float32Array }) => {
          for (let i = 0; i < y.length; i++) y[i] = value(x[i]);
        },
      };
    },
    [`${name}.derivative`]: (attributes: ScaledTanhAttributes, { x: shape }: { x: readonly number[] }) => {
      const { derivative } = make(attributes);
      return {
        outputs: { y: shape },
        run: ({ x }: { x: Float32Array }, { y }: { y: Float32Array }) => {
          for (let i = 0; i < y.length; i++) y[i] = derivative(x[i]);
        },
      };
    },
    [`${name}.backward`]: (attributes: ScaledTanhAttributes, { x: shape }: { x: readonly number[] }) => {
      const { derivative } = make(attributes);
      return {
        outputs: { dx: shape },
        run: ({ x, dy }: { x: Float32Array; dy: Float32Array }, { dx }: { dx: Float32Array }) => {
          for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * derivative(x[i]);
        },
      };
    },
  };
  return kernels as unknown as Builders<Names>;
}

const plain = <Name extends keyof typeof plainActivations>(name: Name) => kernelsOf(name, () => plainActivations[name]);

export const activationKernels = {
  ...plain('identity'),
  ...plain('sign'),
  ...plain('step'),
  ...plain('sigmoid'),
  ...plain('tanh'),
  ...plain('relu'),
  ...plain('hardTanh'),
  ...plain('softplus'),
  ...kernelsOf('scaledTanh', scaledTanh),
};
