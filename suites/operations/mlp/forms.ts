/** Multilayer perceptrons, their training and what the documents say of them, in loops of their own. */
import type { LayerActivation, NamedTensors } from '../../../backends/signatures.ts';
import { scalar, tensor } from '../../../reference/tensor.ts';
import type { Arithmetic, Form, Forms } from '../../judging/forms.ts';
import { unread } from '../activations/facts.ts';
import { units } from '../activations/forms.ts';
import { transposed } from '../dense/forms.ts';
import { matrix, numbers, rowsOf, upTo, vector } from '../shared/formTensors.ts';

type Rows = number[][];
interface Layer {
  readonly weights: Rows;
  readonly bias: number[];
  readonly activation: LayerActivation;
}
/** Which of an activation's formulas a network takes, by number. */
type Choice = number;

const oneOf = <Value>(of: Readonly<Record<string, Value>>, choice: Choice): Value => {
  const values = Object.values(of);
  return values[choice % values.length];
};
const functionOf = (activation: LayerActivation, choice: Choice, m: Arithmetic) => {
  const f = oneOf(units[activation].value, choice);
  return (x: number) => f(x, m, unread);
};
const slopeOf = (activation: LayerActivation, choice: Choice, m: Arithmetic) => {
  const f = oneOf(units[activation].slope, choice);
  return (x: number) => f(x, m, unread);
};

export const layersOf = (inputs: NamedTensors, activations: readonly LayerActivation[]): Layer[] =>
  activations.map((activation, l) => ({
    activation,
    weights: rowsOf(inputs[`weights${l + 1}`]),
    bias: numbers(inputs[`bias${l + 1}`]),
  }));

interface Passed {
  readonly from: Rows;
  readonly nets: Rows;
  readonly y: Rows;
}

export function forward(x: Rows, layers: readonly Layer[], choice: Choice, m: Arithmetic): Passed[] {
  const passed: Passed[] = [];
  let from = x;
  for (const { weights, bias, activation } of layers) {
    const nets = from.map((row) => weights.map((w, k) => m.dot(row, w, bias[k])));
    const y = nets.map((row) => row.map(functionOf(activation, choice, m)));
    passed.push({ from, nets, y });
    from = y;
  }
  return passed;
}

/** Loss and gradients, last layer first computed, first layer first returned. */
export function backward(x: Rows, target: Rows, layers: readonly Layer[], choice: Choice, m: Arithmetic) {
  const passed = forward(x, layers, choice, m);
  const errors = (passed.at(-1)?.y ?? x).map((row, n) => row.map((y, k) => m.subtract(y, target[n][k])));
  const loss = m.multiply(0.5, m.dot(errors.flat(), errors.flat()));
  const gradients: { weights: Rows; bias: number[] }[] = [];
  let back = errors;
  for (let l = layers.length - 1; l >= 0; l--) {
    const slope = slopeOf(layers[l].activation, choice, m);
    const delta = back.map((row, n) => row.map((d, k) => m.multiply(d, slope(passed[l].nets[n][k]))));
    const [byUnit, byInput] = [
      transposed(delta, layers[l].bias.length),
      transposed(passed[l].from, layers[l].weights[0].length),
    ];
    gradients.unshift({ weights: byUnit.map((d) => byInput.map((h) => m.dot(d, h))), bias: byUnit.map(m.sum) });
    const columns = transposed(layers[l].weights);
    back = delta.map((row) => columns.map((w) => m.dot(row, w)));
  }
  return { loss, gradients };
}

/** w − ηg, or w + (−η)g fused where the arithmetic is. */
export const stepped = (w: number, g: number, rate: number, m: Arithmetic) => m.multiplyAdd(-rate, g, w);

