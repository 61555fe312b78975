/** Timings that cannot be: the parent's clock saw the call. */
export interface TimingAttack {
  readonly name: string;
  readonly does: string;
}

const timing = (name: string, fields: string): TimingAttack => ({
  name: `timing ${name}`,
  does: `ok(id, { loadMs: [0.01], executeMs: [0.01], readMs: [0.01], outputs: { y: inputs.x }, ${fields} })`,
});

/** None of them may become a number in a report. */
export const timingAttacks: readonly TimingAttack[] = [
  timing('of 0 ms', 'executeMs: [0]'),
  timing('of 5·10⁻³²⁴ ms', 'executeMs: [5e-324]'),
  timing('of 10⁻⁹ ms', 'executeMs: [1e-9]'),
  timing('of 10³⁰⁸ ms', 'executeMs: [1e308]'),
  timing('of an hour', 'executeMs: [3.6e6]'),
  timing('with a load of an hour', 'loadMs: [3.6e6]'),
  timing('with a read of an hour', 'readMs: [3.6e6]'),
  timing('with a first call of an hour', 'firstCallMs: 3.6e6'),
  timing('below 0', 'executeMs: [-1]'),
  timing('of null', 'executeMs: [null]'),
  timing('of text', "executeMs: ['1']"),
  timing('without samples', 'executeMs: []'),
  timing('with too many samples', 'executeMs: [0.01, 0.01]'),
  timing('with a million samples', 'executeMs: Array(1000000).fill(0.01)'),
  timing('that is no list', 'executeMs: 0.01'),
  timing('without outputs', 'outputs: undefined'),
];
