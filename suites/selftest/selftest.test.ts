import { expect, it } from 'vitest';
import type { AnyOperation, HonestVariant, NamedTensors } from '../judging/operation.ts';
import { operationNamed } from '../operations/index.ts';
import { doubling } from '../testing/doubling.ts';
import { checkDiagnosis } from './diagnosis.ts';
import { checkFamily, type HonestFamily, honestFamilies } from './honestVariants.ts';
import { checkKnownMistakes } from './knownMistakes.ts';

const tanhDerivative = operationNamed('tanh.derivative');

it('kills a known mistake and says with which check and on which smallest case', () => {
  const { total, killed, mistakes } = checkKnownMistakes([tanhDerivative], 3);
  expect(killed).toBe(total);
  expect(mistakes.find(({ mistake }) => mistake === 'twice-the-square')).toMatchObject({
    operation: 'tanh.derivative',
    erratum: 'R1',
    killedBy: { caseId: 'tanh.derivative/one-feature/random', check: 'values', elements: 5 },
  });
});

it('sees a mistake that cannot be seen survive, and says why', () => {
  const unseen: AnyOperation = {
    ...tanhDerivative,
    knownMistakes: [
      { name: 'within-limits', says: 'nearly', outputs: (inputs, attributes) => nearly(tanhDerivative, inputs, attributes) },
      { name: 'no-mistake', says: 'right', outputs: (inputs, attributes) => tanhDerivative.reference(inputs, attributes) },
    ],
  };
  const { total, killed, mistakes } = checkKnownMistakes([unseen], 3);
  expect({ total, killed }).toEqual({ total: 2, killed: 0 });
  expect(mistakes.map(({ survives }) => survives)).toEqual([
    'its result stays within the limits of every case',
    'it equals the right answer on the inputs of every case',
  ]);
});

function nearly(operation: AnyOperation, ...[inputs, attributes]: Parameters<AnyOperation['reference']>) {
  const { y } = operation.reference(inputs, attributes);
  return { y: { ...y, data: y.data.map((value) => value * (1 + 2 ** -23)) } };
}

it('names the case whose bound cannot be computed, and one in which nothing is compared', () => {
  const unbounded: AnyOperation = {
    ...doubling,
    bound: { ...doubling.bound, limits: () => ({ y: { limit: Float64Array.from({ length: 6 }, () => Number.NaN) } }) },
  };
  expect(() => checkKnownMistakes([unbounded], 1)).toThrow('identity/plain/random: the limit of output y at [0, 0] is NaN');
  const unlimited: AnyOperation = {
    ...doubling,
    bound: { ...doubling.bound, limits: () => ({ y: { limit: Float64Array.from({ length: 6 }, () => Infinity) } }) },
  };
  expect(() => checkKnownMistakes([unlimited], 1)).toThrow('identity/plain/random: no element is compared');
  const empty = { dtype: 'float64' as const, shape: [0], data: new Float64Array() };
  const silent: AnyOperation = {
    ...doubling,
    reference: () => ({ y: empty }),
    bound: { ...doubling.bound, limits: () => ({ y: { limit: new Float64Array() } }) },
  };
  expect(() => checkKnownMistakes([silent], 1)).toThrow('identity/plain/random: no element is compared');
});

it('asks for the diagnosis of every known mistake wherever it fails', () => {
  const { asked, right, wrong, wrongOnes, neverApart } = checkDiagnosis([tanhDerivative, operationNamed('dense')], [7]);
  expect(asked).toBeGreaterThan(100);
  expect(right / asked).toBeGreaterThan(0.95);
  expect(wrong).toBe(0);
  expect(wrongOnes).toEqual([]);
  expect(neverApart).toEqual([]);
});

it('finds mistakes that no inputs tell apart', () => {
  const twins: AnyOperation = {
    ...doubling,
    knownMistakes: ['one', 'other'].map((name) => ({
      name,
      says: name,
      outputs: (inputs, attributes) => {
        const { y } = doubling.reference(inputs, attributes);
        return { y: { ...y, data: y.data.map((value) => -value) } };
      },
    })),
  };
  expect(checkDiagnosis([twins], [1])).toMatchObject({
    right: 0,
    listed: 4,
    wrong: 0,
    neverApart: ['identity/one', 'identity/other'],
  });
});

it('leaves honest variants in peace', () => {
  expect(honestFamilies.flatMap(({ variants }) => variants).length).toBeGreaterThanOrEqual(20);
  for (const records of honestFamilies.map((family) => checkFamily(family, 5, 3))) {
    for (const { alarms, draws, firstAlarm } of records) expect({ alarms, draws, firstAlarm }).toEqual({ alarms: 0, draws: 3 });
  }
});

it('what must be declared is refused where it is not, and the diagnosis says what to declare', () => {
  const declarations = ({ variants: [{ ways }] }: HonestFamily) => ways[0].declared;
  const declared = honestFamilies.filter(declarations);
  expect(declared.flatMap(({ variants }) => variants).length).toBe(4);
  const [record] = checkFamily(declared.find((family) => declarations(family)?.algorithms?.includes('winograd4x4'))!, 1, 20);
  expect(record).toMatchObject({ draws: 20, alarms: 0 });
  expect(record.undeclared!.refused).toBeGreaterThan(0);
  expect(record.undeclared!.named).toBe(record.undeclared!.refused);
});

it('sounds the alarm on a variant that is not honest', () => {
  const matmul = operationNamed('matmul');
  const dishonest: HonestVariant = { name: 'doubled', outputs: ({ inputs }) => doubled(matmul.reference(inputs, {})) };
  const planted = { name: 'planted', operations: [matmul], variants: [{ name: 'planted: doubled', ways: [dishonest] }] };
  const [record] = checkFamily(planted, 5, 4);
  expect(record).toMatchObject({ draws: 4, alarms: 4 });
  expect(record.firstAlarm).toMatch(/^matmul\/.* --seed \d+: y\[/);
});

function doubled(outputs: NamedTensors): NamedTensors {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, x]) => [name, { ...x, data: x.data.map((value) => 2 * value) }]),
  );
}
