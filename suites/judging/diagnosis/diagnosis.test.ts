import { describe, expect, it } from 'vitest';
import { map, type Tensor } from '../../../reference/tensor.ts';
import { operationNamed } from '../../operations/index.ts';
import { materialize } from '../../running/cases.ts';
import { roundToBits } from '../arithmetic.ts';
import type { NamedTensors } from '../operation.ts';
import { precisions } from '../precision.ts';
import { prepareQuestion, type Question } from '../question.ts';
import { mirrored, onlyWhere, rounded, withoutLast } from '../tensorChanges.ts';
import { diagnose } from './index.ts';
import { asAnswer, mistakenAnswers } from './knownMistakes.ts';

function questionOf(operation: string, recipe: string, seed = 5): Question {
  const line = operationNamed(operation);
  const found = line.cases.find(({ name }) => name === recipe)!;
  return prepareQuestion(line, materialize(line, found, 'random', seed, 'float32'), precisions.float32);
}

/** The diagnosis of the right answer with one output changed. */
function diagnosed(question: Question, name: string, change: (right: Tensor) => Tensor, previous?: NamedTensors) {
  const wrong = { ...question.expected, [name]: change(question.expected[name]) };
  return diagnose(question, asAnswer(wrong, 'float32'), 'float32', previous);
}
const changedData = (change: (value: number, at: number) => number) => (right: Tensor) => ({
  ...right,
  data: right.data.map(change),
});

describe('a known mistake', () => {
  it('is named, with its erratum', () => {
    const question = questionOf('tanh.derivative', 'plain');
    expect(diagnosed(question, 'y', (y) => ({ ...y, data: y.data.map((slope) => 2 * slope - 1) }))).toBe(
      'equals 1 − 2·tanh²(x), erratum R1',
    );
  });
  it('is named however its sums are rounded', () => {
    const question = questionOf('dense.biasGradient', 'tall');
    const dy = question.case.inputs.dy;
    const [batch, outputs] = dy.shape;
    const means = (_: number, k: number) => {
      let sum = 0;
      for (let n = batch - 1; n >= 0; n--) sum = Math.fround(sum + Math.fround(dy.data[n * outputs + k] / batch));
      return sum;
    };
    expect(diagnosed(question, 'dBias', changedData(means))).toBe('equals the mean over the batch for the sum');
  });
  it('is listed with those that the inputs do not tell from it', () => {
    const line = operationNamed('squaredError');
    const recipe = { name: 'column', sizes: { batch: 4, outputs: 1 }, attributes: {} };
    const question = prepareQuestion(line, materialize(line, recipe, 'random', 5, 'float32'), precisions.float32);
    expect(
      diagnosed(
        question,
        'loss',
        changedData((loss) => loss / 4),
      ),
    ).toBe(
      'equals the loss divided by the number of elements: a mean for the sum, erratum R15, or the loss divided by the batch size: these inputs do not tell them apart',
    );
  });
  it('is not named where its result is a right answer', () => {
    // One feature: a matrix read transposed is the matrix.
    const question = questionOf('dense.biasGradient', 'batch-1');
    expect(mistakenAnswers(question, 'float32').map(({ mistake }) => mistake.name)).not.toContain('transposed');
  });
});

