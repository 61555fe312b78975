/** Lines of a byte stream, with a limit: whoever writes without end costs at most the limit in memory. */

export interface LineListener {
  /** A line without its end. */
  line(bytes: Buffer): void;
  /** The line in progress passed the limit; nothing is called after this. */
  tooLong(): void;
}

/** A function that takes the stream's chunks as they come. */
export function lineSplitter(maximumBytes: number, listener: LineListener): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  let overflowed = false;
  return (chunk) => {
    for (let start = 0; start < chunk.length && !overflowed; ) {
      const end = chunk.indexOf(10, start);
      const part = chunk.subarray(start, end === -1 ? chunk.length : end);
      length += part.length;
      if (length > maximumBytes) {
        overflowed = true;
        parts = [];
        listener.tooLong();
        return;
      }
      parts.push(part);
      if (end === -1) return;
      const line = parts.length === 1 ? part : Buffer.concat(parts, length);
      parts = [];
      length = 0;
      start = end + 1;
      listener.line(line);
    }
  };
}
