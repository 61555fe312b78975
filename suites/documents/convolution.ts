/** Executes the rows of convolution and pooling. */
import {
  type ConvolutionOptions,
  conv2d,
  conv2dBiasGradient,
  conv2dInputGradient,
  conv2dWeightGradient,
  convolutionMatrix,
} from '../../reference/convolution.ts';
import {
  type ConvolutionalNetwork,
  convolutionalBackward,
  convolutionalForward,
  type NetworkGeometry,
} from '../../reference/convolutionalNetwork.ts';
import { dense, denseBiasGradient, denseWeightGradient, matmul } from '../../reference/dense.ts';
import { momentumStep } from '../../reference/descent.ts';
import {
  locallyConnected2d,
  locallyConnected2dInputGradient,
  locallyConnected2dWeightGradient,
  weightCounts,
} from '../../reference/locallyConnected.ts';
import { averagePool2d, averagePool2dBackward, maxPool2d, maxPool2dBackward } from '../../reference/pooling.ts';
import { softmax } from '../../reference/softmax.ts';
import { combine, map, sum, type Tensor, tensor, zeros } from '../../reference/tensor.ts';
import { type Random, randomFrom } from '../judging/random.ts';
import { accuracy, type Digits, loadDigits, pick } from './digits.ts';
import { type Experiment, type ExperimentContext, equal, holds, near, numberOf, numbersOf } from './experiment.ts';
import { centralDifference } from './gradients.ts';
import { movedImage, violations } from './movedImages.ts';

const source = 'reference/convolution.ts';
const plain: ConvolutionOptions = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };

