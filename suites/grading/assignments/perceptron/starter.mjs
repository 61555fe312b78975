/** The perceptron and Novikoff's bound: text.md says what is asked. */

/** x [sample][feature], labels [sample], each −1 or 1 → { weights [feature], mistakes [pass][sample] } */
export function perceptronTrain(x, labels, { passes }) {
  throw new Error('not written yet');
}

/** x [sample][feature], labels [sample], separator [feature] → { radius, margin, bound } */
export function novikoffBound(x, labels, separator) {
  throw new Error('not written yet');
}
