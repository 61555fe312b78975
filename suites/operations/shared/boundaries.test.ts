/** The rule that makes boundary recipes: what it promises of every operation. */
import { describe, expect, it } from 'vitest';
import { fullSizes } from '../../judging/shapes.ts';
import { operationNamed } from '../index.ts';
import { boundaryRecipes, thresholds } from './boundaries.ts';

const sizesAsked = (name: string, dimension: string) =>
  new Set(boundaryRecipes(operationNamed(name)).map(({ sizes }) => sizes[dimension]));

describe('sizes', () => {
  it.each([
    ['matmul', ['rows', 'inner', 'columns']],
    ['relu', ['batch', 'features']],
    ['conv2d', ['batch', 'inputChannels', 'outputChannels']],
    ['dense.biasGradient', ['batch', 'outputs']],
  ] as const)('%s is asked at every threshold and one beside, in every dimension', (name, dimensions) => {
    for (const dimension of dimensions) {
      const asked = sizesAsked(name, dimension);
      const beside = thresholds.flatMap((size) => (size > 4096 ? [size, size + 1] : [size - 1, size, size + 1]));
      expect([name, dimension, beside.filter((size) => !asked.has(size))]).toEqual([name, dimension, []]);
      expect(asked.has(201)).toBe(true);
    }
  });

  it('recipes hold the constraints, and their names are the same in every run and each there once', () => {
    for (const name of ['conv2d', 'maxPool2d', 'pretraining.autoencoderStep']) {
      const operation = operationNamed(name);
      const recipes = boundaryRecipes(operation);
      for (const { sizes, attributes } of recipes) expect(() => fullSizes(operation, sizes, attributes)).not.toThrow();
      expect(new Set(recipes.map((recipe) => recipe.name)).size).toBe(recipes.length);
      for (const recipe of recipes) expect(recipe.name).toMatch(/^boundary-[a-z0-9-]+-[0-9a-f]{6}$/);
      // Another object of the same entry is made its recipes anew.
      if (name === 'conv2d') continue;
      expect(boundaryRecipes({ ...operation }).map((recipe) => recipe.name)).toEqual(recipes.map((recipe) => recipe.name));
    }
  });
});

describe('what meets', () => {
  const conv2d = boundaryRecipes(operationNamed('conv2d'));
  const meets = (holds: (sizes: (typeof conv2d)[number]['sizes'], a: Geometry) => boolean) =>
    conv2d.some(({ sizes, attributes }) => holds(sizes, attributes as unknown as Geometry));
  interface Geometry {
    readonly stride: readonly number[];
    readonly padding: readonly number[];
    readonly groups: number;
  }

  it.each([3, 5, 8, 16, 17, 24, 25, 32, 33])('a depthwise layer of %i channels with stride and padding', (channels) => {
    expect(
      meets(
        ({ inputChannels, outputChannels }, { groups, stride, padding }) =>
          inputChannels === channels &&
          outputChannels === channels &&
          groups === channels &&
          stride[0] === 2 &&
          stride[1] === 2 &&
          padding.every((side) => side === 1),
      ),
    ).toBe(true);
  });

  it('kernels of one row with a stride, groups with long kernels and with many outputs, one channel in and several out', () => {
    expect(meets(({ kernelHeight, kernelWidth }, { stride }) => kernelHeight === 1 && kernelWidth > 1 && stride[0] > 1)).toBe(
      true,
    );
    expect(meets(({ kernelHeight }, { groups }) => groups > 1 && kernelHeight > 8)).toBe(true);
    expect(meets(({ outputChannels }, { groups }) => groups > 1 && outputChannels > 64)).toBe(true);
    expect(meets(({ inputChannels, outputChannels }) => inputChannels === 1 && outputChannels > 1)).toBe(true);
  });

  it('equal sizes in every two dimensions of a product, and all of them', () => {
    const recipes = boundaryRecipes(operationNamed('matmul'));
    const equal = (...dimensions: string[]) =>
      recipes.some(({ sizes }) => sizes[dimensions[0]] > 8 && dimensions.every((one) => sizes[one] === sizes[dimensions[0]]));
    expect([
      equal('rows', 'inner'),
      equal('inner', 'columns'),
      equal('rows', 'columns'),
      equal('rows', 'inner', 'columns'),
    ]).toEqual([true, true, true, true]);
    // As large as TF32 is worth it, in all three directions.
    expect(recipes.some(({ sizes }) => Object.values(sizes).every((size) => size > 64))).toBe(true);
    expect(recipes.some(({ sizes }) => Object.values(sizes).every((size) => size > 128))).toBe(true);
  });
});
