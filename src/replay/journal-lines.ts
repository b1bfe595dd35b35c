import { closeSync, openSync, readSync } from 'node:fs';

/** Read at a time; a longer line takes several reads. */
const CHUNK_BYTES = 65_536;
const NEWLINE = 0x0a;

/**
 * The lines of a file, one after another; never more of it in memory than one line. The end of the last line may
 * be missing. Closes the file when the last line was taken or the taker stops.
 *
 * @throws the error of the operating system where the file cannot be read.
 */
export function* journalLines(path: string): Generator<string, void> {
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let parts: Buffer[] = [];
    for (let length = readSync(file, chunk); length > 0; length = readSync(file, chunk)) {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1 && end < length; end = chunk.indexOf(NEWLINE, from)) {
        yield lineOf([...parts, chunk.subarray(from, end)]);
        parts = [];
        from = end + 1;
      }
      // The chunk is read into again, so that what is left of it is copied.
      parts.push(Buffer.from(chunk.subarray(from, length)));
    }
    const rest = lineOf(parts);
    if (rest !== '') yield rest;
  } finally {
    closeSync(file);
  }
}

const lineOf = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString('utf8');
