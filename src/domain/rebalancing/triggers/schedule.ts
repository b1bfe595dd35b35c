// When a calendar says that it is time.
//
// Invariants, each held by a property test of the same name:
// 1. The next occurrence is later, and the last one is not; between them there is none.
// 2. A month has one occurrence, on the day asked for or on its last day.

import { isZoneName } from '../../zone-name.ts';
import { type InputProblem, inputProblem } from '../input-problem.ts';
import { instantOf, type LocalTime, localTimeAt } from './zone-time.ts';

/** A time of day in a zone, repeated. Days count from 1; a month that is shorter has its occurrence on its last day. */
export type Schedule = {
  /** Of the IANA database, such as "America/New_York". */
  readonly zone: string;
  readonly hour: number;
  readonly minute: number;
} & (
  | { readonly every: 'day' }
  /** 1 is Monday, 7 is Sunday (ISO 8601). */
  | { readonly every: 'week'; readonly weekday: number }
  | { readonly every: 'month'; readonly day: number }
  /** A day of January, April, July and October. */
  | { readonly every: 'quarter'; readonly day: number }
);

type Day = Pick<LocalTime, 'year' | 'month' | 'day'>;

const DAY_MS = 86_400_000;
const MONTHS = { month: 1, quarter: 3 } as const;
/** A day may pass between a period's beginning and its occurrence in UTC, so neighbours are looked at as well. */
const NEIGHBOURS = [-1, 0, 1] as const;

/** What is wrong with a schedule, or null. */
export function findScheduleProblem(schedule: Schedule, path: string): InputProblem | null {
  if (!isZoneName(schedule.zone))
    return inputProblem(`${path}.zone`, 'a zone of the IANA database such as "Europe/Berlin"', schedule.zone);
  const parts = [
    ['hour', schedule.hour, 0, 23],
    ['minute', schedule.minute, 0, 59],
    ...(schedule.every === 'week' ? [['weekday', schedule.weekday, 1, 7] as const] : []),
    ...('day' in schedule ? [['day', schedule.day, 1, 31] as const] : []),
  ] as const;
  for (const [name, value, least, most] of parts) {
    if (!Number.isInteger(value) || value < least || value > most)
      return inputProblem(`${path}.${name}`, `a whole number from ${least} to ${most}`, value);
  }
  return null;
}

/** The first occurrence after a time. Both in epoch milliseconds. */
export function nextOccurrence(schedule: Schedule, afterMs: number): number {
  return Math.min(...occurrencesAround(schedule, afterMs).filter((occurrence) => occurrence > afterMs));
}

/** The last occurrence at or before a time. Both in epoch milliseconds. */
export function lastOccurrence(schedule: Schedule, atMs: number): number {
  return Math.max(...occurrencesAround(schedule, atMs).filter((occurrence) => occurrence <= atMs));
}

function occurrencesAround(schedule: Schedule, atMs: number): readonly number[] {
  const { zone, hour, minute } = schedule;
  const today = localTimeAt(atMs, zone);
  return NEIGHBOURS.map((shift) => instantOf({ ...dayOf(schedule, today, shift), hour, minute }, zone));
}

function dayOf(schedule: Schedule, today: Day, shift: number): Day {
  if (schedule.every === 'day') return shiftedByDays(today, shift);
  if (schedule.every === 'week') {
    const weekday = new Date(Date.UTC(today.year, today.month - 1, today.day)).getUTCDay() || 7;
    return shiftedByDays(today, schedule.weekday - weekday + 7 * shift);
  }
  const months = MONTHS[schedule.every];
  const period = Math.floor((today.month - 1) / months) + shift;
  const first = new Date(Date.UTC(today.year, period * months, 1));
  const lastDay = new Date(Date.UTC(today.year, period * months + 1, 0)).getUTCDate();
  return {
    year: first.getUTCFullYear(),
    month: first.getUTCMonth() + 1,
    day: Math.min(schedule.day, lastDay),
  };
}

function shiftedByDays({ year, month, day }: Day, days: number): Day {
  const shifted = new Date(Date.UTC(year, month - 1, day) + days * DAY_MS);
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
  };
}
