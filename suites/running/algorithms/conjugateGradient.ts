import { holds } from '../../documents/experiment.ts';
import type { Algorithm } from './algorithm.ts';
import { thinned } from './curves.ts';

const size = 12;
/** ‖b − Ax‖/‖b‖ that the last step must reach: n·κ·u of float32 is 2e-4 for a condition number κ of 200, and A has less. */
const tolerance = 1e-3;

/** Row G8 (khe). */
export const conjugateGradientSolve: Algorithm = {
  name: 'conjugate-gradient',
  title: 'Conjugate gradient solves a system in as many steps as it has unknowns',
  rows: ['G8'],
  statement: `From x = 0 and $p = r = b$, ${size} steps solve $Ax = b$ for a symmetric positive definite A of ${size} rows. The residual that a backend carries along and the true one, computed from its last x, are both small.`,
  formula: '\\mathbf{x}_0 = 0, \\quad \\mathbf{p}_0 = \\mathbf{r}_0 = \\mathbf{b}, \\quad A\\mathbf{x}_n = \\mathbf{b}',
  run: async ({ execute, step, tensor, random }) => {
    // A = MᵀM/16 + I with small whole numbers in M: exact in every element type, eigenvalues of at least 1.
    const m = Array.from({ length: size * size }, () => random.integer(-3, 3));
    const entries = Array.from({ length: size * size }, (_, at) => {
      const [i, j] = [Math.floor(at / size), at % size];
      let sum = i === j ? 16 : 0;
      for (let k = 0; k < size; k++) sum += m[k * size + i] * m[k * size + j];
      return sum / 16;
    });
    const a = tensor([size, size], entries);
    const b = tensor(
      [size],
      Array.from({ length: size }, () => 2 * random.next() - 1),
    );
    const length = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));
    let state = { x: tensor([size], new Float64Array(size)), residual: b, direction: b };
    const carried: [number, number][] = [[0, 1]];
    for (let k = 1; k <= size; k++) {
      await step(async () => {
        state = await execute('conjugateGradientStep', {}, { a, ...state });
        carried.push([k, length(state.residual.data) / length(b.data)]);
      });
    }
    const missing = Array.from(b.data, (value, i) => {
      let sum = value;
      for (let j = 0; j < size; j++) sum -= a.data[i * size + j] * state.x.data[j];
      return sum;
    });
    const relative = length(missing) / length(b.data);
    return {
      evidence: [
        holds('‖b − Ax‖/‖b‖ after the last step', `at most ${tolerance}`, relative.toExponential(2), relative <= tolerance),
      ],
      curves: [
        {
          title: 'Residual carried along',
          xLabel: 'step',
          yLabel: '‖r‖/‖b‖',
          yScale: 'log',
          points: thinned(carried.filter(([, value]) => value > 0)),
        },
      ],
    };
  },
};
