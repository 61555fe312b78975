import type { ConvolutionAttributes, PoolingAttributes } from '../../../backends/signatures.ts';
import { type Tensor, zeros } from '../../../reference/tensor.ts';
import { accuracy, type Digits, loadDigits, pick } from '../../documents/digits.ts';
import { holds } from '../../documents/experiment.ts';
import { type Random, randomFrom } from '../../judging/random.ts';
import type { Algorithm, AlgorithmContext } from './algorithm.ts';
import { thinned } from './curves.ts';
import { cut, joined, type Parameters } from './parameters.ts';

const classes = 10;
const maps = 8;
const convolution: ConvolutionAttributes = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 };
const kernelSize = [5, 5] as const;
const pooling: PoolingAttributes = { window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] };
const pooledSize = maps * 3 * 3;
const batch = 64;
const momentum = 0.9;
const linearEpochs = 6;
const linearLearningRate = 0.3 / batch;
const learningRate = 0.2 / batch;
const epochsAtMost = 20;

/** Row C8 (pena): the committed digits, 1,438 to train on and 359 held out; the linear model is trained by the backend as well. */
export const digitsNetwork: Algorithm = {
  name: 'digits',
  title: 'Convolutional network on handwritten digits',
  rows: ['C8', 'A9', 'G4'],
  statement: `${maps} kernels 5 × 5, rectifier, maximum over 2 × 2, a dense layer with softmax: trained by the cross entropy in batches of ${batch} with momentum ${momentum}, epoch after epoch until it beats softmax regression, trained for ${linearEpochs} epochs by the same backend, on held-out digits.`,
  formula:
    'x \\to \\operatorname{conv}_{5\\times5} \\to \\max(0,\\cdot) \\to \\max_{2\\times2} \\to \\operatorname{softmax}(Wx+b), \\qquad E = -\\sum t\\ln p',
  judgedSteps: { first: 2, every: 25 },
  run: async (context) => {
    const { training, heldOut } = loadDigits(context.seed);
    const linear = await trainLinear(context, training, heldOut);
    const { points, losses } = await trainNetwork(context, training, heldOut, linear);
    const [, reached] = points[points.length - 1];
    return {
      evidence: [
        holds(
          'held-out accuracy of the network',
          `above the linear model’s ${percent(linear)}`,
          percent(reached),
          reached > linear,
        ),
      ],
      curves: [
        {
          title: 'Loss of the network, batch by batch',
          xLabel: 'step',
          yLabel: '−Σ t ln p / batch',
          yScale: 'log',
          points: thinned(losses),
        },
        { title: 'Held-out accuracy of the network', xLabel: 'epoch', yLabel: 'accuracy', points },
      ],
    };
  },
};

interface State<Named extends Parameters> {
  readonly parameters: Named;
  /** Of all parameters, the one before: what momentum keeps. */
  readonly change: Tensor;
}

function start<Named extends Parameters>(parameters: Named): State<Named> {
  return { parameters, change: zeros(joined(Object.values(parameters)).shape) };
}

/** One step with momentum for all parameters together. */
async function descend<Named extends Parameters>(
  { execute }: AlgorithmContext,
  { parameters, change }: State<Named>,
  gradients: { readonly [Name in keyof Named]: Tensor },
  rate: number,
): Promise<State<Named>> {
  const names = Object.keys(parameters);
  const weights = joined(names.map((name) => parameters[name]));
  const gradient = joined(names.map((name) => gradients[name]));
  const moved = await execute('momentumStep', { learningRate: rate, momentum }, { weights, gradient, change });
  return { parameters: cut(moved.weights, parameters), change: moved.change };
}

/** ∂E/∂logits of the cross entropy of softmax, by the two operations' own gradients. */
async function logitsGradient(
  { execute }: AlgorithmContext,
  logits: Tensor,
  prediction: Tensor,
  target: Tensor,
): Promise<Tensor> {
  const { dPrediction } = await execute('crossEntropy.gradient', {}, { prediction, target });
  return (await execute('softmax.backward', {}, { x: logits, dy: dPrediction })).dx;
}

