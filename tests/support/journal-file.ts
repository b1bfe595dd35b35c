import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST_HASH, type JournalLine, sealLine } from '../../src/replay/journal.ts';
import { entryOf } from '../../src/replay/journal-script.ts';

/** Runs with a folder of its own, which is gone afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'trueup-journal-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `record` wrote to the path that it was given. */
export function recordedText(record: (path: string) => Promise<unknown>): Promise<string> {
  return withFolder(async (folder) => {
    const path = join(folder, 'journal.jsonl');
    await record(path);
    return readFileSync(path, 'utf8');
  });
}

export function withJournalFile<T>(text: string, work: (path: string) => Promise<T>): Promise<T> {
  return withFolder((folder) => {
    const path = join(folder, 'journal.jsonl');
    writeFileSync(path, text);
    return work(path);
  });
}

export const linesOf = (text: string): readonly string[] => text.trimEnd().split('\n');

export const parsed = (line: string): JournalLine => JSON.parse(line) as JournalLine;

/** Gives every line the place and the hash that it would have had, as whoever forges a journal would. */
export function resealed(lines: readonly JournalLine[]): readonly string[] {
  let previousHash = FIRST_HASH;
  return lines.map((line, index) => {
    const sealed = sealLine(entryOf(line), index + 1, previousHash);
    previousHash = sealed.hash;
    return JSON.stringify(sealed);
  });
}

/** A place in a line: the keys that lead to a text that is an amount. */
export type Place = readonly (string | number)[];

/** Every text within a value that is a decimal number. */
export function amountPlaces(value: unknown, at: Place = []): readonly Place[] {
  if (typeof value === 'string') return /^-?\d+(\.\d+)?$/.test(value) ? [at] : [];
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([key, member]) => amountPlaces(member, [...at, key]));
}

/** A copy in which the amount at a place is another one. */
export function withEditedAmount<T>(value: T, place: Place): T {
  const copy = structuredClone(value);
  const parent = place.slice(0, -1).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], copy);
  const last = place.at(-1) ?? '';
  const found = String((parent as Record<string, unknown>)[last]);
  (parent as Record<string, unknown>)[last] = found.endsWith('7')
    ? `${found.slice(0, -1)}3`
    : `${found.slice(0, -1)}7`;
  return copy;
}
