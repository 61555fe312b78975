import { expect, it } from 'vitest';
import { descriptionOf, helloSchema, parsed } from './protocol.ts';

const hello = { protocol: 1, name: 'mine', version: '2', device: 'cpu', dtype: 'float32', operations: ['relu'] };
const described = (more: object) => descriptionOf(parsed(helloSchema, { ...hello, ...more }, 'hello'));

it('a hello is a description in the contract’s words, with everything that is declared', () => {
  const declared = { precision: 'tf32', algorithms: ['winograd4x4'], subnormals: 'flushed', notes: ['slow'] };
  expect(described(declared)).toMatchObject({ name: 'mine', library: 'mine', ...declared });
  expect(described({})).toMatchObject({ algorithms: undefined, subnormals: undefined });
});

it('what nobody knows is refused with what is allowed', () => {
  expect(() => described({ algorithms: ['winograd2x2', 'fft'] })).toThrow(
    'hello: algorithms.1: Invalid option: expected one of "winograd2x2"|"winograd4x4"',
  );
  expect(() => described({ algorithms: 'winograd2x2' })).toThrow('hello: algorithms: Invalid input: expected array');
});
