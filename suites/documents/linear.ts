/** Executes the rows of linear models and the perceptron. */
import type { RowFixture } from '../../fixtures/documents/row.ts';
import {
  bitsOf,
  networkFromTruthTable,
  networkFromTruthTableByClauses,
  parityByXorGates,
  parityTable,
  primeImplicants,
  runThresholdNetwork,
} from '../../reference/booleanCircuits.ts';
import {
  augment,
  batchPerceptronStep,
  linearDiscriminant,
  misclassified,
  normalizeByLabel,
  perceptronCriterion,
  squaredSignLoss,
  stochasticPerceptronEpoch,
  surrogatePerceptronStep,
} from '../../reference/linear.ts';
import { maximumMargin } from '../../reference/maximumMargin.ts';
import {
  biasUnit,
  novikoffBound,
  novikoffProof,
  perceptronTrain,
  thresholdUnit,
  xorOfBits,
  xorOfSigns,
} from '../../reference/perceptron.ts';
import { combine, map, sum, type Tensor, tensor } from '../../reference/tensor.ts';
import { type Random, randomFrom } from '../judging/random.ts';
import { type Experiment, equal, holds, matrixOf, near, numberOf, numbersOf } from './experiment.ts';

const perceptronSource = 'reference/perceptron.ts';
const linearSource = 'reference/linear.ts';
const circuitSource = 'reference/booleanCircuits.ts';

