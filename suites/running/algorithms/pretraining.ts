import { map, type Tensor } from '../../../reference/tensor.ts';
import { holds } from '../../documents/experiment.ts';
import type { Evidence } from '../../runReport.ts';
import type { Algorithm, AlgorithmContext, AlgorithmResult } from './algorithm.ts';
import { thinned } from './curves.ts';
import { randomLayers } from './network.ts';

const samples = 40;
const widths = [3, 6, 5, 4] as const;
const stageSteps = 60;
const fineSteps = 120;
const learningRate = 2 ** -8;

interface Layer {
  readonly weights: Tensor;
  readonly bias: Tensor;
}

type Task = 'original target' | 'own input';

const judgedSteps = { first: 5, every: 10 };
const common = `Hidden layers of ${widths.slice(1).join(', ')} tanh units on ${samples} points of tanh(x₁ − x₂x₃).`;

/** Row M13 (pena). */
export const supervisedPretraining: Algorithm = {
  name: 'pretraining-supervised',
  title: 'Layer-wise pre-training, supervised',
  rows: ['M13'],
  statement: `${common} Each layer is trained as the hidden layer of a network of depth two, on the output of the layers below and the original target; then all of them together.`,
  judgedSteps,
  run: (context) => pretrain(context, () => 'original target'),
};

/** Row M14 (pena). */
export const unsupervisedPretraining: Algorithm = {
  name: 'pretraining-unsupervised',
  title: 'Layer-wise pre-training, unsupervised',
  rows: ['M14'],
  statement: `${common} Every layer but the last first learns to encode its own input, as the hidden layer of an autoencoder; the last one learns the original target; then all of them together.`,
  judgedSteps,
  run: (context) => pretrain(context, (stage) => (stage < widths.length - 1 ? 'own input' : 'original target')),
};

async function pretrain(context: AlgorithmContext, taskOf: (stage: number) => Task): Promise<AlgorithmResult> {
  const { execute, tensor, random, round } = context;
  const x = tensor(
    [samples, widths[0]],
    Array.from({ length: samples * widths[0] }, () => random.normal()),
  );
  const target = tensor(
    [samples, 1],
    Array.from({ length: samples }, (_, n) => Math.tanh(x.data[3 * n] - x.data[3 * n + 1] * x.data[3 * n + 2])),
  );
  const trained: Layer[] = [];
  const curve: [number, number][] = [];
  const stages: (readonly number[])[] = [];
  let input = x;
  let top: Layer | undefined;
  for (let stage = 1; stage < widths.length; stage++) {
    const wanted = taskOf(stage) === 'own input' ? input : target;
    const outputs = wanted.shape[1];
    const [hidden, head] = [0, 1].map((l) => layerOf(randomLayers(context, [widths[stage - 1], widths[stage], outputs]), l));
    const { layers, losses } = await train(context, input, wanted, [hidden, head], stageSteps);
    stages.push(losses);
    trained.push(layers[0]);
    top = layers[1];
    const { y } = await execute('mlp.forward', { activations: ['tanh'] }, { x: input, ...numbered([layers[0]]) });
    input = map(y, round);
  }
  const { losses } = await train(context, x, target, [...trained, top!], fineSteps, curve);
  return {
    evidence: [fall('loss of each stage, before to after', stages), fall('loss of the whole network', [losses])],
    curves: [{ title: 'Loss while fine-tuning', xLabel: 'step', yLabel: '½Σ(t − y)²', yScale: 'log', points: thinned(curve) }],
  };
}

/** Plain gradient descent; tanh units below, identity on top. */
async function train(
  { execute, step }: AlgorithmContext,
  x: Tensor,
  target: Tensor,
  start: readonly Layer[],
  steps: number,
  curve: [number, number][] = [],
) {
  const activations = start.map((_, l) => (l < start.length - 1 ? 'tanh' : 'identity') as 'tanh' | 'identity');
  let layers = start;
  for (let k = 1; k <= steps; k++) {
    await step(async () => {
      const { loss, ...next } = await execute(
        'mlp.trainStep',
        { activations, learningRate },
        { x, target, ...numbered(layers) },
      );
      curve.push([k, loss.data[0]]);
      layers = start.map((_, l) => layerOf(next, l));
    });
  }
  return { layers, losses: curve.map(([, loss]) => loss) };
}

function layerOf(named: Readonly<Record<string, Tensor>>, l: number): Layer {
  return { weights: named[`weights${l + 1}`], bias: named[`bias${l + 1}`] };
}

function numbered(layers: readonly Layer[]): Record<string, Tensor> {
  return Object.fromEntries(
    layers.flatMap(({ weights, bias }, l) => [
      [`weights${l + 1}`, weights],
      [`bias${l + 1}`, bias],
    ]),
  );
}

function fall(label: string, curves: readonly (readonly number[])[]): Evidence {
  const ends = curves.map((losses) => [losses[0], losses[losses.length - 1]]);
  const text = ends.map(([before, after]) => `${before.toFixed(2)} to ${after.toFixed(2)}`).join(', ');
  return holds(
    label,
    'falls',
    text,
    ends.every(([before, after]) => after < before),
  );
}
