import { DateTime, IANAZone } from 'luxon';
import { assert } from '../assert.ts';

const DAY_MS = 86_400_000;

/**
 * The days of the taxpayer's zone. A day is a whole number: days since 1970-01-01 on the calendar there. Long-term is
 * counted by the calendar and not in 365 days: what is acquired on 2023-06-01 and disposed of on 2024-05-31, 365 days
 * later across a leap day, is short-term still (26 U.S.C. §1222: "for more than 1 year").
 */
export interface HoldingCalendar {
  readonly zone: string;
  dayOf(atMs: number): number;
  yearOf(atMs: number): number;
  /** The first day on which what is held since then is long-term: a year and a day after, 29 February as 28. */
  longTermFromDay(heldSinceMs: number): number;
  /** The last moment since when something is held that is long-term at a time: what was acquired later is not. */
  longTermUpToMs(atMs: number): number;
}

/** Whether the machine knows the zone, such as "Europe/Berlin". */
export const isZoneName = (zone: string): boolean => IANAZone.isValidZone(zone);

/** The first moment of a day such as "2024-06-02" in a zone, as milliseconds since 1970. */
export const dayBeginsAtMs = (date: string, zone: string): number =>
  DateTime.fromISO(date, { zone }).startOf('day').toMillis();

/** "2024-06-02" */
export const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** An anniversary is 365 or 366 days after; a zone may have left out a day. */
const YEAR_DAYS_MIN = 364;

/** The calendar of an IANA zone. It remembers the days that it has looked up; what it says never changes. */
export function holdingCalendar(zone: string): HoldingCalendar {
  assert(isZoneName(zone), `a zone is one of IANA's: ${zone}`);
  const localDate = (atMs: number): DateTime => DateTime.fromMillis(atMs, { zone });
  const beginsAtMs = (day: number): number => dayBeginsAtMs(dayText(day), zone);
  const dayOf = remembered((atMs) => dayNumber(localDate(atMs)));
  const longTermFromDay = remembered((atMs) => dayNumber(yearAfter(localDate(atMs))) + 1);
  const longTermUpTo = remembered((day) => {
    let held = day - YEAR_DAYS_MIN;
    while (longTermFromDay(beginsAtMs(held)) > day) held -= 1;
    return beginsAtMs(held + 1) - 1;
  });
  return {
    zone,
    dayOf,
    yearOf: (atMs) => localDate(atMs).year,
    longTermFromDay,
    longTermUpToMs: (atMs) => longTermUpTo(dayOf(atMs)),
  };
}

type LocalDate = Pick<DateTime, 'year' | 'month' | 'day'>;

/** By the date alone: a zone that crosses the date line in between has the same anniversaries. */
const yearAfter = ({ year, month, day }: LocalDate): LocalDate => ({
  year: year + 1,
  month,
  day: month === 2 && day === 29 ? 28 : day,
});

const dayNumber = ({ year, month, day }: LocalDate): number => {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() / DAY_MS;
};

function remembered(find: (asked: number) => number): (asked: number) => number {
  const known = new Map<number, number>();
  return (asked) => {
    let found = known.get(asked);
    if (found === undefined) {
      found = find(asked);
      known.set(asked, found);
    }
    return found;
  };
}