export const convolutionExperiments: Readonly<Record<string, Experiment>> = {
  C1: {
    source,
    run: ({ fixture, seed }) => {
      const x = tensor([1, 1, 3, 3], numbersOf(fixture, 'x'));
      const kernel = tensor([1, 1, 2, 2], numbersOf(fixture, 'kernel'));
      const run = (options: Partial<ConvolutionOptions>, bias?: Tensor) =>
        conv2d(x, kernel, bias, { ...plain, ...options }).data;
      const bias = numberOf(fixture, 'bias');
      // Groups and channels: a grouped convolution is the groups' convolutions side by side, channels add up, samples do not meet.
      const random = randomFrom(seed, fixture.id);
      let largest = 0;
      const trials = numberOf(fixture, 'trials');
      for (let trial = 0; trial < trials; trial++) {
        const options: ConvolutionOptions = {
          stride: [random.integer(1, 2), random.integer(1, 3)],
          padding: [1, 0, 2, 1],
          dilation: [random.integer(1, 2), 1],
          groups: 2,
        };
        const [image, weights] = [integers(random, [2, 4, 6, 7]), integers(random, [6, 2, 2, 3])];
        const grouped = conv2d(image, weights, undefined, options);
        const byHand = [0, 1].flatMap((n) =>
          [0, 1].map((g) => {
            const channels = [0, 1].map((c) =>
              conv2d(channelsOf(image, n, 2 * g + c, 1), kernelsOf(weights, 3 * g, 3, c), undefined, { ...options, groups: 1 }),
            );
            return combine(channels[0], channels[1], (a, b) => a + b);
          }),
        );
        const joined = byHand.flatMap((part) => Array.from(part.data));
        largest = Math.max(largest, ...joined.map((value, i) => Math.abs(value - grouped.data[i])));
      }
      return {
        evidence: [
          equal('plain', numbersOf(fixture, 'plain'), run({})),
          equal(
            'stride 2, one row and column of padding',
            numbersOf(fixture, 'strided'),
            run({ stride: [2, 2], padding: [1, 1, 0, 0] }),
          ),
          equal('dilation 2', numbersOf(fixture, 'dilated'), run({ dilation: [2, 2] })),
          equal(
            'with bias',
            numbersOf(fixture, 'plain').map((value) => value + bias),
            run({}, tensor([1], [bias])),
          ),
          equal(`batch, channels and groups taken apart, ${trials} geometries, largest difference`, [0], [largest]),
        ],
      };
    },
  },

  C2: {
    source,
    run: ({ fixture, seed }) => {
      const x = tensor([1, 1, 3, 3], numbersOf(fixture, 'x'));
      const kernel = tensor([1, 1, 2, 2], numbersOf(fixture, 'kernel'));
      const dy = tensor([1, 1, 2, 2], numbersOf(fixture, 'dy'));
      const random = randomFrom(seed, fixture.id);
      const options: ConvolutionOptions = { stride: [2, 1], padding: [1, 0, 0, 2], dilation: [1, 2], groups: 2 };
      const [image, weights] = [drawn(random, [2, 4, 5, 6]), drawn(random, [4, 2, 2, 3])];
      const upstream = drawn(random, conv2d(image, weights, undefined, options).shape);
      const loss = (w: readonly number[]) => inner(conv2d(image, tensor(weights.shape, w), undefined, options), upstream);
      const found = conv2dWeightGradient(image, upstream, { ...options, kernelSize: [2, 3] });
      const direction = Array.from(weights.data, () => random.normal());
      const slope = direction.reduce((total, d, i) => total + d * found.data[i], 0);
      return {
        evidence: [
          equal('∂E/∂w', numbersOf(fixture, 'dWeights'), conv2dWeightGradient(x, dy, { ...plain, kernelSize: [2, 2] }).data),
          equal('∂E/∂z', numbersOf(fixture, 'dX'), conv2dInputGradient(kernel, dy, { ...plain, inputSize: [3, 3] }).data),
          equal('∂E/∂b', [numberOf(fixture, 'dBias')], conv2dBiasGradient(dy).data),
          near(
            'stride, padding, dilation, groups: slope along a random direction',
            slope,
            centralDifference(loss, Array.from(weights.data), direction, 2 ** -8),
            1e-9,
          ),
        ],
      };
    },
  },

  C3: {
    source: 'reference/locallyConnected.ts',
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const trials = numberOf(fixture, 'trials');
      const apart = { forward: 0, input: 0, weights: 0, slope: 0 };
      for (let trial = 0; trial < trials; trial++) {
        const options = { stride: [random.integer(1, 2), 1], padding: [1, 0, 1, 2] } as const;
        const [x, kernel] = [integers(random, [2, 3, 5, 6]), integers(random, [4, 3, 3, 2])];
        const whole: ConvolutionOptions = { ...plain, ...options };
        const y = conv2d(x, kernel, undefined, whole);
        const [, , height, width] = y.shape;
        const positions = height * width;
        const weights = tensor(
          [height, width, 4, 3, 3, 2],
          Array.from({ length: positions }, () => Array.from(kernel.data)).flat(),
        );
        const dy = integers(random, y.shape);
        const own = locallyConnected2dWeightGradient(x, weights.shape, dy, options);
        const summed = Array.from(kernel.data, (_, i) =>
          Array.from({ length: positions }, (__, p) => own.data[p * kernel.data.length + i]).reduce((a, b) => a + b, 0),
        );
        apart.forward = Math.max(
          apart.forward,
          largestDifference(y.data, locallyConnected2d(x, weights, undefined, options).data),
        );
        apart.input = Math.max(
          apart.input,
          largestDifference(
            conv2dInputGradient(kernel, dy, { ...whole, inputSize: [5, 6] }).data,
            locallyConnected2dInputGradient(x.shape, weights, dy, options).data,
          ),
        );
        apart.weights = Math.max(
          apart.weights,
          largestDifference(conv2dWeightGradient(x, dy, { ...whole, kernelSize: [3, 2] }).data, summed),
        );
        const free = drawn(random, weights.shape);
        const direction = Array.from(free.data, () => random.normal());
        const slope = direction.reduce((total, d, i) => total + d * own.data[i], 0);
        const loss = (w: readonly number[]) => inner(locallyConnected2d(x, tensor(weights.shape, w), undefined, options), dy);
        apart.slope = Math.max(
          apart.slope,
          Math.abs(centralDifference(loss, Array.from(free.data), direction, 1) - slope) / Math.abs(slope),
        );
      }
      return {
        evidence: [
          equal('equal patches: forward against the convolution, largest difference', [0], [apart.forward]),
          equal('equal patches: input gradient', [0], [apart.input]),
          equal('weight gradients summed over positions', [0], [apart.weights]),
          near('own weights everywhere: gradient against differences, relative', 0, apart.slope, 1e-9),
        ],
      };
    },
  },

  C4: {
    source,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const trials = numberOf(fixture, 'trials');
      let largest = 0;
      for (let trial = 0; trial < trials; trial++) {
        const [down, right] = [random.integer(0, 2), random.integer(0, 2)];
        const [image, weights] = [drawn(random, [1, 2, 9, 8]), drawn(random, [3, 2, 3, 2])];
        const moved = movedImage(image, (r, c) => [r - down, c - right]);
        const [before, after] = [image, moved].map((x) => conv2d(x, weights, undefined, plain));
        const [, maps, height, width] = before.shape;
        for (let o = 0; o < maps; o++) {
          for (let r = down; r < height; r++) {
            for (let c = right; c < width; c++) {
              const shifted = after.data[(o * height + r) * width + c];
              const original = before.data[(o * height + r - down) * width + c - right];
              largest = Math.max(largest, Math.abs(shifted - original));
            }
          }
        }
      }
      return {
        evidence: [
          equal(`map of the shifted image less the shifted map, ${trials} shifts, away from the border`, [0], [largest]),
        ],
      };
    },
  },

  C5: {
    source,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const trials = numberOf(fixture, 'trials');
      const largest = { product: 0, adjoint: 0 };
      let shares = '';
      for (let trial = 0; trial < trials; trial++) {
        const options: ConvolutionOptions = {
          stride: [random.integer(1, 2), 1],
          padding: [1, 0, 0, 2],
          dilation: [1, random.integer(1, 2)],
          groups: random.integer(1, 2),
        };
        const weights = integers(random, [4, 4 / options.groups, 2, 3]);
        const x = integers(random, [1, 4, 5, 6]);
        const matrix = convolutionMatrix([4, 5, 6], weights, options);
        const y = conv2d(x, weights, undefined, options);
        const product = matmul(matrix, tensor([x.data.length, 1], x.data));
        largest.product = Math.max(largest.product, largestDifference(product.data, y.data));
        const dy = integers(random, y.shape);
        const back = conv2dInputGradient(weights, dy, { ...options, inputSize: [5, 6] });
        largest.adjoint = Math.max(largest.adjoint, Math.abs(inner(y, dy) - inner(x, back)));
        const nonzero = Array.from(matrix.data).filter((value) => value !== 0);
        shares = `${((100 * nonzero.length) / matrix.data.length).toFixed(0)} % of ${matrix.data.length} entries, ${new Set(nonzero).size} different values`;
      }
      return {
        evidence: [
          equal('M·vec(x) against the convolution, largest difference', [0], [largest.product]),
          equal('⟨conv(x), y⟩ − ⟨x, convᵀ(y)⟩', [0], [largest.adjoint]),
          holds('nonzero entries of the last matrix', 'few, and repeated', shares, /^[1-4]?\d %/.test(shares)),
        ],
      };
    },
  },

  C6: {
    source: 'reference/locallyConnected.ts',
    run: ({ fixture }) => {
      const [maps, kernel, channels] = ['maps', 'kernel', 'channels'].map((name) => numberOf(fixture, name));
      const evidence = numbersOf(fixture, 'counted').flatMap((size) => {
        const formula = weightCounts([channels, size, size], maps, [kernel, kernel]);
        // Counted on tensors that the layers really take.
        const y = conv2d(zeros([1, channels, size, size]), zeros([maps, channels, kernel, kernel]), undefined, plain);
        const local = zeros([y.shape[2], y.shape[3], maps, channels, kernel, kernel]);
        const fits =
          locallyConnected2d(zeros([1, channels, size, size]), local, undefined, {
            stride: [1, 1],
            padding: [0, 0, 0, 0],
          }).shape.join() === y.shape.join();
        const counted = [
          y.data.length * channels * size * size,
          fits ? local.data.length : Number.NaN,
          maps * channels * kernel * kernel,
        ];
        return [
          equal(
            `${size} × ${size}: fully connected, locally connected, convolutional`,
            [formula.fullyConnected, formula.locallyConnected, formula.convolutional],
            counted,
          ),
        ];
      });
      const sizes = numbersOf(fixture, 'sizes');
      const counts = sizes.map((size) => weightCounts([channels, size, size], maps, [kernel, kernel]));
      return {
        evidence,
        tables: [
          {
            title: `Weights for ${channels} channels, ${maps} maps, ${kernel} × ${kernel} patches`,
            columns: ['image', 'fully connected', 'locally connected', 'convolutional'],
            rows: sizes.map((size, i) =>
              [`${size} × ${size}`, counts[i].fullyConnected, counts[i].locallyConnected, counts[i].convolutional].map(String),
            ),
          },
        ],
        charts: [
          {
            title: 'Weights against image size',
            kind: 'line',
            xLabel: 'image width = height',
            yLabel: 'weights',
            xScale: 'log',
            yScale: 'log',
            series: [
              { name: 'fully connected', points: sizes.map((size, i) => [size, counts[i].fullyConnected]) },
              { name: 'locally connected', points: sizes.map((size, i) => [size, counts[i].locallyConnected]) },
              { name: 'convolutional', points: sizes.map((size, i) => [size, counts[i].convolutional]) },
            ],
          },
        ],
      };
    },
  },

  C7: {
    source: 'reference/pooling.ts',
    run: ({ fixture }) => {
      const x = tensor([1, 1, 4, 4], numbersOf(fixture, 'x'));
      const dy = tensor([1, 1, 2, 2], numbersOf(fixture, 'dy'));
      const pooling = { window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] } as const;
      const general = { window: [3, 2], stride: [1, 2], padding: [1, 0, 0, 1] } as const;
      const tall = { window: [3, 2], stride: [1, 2], padding: [1, 0, 1, 0] } as const;
      const counted = tensor(
        [1, 1, 4, 4],
        Array.from({ length: 16 }, (_, i) => i),
      );
      const average = averagePool2d(x, general);
      const back = averagePool2dBackward(
        tensor(
          average.shape,
          Array.from(average.data, (_, i) => i + 1),
        ),
        { ...general, inputSize: [4, 4] },
      );
      return {
        evidence: [
          equal('max', numbersOf(fixture, 'max'), maxPool2d(x, pooling).data),
          equal('average', numbersOf(fixture, 'average'), averagePool2d(x, pooling).data),
          // 0 … 15 row by row: the last element of a window that lies on the image is its largest.
          equal(
            'max of 3×2 windows, one row of padding above and below',
            [5, 7, 9, 11, 13, 15, 13, 15],
            maxPool2d(counted, tall).data,
          ),
          equal(
            'gradient of max, tie to the first',
            numbersOf(fixture, 'dMaxFirst'),
            maxPool2dBackward(x, dy, pooling, 'first').data,
          ),
          equal(
            'gradient of max, tie to the last',
            numbersOf(fixture, 'dMaxLast'),
            maxPool2dBackward(x, dy, pooling, 'last').data,
          ),
          equal(
            'gradient of max, tie split evenly',
            numbersOf(fixture, 'dMaxEven'),
            maxPool2dBackward(x, dy, pooling, 'even').data,
          ),
          equal(
            'gradient of average',
            numbersOf(fixture, 'dAverage'),
            averagePool2dBackward(dy, { ...pooling, inputSize: [4, 4] }).data,
          ),
          near(
            'overlapping windows with padding: ⟨average(x), y⟩ − ⟨x, averageᵀ(y)⟩',
            0,
            inner(
              average,
              tensor(
                average.shape,
                Array.from(average.data, (_, i) => i + 1),
              ),
            ) - inner(x, back),
            1e-12,
          ),
        ],
      };
    },
  },

  C8: {
    source: 'reference/convolutionalNetwork.ts',
    thorough: 'trains on all 1,438 digits, for 25 epochs',
    run: digitsNetwork,
  },

  C9: {
    source,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const size = numberOf(fixture, 'size');
      const trials = numberOf(fixture, 'trials');
      const gaps = { translation: 0, rotation: 0, scaling: 0 };
      for (let trial = 0; trial < trials; trial++) {
        const { translation, rotation, scaling } = violations(random, size);
        gaps.translation = Math.max(gaps.translation, translation.equivariance);
        gaps.rotation += rotation.equivariance / trials;
        gaps.scaling += scaling.equivariance / trials;
      }
      return {
        evidence: [
          equal('translation: largest relative gap', [0], [gaps.translation]),
          holds('rotation by 90°: mean relative gap', 'above 0.1', gaps.rotation, gaps.rotation > 0.1),
          holds('scaling by 2: mean relative gap', 'above 0.1', gaps.scaling, gaps.scaling > 0.1),
        ],
        charts: [
          {
            title: 'Size of the violation',
            kind: 'bar',
            xLabel: 'how the image is moved',
            yLabel: 'relative gap',
            series: [
              {
                name: 'gap',
                points: [
                  ['translation', gaps.translation],
                  ['rotation 90°', gaps.rotation],
                  ['scaling 2', gaps.scaling],
                ],
              },
            ],
          },
        ],
      };
    },
  },
};

