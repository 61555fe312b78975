/**
 * Mutants that are no mistakes, by name, and why. (Those that differ only in elements beyond the end of an array are recognized by running
 * them.) A name that no longer belongs to a survivor is red: the list must shrink with the code.
 */
export const equivalentMutants: readonly { readonly why: string; readonly mutants: readonly string[] }[] = [
  {
    why: 'at 0 both branches give the same number, and a zero has no sign',
    mutants: [
      'activations.ts sigmoid: >= for >: return (x >= 0 ? 1 : e) / (1 + e); → ((x) > (0))',
      'activations.ts value: > for >=: value: (x) => (x > 0 ? x : zeroOrNaN(x)) → ((x) >= (0))',
      'activations.ts value: > for >=: x > 0 → ((x) >= (0))',
    ],
  },
  {
    why: 'at a kink either slope is right',
    mutants: [
      'activations.ts derivative: > for >=: derivative: (x) => (x > 0 ? 1 : zeroOrNaN(x)) → ((x) >= (0))',
      'activations.ts derivative: > for >=: derivative: (x) => (x > -1 && x < 1 ? 1 : zeroOrNaN(x)) → ((x) >= (-1))',
      'activations.ts derivative: < for <=: derivative: (x) => (x > -1 && x < 1 ? 1 : zeroOrNaN(x)) → ((x) <= (1))',
      'convolutionalNetwork.ts backwardPass: > for >=: if (!(net[i] > 0)) dNet[i] = 0; → ((net[i]) >= (0))',
      'regression.ts softMargin: > for >=: 1 - y * p > 0 → ((1 - y * p) >= (0))',
    ],
  },
  {
    why: 'the slope of a piecewise linear function at NaN is undefined and not asked',
    mutants: [
      'activations.ts derivative: + for -: derivative: (x) => (1 + zeroOrNaN(x)) → ((1) - (zeroOrNaN(x)))',
      'activations.ts derivative: right operand dropped: derivative: (x) => (1 + zeroOrNaN(x)) → (1)',
    ],
  },
  {
    why: 'what a maximum makes of NaN is undefined and not asked',
    mutants: ['pooling.ts largestIn: condition never holds: if (Number.isNaN(x[at])) return at; [Number.isNaN(x[at])] → false'],
  },
  {
    why: 'of two equal largest elements either is the maximum',
    mutants: [
      'pooling.ts largestIn: > for >=: if (x[at] > x[best]) best = at; → ((x[at]) >= (x[best]))',
      'regression.ts softmaxRegression run: <= for <: if (!(z[c] <= largest)) largest = z[c]; → ((z[c]) < (largest))',
      'softmax.ts softmax: <= for <: if (!(x[i] <= largest)) largest = x[i]; → ((x[i]) < (largest))',
    ],
  },
  {
    why: 'the next iteration writes over what is too much, and beyond the last there is nothing',
    mutants: [
      'convolution.ts conv2d run: loop ends one late: for (let p = 0; p < g.batch * outputChannels; p++) [g.batch * outputChannels] → (g.batch * outputChannels) + 1',
      'convolution.ts conv2d run: < for <=: p < g.batch * outputChannels → ((p) <= (g.batch * outputChannels))',
      'convolution.ts conv2d run: one more: sums.fill(bias[p % outputChannels] … tputPlane, (p + 1) * outputPlane); → 2',
    ],
  },
  {
    why: 'only the product of the two sizes is used',
    mutants: [
      'convolution.ts conv2d.biasGradient: sizes exchanged: dy: [batch, channels, height, width] [height, width] → width, height',
    ],
  },
  {
    why: 'only the size of the batch is used, which is the same',
    mutants: [
      'pretraining.ts pretrainingStep: second branch always: stage = lower ? [shapes.x[0], lower.last.width] : shapes.x → (shapes.x)',
    ],
  },
  {
    why: 'only the number of outputs is used, with which both shapes begin',
    mutants: [
      'convolutionalNetwork.ts forwardPass: name exchanged: weights: shapes.weights → bias',
      'convolutionalNetwork.ts forwardPass: name exchanged: bias: shapes.bias → weights',
    ],
  },
  {
    why: 'with one class the loss and the gradients are 0, as the untouched buffer is',
    mutants: [
      'convolutionalNetwork.ts crossEntropy: loop ends one early: for (let start = 0; start < logits.length; start += classes) [logits.length] → (logits.length) - 1',
      'softmax.ts softmax.backward run: loop ends one early: for (let start = 0; start < dx.length; start += classes) [dx.length] → (dx.length) - 1',
      'softmax.ts softmax.jacobian run: loop ends one early: for (let start = 0; start < o.length; start += classes) [o.length] → (o.length) - 1',
    ],
  },
  {
    why: 'the targets are one-hot: a weight of 0 adds nothing to a finite loss, and the only other weight is 1',
    mutants: [
      'convolutionalNetwork.ts crossEntropy: condition always holds: if (target[start + c] !== 0) loss  …  (logarithm - (row[c] - largest)); [target[start + c] !== 0] → true',
      'convolutionalNetwork.ts crossEntropy: left operand dropped: loss += target[start + c] * (logarithm - (row[c] - largest)); → (logarithm - (row[c] - largest))',
    ],
  },
  {
    why: 'both arrays have the same length',
    mutants: [
      'convolutionalNetwork.ts convolutionalNetwork.trainStep run: name exchanged: after → before (2)',
      'descent.ts dot: name exchanged: a → b',
      'descent.ts adapt: name exchanged: inputs → outputs',
      'losses.ts lossOf run: name exchanged: prediction → target',
      'mlp.ts network forward: name exchanged: net → output (2)',
      'mlp.ts network backward: name exchanged: output → net',
    ],
  },
  {
    why: 'a product of two factors is the same in either order',
    mutants: [
      'descent.ts conjugateGradientStep run: arguments exchanged: product[i] = dot(a.subarray(i * size, (i + 1) * size), direction); [a.subarray(i * size, (i + 1) * size), direction] → direction, a.subarray(i * size, (i + 1) * size)',
      'descent.ts conjugateGradientStep run: arguments exchanged: length = solved ? 0 : squared / dot(direction, product) [direction, product] → product, direction',
      'descent.ts batchEpoch run: arguments exchanged: error = targets[n] - dot(row, weights) [row, weights] → weights, row',
      'descent.ts patternEpoch run: arguments exchanged: step = learningRate * (targets[n] - dot(row, w)) [row, w] → w, row',
      'dropout.ts dropout run: arguments exchanged: run: ({ x, mask }, { y }) => (masked(x, mask, keep, y)) [x, mask] → mask, x',
      'dropout.ts dropout.backward run: arguments exchanged: run: ({ mask, dy }, { dx }) => (masked(dy, mask, keep, dx)) [dy, mask] → mask, dy',
      'dropout.ts dropconnect run: arguments exchanged: masked(weights, mask, keep, taking); [weights, mask] → mask, weights',
      'dropout.ts dropconnect.backward run: arguments exchanged: masked(weights, mask, keep, taking); [weights, mask] → mask, weights',
      'dropout.ts dropconnect.backward run: arguments exchanged: masked(dWeights, mask, keep, dWeights); [dWeights, mask] → mask, dWeights',
    ],
  },
  {
    why: 'padding before and after enter the number of positions as a sum',
    mutants: [
      'geometry.ts convolutionGeometry: arguments exchanged: positions(height, kernelHeight, st … dding[0], padding[2], dilation[0]) [padding[0], padding[2]] → padding[2], padding[0]',
      'geometry.ts convolutionGeometry: arguments exchanged: positions(width, kernelWidth, stri … dding[1], padding[3], dilation[1]) [padding[1], padding[3]] → padding[3], padding[1]',
      'geometry.ts poolingWindows: arguments exchanged: positions(height, window[0], stride[0], padding[0], padding[2]) [padding[0], padding[2]] → padding[2], padding[0]',
      'geometry.ts poolingWindows: arguments exchanged: positions(width, window[1], stride[1], padding[1], padding[3]) [padding[1], padding[3]] → padding[3], padding[1]',
    ],
  },
  {
    why: 'an empty range is empty whether its end is its beginning or lies before it',
    mutants: ['geometry.ts reach: name exchanged: last: Math.max(first, last) → last'],
  },
  {
    why: 'the terms are 0, ½ or 2, which bf16 holds',
    mutants: [
      'linear.ts surrogatePerceptronStep run: terms rounded to bf16: total += error * error / 2; → total += __bf16(error * error / 2)',
    ],
  },
  {
    why: 'the blocks or the edge compute an element that the other computes as well',
    mutants: [
      'matmul.ts product: loop ends one early: for (let i = 0; i < wholeRows; i += 4) [wholeRows] → (wholeRows) - 1',
      'matmul.ts product: loop ends one early: for (let j = 0; j < wholeColumns; j += 4) [wholeColumns] → (wholeColumns) - 1',
      'matmul.ts product: condition always holds: if (wholeColumns < columns) edge(a … s, columns, columns, inner, bias); [wholeColumns < columns] → true',
      'matmul.ts product: < for <=: wholeColumns < columns → ((wholeColumns) <= (columns))',
      'matmul.ts product: condition always holds: if (wholeRows < rows) edge(a, b, y … 0, columns, columns, inner, bias); [wholeRows < rows] → true',
      'matmul.ts product: < for <=: if (wholeRows < rows) edge(a, b, y … 0, columns, columns, inner, bias); → ((wholeRows) <= (rows))',
    ],
  },
  {
    why: 'the terms come in pairs of either sign: z and −z change places',
    mutants: [
      'mlpIdentities.ts multiplicationGate unit: + for -: unit = (z) => (value(shift + lambda * z)) → ((shift) - (lambda * z))',
      'mlpIdentities.ts multiplicationGate run: operands exchanged: [sum, difference] = [u[i] + v[i], u[i] - v[i]] → ((v[i]) - (u[i]))',
    ],
  },
  {
    why: 'no more than one row of what is cut out is read',
    mutants: [
      'perceptron.ts novikoff.bound run: one more: row = x.subarray(n * features, (n + 1) * features) → 2',
      'perceptron.ts maximumMargin run: one more: row = x.subarray(n * features, (n + 1) * features) → 2',
      'perceptron.ts thresholdNetwork run: one more: bits = x.subarray(r * inputs, (r + 1) * inputs) → 2',
    ],
  },
  {
    why: 'the search ends by its tolerance long before its last sweep',
    mutants: [
      'perceptron.ts maximumMargin run: loop starts one later: for (let sweep = 0; sweep < mostSweeps; sweep++) [0] → (0) + 1',
      'perceptron.ts maximumMargin run: loop starts one earlier: for (let sweep = 0; sweep < mostSweeps; sweep++) [0] → (0) - 1',
      'perceptron.ts maximumMargin run: loop ends one early: for (let sweep = 0; sweep < mostSweeps; sweep++) [mostSweeps] → (mostSweeps) - 1',
      'perceptron.ts maximumMargin run: loop ends one late: for (let sweep = 0; sweep < mostSweeps; sweep++) [mostSweeps] → (mostSweeps) + 1',
      'perceptron.ts maximumMargin run: < for <=: sweep < mostSweeps → ((sweep) <= (mostSweeps))',
      'perceptron.ts maximumMargin run: every other one: sweep++ → sweep += 2',
    ],
  },
  {
    why: 'a label is −1 or 1, which is its own reciprocal',
    mutants: [
      'perceptron.ts maximumMargin run: * for /: change = (next - multipliers[n]) * labels[n] → ((next - multipliers[n]) / (labels[n]))',
    ],
  },
  {
    why: 'a sweep that does not separate yet fails the next test as well',
    mutants: [
      'perceptron.ts maximumMargin run: condition never holds: if (!(smallest > 0)) continue; [!(smallest > 0)] → false',
      'perceptron.ts maximumMargin run: > for >=: if (!(smallest > 0)) continue; → ((smallest) >= (0))',
      'perceptron.ts maximumMargin run: continue dropped: if (!(smallest > 0)) continue; → ;',
    ],
  },
  {
    why: 'the gap is never exactly the tolerance',
    mutants: [
      'perceptron.ts maximumMargin run: > for >=: if (above - below > tolerance * above) continue; → ((above - below) >= (tolerance * above))',
    ],
  },
  {
    why: 'where the search ends the smallest agreement is 1 within its tolerance, which the limit grants',
    mutants: [
      'perceptron.ts maximumMargin run: / for *: separator[j] = u[j] / smallest; → ((u[j]) * (smallest))',
      'perceptron.ts maximumMargin run: right operand dropped: separator[j] = u[j] / smallest; → (u[j])',
    ],
  },
  {
    why: 'squared error and hinge depend on the difference or the product alone',
    mutants: [
      'regression.ts oneOutput run: arguments exchanged: total += loss(p, targets[n]); [p, targets[n]] → targets[n], p',
    ],
  },
  {
    why: 'the shape has two axes: the last is the second',
    mutants: [
      'softmax.ts softmax: left operand dropped: classes = shape[shape.length - 1] → (1)',
      'softmax.ts softmax.backward: left operand dropped: classes = shape[shape.length - 1] → (1)',
    ],
  },
  {
    why: 'the buffer is only larger than it need be',
    mutants: ['softmax.ts softmax.backward: one more: o = new Float64Array(shape.reduce((a, b) => (a * b), 1)) → 2'],
  },
  {
    why: 'at the first step the loss is compared with itself',
    mutants: [
      'validation.ts earlyStopping run: loop starts one earlier: for (let step = 1; step < steps && step - best <= patience; step++) [1] → (1) - 1',
    ],
  },
  {
    why: 'every run writes the same elements, and nothing ever writes the others',
    mutants: ['convolution.ts conv2d.matrix run: statement dropped: matrix.fill(0); → ;'],
  },
];
