/** Describes an operation for the report: the table's entry without its functions. */
import type { AnyOperation } from '../judging/operation.ts';
import { specialValueTable } from '../operations/shared/specialValues.ts';
import type { OperationRecord } from '../runReport.ts';

export function describeOperation(operation: AnyOperation): OperationRecord {
  const { name, title, topic, formula, rows, source, onnx, attributes, constraints, bound } = operation;
  // The inputs may depend on the attributes (layers of a network); the first recipe stands for all.
  const example = operation.cases[0].attributes;
  const dimensions = (specifications: Readonly<Record<string, { dimensions: readonly string[] }>>) =>
    Object.fromEntries(Object.entries(specifications).map(([key, value]) => [key, value.dimensions]));
  const special = specialValueTable(operation);
  return {
    ...{ name, title, topic, formula, rows, source, onnx, attributes },
    inputs: dimensions(operation.inputs(example)),
    outputs: dimensions(operation.outputs(example)),
    constraints: constraints.map(({ id, text }) => ({ id, text })),
    errorClass: bound.errorClass,
    bound: bound.formula,
    derivation: bound.derivation,
    knownMistakes: operation.knownMistakes.map(({ name: mistake, says, erratum, link }) => ({
      name: mistake,
      says,
      erratum,
      link,
    })),
    specialCases: special.asked,
    undefinedValues: special.undefined,
    errata: operation.knownMistakes.flatMap(({ erratum, says }) => (erratum === undefined ? [] : [{ id: erratum, says }])),
  };
}