function digitsNetwork({ fixture, seed, thorough }: ExperimentContext) {
  const random = randomFrom(seed, fixture.id);
  const maps = numberOf(fixture, 'maps');
  const { training: all, heldOut } = loadDigits(seed);
  const training = thorough
    ? all
    : pick(
        all,
        Array.from({ length: numberOf(fixture, 'samples') }, (_, n) => n),
      );
  const geometry: NetworkGeometry = {
    convolution: { ...plain, padding: [2, 2, 2, 2] },
    pooling: { window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] },
  };
  const normal = (shape: readonly number[], spread: number) => map(zeros(shape), () => spread * random.normal());
  const start: ConvolutionalNetwork = {
    kernels: normal([maps, 1, 5, 5], 0.2),
    kernelBias: zeros([maps]),
    weights: normal([10, maps * 16], 0.1),
    bias: zeros([10]),
  };

  // All gradients at once: the slope of the loss along a random direction in weights, kernels, biases and image.
  // Random images and biases: in a digit's empty corners every net is 0, which is where the rectifier has its kink.
  const few = { images: normal([3, 1, 8, 8], 1), targets: pick(training, [0, 1, 2]).targets };
  const asked = { ...start, kernelBias: normal([maps], 0.3), bias: normal([10], 0.3) };
  const away = {
    kernels: normal(start.kernels.shape, 1),
    kernelBias: normal([maps], 1),
    weights: normal(start.weights.shape, 1),
    bias: normal([10], 1),
  };
  const imageDirection = normal(few.images.shape, 1);
  const { gradients, dNet } = convolutionalBackward(few.images, few.targets, asked, geometry);
  const input = conv2dInputGradient(asked.kernels, dNet, { ...geometry.convolution, inputSize: [8, 8] });
  const slope = networkNames.reduce((total, name) => total + inner(gradients[name], away[name]), inner(input, imageDirection));
  const lossAt = ([t]: readonly number[]) => {
    const moved = mapNetwork((name) => combine(asked[name], away[name], (w, d) => w + t * d));
    return convolutionalBackward(
      combine(few.images, imageDirection, (v, d) => v + t * d),
      few.targets,
      moved,
      geometry,
    ).loss;
  };
  const difference = centralDifference(lossAt, [0], [1], 1e-6);

  const linear = linearModel(random, training, heldOut, fixture);
  const batch = numberOf(fixture, 'batch');
  const options = { learningRate: numberOf(fixture, 'learningRate') / batch, momentum: numberOf(fixture, 'momentum') };
  let state = { network: start, change: mapNetwork((name) => zeros(start[name].shape)) };
  const points: [number, number][] = [];
  const epochs = numberOf(fixture, thorough ? 'thoroughEpochs' : 'epochs');
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (const samples of batches(random, training.labels.length, batch)) {
      const part = pick(training, samples);
      const found = convolutionalBackward(part.images, part.targets, state.network, geometry).gradients;
      const steps = mapSteps((name) => momentumStep(state.network[name], found[name], state.change[name], options));
      state = {
        network: mapNetwork((name) => steps[name].weights),
        change: mapNetwork((name) => steps[name].change),
      };
    }
    const reached = accuracy(convolutionalForward(heldOut.images, state.network, geometry).probabilities, heldOut.labels);
    points.push([epoch, reached]);
    // Until it beats the linear model; a thorough run goes on to the end.
    if (reached > linear && !thorough) break;
  }
  const reached = points[points.length - 1][1];
  return {
    evidence: [
      near(
        'all gradients: slope along a random direction against its difference, relative',
        0,
        (difference - slope) / slope,
        1e-6,
      ),
      holds(
        'held-out accuracy of the convolutional network',
        `above the linear model’s ${(100 * linear).toFixed(2)} %`,
        `${(100 * reached).toFixed(2)} %`,
        reached > linear,
      ),
      holds(
        'digits to train on and held out',
        '1,438 and 359',
        `${all.labels.length} and ${heldOut.labels.length}`,
        all.labels.length === 1438 && heldOut.labels.length === 359,
      ),
    ],
    charts: [
      {
        title: `Held-out accuracy by epoch, ${training.labels.length} digits trained on`,
        kind: 'line' as const,
        xLabel: 'epoch',
        yLabel: 'accuracy',
        series: [
          { name: 'convolutional network', points: [[0, 0.1] as const, ...points] },
          {
            name: 'linear model',
            points: [
              [0, linear],
              [points.length, linear],
            ] as const,
          },
        ],
      },
    ],
  };
}

