import { expect, it } from 'vitest';
import { countBytes, lineSplitter } from './lines.ts';

function split(maximumBytes: number, chunks: readonly string[]): string[] {
  const heard: string[] = [];
  const receive = lineSplitter(() => maximumBytes, {
    line: (bytes) => heard.push(bytes.toString()),
    tooLong: () => heard.push('TOO LONG'),
  });
  for (const chunk of chunks) receive(Buffer.from(chunk));
  return heard;
}

it('finds lines however they are cut', () => {
  const text = 'one\ntwo\n\nfour is long\n';
  const expected = ['one', 'two', '', 'four is long'];
  expect(split(12, [text])).toEqual(expected);
  expect(split(12, [...text])).toEqual(expected);
  expect(split(12, ['on', 'e\ntwo\n\nfo', 'ur is long', '\nunfinished'])).toEqual(expected);
});

it('says once that a line is too long, and nothing after it', () => {
  expect(split(3, ['abc\nabcd\nabc\n'])).toEqual(['abc', 'TOO LONG']);
  expect(split(3, ['ab', 'cd', 'ef\n', 'ok\n'])).toEqual(['TOO LONG']);
});

it('keeps a line together that comes byte by byte', () => {
  const line = 'abcdefghij'.repeat(500);
  expect(split(5000, [...`${line}\n`])).toEqual([line]);
});

it('counts bytes up to a limit', () => {
  const bytes = Buffer.from('[[{,');
  expect([
    countBytes(bytes, [0x5b], 9),
    countBytes(bytes, [0x5b, 0x7b], 9),
    countBytes(bytes, [0x5b], 1),
    countBytes(bytes, [0x5d], 9),
  ]).toEqual([2, 3, 1, 0]);
});
