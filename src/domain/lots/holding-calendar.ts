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
}

/** Whether the machine knows the zone, such as "Europe/Berlin". */
export const isZoneName = (zone: string): boolean => IANAZone.isValidZone(zone);

/** The first moment of a day such as "2024-06-02" in a zone, as milliseconds since 1970. */
export const dayBeginsAtMs = (date: string, zone: string): number =>
  DateTime.fromISO(date, { zone }).startOf('day').toMillis();

/** "2024-06-02" */
export const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** The calendar of an IANA zone. It remembers the days that it has looked up; what it says never changes. */
export function holdingCalendar(zone: string): HoldingCalendar {
  assert(isZoneName(zone), `a zone is one of IANA's: ${zone}`);
  const localDate = (atMs: number): DateTime => DateTime.fromMillis(atMs, { zone });
  return {
    zone,
    dayOf: remembered((atMs) => dayNumber(localDate(atMs))),
    yearOf: (atMs) => localDate(atMs).year,
    longTermFromDay: remembered((atMs) => dayNumber(localDate(atMs).plus({ years: 1 })) + 1),
  };
}

const dayNumber = ({ year, month, day }: DateTime): number => {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() / DAY_MS;
};

function remembered(find: (atMs: number) => number): (atMs: number) => number {
  const found = new Map<number, number>();
  return (atMs) => {
    let day = found.get(atMs);
    if (day === undefined) {
      day = find(atMs);
      found.set(atMs, day);
    }
    return day;
  };
}