const networkNames = ['kernels', 'kernelBias', 'weights', 'bias'] as const;
type NetworkName = (typeof networkNames)[number];

function mapNetwork(f: (name: NetworkName) => Tensor): ConvolutionalNetwork {
  return { kernels: f('kernels'), kernelBias: f('kernelBias'), weights: f('weights'), bias: f('bias') };
}

function mapSteps<Step>(f: (name: NetworkName) => Step): Record<NetworkName, Step> {
  return { kernels: f('kernels'), kernelBias: f('kernelBias'), weights: f('weights'), bias: f('bias') };
}

/** Softmax regression on the pixels, trained with batches and momentum like the network. */
function linearModel(random: Random, training: Digits, heldOut: Digits, fixture: ExperimentContext['fixture']): number {
  const flat = (images: Tensor) => tensor([images.shape[0], 64], images.data);
  const batch = numberOf(fixture, 'batch');
  const options = { learningRate: numberOf(fixture, 'linearLearningRate') / batch, momentum: numberOf(fixture, 'momentum') };
  let weights = { weights: zeros([10, 64]), change: zeros([10, 64]) };
  let bias = { weights: zeros([10]), change: zeros([10]) };
  for (let epoch = 0; epoch < numberOf(fixture, 'linearEpochs'); epoch++) {
    for (const samples of batches(random, training.labels.length, batch)) {
      const part = pick(training, samples);
      const x = flat(part.images);
      const slope = combine(softmax(dense(x, weights.weights, bias.weights)), part.targets, (p, t) => p - t);
      weights = momentumStep(weights.weights, denseWeightGradient(x, slope), weights.change, options);
      bias = momentumStep(bias.weights, denseBiasGradient(slope), bias.change, options);
    }
  }
  return accuracy(dense(flat(heldOut.images), weights.weights, bias.weights), heldOut.labels);
}

