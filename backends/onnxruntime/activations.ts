/**
 * Activations (Rows A1, A3, A4) by ONNX's own operators. Of their derivatives it has one, softplus′ = Sigmoid; the others are
 * composed here, in the printed form that stays accurate in float32 for large |x|.
 */
import type { ActivationName, PlainActivation } from '../signatures.ts';
import type { Graph, Value } from './model.ts';
import type { BuilderContext, Builders } from './program.ts';

type Part = (graph: Graph, x: Value) => Value;

/** f(x) and f′(x), each added to a graph. */
interface Activation {
  readonly value: Part;
  readonly derivative: Part;
}

/** One operator of one input. */
const operator =
  (type: string): Part =>
  (graph, x) =>
    graph.op(type, [x]);

/**
 * x where it is NaN, which a comparison would swallow, and otherwise `value`. Only NaN is unequal to itself; IsNaN says the same
 * in one operator, but not every execution provider has it.
 */
const unlessNaN = (graph: Graph, x: Value, value: Value): Value => graph.op('Where', [graph.op('Equal', [x, x]), value, x]);

/** 1 where the condition holds and 0 elsewhere. */
const indicator =
  (condition: Part): Part =>
  (graph, x) =>
    unlessNaN(graph, x, graph.op('Where', [condition(graph, x), graph.number(1), graph.number(0)]));

/** Where the operator is lacking: 1 above 0, −1 below, and x itself elsewhere, which is ±0 or NaN. */
export const sign: Part = (graph, x) => {
  if (!graph.lacks.has('Sign')) return graph.op('Sign', [x]);
  const upToZero = graph.op('Where', [graph.op('Less', [x, graph.number(0)]), graph.number(-1), x]);
  return graph.op('Where', [graph.op('Greater', [x, graph.number(0)]), graph.number(1), upToZero]);
};

/** 1 or 0 in the shape of x. */
const one: Part = (graph, x) => graph.op('Expand', [graph.number(1), graph.op('Shape', [x])]);
const zero: Part = (graph, x) => unlessNaN(graph, x, graph.number(0));

/** e / (1 + e)² with e = exp(−|v|): σ′(v), without the cancellation of σ(1 − σ) near σ = 1 (Row A2). */
const sigmoidDerivative: Part = (graph, v) => {
  const e = graph.op('Exp', [graph.op('Neg', [graph.op('Abs', [v])])]);
  const onePlus = graph.op('Add', [graph.number(1), e]);
  return graph.op('Div', [e, graph.op('Mul', [onePlus, onePlus])]);
};

/** 4e / (1 + e)² with e = exp(−2|v|): tanh′(v) = 4σ′(2v), without the cancellation of 1 − tanh² (Row A2). */
const tanhDerivative: Part = (graph, v) =>
  graph.op('Mul', [graph.number(4), sigmoidDerivative(graph, graph.op('Add', [v, v]))]);

/** Those without attributes. */
export const activations: Readonly<Record<PlainActivation, Activation>> = {
  identity: { value: operator('Identity'), derivative: one },
  sign: { value: sign, derivative: zero },
  step: { value: indicator((graph, x) => graph.op('GreaterOrEqual', [x, graph.number(0)])), derivative: zero },
  sigmoid: { value: operator('Sigmoid'), derivative: sigmoidDerivative },
  tanh: { value: operator('Tanh'), derivative: tanhDerivative },
  // 0 at 0.
  relu: { value: operator('Relu'), derivative: indicator((graph, x) => graph.op('Greater', [x, graph.number(0)])) },
  hardTanh: {
    value: (graph, x) => graph.op('Clip', [x, graph.number(-1), graph.number(1)]),
    // 0 at ±1.
    derivative: indicator((graph, x) => graph.op('Less', [graph.op('Abs', [x]), graph.number(1)])),
  },
  softplus: { value: operator('Softplus'), derivative: operator('Sigmoid') },
  silu: {
    value: (graph, x) => graph.op('Mul', [x, graph.op('Sigmoid', [x])]),
    // σ(1 + x(1 − σ)).
    derivative: (graph, x) => {
      const gate = graph.op('Sigmoid', [x]);
      const rest = graph.op('Sub', [graph.number(1), gate]);
      return graph.op('Mul', [gate, graph.op('Add', [graph.number(1), graph.op('Mul', [x, rest])])]);
    },
  },
};

/** a·tanh(b·x), a·b·tanh′(b·x). */
function scaledTanh({ a, b }: { readonly a: number; readonly b: number }): Activation {
  const scaled: Part = (graph, x) => graph.op('Mul', [graph.number(b), x]);
  return {
    value: (graph, x) => graph.op('Mul', [graph.number(a), graph.op('Tanh', [scaled(graph, x)])]),
    derivative: (graph, x) => graph.op('Mul', [graph.number(a * b), tanhDerivative(graph, scaled(graph, x))]),
  };
}

const leakyRelu = ({ alpha }: { readonly alpha: number }): Activation => ({
  value: (graph, x) => graph.op('LeakyRelu', [x], { alpha: { float: alpha } }),
  // α at 0.
  derivative: (graph, x) =>
    unlessNaN(graph, x, graph.op('Where', [graph.op('Greater', [x, graph.number(0)]), graph.number(1), graph.number(alpha)])),
});

const elu = ({ alpha }: { readonly alpha: number }): Activation => ({
  value: (graph, x) => graph.op('Elu', [x], { alpha: { float: alpha } }),
  // α at 0.
  derivative: (graph, x) => {
    const below = graph.op('Mul', [graph.number(alpha), graph.op('Exp', [x])]);
    return graph.op('Where', [graph.op('Greater', [x, graph.number(0)]), graph.number(1), below]);
  },
});

