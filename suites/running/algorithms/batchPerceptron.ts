import { holds } from '../../documents/experiment.ts';
import type { Algorithm } from './algorithm.ts';
import { thinned } from './curves.ts';

const samples = 60;
const reach = 20;
/** Least yᵢuᵀxᵢ of the separator that labels the samples. */
const margin = 2;
const stepsAtMost = 3000;

/** Row P5 (cai). Whole numbers: every net, decision and weight has one right value, and any other is wrong. */
export const batchPerceptron: Algorithm = {
  name: 'batch-perceptron',
  title: 'Batch perceptron until no sample is misclassified',
  rows: ['P5'],
  statement: `From w = 0, every step adds the sum of $y_i x_i$ over the misclassified samples: ${samples} separable points of the plane with a constant third feature. All of it is whole numbers, so the limit of every call is 0.`,
  formula:
    '\\mathbf{w} \\leftarrow \\mathbf{w} + \\eta\\sum_{y_i\\mathbf{w}^\\top\\mathbf{x}_i \\le 0} y_i\\mathbf{x}_i, \\qquad \\eta = 1',
  run: async ({ execute, step, tensor, random }) => {
    const points: number[][] = [];
    const separator = [random.integer(2, 5), -random.integer(2, 5), random.integer(-4, 4)];
    const agreement = (point: readonly number[]) => point.reduce((sum, value, j) => sum + value * separator[j], 0);
    while (points.length < samples) {
      const point = [random.integer(-reach, reach), random.integer(-reach, reach), 1];
      if (Math.abs(agreement(point)) >= margin) points.push(point);
    }
    const x = tensor([samples, 3], points.flat());
    const labels = points.map((point) => Math.sign(agreement(point)));
    let weights = tensor([3], [0, 0, 0]);
    const counts: [number, number][] = [];
    let mistakes = samples;
    for (let k = 1; k <= stepsAtMost && mistakes > 0; k++) {
      await step(async () => {
        const net = await execute('matmul', {}, { a: x, b: { ...weights, shape: [3, 1] } });
        const side = await execute('sign', {}, { x: net.y });
        // −y where the sample is misclassified: the criterion's gradient is this row times x.
        const wrong = labels.map((label, n) => (side.y.data[n] === label ? 0 : -label));
        mistakes = wrong.filter((value) => value !== 0).length;
        counts.push([k, mistakes]);
        const gradient = await execute('matmul', {}, { a: tensor([1, samples], wrong), b: x });
        const slope = { ...gradient.y, shape: [3] };
        weights = (await execute('gradientStep', { learningRate: 1 }, { weights, gradient: slope })).weights;
      });
    }
    return {
      evidence: [holds('misclassified at the end', '0', mistakes, mistakes === 0)],
      curves: [{ title: 'Misclassified samples', xLabel: 'step', yLabel: 'samples', points: thinned(counts) }],
    };
  },
};
