import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  lastOccurrence,
  nextOccurrence,
  type Schedule,
} from '../../../../src/domain/rebalancing/triggers/schedule.ts';
import { localTimeAt } from '../../../../src/domain/rebalancing/triggers/zone-time.ts';

const ms = (text: string): number => Date.parse(text);
const daily = (zone: string, hour: number, minute = 0): Schedule => ({ every: 'day', zone, hour, minute });
const monthly = (day: number, zone = 'UTC'): Schedule => ({ every: 'month', day, zone, hour: 9, minute: 0 });

const NEW_YORK = 'America/New_York';
const BERLIN = 'Europe/Berlin';
/** Clocks are moved by half an hour there. */
const LORD_HOWE = 'Australia/Lord_Howe';

describe('a schedule', () => {
  it.each<[string, Schedule, string, string]>([
    ['a day', daily('UTC', 9), '2024-06-15T09:00:00Z', '2024-06-16T09:00:00Z'],
    ['a day, a moment before', daily('UTC', 9), '2024-06-15T08:59:59.999Z', '2024-06-15T09:00:00Z'],
    [
      'a week',
      { ...daily('UTC', 9), every: 'week', weekday: 1 },
      '2024-06-15T00:00:00Z',
      '2024-06-17T09:00:00Z',
    ],
    [
      'Sunday',
      { ...daily('UTC', 9), every: 'week', weekday: 7 },
      '2024-06-16T10:00:00Z',
      '2024-06-23T09:00:00Z',
    ],
    ['a month', monthly(15), '2024-06-15T09:00:00Z', '2024-07-15T09:00:00Z'],
    ['the 31st of a leap February', monthly(31), '2024-01-31T09:00:00Z', '2024-02-29T09:00:00Z'],
    ['the 31st of a common February', monthly(31), '2023-01-31T09:00:00Z', '2023-02-28T09:00:00Z'],
    ['the 31st of April', monthly(31), '2024-03-31T09:00:00Z', '2024-04-30T09:00:00Z'],
    ['over the year', monthly(31), '2023-12-31T09:00:00Z', '2024-01-31T09:00:00Z'],
    [
      'a quarter',
      { ...daily('UTC', 9), every: 'quarter', day: 31 },
      '2024-02-01T00:00:00Z',
      '2024-04-30T09:00:00Z',
    ],
    [
      'a quarter over the year',
      { ...daily('UTC', 9), every: 'quarter', day: 1 },
      '2024-10-01T09:00:00Z',
      '2025-01-01T09:00:00Z',
    ],
    // Clocks go from 02:00 to 03:00 on 10 March 2024 and from 02:00 back to 01:00 on 3 November.
    ['New York in winter', daily(NEW_YORK, 9), '2024-03-09T00:00:00Z', '2024-03-09T14:00:00Z'],
    ['New York in summer', daily(NEW_YORK, 9), '2024-03-10T00:00:00Z', '2024-03-10T13:00:00Z'],
    ['New York, skipped', daily(NEW_YORK, 2, 30), '2024-03-10T00:00:00Z', '2024-03-10T07:00:00Z'],
    ['New York, twice', daily(NEW_YORK, 1, 30), '2024-11-03T00:00:00Z', '2024-11-03T05:30:00Z'],
    [
      'New York, after the first of two',
      daily(NEW_YORK, 1, 30),
      '2024-11-03T05:30:00Z',
      '2024-11-04T06:30:00Z',
    ],
    // From 02:00 to 03:00 on 31 March 2024 and from 03:00 back to 02:00 on 27 October.
    ['Berlin, skipped', daily(BERLIN, 2, 30), '2024-03-30T12:00:00Z', '2024-03-31T01:00:00Z'],
    ['Berlin, at the skipped hour', daily(BERLIN, 2), '2024-03-30T12:00:00Z', '2024-03-31T01:00:00Z'],
    ['Berlin, twice', daily(BERLIN, 2, 30), '2024-10-26T12:00:00Z', '2024-10-27T00:30:00Z'],
    ['Berlin, the last of March', monthly(31, BERLIN), '2024-03-01T00:00:00Z', '2024-03-31T07:00:00Z'],
    // From 02:00 to 02:30 on 6 October 2024 and from 02:00 back to 01:30 on 7 April.
    ['Lord Howe, skipped', daily(LORD_HOWE, 2, 15), '2024-10-05T00:00:00Z', '2024-10-05T15:30:00Z'],
    ['Lord Howe, twice', daily(LORD_HOWE, 1, 45), '2024-04-06T00:00:00Z', '2024-04-06T14:45:00Z'],
  ])('has its next occurrence: %s', (_, schedule, after, expected) => {
    expect(new Date(nextOccurrence(schedule, ms(after))).toISOString()).toBe(
      new Date(expected).toISOString(),
    );
  });

  it('has one occurrence a day over a year of New York, clocks moved or not', () => {
    const schedule = daily(NEW_YORK, 2, 30);
    const days = new Set<string>();
    let at = ms('2024-01-01T00:00:00Z');
    for (let count = 0; count < 366; count += 1) {
      at = nextOccurrence(schedule, at);
      const { year, month, day } = localTimeAt(at, NEW_YORK);
      days.add(`${year}-${month}-${day}`);
    }
    expect(days.size).toBe(366);
    expect(localTimeAt(at, NEW_YORK)).toMatchObject({ year: 2024, month: 12, day: 31 });
  });
});

