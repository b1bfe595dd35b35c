import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { sha256Hex } from '../../domain/hash.ts';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';

/** An account with a hundred thousand lines stays below this. */
const BYTES_MAX = 8 * 1024 * 1024;

/** A file's text, hash and time. `mark` is equal exactly when neither has changed. */
export async function readStatementFile(path: string, signal: AbortSignal) {
  try {
    const facts = await stat(path);
    // A pipe would be waited for until somebody writes.
    if (!facts.isFile()) return unknown('refused', 'expected a file, found something else of that name');
    const chunks: Buffer[] = [];
    for await (const chunk of createReadStream(path, { signal, end: BYTES_MAX })) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    if (bytes.length > BYTES_MAX)
      return unknown('incomplete', `expected at most ${BYTES_MAX} bytes, found more`);
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const [sha256, modifiedAtMs] = [sha256Hex(text), Math.floor(facts.mtimeMs)];
    return { state: 'read', text, sha256, modifiedAtMs, mark: `${sha256} of ${facts.mtimeMs}` } as const;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (typeof code !== 'string') throw error;
    return unreadable(code, signal);
  }
}

function unreadable(code: string, signal: AbortSignal): Unknown {
  if (signal.aborted) return unknown('timedOut', 'the file was not read before the deadline');
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return unknown('malformed', 'expected UTF-8, found other bytes');
  return unknown(code === 'EACCES' ? 'refused' : 'unreachable', `expected a file to read, found ${code}`);
}
