import protobuf from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import { createGraph, encodeModel } from './model.ts';

function decoded(build: (graph: ReturnType<typeof createGraph>) => void) {
  const graph = createGraph('test');
  build(graph);
  return protobuf.onnx.ModelProto.decode(encodeModel(graph));
}

describe('an ONNX model', () => {
  it('states its format, opset, inputs with open sizes, and outputs', () => {
    const model = decoded((graph) => graph.returns([graph.op('Relu', [graph.input('x', [2, 3])])]));
    expect(Number(model.irVersion)).toBe(8);
    expect(model.opsetImport.map(({ version }) => Number(version))).toEqual([18]);
    const input = model.graph?.input?.[0];
    expect(input?.name).toBe('x');
    expect(input?.type?.tensorType?.elemType).toBe(1);
    expect(input?.type?.tensorType?.shape?.dim?.map(({ dimParam }) => dimParam)).toEqual(['x.0', 'x.1']);
    expect(model.graph?.output?.map(({ name }) => name)).toEqual(model.graph?.node?.[0].output);
  });

  it('gives each value a name of its own, in the order of the operators', () => {
    const model = decoded((graph) => {
      const x = graph.input('x', []);
      graph.op('Add', [graph.op('Neg', [x]), graph.op('Neg', [x])]);
    });
    const [first, second, add] = model.graph?.node ?? [];
    expect([first.opType, second.opType, add.opType]).toEqual(['Neg', 'Neg', 'Add']);
    expect(add.input).toEqual([first.output?.[0], second.output?.[0]]);
    expect(first.output).not.toEqual(second.output);
  });

  it('carries constants as little-endian bytes', () => {
    const model = decoded((graph) => {
      graph.constant([1, -2], [2, 1]);
      graph.number(0.5);
      graph.integers([-1, 3]);
    });
    const [floats, number, integers] = model.graph?.initializer ?? [];
    expect(floats).toMatchObject({ dataType: 1, rawData: Buffer.from([0, 0, 128, 63, 0, 0, 0, 192]) });
    expect(floats.dims?.map(Number)).toEqual([2, 1]);
    expect(number).toMatchObject({ dims: [], rawData: Buffer.from([0, 0, 0, 63]) });
    expect(integers).toMatchObject({ dataType: 7, rawData: Buffer.from([...Array(8).fill(255), 3, 0, 0, 0, 0, 0, 0, 0]) });
  });

  it('types attributes by their values, zero and empty included', () => {
    const body = createGraph('body');
    const model = decoded((graph) => {
      graph.op('Any', [], { axis: 0, pads: [1, 0], none: [], reduction: 'add', body });
    });
    const [axis, pads, none, reduction, inner] = model.graph?.node?.[0].attribute ?? [];
    expect([axis.type, Number(axis.i)]).toEqual([2, 0]);
    expect([pads.type, pads.ints?.map(Number)]).toEqual([7, [1, 0]]);
    expect([none.type, none.ints]).toEqual([7, []]);
    expect([reduction.type, Buffer.from(reduction.s ?? []).toString()]).toEqual([3, 'add']);
    expect([inner.type, inner.g?.name]).toEqual([5, 'body']);
  });
});
