/** Numbers and parts as the command line accepts them. */
import { InvalidArgumentError } from 'commander';
import { parseShard, type Shard } from '../suites/runs/shard.ts';

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || text.trim() === '')
    throw new InvalidArgumentError('A whole number, 0 or more.');
  return value;
}

export function countingNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('A whole number, 1 or more.');
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('A number above 0.');
  return value;
}
export function shareOfOne(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1) || text.trim() === '') throw new InvalidArgumentError('A number from 0 to 1.');
  return value;
}

export function shardOption(text: string): Shard {
  try {
    return parseShard(text);
  } catch {
    throw new InvalidArgumentError('A part and how many there are, such as 3/16.');
  }
}
