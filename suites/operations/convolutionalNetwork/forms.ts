/** The small convolutional network in loops of its own: forward, back, and one step. */
import type { ConvolutionalNetworkAttributes, NamedTensors } from '../../../backends/signatures.ts';
import { scalar, type Tensor, tensor } from '../../../reference/tensor.ts';
import type { Arithmetic, Form, Forms } from '../../judging/forms.ts';
import { channelSums, convolved, kernelGradient } from '../convolution/forms.ts';
import { transposed } from '../dense/forms.ts';
import { stepped } from '../mlp/forms.ts';
import { scattered, windowsOf } from '../pooling/forms.ts';
import { elementwise, matrix, rowsOf, vector } from '../shared/formTensors.ts';
import { logSoftmaxRows, softmaxRows } from '../softmax/forms.ts';

function forward(
  { x, kernels, kernelBias, weights, bias }: NamedTensors,
  { convolution, pooling }: ConvolutionalNetworkAttributes,
  m: Arithmetic,
) {
  const net = convolved({ x, weights: kernels, bias: kernelBias }, convolution, m);
  const active = elementwise((value) => Math.max(value, 0), net);
  const windows = windowsOf(active.shape, pooling);
  const pooled = windows.map((members) => Math.max(...members.map((at) => active.data[at])));
  const batch = x.shape[0];
  const width = pooled.length / Math.max(1, batch);
  const features = Array.from({ length: batch }, (_, n) => pooled.slice(n * width, (n + 1) * width));
  const logits = features.map((row) => rowsOf(weights).map((w, k) => m.dot(row, w, bias.data[k])));
  return { net, active, windows, features, logits };
}

type Row = (typeof softmaxRows)[string];

function backward(inputs: NamedTensors, attributes: ConvolutionalNetworkAttributes, row: Row, m: Arithmetic) {
  const { convolution } = attributes;
  const { net, active, windows, features, logits } = forward(inputs, attributes, m);
  const target = rowsOf(inputs.target);
  const logSoftmax = Object.values(logSoftmaxRows)[row === softmaxRows['e^z/Σe^z'] ? 0 : 1];
  const terms = logits.flatMap((z, n) =>
    logSoftmax(z, m).map((logarithm, k) => (target[n][k] === 0 ? 0 : -m.multiply(target[n][k], logarithm))),
  );
  const delta = logits.map((z, n) => row(z, m).map((p, k) => m.subtract(p, target[n][k])));
  const columns = transposed(rowsOf(inputs.weights));
  const dPooled = delta.flatMap((d) => columns.map((w) => m.dot(d, w)));
  const shares = windows.map((members, i): [number, number] => {
    const largest = Math.max(...members.map((at) => active.data[at]));
    return [members.find((at) => active.data[at] === largest) ?? members[0], dPooled[i]];
  });
  const dActive = scattered(active.shape, shares, m);
  const dNet = elementwise((d, value) => (value > 0 ? d : 0), dActive, net);
  const byClass = transposed(delta, inputs.bias.data.length);
  const byFeature = transposed(features, inputs.weights.shape[1]);
  return {
    loss: scalar(m.sum(terms)),
    kernels: kernelGradient({ x: inputs.x, dy: dNet }, convolution, inputs.kernels.shape.slice(2), m),
    kernelBias: channelSums(dNet, m),
    weights: matrix(byClass.map((d) => byFeature.map((h) => m.dot(d, h)))),
    bias: vector(byClass.map(m.sum)),
  };
}

const network = (attributes: Readonly<Record<string, unknown>>) => attributes as unknown as ConvolutionalNetworkAttributes;
const each = (make: (row: Row) => Form): Record<string, Form> =>
  Object.fromEntries(Object.entries(softmaxRows).map(([name, row]) => [name, make(row)]));

export const networkForms: Forms = {
  'convolutionalNetwork.forward': each((row) => ({ inputs, attributes }, m) => {
    const { logits } = forward(inputs, network(attributes), m);
    return {
      probabilities: tensor(
        [logits.length, inputs.bias.data.length],
        logits.flatMap((z) => row(z, m)),
      ),
    };
  }),
  'convolutionalNetwork.backward': each((row) => ({ inputs, attributes }, m) => {
    const { loss, kernels, kernelBias, weights, bias } = backward(inputs, network(attributes), row, m);
    return { loss, dKernels: kernels, dKernelBias: kernelBias, dWeights: weights, dBias: bias };
  }),
  'convolutionalNetwork.trainStep': each((row) => ({ inputs, attributes }, m) => {
    const { loss, ...gradients } = backward(inputs, network(attributes), row, m);
    const rate = m.round(attributes.learningRate as number);
    const moved = Object.entries(gradients).map(([name, g]): [string, Tensor] => [
      name,
      elementwise((w, slope) => stepped(w, slope, rate, m), inputs[name], g),
    ]);
    return { loss, ...Object.fromEntries(moved) };
  }),
};