export const linearExperiments: Readonly<Record<string, Experiment>> = {
  L1: {
    source: linearSource,
    run: ({ fixture }) => {
      const { x, weights } = given(fixture);
      const bias = numberOf(fixture, 'bias');
      const { values, classes } = linearDiscriminant(x, weights, bias);
      const augmented = linearDiscriminant(augment(x), vector([...weights.data, bias]), 0);
      return {
        evidence: [
          equal('f(x) of four points', numbersOf(fixture, 'values'), values.data),
          equal('their classes', numbersOf(fixture, 'classes'), classes.data),
          equal('augmented form', numbersOf(fixture, 'values'), augmented.values.data),
        ],
      };
    },
  },

  L2: {
    source: linearSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const trials = numberOf(fixture, 'trials');
      let largestTilt = 0;
      let largestMiss = 0;
      for (let trial = 0; trial < trials; trial++) {
        const features = random.integer(2, 6);
        const weights = drawn(random, features);
        const bias = 4 * random.next() - 2;
        // Two points on the surface: random points moved along w by their signed distance.
        const [a, b] = [drawn(random, features), drawn(random, features)].map((point) => {
          const { distances } = linearDiscriminant(row(point), weights, bias);
          const length = Math.hypot(...weights.data);
          return vector(Array.from(point.data, (value, j) => value - (distances.data[0] * weights.data[j]) / length));
        });
        const difference = combine(a, b, (first, second) => first - second);
        const tilt = sum(combine(weights, difference, (w, d) => w * d));
        largestTilt = Math.max(largestTilt, Math.abs(tilt));
        // A step of length r along the unit normal leads from the surface to signed distance r.
        const r = 6 * random.next() - 3;
        const length = Math.hypot(...weights.data);
        const moved = vector(Array.from(a.data, (value, j) => value + (r * weights.data[j]) / length));
        const { distances } = linearDiscriminant(row(moved), weights, bias);
        largestMiss = Math.max(largestMiss, Math.abs(distances.data[0] - r));
      }
      return {
        evidence: [
          near(`largest |wᵀ(x₁ − x₂)| of ${trials} pairs on the surface`, 0, largestTilt, 1e-12),
          near('largest error of the signed distance r', 0, largestMiss, 1e-12),
        ],
      };
    },
  },

  L3: {
    source: linearSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const trials = numberOf(fixture, 'trials');
      let agreements = 0;
      let separating = 0;
      for (let trial = 0; trial < trials; trial++) {
        const set = separableSet(random, { marginAtLeast: 0.01 });
        const weights = trial % 2 === 0 ? set.separator : drawn(random, set.separator.data.length);
        const { classes } = linearDiscriminant(set.x, weights, 0);
        const right = classes.data.every((value, n) => value === set.labels.data[n]);
        const positive = linearDiscriminant(normalizeByLabel(set.x, set.labels), weights, 0).values.data.every(
          (value) => value > 0,
        );
        if (right === positive) agreements++;
        if (positive) separating++;
      }
      return {
        evidence: [
          equal(`both statements agree, of ${trials} weight vectors`, [trials], [agreements]),
          holds(
            'some separate and some do not',
            `between 1 and ${trials - 1}`,
            separating,
            separating > 0 && separating < trials,
          ),
        ],
      };
    },
  },

  P1: {
    source: linearSource,
    run: ({ fixture }) => {
      const [x, weights] = [numbersOf(fixture, 'x'), numbersOf(fixture, 'weights')];
      const { values, classes } = linearDiscriminant(row(vector(x)), vector(weights), 0);
      return {
        evidence: [
          equal(
            'products',
            numbersOf(fixture, 'products'),
            x.map((value, i) => value * weights[i]),
            '6, −4',
          ),
          equal('sum', [numberOf(fixture, 'sum')], values.data, '2'),
          equal('output', [numberOf(fixture, 'output')], classes.data, '+1'),
        ],
      };
    },
  },

  P2: {
    source: perceptronSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const trials = numberOf(fixture, 'trials');
      let agreements = 0;
      let ties = 0;
      let firedOnTie = 0;
      for (let trial = 0; trial < trials; trial++) {
        const features = random.integer(1, 5);
        const integers = () => vector(Array.from({ length: features }, () => random.integer(-3, 3)));
        const [x, weights] = [integers(), integers()];
        const threshold = random.integer(-4, 4);
        const output = thresholdUnit(x, weights, threshold);
        if (output === biasUnit(x, weights, -threshold)) agreements++;
        if (linearDiscriminant(row(x), weights, -threshold).values.data[0] === 0) {
          ties++;
          firedOnTie += output;
        }
      }
      return {
        evidence: [
          equal(`outputs agree, of ${trials}`, [trials], [agreements]),
          holds('ties met', 'at least 10', ties, ties >= 10),
          equal('ties that fire', [ties], [firedOnTie]),
        ],
      };
    },
  },

  P3: {
    source: perceptronSource,
    run: ({ fixture }) => {
      const weights = vector(numbersOf(fixture, 'weights'));
      const table = (threshold: number) => [0, 1, 2, 3].map((r) => thresholdUnit(vector(bitsOf(r, 2)), weights, threshold));
      const [and, or] = [table(numberOf(fixture, 'andThreshold')), table(numberOf(fixture, 'orThreshold'))];
      return {
        evidence: [
          equal('AND of 00, 01, 10, 11', numbersOf(fixture, 'and'), and, '0, 0, 0, 1'),
          equal('OR of 00, 01, 10, 11', numbersOf(fixture, 'or'), or, '0, 1, 1, 1'),
        ],
        tables: [truthTable('Both gates', ['x₁', 'x₂', 'AND', 'OR'], 2, [and, or])],
      };
    },
  },

  P4: {
    source: perceptronSource,
    run: ({ fixture }) => {
      const { x, labels } = given(fixture);
      const { weights, mistakes } = perceptronTrain(x, labels, numberOf(fixture, 'passes'));
      return {
        evidence: [
          equal('weights', numbersOf(fixture, 'weights'), weights.data),
          equal('trace of mistakes, pass by pass', matrixOf(fixture, 'mistakes').flat(), mistakes.data),
        ],
      };
    },
  },

  P5: {
    source: linearSource,
    run: ({ fixture, seed }) => {
      const { x, labels, weights } = given(fixture);
      const { loss, gradient } = perceptronCriterion(x, labels, weights);
      const next = batchPerceptronStep(x, labels, weights, numberOf(fixture, 'learningRate'));
      // Following the steps on separable data leads the criterion to 0, even from weights that point the wrong way.
      const set = separableSet(randomFrom(seed, fixture.id), { marginAtLeast: 0.05 });
      const losses: [number, number][] = [];
      let w: Tensor = map(set.separator, (value) => -100 * value);
      for (let step = 0; step < 500; step++) {
        losses.push([step, perceptronCriterion(set.x, set.labels, w).loss]);
        if (misclassified(set.x, set.labels, w).length === 0) break;
        w = batchPerceptronStep(set.x, set.labels, w, 1);
      }
      return {
        evidence: [
          equal('J(w)', [numberOf(fixture, 'loss')], [loss]),
          equal('∂J/∂w', numbersOf(fixture, 'gradient'), gradient.data),
          equal('w after one step', numbersOf(fixture, 'next'), next.data),
          equal('misclassified at the end, separable data', [0], [misclassified(set.x, set.labels, w).length]),
        ],
        charts: [
          lineChart('Criterion of the batch perceptron on separable data', 'step', 'J(w)', [{ name: 'J', points: losses }]),
        ],
      };
    },
  },

  P6: {
    source: linearSource,
    run: ({ fixture, seed }) => {
      const { x, labels, weights } = given(fixture);
      const learningRate = numberOf(fixture, 'learningRate');
      const order = numbersOf(fixture, 'order');
      const set = separableSet(randomFrom(seed, fixture.id), { marginAtLeast: 0.05 });
      const epochs = (shuffleSeed: number) => {
        const random = randomFrom(shuffleSeed, fixture.id, 'shuffle');
        let w: Tensor = vector(new Array(set.separator.data.length).fill(0));
        for (let epoch = 0; epoch < 200; epoch++)
          w = stochasticPerceptronEpoch(set.x, set.labels, w, 0.5, permutation(random, set.x.shape[0]));
        return w;
      };
      const trained = epochs(seed);
      return {
        evidence: [
          equal('L = ½Σ(Y − y)²', [numberOf(fixture, 'loss')], [squaredSignLoss(x, labels, weights)]),
          equal(
            'W after one batch step',
            numbersOf(fixture, 'batchNext'),
            surrogatePerceptronStep(x, labels, weights, learningRate).data,
          ),
          equal(
            `W after one stochastic epoch in the order ${order.join(', ')}`,
            numbersOf(fixture, 'sgdNext'),
            stochasticPerceptronEpoch(x, labels, weights, learningRate, order).data,
          ),
          equal('loss after 200 shuffled epochs, separable data', [0], [squaredSignLoss(set.x, set.labels, trained)]),
          equal('the same seed shuffles the same way', trained.data, epochs(seed).data),
        ],
      };
    },
  },

  P7: {
    source: perceptronSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const sets = numberOf(fixture, 'sets');
      const epochs = numberOf(fixture, 'xorEpochs');
      let converged = 0;
      let easy: readonly number[] = [];
      for (let s = 0; s < sets; s++) {
        const { x, labels, separator } = separableSet(random, { marginAtLeast: 0.1 });
        // Novikoff: with at most k mistakes, k + 1 passes hold one without any.
        const passes = Math.floor(novikoffBound(x, labels, separator).bound) + 1;
        const { mistakes } = perceptronTrain(x, labels, passes);
        const counts = mistakesPerPass(mistakes);
        if (counts.at(-1) === 0) converged++;
        // The picture shows the set that took longest.
        if (counts.indexOf(0) > easy.indexOf(0)) easy = counts;
      }
      const xor = tensor([4, 3], [0, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1]);
      const perPass = mistakesPerPass(perceptronTrain(xor, vector([-1, 1, 1, -1]), epochs).mistakes);
      return {
        evidence: [
          equal(`separable sets without a mistake in the last pass, of ${sets}`, [sets], [converged]),
          holds(
            `fewest mistakes in an epoch of ${epochs} on XOR`,
            'at least 1',
            Math.min(...perPass),
            Math.min(...perPass) >= 1,
          ),
        ],
        charts: [
          lineChart('Mistakes in each epoch', 'epoch', 'mistakes', [
            { name: 'separable', points: easy.slice(0, 40).map((count, i) => [i + 1, count]) },
            { name: 'XOR', points: perPass.slice(0, 40).map((count, i) => [i + 1, count]) },
          ]),
        ],
      };
    },
  },

  N1: {
    source: perceptronSource,
    run: ({ fixture }) => {
      const { x, labels } = given(fixture);
      const { radius, margin, bound } = novikoffBound(x, labels, vector(numbersOf(fixture, 'separator')));
      const doubled = novikoffBound(x, labels, vector(numbersOf(fixture, 'separator').map((value) => 2 * value)));
      return {
        evidence: [
          equal('R = max‖xᵢ‖', [numberOf(fixture, 'radius')], [radius]),
          equal('γ = min yᵢuᵀxᵢ', [numberOf(fixture, 'margin')], [margin]),
          equal('‖u‖²R²/γ²', [numberOf(fixture, 'bound')], [bound]),
          equal('the length of u does not matter', [bound], [doubled.bound]),
        ],
      };
    },
  },

  N2: {
    source: perceptronSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const sets = numberOf(fixture, 'sets');
      const points: [number, number][] = [];
      let exceeded = 0;
      let tightest = 0;
      for (let s = 0; s < sets; s++) {
        const { x, labels, separator } = separableSet(random, { marginAtLeast: 0.02 });
        const { bound } = novikoffBound(x, labels, separator);
        const count = mistakesPerPass(perceptronTrain(x, labels, numberOf(fixture, 'passes')).mistakes).reduce(
          (a, b) => a + b,
          0,
        );
        if (!(count <= bound)) exceeded++;
        tightest = Math.max(tightest, count / bound);
        points.push([bound, count]);
      }
      const top = Math.max(...points.map(([, count]) => count));
      return {
        evidence: [
          equal(`sets with more mistakes than the bound, of ${sets}`, [0], [exceeded]),
          holds('largest mistakes / bound', 'at most 1, above 0', tightest, tightest <= 1 && tightest > 0),
        ],
        charts: [
          {
            title: 'Mistakes made against Novikoff’s bound',
            kind: 'scatter',
            xLabel: 'bound ‖u‖²R²/γ²',
            yLabel: 'mistakes made',
            xScale: 'log',
            yScale: 'log',
            series: [
              { name: `${sets.toLocaleString('en-US')} random separable sets`, points },
              {
                name: 'mistakes = bound',
                kind: 'line',
                points: Array.from({ length: 40 }, (_, i) => [top ** (i / 39), top ** (i / 39)] as const),
              },
            ],
          },
        ],
      };
    },
  },

  N3: {
    source: perceptronSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const sets = numberOf(fixture, 'sets');
      let updates = 0;
      let apart = 0;
      const broken = new Map<string, number>();
      for (let s = 0; s < sets; s++) {
        const { x, labels, separator } = separableSet(random, { marginAtLeast: 0.05 });
        for (const step of novikoffProof(x, labels, separator, numberOf(fixture, 'passes')).updates) {
          updates++;
          // R² = αγ: the second line and the third say the same.
          const [, second, third] = step.lines;
          apart = Math.max(apart, Math.abs(second.right - third.right) / Math.max(Math.abs(third.right), 1));
          for (const { line, left, right } of step.lines) {
            const slack = 1e-12 * Math.max(Math.abs(left), Math.abs(right));
            broken.set(line, (broken.get(line) ?? 0) + (left <= right + slack ? 0 : 1));
          }
        }
      }
      return {
        evidence: [
          holds('updates checked', 'at least 100', updates, updates >= 100),
          ...Array.from(broken, ([line, count]) => equal(`${line}: violations`, [0], [count])),
          near('‖w − αu‖² − 2αγ + R² against ‖w − αu‖² − R², relative', 0, apart, 1e-9),
        ],
      };
    },
  },

  N4: {
    source: 'reference/maximumMargin.ts',
    run: ({ fixture, seed }) => {
      const { x, labels } = given(fixture);
      const tolerance = numberOf(fixture, 'tolerance');
      const best = maximumMargin(x, labels);
      const random = randomFrom(seed, fixture.id);
      const sets = numberOf(fixture, 'sets');
      let largestGap = best.gap;
      let beaten = 0;
      const tightness: (readonly string[])[] = [];
      for (let s = 0; s < sets; s++) {
        const set = separableSet(random, { marginAtLeast: 0.1 });
        const own = maximumMargin(set.x, set.labels, { tolerance });
        largestGap = Math.max(largestGap, own.gap);
        const known = novikoffBound(set.x, set.labels, set.separator).bound;
        const smallest = novikoffBound(set.x, set.labels, own.separator).bound;
        if (smallest > known * (1 + tolerance)) beaten++;
        if (s < 8) {
          const passes = Math.floor(smallest) + 1;
          const made = mistakesPerPass(perceptronTrain(set.x, set.labels, passes).mistakes).reduce((a, b) => a + b, 0);
          tightness.push([
            String(s + 1),
            known.toFixed(1),
            smallest.toFixed(1),
            String(made),
            (made / smallest).toFixed(3),
            own.gap.toExponential(1),
          ]);
        }
      }
      return {
        evidence: [
          ...numbersOf(fixture, 'separator').map((want, j) => near(`u${j + 1}`, want, best.separator.data[j], tolerance)),
          near('margin', numberOf(fixture, 'margin'), best.margin, tolerance),
          holds(
            'largest relative gap between primal and dual',
            `at most ${tolerance}`,
            largestGap.toExponential(2),
            largestGap <= tolerance,
          ),
          equal(`sets on which another known separator has a smaller bound, of ${sets}`, [0], [beaten]),
        ],
        tables: [
          {
            title: 'How tight the best bound is',
            columns: ['set', 'bound of the known u', 'best bound', 'mistakes made', 'mistakes / best bound', 'dual gap'],
            rows: tightness,
          },
        ],
      };
    },
  },

  X1: {
    source: perceptronSource,
    run: ({ fixture }) => {
      const inputs = matrixOf(fixture, 'inputs');
      const outputs = inputs.map(([x1, x2]) => xorOfSigns(x1, x2));
      const [y1, y2, z] = (['y1', 'y2', 'z'] as const).map((unit) => outputs.map((output) => output[unit]));
      return {
        evidence: [
          equal('y₁', numbersOf(fixture, 'y1'), y1, '1, 1, 1, −1'),
          equal('y₂', numbersOf(fixture, 'y2'), y2, '1, −1, −1, −1'),
          equal('z', numbersOf(fixture, 'z'), z, '−1, 1, 1, −1'),
        ],
        tables: [
          {
            title: 'XOR in ±1 coding',
            columns: ['x₁', 'x₂', 'y₁ (OR)', 'y₂ (AND)', 'z'],
            rows: inputs.map((x, i) => [...x, y1[i], y2[i], z[i]].map(String)),
          },
        ],
      };
    },
  },

  X2: {
    source: perceptronSource,
    run: ({ fixture }) => {
      const outputs = [0, 1, 2, 3].map((r) => bitsOf(r, 2)).map(([x1, x2]) => xorOfBits(x1, x2));
      const [ors, nands, xor] = (['or', 'nand', 'xor'] as const).map((unit) => outputs.map((output) => output[unit]));
      return {
        evidence: [
          equal('OR', numbersOf(fixture, 'or'), ors),
          equal('NAND', numbersOf(fixture, 'nand'), nands),
          equal('XOR = AND(OR, NAND)', numbersOf(fixture, 'xor'), xor, '0, 1, 1, 0'),
        ],
        tables: [truthTable('XOR in 0/1 coding', ['x₁', 'x₂', 'OR', 'NAND', 'XOR'], 2, [ors, nands, xor])],
      };
    },
  },

  X3: {
    source: circuitSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const rows: (readonly string[])[] = [];
      let wrong = 0;
      for (let n = 1; n <= numberOf(fixture, 'randomUpTo'); n++) {
        const size = 2 ** n;
        const exhaustive = n <= numberOf(fixture, 'exhaustiveUpTo');
        const count = exhaustive ? 2 ** size : numberOf(fixture, 'functions');
        let inputs = 0;
        for (let f = 0; f < count; f++) {
          const table = Array.from({ length: size }, (_, r) => (exhaustive ? (f >> r) & 1 : random.integer(0, 1)));
          const networks = [networkFromTruthTable(table), networkFromTruthTableByClauses(table)];
          for (let r = 0; r < size; r++) {
            inputs++;
            for (const network of networks) if (runThresholdNetwork(network, bitsOf(r, n)) !== table[r]) wrong++;
          }
        }
        rows.push([String(n), String(count), exhaustive ? 'all' : 'random', String(inputs)]);
      }
      return {
        evidence: [equal('wrong outputs', [0], [wrong])],
        tables: [{ title: 'Functions tried', columns: ['inputs n', 'functions', 'which', 'inputs checked'], rows }],
      };
    },
  },

  X4: {
    source: circuitSource,
    run: ({ fixture }) => {
      const sizes = Array.from({ length: numberOf(fixture, 'upTo') - 1 }, (_, i) => i + 2);
      const terms: [number, number][] = [];
      const gates: [number, number][] = [];
      let unmerged = true;
      let wrong = 0;
      for (const n of sizes) {
        const table = parityTable(n);
        const prime = primeImplicants(table);
        // Every prime implicant of parity is a single row: none can be left out, so their number is the smallest possible.
        unmerged &&= prime.every((term) => !term.includes('-'));
        terms.push([n, prime.length]);
        let used = 0;
        for (let r = 0; r < table.length; r++) {
          const chain = parityByXorGates(bitsOf(r, n));
          used = chain.gates;
          if (chain.parity !== table[r]) wrong++;
        }
        gates.push([n, used]);
      }
      return {
        evidence: [
          equal(
            'terms of the smallest disjunctive normal form',
            sizes.map((n) => 2 ** (n - 1)),
            terms.map(([, count]) => count),
          ),
          holds('every prime implicant is a single row', 'true', String(unmerged), unmerged),
          equal(
            'XOR gates',
            sizes.map((n) => n - 1),
            gates.map(([, count]) => count),
          ),
          equal('wrong outputs of the chain', [0], [wrong]),
        ],
        charts: [
          {
            ...lineChart('Circuit size of parity', 'inputs n', 'terms or gates', [
              { name: 'terms at depth two', points: terms },
              { name: 'XOR gates when deep', points: gates },
            ]),
            yScale: 'log',
          },
        ],
      };
    },
  },
};