const rootOfTwoByPi = Math.sqrt(2 / Math.PI);

/** ONNX's own operator; of its derivative, w + x·w′ with the weight w = ½(1 + erf(x/√2)) or ½(1 + tanh z), it has the parts. */
function gelu({ approximate }: { readonly approximate: 'none' | 'tanh' }): Activation {
  const half = (graph: Graph, f: Value) => graph.op('Mul', [graph.number(0.5), graph.op('Add', [graph.number(1), f])]);
  const value: Part = (graph, x) => graph.op('Gelu', [x], { approximate });
  if (approximate === 'none') {
    return {
      value,
      derivative: (graph, x) => {
        const weight = half(graph, graph.op('Erf', [graph.op('Mul', [x, graph.number(Math.SQRT1_2)])]));
        const power = graph.op('Exp', [graph.op('Mul', [graph.number(-0.5), graph.op('Mul', [x, x])])]);
        const density = graph.op('Mul', [graph.number(1 / Math.sqrt(2 * Math.PI)), power]);
        return graph.op('Add', [weight, graph.op('Mul', [x, density])]);
      },
    };
  }
  return {
    value,
    derivative: (graph, x) => {
      const bend = graph.op('Mul', [graph.number(0.044715), graph.op('Mul', [x, x])]);
      const z = graph.op('Mul', [graph.op('Mul', [graph.number(rootOfTwoByPi), x]), graph.op('Add', [graph.number(1), bend])]);
      const inner = graph.op('Add', [graph.number(1), graph.op('Mul', [graph.number(3), bend])]);
      const slope = graph.op('Mul', [graph.op('Mul', [graph.number(rootOfTwoByPi / 2), inner]), tanhDerivative(graph, z)]);
      return graph.op('Add', [half(graph, graph.op('Tanh', [z])), graph.op('Mul', [x, slope])]);
    },
  };
}

/** dx = dy·f′(x). */
export const backward = (graph: Graph, { derivative }: Activation, x: Value, dy: Value): Value =>
  graph.op('Mul', [dy, derivative(graph, x)]);

/** The three operations of one activation. */
function operationsOf<Context extends { readonly graph: Graph }>(activationOf: (context: Context) => Activation) {
  interface WithX {
    readonly inputs: { readonly x: Value };
  }
  interface WithGradient {
    readonly inputs: { readonly x: Value; readonly dy: Value };
  }
  return {
    value: (context: Context & WithX) => ({ y: activationOf(context).value(context.graph, context.inputs.x) }),
    derivative: (context: Context & WithX) => ({ y: activationOf(context).derivative(context.graph, context.inputs.x) }),
    backward: (context: Context & WithGradient) => ({
      dx: backward(context.graph, activationOf(context), context.inputs.x, context.inputs.dy),
    }),
  };
}

const operations = (name: keyof typeof activations) => operationsOf((_: { readonly graph: Graph }) => activations[name]);
const identity = operations('identity');
const signs = operations('sign');
const step = operations('step');
const sigmoid = operations('sigmoid');
const tanh = operations('tanh');
const relu = operations('relu');
const hardTanh = operations('hardTanh');
const softplus = operations('softplus');
const silu = operations('silu');
const scaled = operationsOf(({ attributes }: Pick<BuilderContext<'scaledTanh'>, 'graph' | 'attributes'>) =>
  scaledTanh(attributes),
);

const leaky = operationsOf(({ attributes }: Pick<BuilderContext<'leakyRelu'>, 'graph' | 'attributes'>) =>
  leakyRelu(attributes),
);

const exponential = operationsOf(({ attributes }: Pick<BuilderContext<'elu'>, 'graph' | 'attributes'>) => elu(attributes));

const gaussian = operationsOf(({ attributes }: Pick<BuilderContext<'gelu'>, 'graph' | 'attributes'>) => gelu(attributes));

export const activationBuilders: Builders<ActivationName | `${ActivationName}.derivative` | `${ActivationName}.backward`> = {
  identity: identity.value,
  'identity.derivative': identity.derivative,
  'identity.backward': identity.backward,
  sign: signs.value,
  'sign.derivative': signs.derivative,
  'sign.backward': signs.backward,
  step: step.value,
  'step.derivative': step.derivative,
  'step.backward': step.backward,
  sigmoid: sigmoid.value,
  'sigmoid.derivative': sigmoid.derivative,
  'sigmoid.backward': sigmoid.backward,
  tanh: tanh.value,
  'tanh.derivative': tanh.derivative,
  'tanh.backward': tanh.backward,
  scaledTanh: scaled.value,
  'scaledTanh.derivative': scaled.derivative,
  'scaledTanh.backward': scaled.backward,
  relu: relu.value,
  'relu.derivative': relu.derivative,
  'relu.backward': relu.backward,
  leakyRelu: leaky.value,
  'leakyRelu.derivative': leaky.derivative,
  'leakyRelu.backward': leaky.backward,
  elu: exponential.value,
  'elu.derivative': exponential.derivative,
  'elu.backward': exponential.backward,
  hardTanh: hardTanh.value,
  'hardTanh.derivative': hardTanh.derivative,
  'hardTanh.backward': hardTanh.backward,
  softplus: softplus.value,
  'softplus.derivative': softplus.derivative,
  'softplus.backward': softplus.backward,
  silu: silu.value,
  'silu.derivative': silu.derivative,
  'silu.backward': silu.backward,
  gelu: gaussian.value,
  'gelu.derivative': gaussian.derivative,
  'gelu.backward': gaussian.backward,
};
