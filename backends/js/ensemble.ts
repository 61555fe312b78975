/** Averages over models, in double from the float32 predictions. */
import type { Builders } from './program.ts';

/** Means over the rows of a [rows, columns] matrix. */
function meanOfRows(x: Float32Array, means: Float64Array, rows: number): void {
  const columns = means.length;
  means.fill(0);
  for (let i = 0; i < x.length; i++) means[i % columns] += x[i];
  for (let n = 0; n < columns; n++) means[n] /= rows;
}

export const ensembleKernels: Builders<'ensemble' | 'biasVariance'> = {
  ensemble: (_, { predictions: [models, samples] }) => {
    const means = new Float64Array(samples);
    return {
      outputs: { prediction: [samples], squaredError: [], memberErrors: [models] },
      run: ({ predictions, target }, { prediction, squaredError, memberErrors }) => {
        meanOfRows(predictions, means, models);
        prediction.set(means);
        let error = 0;
        for (let n = 0; n < samples; n++) error += (means[n] - target[n]) ** 2;
        squaredError[0] = error / samples;
        for (let m = 0; m < models; m++) {
          let own = 0;
          for (let n = 0; n < samples; n++) own += (predictions[m * samples + n] - target[n]) ** 2;
          memberErrors[m] = own / samples;
        }
      },
    };
  },

  biasVariance: (_, { predictions: [sets, points] }) => {
    const means = new Float64Array(points);
    return {
      outputs: { squaredBias: [], variance: [] },
      run: ({ predictions, truth }, { squaredBias, variance }) => {
        meanOfRows(predictions, means, sets);
        let distance = 0;
        for (let n = 0; n < points; n++) distance += (means[n] - truth[n]) ** 2;
        squaredBias[0] = distance / points;
        let spread = 0;
        for (let i = 0; i < predictions.length; i++) spread += (predictions[i] - means[i % points]) ** 2;
        variance[0] = spread / (sets * points);
      },
    };
  },
};