/** The layers after a step, under the names that they have from layer `below` + 1 on. */
export function trained(
  x: Rows,
  target: Rows,
  layers: readonly Layer[],
  learningRate: number,
  choice: Choice,
  m: Arithmetic,
  below = 0,
) {
  const { loss, gradients } = backward(x, target, layers, choice, m);
  const rate = m.round(learningRate);
  const moved = layers.flatMap(({ weights, bias }, l) => [
    [
      `weights${below + l + 1}`,
      matrix(weights.map((row, k) => row.map((w, j) => stepped(w, gradients[l].weights[k][j], rate, m)))),
    ],
    [`bias${below + l + 1}`, vector(bias.map((b, k) => stepped(b, gradients[l].bias[k], rate, m)))],
  ]);
  return { loss: scalar(loss), ...Object.fromEntries(moved) };
}

/** One form for each choice of the activations' formulas: values and slopes from different places of their lists. */
const choices = { 'first formulas': 0, 'second formulas': 1, 'third formulas': 2, 'fifth formulas': 4 };
const chosen = (make: (choice: Choice) => Form): Record<string, Form> =>
  Object.fromEntries(Object.entries(choices).map(([name, choice]) => [name, make(choice)]));
const activationsOf = (attributes: Readonly<Record<string, unknown>>) => attributes.activations as readonly LayerActivation[];

/** What the layers below the stage make of x, and the stage's own two. */
function stage(inputs: NamedTensors, attributes: Readonly<Record<string, unknown>>, choice: Choice, m: Arithmetic) {
  const layers = layersOf(inputs, activationsOf(attributes));
  const below = layers.length - 2;
  const x = rowsOf(inputs.x);
  return { from: forward(x, layers.slice(0, below), choice, m).at(-1)?.y ?? x, top: layers.slice(below), below };
}

export const mlpForms: Forms = {
  'mlp.forward': chosen((choice) => ({ inputs, attributes }, m) => {
    const layers = layersOf(inputs, activationsOf(attributes));
    return { y: matrix(forward(rowsOf(inputs.x), layers, choice, m).at(-1)!.y, layers.at(-1)!.bias.length) };
  }),
  'mlp.backward': chosen((choice) => ({ inputs, attributes }, m) => {
    const layers = layersOf(inputs, activationsOf(attributes));
    const { loss, gradients } = backward(rowsOf(inputs.x), rowsOf(inputs.target), layers, choice, m);
    const named = gradients.flatMap(({ weights, bias }, l) => [
      [`dWeights${l + 1}`, matrix(weights)],
      [`dBias${l + 1}`, vector(bias)],
    ]);
    return { loss: scalar(loss), ...Object.fromEntries(named) };
  }),
  'mlp.trainStep': chosen(
    (choice) =>
      ({ inputs, attributes }, m) =>
        trained(
          rowsOf(inputs.x),
          rowsOf(inputs.target),
          layersOf(inputs, activationsOf(attributes)),
          attributes.learningRate as number,
          choice,
          m,
        ),
  ),
  'pretraining.supervisedStep': chosen((choice) => ({ inputs, attributes }, m) => {
    const { from, top, below } = stage(inputs, attributes, choice, m);
    return trained(from, rowsOf(inputs.target), top, attributes.learningRate as number, choice, m, below);
  }),
  'pretraining.autoencoderStep': chosen((choice) => ({ inputs, attributes }, m) => {
    const { from, top, below } = stage(inputs, attributes, choice, m);
    return trained(from, from, top, attributes.learningRate as number, choice, m, below);
  }),
  'mlp.pathGradient': {
    'by back-propagation': ({ inputs, attributes }, m) => {
      const layers = layersOf(inputs, activationsOf(attributes));
      const from = attributes.from as number;
      const passed = forward(rowsOf(inputs.x), layers, 0, m);
      let back = passed.at(-1)!.y[0].map((y, k) => m.subtract(y, inputs.target.data[k]));
      for (let l = layers.length - 1; l >= from; l--) {
        const slope = slopeOf(layers[l].activation, 0, m);
        const delta = back.map((d, k) => m.multiply(d, slope(passed[l].nets[0][k])));
        back = transposed(layers[l].weights).map((w) => m.dot(delta, w));
      }
      return { gradient: vector(back) };
    },
    'summed over the paths': ({ inputs, attributes }, m) => {
      const layers = layersOf(inputs, activationsOf(attributes));
      const from = attributes.from as number;
      const passed = forward(rowsOf(inputs.x), layers, 1, m);
      const products = (layer: number, unit: number): number[] => {
        if (layer === layers.length) return [m.subtract(passed.at(-1)!.y[0][unit], inputs.target.data[unit])];
        const slope = slopeOf(layers[layer].activation, 1, m);
        return layers[layer].weights.flatMap((w, next) => {
          const factor = m.multiply(slope(passed[layer].nets[0][next]), w[unit]);
          return products(layer + 1, next).map((product) => m.multiply(factor, product));
        });
      };
      return { gradient: vector(upTo(layers[from - 1].bias.length).map((unit) => m.sum(products(from, unit)))) };
    },
  },
  'mlp.collapse': {
    'from the first layer on': ({ inputs, attributes }, m) => {
      const layers = linear(inputs, attributes.depth as number);
      let { weights, bias } = layers[0];
      for (const next of layers.slice(1)) {
        const columns = transposed(weights);
        bias = next.weights.map((row, k) => m.dot(row, bias, next.bias[k]));
        weights = next.weights.map((row) => columns.map((c) => m.dot(row, c)));
      }
      return { weights: matrix(weights), bias: vector(bias) };
    },
    'from the last layer on': ({ inputs, attributes }, m) => {
      const layers = linear(inputs, attributes.depth as number);
      let { weights, bias } = layers.at(-1)!;
      for (const next of layers.slice(0, -1).toReversed()) {
        const columns = transposed(next.weights);
        bias = weights.map((row, k) => m.dot(row, next.bias, bias[k]));
        weights = weights.map((row) => columns.map((c) => m.dot(row, c)));
      }
      return { weights: matrix(weights), bias: vector(bias) };
    },
  },
  multiplicationGate: Object.fromEntries(
    ['four units', 'two pairs', 'units times μ', 'λu ± λv'].flatMap((order) =>
      Object.entries(choices).map(([name, choice]): [string, Form] => [`${order}, ${name}`, gate(order, choice)]),
    ),
  ),
};

