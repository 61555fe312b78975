/** The separator with the largest margin as solvers find it: dual coordinate ascent, in float64 whatever the format. */
import { scalar } from '../../../reference/tensor.ts';
import type { Forms } from '../../judging/forms.ts';
import { numbers, rowsOf, vector } from '../shared/formTensors.ts';

export const maximumMarginForms: Forms = {
  maximumMargin: {
    'dual coordinate ascent': ({ inputs: { x, labels }, attributes }, m) => {
      const signed = rowsOf(x).map((row, n) => row.map((value) => value * labels.data[n]));
      const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, j) => sum + value * b[j], 0);
      const alpha = signed.map(() => 0);
      let u = signed[0].map(() => 0);
      for (let sweep = 0; sweep < 100_000; sweep++) {
        signed.forEach((row, n) => {
          const next = Math.max(0, alpha[n] + (1 - dot(row, u)) / dot(row, row));
          u = u.map((value, j) => value + (next - alpha[n]) * row[j]);
          alpha[n] = next;
        });
        const [smallest, squared] = [Math.min(...signed.map((row) => dot(row, u))), dot(u, u)];
        const [primal, dual] = [squared / (2 * smallest ** 2), alpha.reduce((a, b) => a + b, 0) - squared / 2];
        if (!(smallest > 0 && primal - dual <= (attributes.tolerance as number) * primal)) continue;
        const separator = u.map((value) => m.round(value / smallest));
        return {
          separator: vector(separator),
          margin: scalar(m.divide(1, m.squareRoot(m.dot(separator, separator)))),
          primal: scalar(m.multiply(0.5, m.dot(separator, separator))),
          dual: scalar(m.round(dual)),
        };
      }
      throw new RangeError(`maximumMargin: no separator of ${numbers(labels).length} samples within the tolerance`);
    },
  },
};
