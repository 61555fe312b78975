import { expect, it } from 'vitest';
import { lineSplitter } from './lines.ts';

function split(maximumBytes: number, chunks: readonly string[]): string[] {
  const heard: string[] = [];
  const receive = lineSplitter(maximumBytes, {
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
