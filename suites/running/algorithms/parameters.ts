/** Several parameters as one vector, so that a step downhill is one call for all of them: it treats each element alike. */
import { sizeOf, type Tensor } from '../../../reference/tensor.ts';

export type Parameters = Readonly<Record<string, Tensor>>;

/** All elements, one tensor after the other. */
export function joined(parameters: readonly Tensor[]): Tensor {
  const data = new Float64Array(parameters.reduce((total, part) => total + part.data.length, 0));
  let at = 0;
  for (const part of parameters) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { dtype: 'float64', shape: [data.length], data };
}

/** The same elements under the names and shapes of `like`. */
export function cut<Named extends Parameters>(vector: Tensor, like: Named): Named {
  let at = 0;
  const parts = Object.entries(like).map(([name, { shape }]): [string, Tensor] => {
    const data = vector.data.slice(at, at + sizeOf(shape));
    at += data.length;
    return [name, { dtype: 'float64', shape, data }];
  });
  return Object.fromEntries(parts) as Named;
}
