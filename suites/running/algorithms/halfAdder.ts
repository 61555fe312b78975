import type { Algorithm } from './algorithm.ts';
import { furthestFrom, type Layers, randomLayers, trainedWithin } from './network.ts';

const activations = ['sigmoid', 'sigmoid'] as const;
const learningRate = 2;
const tolerance = 0.25;
const roundOfSteps = 25;
const stepsAtMost = 5000;

/** Row M6 (khe): the 2–3–2 network, all four patterns in every step. */
export const halfAdder: Algorithm = {
  name: 'half-adder',
  title: 'Half adder by back-propagation',
  rows: ['M6', 'M4'],
  statement: `A network of 2, 3 and 2 sigmoid units learns sum and carry of two bits by gradient descent with η = ${learningRate}, until every output is within ${tolerance} of its target.`,
  formula: 'W \\leftarrow W - \\eta\\,\\frac{\\partial E}{\\partial W}, \\qquad E = \\tfrac12\\sum (t - y)^2',
  run: async (context) => {
    const { execute, step, tensor } = context;
    const x = tensor([4, 2], [0, 0, 0, 1, 1, 0, 1, 1]);
    const target = tensor([4, 2], [0, 0, 0, 1, 0, 1, 1, 0]);
    let layers: Layers = randomLayers(context, [2, 3, 2]);
    const losses: [number, number][] = [];
    let furthest = 1;
    for (let k = 1; k <= stepsAtMost && furthest > tolerance; k++) {
      await step(async () => {
        const { loss, ...next } = await execute('mlp.trainStep', { activations, learningRate }, { x, target, ...layers });
        losses.push([k, loss.data[0]]);
        layers = next;
      });
      if (k % roundOfSteps > 0) continue;
      const { y } = await execute('mlp.forward', { activations }, { x, ...layers });
      furthest = furthestFrom(target, y);
    }
    return trainedWithin(tolerance, { furthest, losses });
  },
};
