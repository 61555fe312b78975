/**
 * ONNX models, written from code: a graph of operators as plain data, and its bytes as ONNX Runtime reads them.
 *
 * Operators are those of opset 18, and of the opset that brought them where that is later (https://github.com/onnx/onnx/blob/main/docs/Operators.md); an operator's inputs stand in
 * that document's order.
 */
import protobuf from 'onnx-proto';
import type { Shape } from '../../reference/tensor.ts';

const { onnx } = protobuf;
type GraphProto = protobuf.onnx.IGraphProto;
type AttributeProto = protobuf.onnx.IAttributeProto;
type ValueProto = protobuf.onnx.IValueInfoProto;

const opset = 18;
/** Operators that are younger. */
const since: Readonly<Record<string, number>> = { Gelu: 20 };

/** Name of a tensor inside a graph. */
export type Value = string;
/** A number is an ONNX INT, an array INTS; `{ float }` is a FLOAT. */
export type OperatorAttributes = Readonly<
  Record<string, number | { readonly float: number } | readonly number[] | string | Graph>
>;

/** A graph under construction. Its operators run in the order in which they were added. */
export interface Graph {
  /** Declares a float32 input. Without a shape the runtime infers one, which only the graph inside an operator may ask for. */
  input(name: string, shape?: Shape): Value;
  /** A float32 constant. */
  constant(values: readonly number[], shape: Shape): Value;
  /** A float32 constant of shape []. */
  number(value: number): Value;
  /** A one-dimensional int64 constant: axes, a shape, a slice. */
  integers(values: readonly number[]): Value;
  /** Adds an operator; its first output. */
  op(type: string, inputs: readonly Value[], attributes?: OperatorAttributes): Value;
  /** Adds an operator with several outputs. */
  ops(type: string, inputs: readonly Value[], outputs: number, attributes?: OperatorAttributes): Value[];
  /** x in another shape of as many elements. */
  reshape(x: Value, shape: Shape): Value;
  /** States what the graph gives back, in this order; all of it is float32. */
  returns(outputs: readonly Value[]): void;
  /** Operators, and outputs of operators, that are not to be used: the execution provider has no kernel for them. */
  readonly lacks: ReadonlySet<string>;
  readonly proto: GraphProto;
}

/** An empty graph; the name prefixes every name in it, because a graph inside an operator must not repeat the outer one's. */
export function createGraph(name: string, lacks: ReadonlySet<string> = new Set()): Graph {
  const node: NonNullable<GraphProto['node']> = [];
  const initializer: NonNullable<GraphProto['initializer']> = [];
  const input: ValueProto[] = [];
  const output: ValueProto[] = [];
  let count = 0;
  const unused = (kind: string): Value => `${name}/${kind}${++count}`;

  function constant(dataType: number, dims: Shape, array: Float32Array | BigInt64Array): Value {
    const value = unused('constant');
    // The format stores numbers little-endian, as every platform that ONNX Runtime has binaries for does.
    initializer.push({ name: value, dataType, dims: [...dims], rawData: new Uint8Array(array.buffer) });
    return value;
  }
  const integers = (values: readonly number[]): Value =>
    constant(onnx.TensorProto.DataType.INT64, [values.length], BigInt64Array.from(values, BigInt));
  function ops(type: string, inputs: readonly Value[], outputs: number, attributes: OperatorAttributes = {}): Value[] {
    if (lacks.has(type) || (outputs === 2 && lacks.has(`${type}.Indices`))) {
      throw new Error(`${name}: the execution provider lacks ${type}${outputs === 2 ? ' with indices' : ''}`);
    }
    const values = Array.from({ length: outputs }, () => unused(type));
    const attribute = Object.entries(attributes).map(([key, given]) => attributeProto(key, given));
    node.push({ name: values[0], opType: type, input: [...inputs], output: values, attribute });
    return values;
  }

  return {
    input(value, shape) {
      input.push(floatValue(value, shape));
      return value;
    },
    constant: (values, shape) => constant(onnx.TensorProto.DataType.FLOAT, shape, Float32Array.from(values)),
    number: (value) => constant(onnx.TensorProto.DataType.FLOAT, [], Float32Array.of(value)),
    integers,
    op: (type, inputs, attributes) => ops(type, inputs, 1, attributes)[0],
    ops,
    // Without allowzero, ONNX takes a size of 0 to mean "as before".
    reshape: (x, shape) => ops('Reshape', [x, integers(shape)], 1, { allowzero: 1 })[0],
    returns(outputs) {
      output.push(...outputs.map((value) => floatValue(value)));
    },
    lacks,
    proto: { name, node, initializer, input, output },
  };
}

function attributeProto(name: string, value: OperatorAttributes[string]): AttributeProto {
  const { AttributeType } = onnx.AttributeProto;
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: value };
  if (typeof value === 'string') return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if ('proto' in value) return { name, type: AttributeType.GRAPH, g: value.proto };
  return { name, type: AttributeType.INTS, ints: [...value] };
}

/** Sizes are left open, so that one session serves every shape that the same operators fit. */
function floatValue(name: Value, shape?: Shape): ValueProto {
  const dimensions = shape && { dim: shape.map((_, axis) => ({ dimParam: `${name}.${axis}` })) };
  return { name, type: { tensorType: { elemType: onnx.TensorProto.DataType.FLOAT, shape: dimensions } } };
}

/** The model as a file in memory. */
export function encodeModel(graph: Graph): Uint8Array {
  return onnx.ModelProto.encode({
    irVersion: onnx.Version.IR_VERSION,
    producerName: 'etalon',
    opsetImport: [{ domain: '', version: opsetOf(graph) }],
    graph: graph.proto,
  }).finish();
}

/** The lowest opset that has every operator of a graph: a later one would ask an execution provider for other kernels. */
function opsetOf({ proto }: Graph): number {
  return Math.max(opset, ...(proto.node ?? []).map(({ opType }) => since[opType ?? ''] ?? opset));
}
