/** Linearity, and ⟨Ax, y⟩ = ⟨x, Aᵀy⟩ of a linear map and its gradient (Rows C2, C5, M4), as relations. */
import type { NamedTensors } from '../../../backends/signatures.ts';
import type { Tensor } from '../../../reference/tensor.ts';
import { type Example, innerLimit, innerProduct, type Relation, requireEqual } from '../../judging/relation.ts';
import { combination, exampleOf, tensorOf } from './examples.ts';

/** The inputs without what would be added to the linear map: zeros for it. A mask is of zeros and ones. */
function linearPart({ tensors }: Example, added: string): NamedTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, x]) => {
      if (name === added) return [name, tensorOf(x.shape, new Float64Array(x.data.length))];
      return [name, name === 'mask' ? tensorOf(x.shape, x.data.map(Math.sign).map(Math.abs)) : x];
    }),
  );
}

const [alpha, beta] = [2, -3];

/** Relates the answer to a combination of two inputs to the combination of their answers. A bias is left at 0. */
export function linearIn(input: string): Relation {
  return {
    name: `linear in ${input}`,
    rows: [],
    draw: (own) => exampleOf(own, { other: input }),
    async check(example, ask, { name: operation }) {
      const { attributes } = example;
      const { other, ...inputs } = linearPart(example, 'bias');
      const first = await ask(operation, attributes, inputs);
      const second = await ask(operation, attributes, { ...inputs, [input]: other });
      const mixed = { ...inputs, [input]: combination(alpha, inputs[input], beta, other) };
      const together = await ask(operation, attributes, mixed);
      for (const [name, { data }] of Object.entries(together.outputs)) {
        const separately = combination(alpha, first.outputs[name], beta, second.outputs[name]);
        requireEqual(
          `${name} of ${alpha}u − ${-beta}v`,
          data,
          separately.data,
          (i) => together.limits[name][i] + alpha * first.limits[name][i] - beta * second.limits[name][i],
        );
      }
      return undefined;
    },
  };
}

/** A map, the input that it is differentiated by, and how the operation that has the relation goes back. */
interface Adjoint {
  readonly map: string;
  readonly output?: string;
  readonly input: string;
  /** The gradient's inputs and attributes besides dy, from the example. */
  readonly inputs: readonly string[];
  readonly attributes?: (example: Example) => Record<string, unknown>;
  /** The input that is 0, because what it adds is not part of the linear map; by default the bias. */
  readonly without?: string;
  readonly gradient: string;
}

const sizeOfAxes = (x: Tensor): readonly number[] => x.shape.slice(2);
export const withInputSize = ({ attributes, tensors }: Example) => ({ ...attributes, inputSize: sizeOfAxes(tensors.x) });
export const withKernelSize = ({ attributes, tensors }: Example) => ({
  ...attributes,
  kernelSize: sizeOfAxes(tensors.weights),
});

/**
 * Relates a gradient to its map: ⟨Ax, y⟩ = ⟨x, Aᵀy⟩, for maps that are linear in the input, and for those that are positively homogeneous of
 * degree 1, for which ⟨f(x), dy⟩ = ⟨x, f′(x)ᵀdy⟩ too.
 */
export function adjointOf(adjoint: Adjoint, rows: readonly string[]): Relation {
  const { map, output = 'y', input, inputs: needed, attributes: given, without = 'bias', gradient } = adjoint;
  return {
    name: `adjoint of ${map} in ${input}`,
    rows,
    draw: (_, table) => exampleOf(table(map), { dy: output }),
    async check(example, ask, { name: back }) {
      const { attributes } = example;
      const { dy, ...inputs } = linearPart(example, without);
      const forward = await ask(map, attributes, inputs);
      const others = Object.fromEntries(needed.map((name) => [name, inputs[name]]));
      const backward = await ask(back, given?.(example) ?? attributes, { ...others, dy });
      const [y, dx] = [forward.outputs[output], backward.outputs[gradient]];
      const limit = innerLimit(dy, y, forward.limits[output]) + innerLimit(inputs[input], dx, backward.limits[gradient]);
      const products = [innerProduct(y, dy), innerProduct(inputs[input], dx)];
      requireEqual(`⟨${map}, dy⟩ beside ⟨${input}, ${gradient}⟩`, [products[0]], [products[1]], () => limit);
      return undefined;
    },
  };
}
