/** Lines of a byte stream, with a limit: whoever writes without end costs at most the limit in memory. */

export interface LineListener {
  /** A line without its end. */
  line(bytes: Buffer): void;
  /** The line in progress passed the limit; nothing is called after this. */
  tooLong(limitBytes: number): void;
}

/** A function that takes the stream's chunks as they come. `maximumBytes` is asked whenever a part of a line has come. */
export function lineSplitter(maximumBytes: () => number, listener: LineListener): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  let overflowed = false;
  return (chunk) => {
    for (let start = 0; start < chunk.length && !overflowed; ) {
      const end = chunk.indexOf(10, start);
      const part = chunk.subarray(start, end === -1 ? chunk.length : end);
      length += part.length;
      const limitBytes = maximumBytes();
      if (length > limitBytes) {
        overflowed = true;
        parts = [];
        listener.tooLong(limitBytes);
        return;
      }
      parts.push(part);
      // Whoever writes byte by byte costs bytes too, not an object for each.
      if (parts.length > 1024) parts = [Buffer.concat(parts, length)];
      if (end === -1) return;
      const line = parts.length === 1 ? part : Buffer.concat(parts, length);
      parts = [];
      length = 0;
      start = end + 1;
      listener.line(line);
    }
  };
}

/** How many of these bytes there are, counted up to a limit. */
export function countBytes(bytes: Buffer, counted: readonly number[], limit: number): number {
  let count = 0;
  for (const byte of counted) {
    for (let at = bytes.indexOf(byte); at !== -1 && count < limit; at = bytes.indexOf(byte, at + 1)) count++;
  }
  return count;
}
