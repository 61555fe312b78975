/** Seeded random numbers: the same seed gives the same numbers on every machine and in every version. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface Random {
  /** Uniform on [0, 1), 53 bits. */
  next(): number;
  /** Uniform integer on [low, high], both included. */
  integer(low: number, high: number): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform on [low, high) into every element, as `low + (high − low)·next()` one after the other would be. */
  fill(data: Float64Array, low: number, high: number): void;
}

/** A generator for a seed and any number of words (a case's id, an input's name) that make its stream independent of others. */
export function randomFrom(seed: number, ...words: string[]): Random {
  const generator = xoroshiro128plus(hash(`${seed}|${words.join('|')}`));
  const bits = () => generator.next() >>> 0;
  const next = () => ((bits() >>> 5) * 67108864 + (bits() >>> 6)) / 9007199254740992;
  return {
    next,
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    // Box and Muller's polar-free form; 1 − next() is never 0.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    // `next` written out: a call that returns a double allocates it.
    fill(data, low, high) {
      for (let i = 0; i < data.length; i++) {
        const first = generator.next() >>> 5;
        data[i] = low + (high - low) * ((first * 67108864 + (generator.next() >>> 6)) / 9007199254740992);
      }
    },
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h | 0;
}