async function trainLinear(context: AlgorithmContext, training: Digits, heldOut: Digits): Promise<number> {
  const { execute, step, seed } = context;
  const random = randomFrom(seed, 'linear model');
  const flat = (images: Tensor) => ({ ...images, shape: [images.shape[0], 64] });
  let state = start({ weights: zeros([classes, 64]), bias: zeros([classes]) });
  for (let epoch = 1; epoch <= linearEpochs; epoch++) {
    for (const { images, targets } of batches(random, training)) {
      await step(async () => {
        const x = flat(images);
        const { y: logits } = await execute('dense', {}, { x, ...state.parameters });
        const { y: prediction } = await execute('softmax', {}, { x: logits });
        const dy = await logitsGradient(context, logits, prediction, targets);
        const { dWeights } = await execute('dense.weightGradient', {}, { x, dy });
        const { dBias } = await execute('dense.biasGradient', {}, { dy });
        state = await descend(context, state, { weights: dWeights, bias: dBias }, linearLearningRate);
      });
    }
  }
  const { y } = await execute('dense', {}, { x: flat(heldOut.images), ...state.parameters });
  return accuracy(y, heldOut.labels);
}

async function trainNetwork(context: AlgorithmContext, training: Digits, heldOut: Digits, toBeat: number) {
  const { execute, step, tensor, seed, thorough } = context;
  const random = randomFrom(seed, 'convolutional network');
  const normal = (shape: readonly number[], spread: number) =>
    tensor(
      shape,
      zeros(shape).data.map(() => spread * random.normal()),
    );
  let state = start({
    kernels: normal([maps, 1, 5, 5], 0.2),
    kernelBias: zeros([maps]),
    weights: normal([classes, pooledSize], 0.1),
    bias: zeros([classes]),
  });
  const forward = async (x: Tensor) => {
    const { kernels, kernelBias, weights, bias } = state.parameters;
    const { y: net } = await execute('conv2d', convolution, { x, weights: kernels, bias: kernelBias });
    const { y: active } = await execute('relu', {}, { x: net });
    const { y: pooled } = await execute('maxPool2d', pooling, { x: active });
    const flat = { ...pooled, shape: [x.shape[0], pooledSize] };
    const { y: logits } = await execute('dense', {}, { x: flat, weights, bias });
    return { net, active, pooled, flat, logits };
  };
  const losses: [number, number][] = [];
  const points: [number, number][] = [];
  for (let epoch = 1; epoch <= epochsAtMost; epoch++) {
    for (const { images, targets } of batches(random, training)) {
      await step(async () => {
        const { net, active, pooled, flat, logits } = await forward(images);
        const { y: prediction } = await execute('softmax', {}, { x: logits });
        const { loss } = await execute('crossEntropy', {}, { prediction, target: targets });
        losses.push([losses.length + 1, loss.data[0] / batch]);
        const dLogits = await logitsGradient(context, logits, prediction, targets);
        const { dWeights: weights } = await execute('dense.weightGradient', {}, { x: flat, dy: dLogits });
        const { dBias: bias } = await execute('dense.biasGradient', {}, { dy: dLogits });
        const { dx } = await execute('dense.inputGradient', {}, { weights: state.parameters.weights, dy: dLogits });
        const { dx: dActive } = await execute('maxPool2d.backward', pooling, { x: active, dy: { ...dx, shape: pooled.shape } });
        const { dx: dNet } = await execute('relu.backward', {}, { x: net, dy: dActive });
        const { dWeights: kernels } = await execute(
          'conv2d.weightGradient',
          { ...convolution, kernelSize },
          { x: images, dy: dNet },
        );
        const { dBias: kernelBias } = await execute('conv2d.biasGradient', {}, { dy: dNet });
        state = await descend(context, state, { kernels, kernelBias, weights, bias }, learningRate);
      });
    }
    // Within a step, so that the first look at the held-out digits is judged and not every epoch's.
    const reached = await step(async () => accuracy((await forward(heldOut.images)).logits, heldOut.labels));
    points.push([epoch, reached]);
    // A thorough run goes on to the end.
    if (reached > toBeat && !thorough) break;
  }
  return { points, losses };
}

/** The samples in a new order, in batches of one size; those that are left over wait for the next epoch. */
function* batches(random: Random, digits: Digits): Generator<Digits> {
  const order = digits.labels.map((_, n) => n);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  for (let from = 0; from + batch <= order.length; from += batch) yield pick(digits, order.slice(from, from + batch));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