function batches(random: Random, count: number, size: number): number[][] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return Array.from({ length: Math.ceil(count / size) }, (_, b) => order.slice(b * size, (b + 1) * size));
}

/** Sample n of a batch, `count` channels from `from`, as a batch of one. */
function channelsOf(image: Tensor, n: number, from: number, count: number): Tensor {
  const [, channels, height, width] = image.shape;
  const start = (n * channels + from) * height * width;
  return tensor([1, count, height, width], image.data.slice(start, start + count * height * width));
}

/** Input channel c of `count` kernels from `from`. */
function kernelsOf(weights: Tensor, from: number, count: number, c: number): Tensor {
  const [, channels, height, width] = weights.shape;
  const taps = height * width;
  const values = Array.from({ length: count }, (_, k) =>
    Array.from(weights.data.slice(((from + k) * channels + c) * taps, ((from + k) * channels + c + 1) * taps)),
  );
  return tensor([count, 1, height, width], values.flat());
}

function inner(a: Tensor, b: Tensor): number {
  return sum(combine(a, b, (x, y) => x * y));
}

function drawn(random: Random, shape: readonly number[]): Tensor {
  return map(zeros(shape), () => random.normal());
}

function integers(random: Random, shape: readonly number[]): Tensor {
  return map(zeros(shape), () => random.integer(-4, 4));
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));
}