describe('a mistake that is not on the list', () => {
  const conv = questionOf('conv2d', 'plain');
  const { batch } = conv.case.sizes;
  const cases: [string, string, (right: Tensor) => Tensor][] = [
    ['a constant ratio', 'equals the result times 1.7', changedData((y) => 1.7 * y)],
    ['a sign', 'equals the result negated', changedData((y) => -y)],
    ['a flip', 'equals the result flipped along output width', (y) => mirrored(y, [3])],
    ['a missing channel', 'equals the result without the last output channel', (y) => withoutLast(y, 1)],
    ['nothing', 'equals 0 everywhere', changedData(() => 0)],
    [
      'one sample',
      'wrong only in the first sample',
      (y) => changedData((v, i) => (i * batch < y.data.length ? v + 1 + i * i : v))(y),
    ],
    [
      'the border',
      'wrong only on the border',
      (y) => {
        const inside = onlyWhere(
          onlyWhere(y, 2, (at, size) => at > 0 && at < size - 1),
          3,
          (at, size) => at > 0 && at < size - 1,
        );
        return { ...y, data: y.data.map((value, i) => (inside.data[i] === value ? value : value + 1 + i)) };
      },
    ],
    ['whole numbers', 'equals the result cut to whole numbers', changedData(Math.trunc)],
  ];
  it.each(cases)('%s', (_, says, change) => {
    expect(diagnosed(conv, 'y', change)).toBe(says);
  });
  it('transposed', () => {
    const question = questionOf('dense.biasGradient', 'plain');
    expect(diagnosed(question, 'dBias', (b) => ({ ...b, shape: [1, 3] }))).toBe('equals the result in the shape [1, 3]');
    expect(diagnosed(questionOf('softmax', 'plain'), 'y', (y) => ({ ...y, shape: [...y.shape].reverse() }))).toMatch(
      /^equals the result in the shape/,
    );
  });
  it('the bias alone', () => {
    const question = questionOf('dense', 'plain');
    const { bias } = question.case.inputs;
    expect(
      diagnosed(
        question,
        'y',
        changedData((_, i) => bias.data[i % bias.data.length]),
      ),
    ).toBe('equals the result of bias alone');
  });
  it("one sample's term", () => {
    const question = questionOf('dense.weightGradient', 'plain');
    const { x, dy } = question.case.inputs;
    const without = question.operation.reference({ x: onlyWhere(x, 0, (n) => n !== 1), dy }, {});
    expect(diagnosed(question, 'dWeights', () => without.dWeights)).toBe('equals the result without sample 1');
  });
  it('swapped outputs', () => {
    const question = questionOf('novikoff.bound', 'plain');
    const { radius, margin, bound } = question.expected;
    const swapped = asAnswer({ radius: margin, margin: radius, bound }, 'float32');
    expect(diagnose(question, swapped, 'float32')).toBe('equals the output margin in radius and the output radius in margin');
  });
  it('subnormal numbers flushed, which is allowed where it is declared', () => {
    const question = questionOf('softmax', 'underflow');
    expect(
      diagnosed(
        question,
        'y',
        changedData((y) => (y < 2 ** -126 ? 0 : y)),
      ),
    ).toBe(
      'consistent with flushing subnormal numbers to zero, which this backend does not declare; "subnormals": "flushed" in its description allows it',
    );
  });
  it('NaN swallowed', () => {
    const special = questionOf('tanh', 'special-values');
    expect(
      diagnosed(
        special,
        'y',
        changedData((y) => (Number.isNaN(y) ? 7 : y)),
      ),
    ).toBe('wrong only where NaN is due');
  });
  it('the batch twice', () => {
    const question = questionOf('dense.weightGradient', 'plain');
    const { batch } = question.case.sizes;
    expect(
      diagnosed(
        question,
        'dWeights',
        changedData((g) => g / batch ** 2),
      ),
    ).toBe(`equals the result divided by the batch size (${batch}) twice`);
  });
  it('no lower precision where that would explain anything', () => {
    // Exponents clamped at 80: the right answers are 0, and a coarse format has no digit right at exponents of 10⁴.
    const question = questionOf('softmax', 'huge', 1);
    const [, classes] = question.case.inputs.x.shape;
    const powers = question.case.inputs.x.data.map((value) => Math.exp(Math.min(value, 80)));
    const clamped = changedData((_, at) => {
      const start = at - (at % classes);
      return powers[at] / Float64Array.from(powers.subarray(start, start + classes)).reduce((a, b) => a + b, 0);
    });
    expect(diagnosed(question, 'y', clamped) ?? '').not.toContain('precision');
  });
  it('inputs of a lower precision, one of them or all', () => {
    const question = questionOf('matmul', 'plain');
    const { a, b } = question.case.inputs;
    const of = (inputs: NamedTensors) => diagnosed(question, 'y', () => question.operation.reference(inputs, {}).y);
    expect(of({ a: rounded(a, precisions.tf32), b: rounded(b, precisions.tf32) })).toBe(
      'equals a·b with the inputs rounded to the 11 significant bits of TF32',
    );
    expect(of({ a: map(a, roundToBits(13)), b: map(b, roundToBits(13)) })).toBe(
      'equals the result of inputs rounded to 13 significant bits',
    );
    expect(of({ a, b: rounded(b, precisions.bf16) })).toBe('equals the result of b rounded to 8 significant bits (bf16)');
    expect(of({ a: map(a, roundToBits(15)), b })).toBe('equals the result of a rounded to 15 significant bits');
  });
  it('results of a lower precision', () => {
    const question = questionOf('matmul', 'plain');
    expect(diagnosed(question, 'y', (y) => rounded(y, precisions.bf16))).toBe(
      'equals the result rounded to 8 significant bits (bf16)',
    );
  });
  it('no lower precision where errors are of no rounding', () => {
    const question = questionOf('matmul', 'plain');
    // Within the limits of 11 bits, and nothing that a rounding makes.
    const alternating = changedData((y, i) => y * (1 + (i % 2 ? 1 : -1) * 2 ** -12.5));
    expect(diagnosed(question, 'y', alternating) ?? '').not.toMatch(/significant|precision/);
    expect(
      diagnosed(
        question,
        'y',
        changedData((y) => y + 1e-3),
      ),
    ).toBe('equals the result plus 0.001');
  });
  it('a factor near 1 is told from 1', () => {
    const question = questionOf('conv2d', 'plain');
    expect(
      diagnosed(
        question,
        'y',
        changedData((y) => y * (1 + 2e-5)),
      ),
    ).toMatch(/^equals the result times 1\.00002\d*$/);
  });
  it('a stale buffer', () => {
    const before = questionOf('conv2d', 'plain', 6).expected;
    expect(diagnosed(conv, 'y', () => before.y, asAnswer(before, 'float32'))).toBe(
      'equals the answer to the question before: a stale buffer',
    );
  });
  it('says nothing of noise', () => {
    expect(
      diagnosed(
        conv,
        'y',
        changedData((y, i) => y + Math.sin(i * 12.9898) * 3),
      ),
    ).toBeUndefined();
  });
});
