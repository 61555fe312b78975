/** Dropout and dropconnect as libraries write them: by a product with the mask or by a choice, divided first or last. */
import type { NamedTensors } from '../../../backends/signatures.ts';
import type { Arithmetic, Form, Forms } from '../../judging/forms.ts';
import { timesRows, transposed } from '../dense/forms.ts';
import { elementwise, matrix, rowsOf, vector } from '../shared/formTensors.ts';

/** An element, what the mask has there, and keep. */
type Masked = (value: number, mask: number, keep: number, m: Arithmetic) => number;
const maskings: Readonly<Record<string, Masked>> = {
  'x·mask/keep': (x, mask, keep, m) => m.divide(m.multiply(x, mask), keep),
  'x·(mask/keep)': (x, mask, keep, m) => m.multiply(x, m.divide(mask, keep)),
  'x·mask·(1/keep)': (x, mask, keep, m) => m.multiply(m.multiply(x, mask), m.divide(1, keep)),
  '(x/keep)·mask': (x, mask, keep, m) => m.multiply(m.divide(x, keep), mask),
  'x/keep where the mask is 1': (x, mask, keep, m) => (mask === 1 ? m.divide(x, keep) : 0),
};
const each = (make: (masked: Masked) => Form): Record<string, Form> =>
  Object.fromEntries(Object.entries(maskings).map(([name, masked]) => [name, make(masked)]));
const keepOf = (attributes: Readonly<Record<string, unknown>>, m: Arithmetic) => m.round(attributes.keep as number);

const taking = ({ weights, mask }: NamedTensors, keep: number, masked: Masked, m: Arithmetic) =>
  elementwise((w, c) => masked(w, c, keep, m), weights, mask);
/** Without the division. */
const chosen: Masked = (value, mask, _, m) => m.multiply(value, mask);

export const dropoutForms: Forms = {
  dropout: each((masked) => ({ inputs: { x, mask }, attributes }, m) => ({
    y: elementwise((value, c) => masked(value, c, keepOf(attributes, m), m), x, mask),
  })),
  'dropout.backward': each((masked) => ({ inputs: { mask, dy }, attributes }, m) => ({
    dx: elementwise((value, c) => masked(value, c, keepOf(attributes, m), m), dy, mask),
  })),
  dropconnect: {
    ...each((masked) => ({ inputs, attributes }, m) => {
      const w = rowsOf(taking(inputs, keepOf(attributes, m), masked, m));
      const y = rowsOf(inputs.x).map((row) => w.map((own, k) => m.dot(row, own, inputs.bias.data[k])));
      return { y: matrix(y, w.length) };
    }),
    'the sum divided': ({ inputs, attributes }, m) => {
      const keep = keepOf(attributes, m);
      const w = rowsOf(taking(inputs, keep, chosen, m));
      const y = rowsOf(inputs.x).map((row) => w.map((own, k) => m.add(m.divide(m.dot(row, own), keep), inputs.bias.data[k])));
      return { y: matrix(y, w.length) };
    },
  },
  'dropconnect.backward': {
    ...each((masked) => ({ inputs, attributes }, m) => {
      const keep = keepOf(attributes, m);
      const [dy, x] = [rowsOf(inputs.dy), rowsOf(inputs.x)];
      const [outputs, width] = inputs.weights.shape;
      const byOutput = transposed(dy, outputs);
      const dTaking = matrix(timesRows(byOutput, transposed(x, width), m), width);
      return {
        dx: matrix(timesRows(dy, transposed(rowsOf(taking(inputs, keep, masked, m))), m), width),
        dWeights: elementwise((w, c) => masked(w, c, keep, m), dTaking, inputs.mask),
        dBias: vector(byOutput.map(m.sum)),
      };
    }),
    'dy divided first': ({ inputs, attributes }, m) => {
      const keep = keepOf(attributes, m);
      const [outputs, width] = inputs.weights.shape;
      const dy = rowsOf(inputs.dy);
      const divided = dy.map((row) => row.map((d) => m.divide(d, keep)));
      const dTaking = matrix(timesRows(transposed(divided, outputs), transposed(rowsOf(inputs.x), width), m), width);
      return {
        dx: matrix(timesRows(divided, transposed(rowsOf(taking(inputs, keep, chosen, m))), m), width),
        dWeights: elementwise((w, c) => m.multiply(w, c), dTaking, inputs.mask),
        dBias: vector(transposed(dy, outputs).map(m.sum)),
      };
    },
  },
};
