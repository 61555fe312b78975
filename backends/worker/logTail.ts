/** The last words of a process, for the reason that a report shows. */
import { stripVTControlCharacters } from 'node:util';

const keptBytes = 16 * 1024;
const shownLines = 5;
const shownCharacters = 800;
/** Node's frames and its closing line, which would push the message out of the lines that are shown. */
const stackFrame = /^(at .+|Node\.js v[\d.]+)$/;

export interface LogTail {
  append(chunk: Buffer): void;
  /** Everything that is kept. */
  text(): string;
  /** The last lines in one: ' (log: … | …)', or nothing when the process said nothing. */
  inBrief(): string;
}

export function createLogTail(): LogTail {
  let tail = Buffer.alloc(0);
  const text = () => stripVTControlCharacters(tail.toString('utf8'));
  return {
    append(chunk) {
      const both = chunk.length >= keptBytes ? chunk : Buffer.concat([tail, chunk]);
      // A copy: a view would keep the whole chunk.
      tail = Buffer.from(both.subarray(-keptBytes));
    },
    text,
    inBrief() {
      const lines = text()
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '' && !stackFrame.test(line));
      if (lines.length === 0) return '';
      return ` (log: ${lines.slice(-shownLines).join(' | ').slice(-shownCharacters)})`;
    },
  };
}