function linear(inputs: NamedTensors, depth: number) {
  return upTo(depth).map((l) => ({ weights: rowsOf(inputs[`weights${l + 1}`]), bias: numbers(inputs[`bias${l + 1}`]) }));
}

function gate(order: string, choice: Choice): Form {
  return ({ inputs: { u, v }, attributes }, m) => {
    const [lambda, mu, shift] = [attributes.lambda, attributes.mu, attributes.shift].map((value) => m.round(value as number));
    const unit = functionOf(attributes.activation as LayerActivation, choice, m);
    const values = upTo(u.data.length).map((i) => {
      const [a, b] = [u.data[i], v.data[i]];
      const apart = order === 'λu ± λv';
      const [p, q] = [m.add(a, b), m.subtract(a, b)].map((s) => m.multiply(lambda, s));
      const plus = apart ? m.add(m.multiply(lambda, a), m.multiply(lambda, b)) : p;
      const minus = apart ? m.subtract(m.multiply(lambda, a), m.multiply(lambda, b)) : q;
      const terms = [
        unit(m.add(shift, plus)),
        unit(m.subtract(shift, plus)),
        -unit(m.add(shift, minus)),
        -unit(m.subtract(shift, minus)),
      ];
      if (order === 'units times μ') return m.sum(terms.map((term) => m.multiply(mu, term)));
      if (order === 'two pairs') return m.multiply(mu, m.add(m.add(terms[0], terms[1]), m.add(terms[2], terms[3])));
      return m.multiply(mu, m.sum(terms));
    });
    return { y: tensor(u.shape, values) };
  };
}
