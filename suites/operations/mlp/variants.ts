/** Honest networks: forward, back and one step in float32, written out in loops of their own. */
import type { LayerActivation, MlpAttributes } from '../../../backends/signatures.ts';
import { scalar, type Tensor, tensor } from '../../../reference/tensor.ts';
import type { Case, HonestVariant, NamedTensors, OutputsOf } from '../../judging/operation.ts';
import { exactProduct, product, type Sum } from '../shared/honestSums.ts';
import { anySum } from '../shared/variants.ts';

const upTo = (length: number) => Array.from({ length }, (_, i) => i);
const { fround } = Math;

/** Activations as float32 libraries compute them: every operation rounded; slopes from the net or from the output. */
export interface Arithmetic {
  readonly value: Readonly<Record<LayerActivation, (net: number) => number>>;
  readonly slope: Readonly<Record<LayerActivation, (net: number, output: number) => number>>;
}
const exp = (x: number) => fround(Math.exp(x));
const logistic = (x: number) => fround(1 / fround(1 + exp(-x)));
const fromNet: Arithmetic = {
  value: {
    identity: (x) => x,
    relu: (x) => Math.max(x, 0),
    sigmoid: (x) => fround(1 / (1 + Math.exp(-x))),
    tanh: (x) => fround(Math.tanh(x)),
    softplus: (x) => fround(Math.max(x, 0) + fround(Math.log1p(exp(-Math.abs(x))))),
  },
  slope: {
    identity: () => 1,
    relu: (x) => (x > 0 ? 1 : 0),
    sigmoid: (x) => {
      const e = exp(-Math.abs(x));
      return fround(e / product(fround(1 + e), fround(1 + e)));
    },
    tanh: (x) => fround(1 / product(fround(Math.cosh(x)), fround(Math.cosh(x)))),
    softplus: logistic,
  },
};
const fromOutput: Arithmetic = {
  value: { ...fromNet.value, sigmoid: logistic, softplus: (x) => (x > 20 ? x : fround(Math.log1p(exp(x)))) },
  slope: {
    ...fromNet.slope,
    relu: (x) => (x >= 0 ? 1 : 0),
    sigmoid: (_, y) => product(y, fround(1 - y)),
    tanh: (_, y) => fround(1 - product(y, y)),
    softplus: logistic,
  },
};
export const arithmetics = { 'slopes from the net': fromNet, 'slopes from the output': fromOutput };

type Matrix = number[][];
const matrix = ({ shape: [rows, columns], data }: Tensor): Matrix =>
  upTo(rows).map((r) => Array.from(data.subarray(r * columns, (r + 1) * columns)));
const flat = (m: Matrix, columns = m[0].length) => tensor([m.length, columns], m.flat());

/** The network and back-propagation in float32, written out in loops of their own. */
function run(
  { inputs, attributes }: { inputs: NamedTensors; attributes: MlpAttributes },
  { value, slope }: Arithmetic,
  sum: Sum,
) {
  const { activations } = attributes;
  const weights = activations.map((_, l) => matrix(inputs[`weights${l + 1}`]));
  const biases = activations.map((_, l) => Array.from(inputs[`bias${l + 1}`].data));
  const outputs = [matrix(inputs.x)];
  const nets: Matrix[] = [];
  activations.forEach((name, l) => {
    const net = outputs[l].map((h) => weights[l].map((w, k) => sum([...w.map((v, j) => exactProduct(v, h[j])), biases[l][k]])));
    nets.push(net);
    outputs.push(net.map((sample) => sample.map(value[name])));
  });
  const y = outputs[activations.length];
  const gradients = () => {
    const target = matrix(inputs.target);
    const errors = y.map((sample, n) => sample.map((v, k) => fround(v - target[n][k])));
    const loss = product(0.5, sum(errors.flat().map((e) => exactProduct(e, e))));
    const dWeights: Matrix[] = [];
    const dBiases: number[][] = [];
    let back = errors;
    for (let l = activations.length - 1; l >= 0; l--) {
      const delta = back.map((sample, n) =>
        sample.map((v, k) => product(v, slope[activations[l]](nets[l][n][k], outputs[l + 1][n][k]))),
      );
      dWeights.unshift(
        weights[l].map((w, k) => w.map((_, j) => sum(delta.map((d, n) => exactProduct(d[k], outputs[l][n][j]))))),
      );
      dBiases.unshift(biases[l].map((_, k) => sum(delta.map((d) => d[k]))));
      back = delta.map((d) => weights[l][0].map((_, j) => sum(weights[l].map((w, k) => exactProduct(d[k], w[j])))));
    }
    return { loss, dWeights, dBiases };
  };
  return { y, weights, biases, gradients };
}

type MlpName = 'mlp.forward' | 'mlp.backward' | 'mlp.trainStep';
export const honestMlp: {
  readonly [Name in MlpName]: (asked: Case<Name>, arithmetic: Arithmetic, sum: Sum) => OutputsOf<Name>;
} = {
  'mlp.forward': (asked, arithmetic, sum) => {
    const { y, biases } = run(asked, arithmetic, sum);
    // A batch may be empty.
    return { y: flat(y, biases.at(-1)!.length) };
  },
  'mlp.backward': (asked, arithmetic, sum) => {
    const { loss, dWeights, dBiases } = run(asked, arithmetic, sum).gradients();
    return {
      loss: scalar(loss),
      ...Object.fromEntries(dWeights.map((w, l) => [`dWeights${l + 1}`, flat(w)])),
      ...Object.fromEntries(dBiases.map((b, l) => [`dBias${l + 1}`, tensor([b.length], b)])),
    };
  },
  'mlp.trainStep': (asked, arithmetic, sum) => {
    const network = run(asked, arithmetic, sum);
    const { loss, dWeights, dBiases } = network.gradients();
    const rate = fround(asked.attributes.learningRate);
    const step = (from: number, gradient: number) => fround(from - product(rate, gradient));
    return {
      loss: scalar(loss),
      ...Object.fromEntries(
        network.weights.map((w, l) => [
          `weights${l + 1}`,
          flat(w.map((row, k) => row.map((v, j) => step(v, dWeights[l][k][j])))),
        ]),
      ),
      ...Object.fromEntries(
        network.biases.map((b, l) => [
          `bias${l + 1}`,
          tensor(
            [b.length],
            b.map((v, k) => step(v, dBiases[l][k])),
          ),
        ]),
      ),
    };
  },
};

/** Makes the variants of a network's pass or step. */
export const mlpVariants = <Name extends MlpName>(name: Name): readonly HonestVariant<Name>[] =>
  Object.entries(arithmetics).map(([way, arithmetic]) => ({
    name: `networks: ${way}`,
    outputs: (asked, random) => honestMlp[name](asked, arithmetic, anySum(random)),
  }));
