import { canonicalJson } from '../domain/canonical-json.ts';
import type { Random } from '../platform/random.ts';
import type { Output } from './intake.ts';
import { FIRST_HASH, hashOf, type JournalEntry, type JournalLine } from './journal.ts';

/** Where a replay departs from its journal: the first line that is not what the service does. */
export interface FirstDifference {
  readonly sequence: number;
  readonly kind: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/** Of a line that cannot be read, so much is shown. */
const SHOWN_MAX = 200;

/**
 * A journal read line by line, held against what happens in a replay. Only the first difference counts: after it,
 * nothing is read any more. A line that was edited, moved or broken is a difference; no line is an error.
 */
export class JournalScript {
  readonly #lines: Iterator<string>;
  #sequence = 0;
  #previousHash = FIRST_HASH;
  #ahead: JournalLine | null = null;
  #difference: FirstDifference | null = null;

  constructor(texts: Iterable<string>) {
    this.#lines = texts[Symbol.iterator]();
  }

  get difference(): FirstDifference | null {
    return this.#difference;
  }

  /** How many lines were read. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The next line, checked against the chain; null at the end or after a difference. */
  take(): JournalLine | null {
    const line = this.#peek();
    this.#ahead = null;
    return line;
  }

  compareOutput(found: Output & { readonly atMs: number }): void {
    const line = this.#peek();
    if (this.#difference) return;
    const isOutput = line?.kind === 'call' || line?.kind === 'event';
    if (isOutput && canonicalJson(entryOf(line)) === canonicalJson(found)) this.#ahead = null;
    else this.differ(line, line && entryOf(line), found);
  }

  /** The draws that were recorded; every further one is a difference. */
  random(): Random {
    return {
      next: () => {
        const line = this.#peek();
        if (line?.kind === 'random' && isDraw(line.value)) {
          this.#ahead = null;
          return line.value;
        }
        this.differ(line, line && entryOf(line), { kind: 'random' });
        return 0;
      },
    };
  }

  /** Notes a difference; only the first one counts. Without a line, the journal has ended too early. */
  differ(line: JournalLine | null, expected: unknown, found: unknown): void {
    this.#difference ??= {
      sequence: line?.sequence ?? this.#sequence + 1,
      kind: line?.kind ?? 'end',
      expected,
      found,
    };
  }

  #peek(): JournalLine | null {
    if (this.#difference) return null;
    if (this.#ahead) return this.#ahead;
    const next = this.#lines.next();
    if (next.done) return null;
    this.#sequence += 1;
    const read = readLine(next.value, this.#sequence, this.#previousHash);
    if ('line' in read) {
      this.#previousHash = read.line.hash;
      this.#ahead = read.line;
    } else this.#difference = { sequence: this.#sequence, ...read };
    return this.#ahead;
  }
}

export function entryOf(line: JournalLine): JournalEntry {
  const { sequence: _sequence, previousHash: _previousHash, hash: _hash, ...entry } = line;
  return entry as JournalEntry;
}

type ReadLine = { readonly line: JournalLine } | Omit<FirstDifference, 'sequence'>;

/** Whatever stands in a file may be in this text, so nothing is believed before the hash fits. */
function readLine(text: string, sequence: number, previousHash: string): ReadLine {
  const unreadable = { kind: 'unreadable', expected: 'a line as it was recorded', found: shown(text) };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return unreadable;
    const line = value as JournalLine;
    const hash = hashOf(entryOf(line), sequence, previousHash);
    if (line.sequence === sequence && line.previousHash === previousHash && line.hash === hash)
      return { line };
    const expected = { sequence, previousHash, hash };
    return { kind: kindOf(line), expected, found: line };
  } catch (error) {
    // Text that is no JSON, or JSON that no journal holds: a number without bounds, nesting without end.
    if (error instanceof Error) return unreadable;
    throw error;
  }
}

const kindOf = (line: { readonly kind: unknown }): string =>
  typeof line.kind === 'string' ? line.kind : 'unreadable';

const isDraw = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < 1;

const shown = (text: string): string =>
  text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}… (${text.length} characters)`;
