import type * as z from 'zod';
import type { Signal } from '../../domain/signals/signal.ts';
import type { ConfigurationProblem } from '../configuration-problem.ts';
import { figureBetween, moment, object, problemsIn } from '../file-terms.ts';
import { parseJsonText } from '../json-text.ts';
import type { CheckedFile } from '../read-checked-file.ts';
import { readCsvRows } from '../read-csv-rows.ts';
import { listOf, oneOf, text } from '../schema-terms.ts';

/** A signal as a file has it and as the bot reports it. Times are text with a zone, or epoch milliseconds. */
export interface WrittenSignal {
  readonly source: string;
  readonly asset: string;
  readonly direction: 'long' | 'short' | 'neutral';
  /** From 0 to 1. */
  readonly strength: number;
  /** From 0 to 1. */
  readonly confidence: number;
  /** When it was made. */
  readonly at: string | number;
  /** From then on it says nothing. */
  readonly expiresAt: string | number;
}

/** A signal that is none: a mistake of whoever reports it, of which nothing was kept. */
export class SignalError extends Error {
  override readonly name = 'SignalError';
}

/** Far more than there are sources and assets. */
const SIGNALS_MAX = 1_000;

const fraction = () => figureBetween(0, 1, 'a fraction between 0 and 1');

const signal = object({
  source: text('the name of a source'),
  asset: text('the name of an asset or a group'),
  direction: oneOf(['long', 'short', 'neutral']),
  strength: fraction(),
  confidence: fraction(),
  at: moment(),
  expiresAt: moment(),
})
  .refine(({ at, expiresAt }) => expiresAt > at, { path: ['expiresAt'], error: 'a time after "at"' })
  .transform(({ at, expiresAt, ...rest }): Signal => ({ ...rest, atMs: at, expiresAtMs: expiresAt }));

/** A list of signals, as a file and a message have it. */
export const signalsUpTo = (max: number) => listOf(signal, { members: 'signals', min: 0, max });

const list = signalsUpTo(SIGNALS_MAX);

/** Signals that somebody reports. @throws {SignalError} naming the place. */
export function parseSignals(raw: unknown): readonly Signal[] {
  return checked('signals', list, raw);
}

/** Signals of a file, by its name: CSV where it ends in .csv, else JSON. @throws {SignalError} naming the place. */
export function readSignalFile(name: string, source: string): readonly Signal[] {
  if (isCsv(name)) {
    const read = readSignalRows(name, source, SIGNALS_MAX);
    if (read.ok) return read.value;
    throw refusal(read.problems);
  }
  const json = parseJsonText(source);
  if (json.ok) return checked(name, list, json.value);
  const { line, column, expected, found } = json;
  const place = `${expected} at line ${line}, column ${column}`;
  throw refusal([{ path: name, expected: place, found }]);
}

export const isCsv = (name: string): boolean => /\.csv$/i.test(name);

/** Signals of a CSV file, or everything that is wrong with them, by line. */
export function readSignalRows(
  name: string,
  source: string,
  rowsMax: number,
): CheckedFile<readonly Signal[]> {
  const read = readCsvRows(name, source, { columns: COLUMNS, numbers: NUMBERS, rowsMax });
  if (!read.ok) return read;
  const parsed = signalsUpTo(rowsMax).safeParse(read.value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = problemsIn(name, parsed.error.issues, read.value);
  return {
    ok: false,
    problems: problems.map((each) => ({
      ...each,
      path: each.path.replace(/: \[(\d+)\]\.?/, (_, index: string) => `: line ${Number(index) + 2}: `),
    })),
  };
}

const COLUMNS = ['source', 'asset', 'direction', 'strength', 'confidence', 'at', 'expiresAt'] as const;
const NUMBERS = ['strength', 'confidence', 'at', 'expiresAt'] as const;

function checked<T>(name: string, schema: z.ZodType<T>, raw: unknown): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw refusal(problemsIn(name, parsed.error.issues, raw));
}

function refusal([problem]: readonly ConfigurationProblem[]): SignalError {
  return new SignalError(`${problem?.path}: expected ${problem?.expected}, found ${problem?.found}`);
}
