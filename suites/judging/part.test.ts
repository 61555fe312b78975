/** Parts of questions: the same numbers and the same limits as in the whole. */
import { describe, expect, it } from 'vitest';
import { operations } from '../operations/index.ts';
import { boundaryCasesOf, casesOf, materialize } from '../running/cases.ts';
import { judge } from './judge.ts';
import type { AnyOperation } from './operation.ts';
import { takePart } from './part.ts';
import { precisions } from './precision.ts';
import { prepareQuestion } from './question.ts';

const withAxes = operations.filter(({ independent }) => independent !== undefined);
/** Those of which a boundary case is large enough to be judged on a part. */
const named = withAxes
  .filter((operation) => boundaryCasesOf(operation).some(({ recipe }) => recipe.sampled))
  .map((operation) => [operation.name, operation] as const);

/** A middle-sized boundary case whose part is smaller than the whole, as if its outputs were too many. */
function partly(operation: AnyOperation) {
  const sampled = boundaryCasesOf(operation)
    .filter(({ recipe }) => recipe.sampled)
    .map((one) => materialize(operation, one.recipe, one.tier, 1, 'float32'))
    .sort((a, b) => size(a) - size(b));
  return sampled.slice(0, 1);
}
const size = ({ inputs }: ReturnType<typeof materialize>) =>
  Object.values(inputs).reduce((sum, { data }) => sum + data.length, 0);

it('has a case to ask in part of every operation with independent axes but those that are asked small sizes alone', () => {
  const asked = new Set(named.map(([name]) => name));
  const without = withAxes.map(({ name }) => name).filter((name) => !asked.has(name));
  expect(without).toEqual(['locallyConnected2d', 'locallyConnected2d.inputGradient']);
});

describe('a part asked alone is that part of the whole, with the limits it has there', () => {
  it.each(named)('%s', (_, operation) => {
    const asked = partly(operation);
    expect(asked.length).toBeGreaterThan(0);
    for (const one of asked) {
      expect(one.sampled).toBe('part');
      const whole = prepareQuestion(operation, { ...one, sampled: undefined }, precisions.float32);
      const part = prepareQuestion(operation, one, precisions.float32);
      for (const [name, { positions, shape }] of Object.entries(part.samples!)) {
        expect(shape).toEqual(whole.expected[name].shape);
        expect(positions).toHaveLength(part.expected[name].data.length);
        const [inWhole, limits] = [whole.expected[name].data, whole.limits[name].limit];
        const wrong = positions.filter((position, at) => !Object.is(inWhole[position], part.expected[name].data[at]));
        expect([one.id, name, wrong]).toEqual([one.id, name, []]);
        // The grid of a few numbers may be coarser than that of all: a part may have to be exact, never less than in the whole.
        const looser = positions.filter((position, at) => !(part.limits[name].limit[at] <= limits[position] * (1 + 1e-12)));
        expect([one.id, name, looser]).toEqual([one.id, name, []]);
      }
    }
  });
});

describe('judging a part', () => {
  const relu = operations.find(({ name }) => name === 'relu')!;
  const asked = materialize(
    relu,
    boundaryCasesOf(relu).find(({ recipe }) => recipe.sizes.batch === 65_537)!.recipe,
    'random',
    1,
    'float32',
  );
  const question = prepareQuestion(relu, asked, precisions.float32);
  const answer = () => {
    const { y } = relu.reference(asked.inputs, asked.attributes);
    return { y: { dtype: 'float32' as const, shape: y.shape, data: Float32Array.from(y.data) } };
  };

  it('accepts the whole answer and says of how many elements it judged which', () => {
    const { passed, outputs } = judge(question, answer(), 'float32');
    expect(passed).toBe(true);
    expect(outputs[0]).toMatchObject({ shape: asked.inputs.x.shape, sample: { of: asked.inputs.x.data.length, share: 0.01 } });
    expect(outputs[0].compared).toBeLessThan(4096);
  });

  it('sees the last row, and names its place in the whole', () => {
    const wrong = answer();
    wrong.y.data[wrong.y.data.length - 1] += 1;
    const { passed, reason } = judge(question, wrong, 'float32');
    expect(passed).toBe(false);
    expect(reason).toContain(`y[${asked.inputs.x.shape.map((size) => size - 1).join(', ')}]`);
  });

  it('refuses the shape of the part', () => {
    const { x } = takePart(relu, asked).case.inputs;
    expect(judge(question, { y: { ...x, dtype: 'float32' } }, 'float32')).toMatchObject({ passed: false, check: 'shape' });
  });

  it('asks for axes', () => {
    const without = { ...relu, independent: undefined };
    expect(() => takePart(without, asked)).toThrow('relu has no axis of which parts are independent');
    expect(casesOf(relu).some(({ recipe }) => recipe.sampled)).toBe(false);
  });
});