const zones = fc.constantFrom('UTC', NEW_YORK, BERLIN, LORD_HOWE, 'Pacific/Kiritimati', 'Pacific/Pago_Pago');
const times = fc.integer({ min: ms('2015-01-01T00:00:00Z'), max: ms('2035-01-01T00:00:00Z') });
const clock = { zone: zones, hour: fc.integer({ min: 0, max: 23 }), minute: fc.integer({ min: 0, max: 59 }) };
const day = fc.integer({ min: 1, max: 31 });
const monthlies = fc.record({ ...clock, every: fc.constant('month' as const), day });
const schedules: fc.Arbitrary<Schedule> = fc.oneof(
  fc.record({ ...clock, every: fc.constant('day' as const) }),
  fc.record({ ...clock, every: fc.constant('week' as const), weekday: fc.integer({ min: 1, max: 7 }) }),
  monthlies,
  fc.record({ ...clock, every: fc.constant('quarter' as const), day }),
);

it('1. The next occurrence is later, and the last one is not; between them there is none.', () => {
  fc.assert(
    fc.property(schedules, times, (schedule, atMs) => {
      const [last, next] = [lastOccurrence(schedule, atMs), nextOccurrence(schedule, atMs)];
      expect(last).toBeLessThanOrEqual(atMs);
      expect(next).toBeGreaterThan(atMs);
      expect(nextOccurrence(schedule, last)).toBe(next);
      expect(lastOccurrence(schedule, next - 1)).toBe(last);
    }),
    { seed: 20240615, numRuns: 300 },
  );
});

it('2. A month has one occurrence, on the day asked for or on its last day.', () => {
  fc.assert(
    fc.property(monthlies, times, (schedule, atMs) => {
      const first = nextOccurrence(schedule, atMs);
      const a = localTimeAt(first, schedule.zone);
      const b = localTimeAt(nextOccurrence(schedule, first), schedule.zone);
      const monthsOf = ({ year, month }: { year: number; month: number }) => 12 * year + month;
      expect(monthsOf(b)).toBe(monthsOf(a) + 1);
      const lastDay = new Date(Date.UTC(b.year, b.month, 0)).getUTCDate();
      expect(b.day).toBe(Math.min(schedule.day, lastDay));
    }),
    { seed: 20240615, numRuns: 300 },
  );
});