function given(fixture: RowFixture): { x: Tensor; labels: Tensor; weights: Tensor } {
  const samples = matrixOf(fixture, 'samples');
  const optional = (name: string) => vector(fixture.numbers?.[name] ? numbersOf(fixture, name) : []);
  return {
    x: tensor([samples.length, samples[0].length], samples.flat()),
    labels: optional('labels'),
    weights: optional('weights'),
  };
}

function vector(values: ArrayLike<number>): Tensor {
  return tensor([values.length], values);
}

function row(point: Tensor): Tensor {
  return tensor([1, point.data.length], point.data);
}

function drawn(random: Random, features: number): Tensor {
  return vector(Array.from({ length: features }, () => random.normal()));
}

/** A random set that `separator` separates with yᵢuᵀxᵢ/‖u‖ at least `marginAtLeast`; samples nearer to the surface are drawn again. */
function separableSet(
  random: Random,
  { marginAtLeast }: { marginAtLeast: number },
): { x: Tensor; labels: Tensor; separator: Tensor } {
  const features = random.integer(2, 6);
  const samples = random.integer(5, 30);
  const separator = drawn(random, features);
  const length = Math.hypot(...separator.data);
  const points: number[] = [];
  const labels: number[] = [];
  while (labels.length < samples) {
    const point = drawn(random, features);
    const distance = linearDiscriminant(row(point), separator, 0).values.data[0] / length;
    if (Math.abs(distance) < marginAtLeast) continue;
    points.push(...point.data);
    labels.push(Math.sign(distance));
  }
  return { x: tensor([samples, features], points), labels: vector(labels), separator };
}

function mistakesPerPass(mistakes: Tensor): number[] {
  const [passes, samples] = mistakes.shape;
  return Array.from({ length: passes }, (_, pass) =>
    Array.from(mistakes.data.subarray(pass * samples, (pass + 1) * samples)).reduce((a, b) => a + b, 0),
  );
}

function permutation(random: Random, count: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

function lineChart(
  title: string,
  xLabel: string,
  yLabel: string,
  series: { name: string; points: readonly (readonly [number, number])[] }[],
) {
  return { title, kind: 'line' as const, xLabel, yLabel, series };
}

function truthTable(title: string, columns: readonly string[], bits: number, outputs: readonly (readonly number[])[]) {
  const rows = Array.from({ length: 2 ** bits }, (_, r) =>
    [...bitsOf(r, bits), ...outputs.map((output) => output[r])].map(String),
  );
  return { title, columns, rows };
}
