/** Relations of single operations and of the algorithms: softmax, deep linear nets, the perceptron's bound, dropout. */
import fc from 'fast-check';
import type { LayerActivation, NamedTensors } from '../../../backends/signatures.ts';
import type { Tensor } from '../../../reference/tensor.ts';
import { combination, exampleOf, integers, tensorOf } from './draw.ts';
import { Inapplicable, type Relation, requireEqual } from './relation.ts';

const softmaxShift: Relation = {
  operation: 'softmax',
  name: 'unchanged by a constant',
  rows: ['A9'],
  draw: exampleOf('softmax'),
  async check({ attributes, tensors: { x } }, ask) {
    const shifted = tensorOf(
      x.shape,
      x.data.map((value) => value + 1024),
    );
    const plain = await ask('softmax', attributes, { x });
    const moved = await ask('softmax', attributes, { x: shifted });
    requireEqual('softmax(x + 1024)', moved.outputs.y.data, plain.outputs.y.data, (i) => plain.limits.y[i] + moved.limits.y[i]);
    return undefined;
  },
};

const jacobian: Relation = {
  operation: 'softmax.jacobian',
  name: 'rows add up to 0, symmetric, and is what backward multiplies by',
  rows: ['A10'],
  draw: exampleOf('softmax.jacobian', { dy: 'x' }),
  async check({ attributes, tensors: { x, dy } }, ask) {
    const [batch, classes] = x.shape;
    const { outputs, limits } = await ask('softmax.jacobian', attributes, { x });
    const backward = await ask('softmax.backward', attributes, { x, dy });
    const at = (n: number, i: number, j: number) => (n * classes + i) * classes + j;
    const { data } = outputs.jacobian;
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < classes; i++) {
        let [sum, product, permitted, productPermitted] = [0, 0, 0, 0];
        for (let j = 0; j < classes; j++) {
          const [entry, limit] = [data[at(n, i, j)], limits.jacobian[at(n, i, j)]];
          const slope = dy.data[n * classes + j];
          sum += entry;
          product += entry * slope;
          permitted += limit;
          productPermitted += limit * Math.abs(slope);
          requireEqual(`J[${n}, ${i}, ${j}]`, [entry], [data[at(n, j, i)]], () => limit + limits.jacobian[at(n, j, i)]);
        }
        const row = n * classes + i;
        requireEqual(`the sum of row ${i} of sample ${n}`, [sum], [0], () => permitted);
        const found = backward.outputs.dx.data[row];
        requireEqual('backward beside J·dy', [found], [product], () => productPermitted + backward.limits.dx[row]);
      }
    }
    return undefined;
  },
};

/** A batch through layers that compute only W x + b. */
const collapse: Relation = {
  operation: 'mlp.forward',
  name: 'identity activations collapse to dense layers',
  rows: ['M9'],
  draw: fc
    .record({
      batch: fc.integer({ min: 1, max: 3 }),
      widths: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 4 }),
    })
    .chain(({ batch, widths }) => {
      const layers = widths
        .slice(1)
        .flatMap((width, i) => [
          [`weights${i + 1}`, integers([width, widths[i]])] as const,
          [`bias${i + 1}`, integers([width])] as const,
        ]);
      const activations = widths.slice(1).map((): LayerActivation => 'identity');
      return fc
        .record({ x: integers([batch, widths[0]]), ...Object.fromEntries(layers) } as Record<string, fc.Arbitrary<Tensor>>)
        .map((tensors) => ({ sizes: {}, attributes: { activations }, tensors }));
    }),
  async check({ attributes, tensors }, ask) {
    const net = await ask('mlp.forward', attributes, tensors);
    let y = tensors.x;
    for (let layer = 1; `weights${layer}` in tensors; layer++) {
      const inputs: NamedTensors = { x: y, weights: tensors[`weights${layer}`], bias: tensors[`bias${layer}`] };
      const { outputs, limits } = await ask('dense', {}, inputs);
      if (limits.y.some((limit) => limit !== 0)) throw new Inapplicable('the layers were not exact');
      y = tensorOf(outputs.y.shape, outputs.y.data);
    }
    requireEqual('mlp.forward beside dense layers', net.outputs.y.data, y.data, (i) => net.limits.y[i]);
    return undefined;
  },
};

