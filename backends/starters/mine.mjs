/**
 * A backend for Etalon. Check it:
 *
 *     etalon check --adapter ./mine.mjs
 *
 * `etalon operations` lists what can be asked; `etalon operations matmul` prints names, shapes and the limit of the error.
 */

/** Each takes the inputs by name and the attributes, and returns the outputs by name. Data is row-major and of float32. */
const operations = {
  relu({ x }) {
    return { y: { ...x, data: x.data.map((value) => (value < 0 ? 0 : value)) } };
  },
  matmul({ a, b }) {
    const [rows, inner] = a.shape;
    const columns = b.shape[1];
    const data = new Float32Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += a.data[i * inner + k] * b.data[k * columns + j];
        data[i * columns + j] = sum;
      }
    }
    return { y: { dtype: 'float32', shape: [rows, columns], data } };
  },
};

/** @returns {Promise<import('etalon/backends').Backend>} */
export default async function createBackend() {
  return {
    describe: async () => ({ name: 'mine', library: 'mine', version: '1.0.0', device: 'cpu', dtype: 'float32' }),
    supports: (operation) =>
      Object.hasOwn(operations, operation)
        ? { supported: true }
        : { supported: false, reason: `mine has no ${operation}` },
    // Compile here what these shapes need. Upload, computation and download are timed apart.
    async prepare(operation, attributes) {
      let inputs;
      let outputs;
      return {
        load: async (tensors) => {
          inputs = tensors;
        },
        execute: async () => {
          outputs = operations[operation](inputs, attributes);
        },
        read: async () => outputs,
        dispose: async () => {},
      };
    },
  };
}
