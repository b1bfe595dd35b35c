import { CommandFailure } from './command-failure.ts';

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const SPAN = /^(\d{1,6})([smhdw])$/;
const ISO = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** A moment: ISO 8601, in UTC where it names no zone, or a span before now such as "24h" or "7d". */
export const sinceMsOf = (text: string, nowMs: number): number => momentOf('--since', text, nowMs);

/** The same as any option's value. */
export function momentOf(option: string, text: string, nowMs: number): number {
  const [, count, unit = ''] = SPAN.exec(text) ?? [];
  if (count !== undefined) return nowMs - Number(count) * (UNITS_MS[unit] ?? 0);
  const [, day = '', time, , , zone] = ISO.exec(text) ?? [];
  const atMs = Date.parse(time !== undefined && zone === undefined ? `${text}Z` : text);
  // A day that a month has not got would be taken for one of the next month.
  const isDay = day !== '' && new Date(`${day}T00:00:00Z`).getUTCDate() === Number(day.slice(8));
  if (isDay && Number.isFinite(atMs)) return atMs;
  const expected = 'a time such as 2026-01-31T12:00:00Z, or a span such as 24h or 7d';
  throw new CommandFailure('usage', `${option}: expected ${expected}, found ${JSON.stringify(text)}`);
}
