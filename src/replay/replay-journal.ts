import { canonicalJson } from '../domain/canonical-json.ts';
import type { Random } from '../platform/random.ts';
import { settle, TurnClock } from '../platform/turn-clock.ts';
import { type Input, Intake, type Output, type Recorder } from './intake.ts';
import { FIRST_HASH, hashOf, JOURNAL_FORMAT, type JournalEntry, type JournalLine } from './journal.ts';

/** Where a replay departs from its journal: the first line that is not what the service does. */
export interface FirstDifference {
  readonly sequence: number;
  readonly kind: string;
  readonly expected: unknown;
  readonly found: unknown;
}

export type ReplayResult =
  | { readonly identical: true; readonly messages: number; readonly stateHash: string }
  | { readonly identical: false; readonly messages: number; readonly firstDifference: FirstDifference };

/** What a replay needs of the service it runs again. */
export interface ReplayedService {
  stateHash(): Promise<string>;
  stop(): Promise<void>;
}

export interface ReplayPorts {
  readonly clock: TurnClock;
  readonly intake: Intake;
  readonly random: Random;
  readonly recorder: Recorder;
  /** What the journal's first line says of the service: its configuration without secrets. */
  readonly service: unknown;
}

/**
 * Feeds a journal's inputs to a service and compares everything that leaves it, line by line, and every row
 * at the end. A line that was edited is a difference like any other. Nothing is asked of any venue.
 */
export async function replayJournal(
  texts: Iterable<string>,
  start: (ports: ReplayPorts) => Promise<ReplayedService>,
): Promise<ReplayResult> {
  const script = new Script(texts);
  const first = script.take();
  if (first?.kind !== 'start' || first.format !== JOURNAL_FORMAT) {
    script.differ(first, `a start line of format ${JOURNAL_FORMAT}`, first ?? null);
    return script.result();
  }
  const clock = new TurnClock(first.atMs);
  const recorder: Recorder = {
    input: () => {},
    random: () => {},
    output: (atMs, output) => script.compareOutput({ ...output, atMs }),
  };
  const intake = new Intake(clock, recorder);
  const service = await start({ clock, intake, random: script.random(), recorder, service: first.service });
  await settle();
  try {
    if (first.stateHash !== (await service.stateHash()))
      script.differ(first, first.stateHash, await service.stateHash());
    await feed(script, intake, service);
    return script.result();
  } finally {
    await service.stop();
  }
}

async function feed(script: Script, intake: Intake, service: ReplayedService): Promise<void> {
  for (let line = script.take(); line && !script.difference; line = script.take()) {
    if (line.kind === 'close') {
      const found = await service.stateHash();
      if (found !== line.stateHash) script.differ(line, line.stateHash, found);
      script.closed(found);
      return;
    }
    if (line.kind !== 'tick' && line.kind !== 'message' && line.kind !== 'answer') {
      script.differ(line, entryOf(line), null);
      return;
    }
    if (line.kind === 'answer' && !intake.openCalls().includes(line.call)) {
      script.differ(line, { kind: 'answer', call: line.call }, { openCalls: intake.openCalls() });
      return;
    }
    intake.submit(entryOf(line) as Input);
    await intake.idle();
  }
  if (!script.difference) script.differ(null, 'a close line', null);
}

/** The journal read line by line, and what was found to differ from it. */
class Script {
  readonly #lines: Iterator<string>;
  #sequence = 0;
  #previousHash = FIRST_HASH;
  #ahead: JournalLine | null = null;
  #stateHash: string | null = null;
  difference: FirstDifference | null = null;

  constructor(texts: Iterable<string>) {
    this.#lines = texts[Symbol.iterator]();
  }

  /** The next line, checked against the chain; null at the end or after a difference. */
  take(): JournalLine | null {
    const line = this.#peek();
    this.#ahead = null;
    return line;
  }

  compareOutput(found: Output & { readonly atMs: number }): void {
    if (this.difference) return;
    const line = this.#peek();
    const expected = line && isOutput(line) ? entryOf(line) : null;
    if (expected && canonicalJson(expected) === canonicalJson(found)) {
      this.#ahead = null;
      return;
    }
    this.differ(line, line ? entryOf(line) : null, found);
  }

  random(): Random {
    return {
      next: () => {
        const line = this.difference ? null : this.#peek();
        if (line?.kind !== 'random') {
          this.differ(line, line ? entryOf(line) : null, { kind: 'random' });
          return 0;
        }
        this.#ahead = null;
        return line.value;
      },
    };
  }

  /** Notes a difference; only the first one counts. */
  differ(line: JournalLine | null, expected: unknown, found: unknown): void {
    this.difference ??= {
      sequence: line?.sequence ?? this.#sequence + 1,
      kind: line?.kind ?? 'end',
      expected,
      found,
    };
  }

  closed(stateHash: string): void {
    this.#stateHash = stateHash;
  }

  result(): ReplayResult {
    if (this.difference)
      return { identical: false, messages: this.#sequence, firstDifference: this.difference };
    return { identical: true, messages: this.#sequence, stateHash: this.#stateHash ?? '' };
  }

  #peek(): JournalLine | null {
    if (this.difference) return null;
    if (this.#ahead) return this.#ahead;
    const next = this.#lines.next();
    if (next.done || next.value === '') return null;
    this.#sequence += 1;
    const line = parseLine(next.value);
    if (!line) {
      this.difference = {
        sequence: this.#sequence,
        kind: 'unreadable',
        expected: 'a JSON object',
        found: next.value.slice(0, 200),
      };
      return null;
    }
    const expectedHash = hashOf(entryOf(line), this.#sequence, this.#previousHash);
    if (
      line.sequence !== this.#sequence ||
      line.previousHash !== this.#previousHash ||
      line.hash !== expectedHash
    ) {
      this.difference = {
        sequence: this.#sequence,
        kind: line.kind,
        expected: { hash: line.hash },
        found: { hash: expectedHash, line: entryOf(line) },
      };
      return null;
    }
    this.#previousHash = line.hash;
    this.#ahead = line;
    return line;
  }
}

const OUTPUT_KINDS: ReadonlySet<string> = new Set(['call', 'event']);
const isOutput = (line: JournalLine): boolean => OUTPUT_KINDS.has(line.kind);

function parseLine(text: string): JournalLine | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JournalLine)
      : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function entryOf(line: JournalLine): JournalEntry {
  const { sequence: _sequence, previousHash: _previousHash, hash: _hash, ...entry } = line;
  return entry as JournalEntry;
}