/** Samples that u separates with a margin of 1 at least, and their labels. */
const separable = fc
  .record({
    samples: fc.integer({ min: 1, max: 6 }),
    features: fc.integer({ min: 1, max: 4 }),
    passes: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ samples, features, passes }) =>
    fc
      .record({ x: integers([samples, features]), separator: integers([features]) })
      .map(({ x, separator }) => ({ sizes: {}, attributes: { passes }, tensors: { x, separator } })),
  )
  .filter(({ tensors: { x, separator } }) => scores(x, separator).every((score) => score !== 0));

function scores({ shape: [samples, features], data }: Tensor, weights: Tensor): number[] {
  return Array.from({ length: samples }, (_, n) => {
    let sum = 0;
    for (let j = 0; j < features; j++) sum += data[n * features + j] * weights.data[j];
    return sum;
  });
}

const squaredLength = (values: Iterable<number>) => Array.from(values).reduce((sum, value) => sum + value * value, 0);

/** Every number in it is an integer or a quotient of two: nothing here is near a tie. */
const novikoff: Relation = {
  operation: 'perceptron.train',
  name: 'each line of Novikoff’s proof',
  rows: ['N2', 'N3'],
  draw: separable,
  async check({ attributes, tensors: { x, separator } }, ask) {
    const [samples, features] = x.shape;
    const labels = tensorOf([samples], scores(x, separator).map(Math.sign));
    const { outputs } = await ask('perceptron.train', attributes, { x, labels });
    const margin = Math.min(...scores(x, separator).map(Math.abs));
    const sample = (n: number) => x.data.subarray(n * features, (n + 1) * features);
    const squaredRadius = Math.max(...Array.from({ length: samples }, (_, n) => squaredLength(sample(n))));
    const alpha = squaredRadius / margin;
    let weights = new Float64Array(features);
    const distance = () => squaredLength(weights.map((value, j) => value - alpha * separator.data[j]));
    let mistakes = 0;
    outputs.mistakes.data.forEach((erred, at) => {
      const n = at % samples;
      const score = weights.reduce((sum, value, j) => sum + value * sample(n)[j], 0) * labels.data[n];
      if (score !== 0 && erred !== Number(score < 0)) {
        throw new Error(`pass ${Math.floor(at / samples)}, sample ${n}: y·wᵀx is ${score}, and the trace says ${erred}`);
      }
      if (erred !== 1) return;
      mistakes++;
      const before = distance();
      weights = weights.map((value, j) => value + labels.data[n] * sample(n)[j]);
      if (!(distance() <= (before - squaredRadius) * (1 + 2 ** -40) + 2 ** -40 * before)) {
        throw new Error(
          `mistake ${mistakes}: ‖w − αu‖² went from ${before} to ${distance()}, by less than R² = ${squaredRadius}`,
        );
      }
    });
    const bound = (squaredLength(separator.data) * squaredRadius) / margin ** 2;
    if (!(mistakes <= bound * (1 + 2 ** -40))) throw new Error(`${mistakes} mistakes, Novikoff’s bound is ${bound}`);
    requireEqual('weights beside the sum of the mistakes', outputs.weights.data, weights);
    return undefined;
  },
};

/** What a mask keeps and what its complement keeps, together: x/keep. With keep = ½ their mean is x, whatever the mask. */
const dropout: Relation = {
  operation: 'dropout',
  name: 'a mask and its complement make up the scaled input',
  rows: ['V3'],
  draw: exampleOf('dropout'),
  async check({ attributes, tensors: { x, mask } }, ask) {
    const chosen = tensorOf(
      mask.shape,
      mask.data.map((value) => Number(value > 0)),
    );
    const rest = tensorOf(
      mask.shape,
      chosen.data.map((value) => 1 - value),
    );
    const kept = await ask('dropout', attributes, { x, mask: chosen });
    const left = await ask('dropout', attributes, { x, mask: rest });
    const keep = attributes.keep as number;
    requireEqual(
      'y of a mask and of its complement',
      combination(1, kept.outputs.y, 1, left.outputs.y).data,
      x.data.map((value) => value / keep),
      (i) => kept.limits.y[i] + left.limits.y[i],
    );
    chosen.data.forEach((bit, i) => {
      if (bit === 0) requireEqual(`y[${i}], which is dropped`, [kept.outputs.y.data[i]], [0]);
    });
    return undefined;
  },
};

export const networkRelations: readonly Relation[] = [softmaxShift, jacobian, collapse, novikoff, dropout];
