// The journal: JSON Lines, one line for everything that entered or left, each carrying the hash of the one before.
//
// Every line is one JSON object with `kind`, `atMs` (epoch milliseconds, the service's time), `sequence` (from 1),
// `previousHash` and `hash`. By kind:
//   start   first line: `format`, `service` (the settings), `stateHash` of the rows before anything happened
//   tick    in: time passed
//   message in: `message` is {to: portfolio | rebalancing | reconciliation, venue?, message}
//   answer  in: `call` it answers, `answer` is {value} or {thrown}, where the adapter broke
//   random  in: `value`, one draw of the random source
//   call    out: `call`, `venue`, `method`, `request`: a question to a venue
//   event   out: `event`, an announcement to whoever embeds the service
//   close   last line: `stateHash` of the rows at the end
//
// hash = SHA-256, in hex, of the canonical JSON (keys sorted, no spaces) of the line without `hash`.
// `previousHash` of the first line is 64 zeros. docs/JOURNAL.md shows an example of each kind.
//
// Invariants:
// 1. A line's hash covers its whole content and the hash of the line before it.
// 2. Amounts stand as strings, and no secret stands anywhere.
// 3. The last line of a complete journal is `close`, with the hash of every row of the database.

import { closeSync, openSync, writeSync } from 'node:fs';
import { canonicalJson } from '../domain/canonical-json.ts';
import { sha256Hex } from '../domain/hash.ts';
import type { Input, Output, Recorder } from './intake.ts';

export const JOURNAL_FORMAT = 1;
export const FIRST_HASH = '0'.repeat(64);

/** What a line says, without its place in the chain. */
export type JournalEntry =
  | {
      readonly kind: 'start';
      readonly atMs: number;
      readonly format: number;
      readonly service: unknown;
      readonly stateHash: string;
    }
  | Input
  | { readonly kind: 'random'; readonly atMs: number; readonly value: number }
  | (Output & { readonly atMs: number })
  | { readonly kind: 'close'; readonly atMs: number; readonly stateHash: string };

export type JournalLine = JournalEntry & {
  readonly sequence: number;
  readonly previousHash: string;
  readonly hash: string;
};

export function sealLine(entry: JournalEntry, sequence: number, previousHash: string): JournalLine {
  return { ...entry, sequence, previousHash, hash: hashOf(entry, sequence, previousHash) };
}

export function hashOf(entry: JournalEntry, sequence: number, previousHash: string): string {
  return sha256Hex(canonicalJson({ ...entry, sequence, previousHash }));
}

/** Writes a journal as it happens; buffered, flushed whenever an input begins. */
export class JournalWriter implements Recorder {
  readonly #file: number;
  readonly #now: () => number;
  #sequence = 0;
  #previousHash = FIRST_HASH;
  #buffer: string[] = [];

  constructor(path: string, now: () => number) {
    this.#file = openSync(path, 'w');
    this.#now = now;
  }

  get lines(): number {
    return this.#sequence;
  }

  start(service: unknown, stateHash: string): void {
    this.#write({ kind: 'start', atMs: this.#now(), format: JOURNAL_FORMAT, service, stateHash });
  }

  input(input: Input): void {
    this.#write(input);
    this.#flush();
  }

  random(value: number): void {
    this.#write({ kind: 'random', atMs: this.#now(), value });
  }

  output(atMs: number, output: Output): void {
    this.#write({ ...output, atMs });
  }

  close(stateHash: string): void {
    this.#write({ kind: 'close', atMs: this.#now(), stateHash });
    this.#flush();
    closeSync(this.#file);
  }

  #write(entry: JournalEntry): void {
    const line = sealLine(entry, ++this.#sequence, this.#previousHash);
    this.#previousHash = line.hash;
    this.#buffer.push(`${JSON.stringify(line)}\n`);
  }

  #flush(): void {
    if (this.#buffer.length === 0) return;
    writeSync(this.#file, this.#buffer.join(''));
    this.#buffer = [];
  }
}

/** Records nothing. */
export const noRecorder: Recorder = { input: () => {}, random: () => {}, output: () => {} };
