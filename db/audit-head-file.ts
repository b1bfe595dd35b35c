// The head file: where the audit log stood, kept apart from the database, one line of JSON each time. Whoever cuts
// entries off the log's end, or writes it anew, does not agree with it.

import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { AuditPoint, AuditSignature } from './audit-signature.ts';

export interface AuditHead extends AuditPoint {
  /** Null where there is no key. */
  readonly signature: AuditSignature | null;
}

export interface AuditHeads {
  /** In the order of the file. */
  readonly heads: readonly AuditHead[];
  /** Lines that are no head, such as one that a loss of power cut short. */
  readonly unreadable: number;
}

/**
 * How much of the file's end is read: some 4 000 lines. A chain that agrees with one head agrees with every earlier
 * one, so that nothing is lost by leaving those out.
 */
const READ_BYTES_MAX = 1_048_576;
const NEWLINE = 10;

/** A head file that lines are appended to. Each is on the disk when `append` returns. */
export class AuditHeadFile {
  readonly #file: number;
  #startsLine: boolean;

  /** @throws the error of the file system where the file cannot be written. */
  constructor(path: string) {
    this.#file = openSync(path, 'a+');
    this.#startsLine = endsLine(this.#file);
  }

  append({ sequence, hash, atMs, signature }: AuditHead): void {
    const line = `${canonicalJson({ sequence, hash, atMs, ...signature })}\n`;
    // A line that was cut short ends here, or it would spoil this one.
    writeSync(this.#file, this.#startsLine ? line : `\n${line}`);
    this.#startsLine = true;
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The last heads of a file; null where there is no such file. */
export function readAuditHeads(path: string): AuditHeads | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    const from = Math.max(0, size - READ_BYTES_MAX);
    const lines = readText(file, from, size).split('\n');
    // The first line is cut where the file is read from its middle.
    return headsOf(from === 0 ? lines : lines.slice(1));
  } finally {
    closeSync(file);
  }
}

function headsOf(lines: readonly string[]): AuditHeads {
  const written = lines.filter((line) => line !== '');
  const heads = written.map(headOf).filter((head) => head !== null);
  return { heads, unreadable: written.length - heads.length };
}

function headOf(line: string): AuditHead | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { sequence, hash, atMs, keyId, signature } = value as Record<string, unknown>;
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(atMs) || typeof hash !== 'string') return null;
  if ((sequence as number) < 1) return null;
  const point = { sequence: sequence as number, hash, atMs: atMs as number };
  if (keyId === undefined && signature === undefined) return { ...point, signature: null };
  if (typeof keyId !== 'string' || typeof signature !== 'string') return null;
  return { ...point, signature: { keyId, signature } };
}

function readText(file: number, from: number, to: number): string {
  const bytes = Buffer.alloc(to - from);
  let filled = 0;
  while (filled < bytes.length) {
    const count = readSync(file, bytes, filled, bytes.length - filled, from + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.toString('utf8', 0, filled);
}

function endsLine(file: number): boolean {
  const { size } = fstatSync(file);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] === NEWLINE;
}
