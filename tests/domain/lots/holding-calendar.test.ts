import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dayText, holdingCalendar, isZoneName } from '../../../src/domain/lots/holding-calendar.ts';
import { termOf } from '../../../src/domain/lots/lot-tax.ts';
import { at, DAY_MS, RULES, since } from './lot-rig.ts';

const termIn = (
  zone: string,
  acquired: string,
  disposed: string,
  longTerm: 'ownRate' | 'taxFree' = 'ownRate',
) => termOf(since(at(acquired)), at(disposed), { ...RULES, calendar: holdingCalendar(zone), longTerm });

describe('long-term', () => {
  it.each([
    // 365 days later, across a leap day, is a day short of the anniversary.
    ['2023-06-01', '2024-05-31', 'shortTerm'],
    ['2023-06-01', '2024-06-01', 'shortTerm'],
    ['2023-06-01', '2024-06-02', 'longTerm'],
    ['2022-06-01', '2023-06-01', 'shortTerm'],
    ['2022-06-01', '2023-06-02', 'longTerm'],
    ['2024-02-29', '2025-02-28', 'shortTerm'],
    ['2024-02-29', '2025-03-01', 'longTerm'],
    ['2022-12-31', '2023-12-31', 'shortTerm'],
    ['2022-12-31', '2024-01-01', 'longTerm'],
  ])('of what is acquired on %s and disposed of on %s is %s', (acquired, disposed, term) => {
    expect(termIn('UTC', `${acquired}T23:59:59Z`, `${disposed}T00:00:00Z`)).toBe(term);
    expect(termIn('UTC', `${acquired}T00:00:00Z`, `${disposed}T23:59:59Z`)).toBe(term);
  });

  it('is a matter of the days where the taxpayer lives', () => {
    // 2023-06-02T03:00Z is 1 June in New York and 2 June in Berlin.
    const [acquired, disposed] = ['2023-06-02T03:00:00Z', '2024-06-02T05:00:00Z'];
    expect(termIn('America/New_York', acquired, disposed)).toBe('longTerm');
    expect(termIn('Europe/Berlin', acquired, disposed)).toBe('shortTerm');
  });

  it('begins on the same date in a zone that has crossed the date line since', () => {
    // The last moment of 31 March 2011 in Apia, ten hours behind UTC, and the first of 1 April 2012, fourteen ahead.
    expect(termIn('Pacific/Apia', '2011-04-01T09:59:59.999Z', '2012-03-31T10:00:00Z')).toBe('longTerm');
    expect(termIn('Pacific/Apia', '2011-04-01T10:00:00Z', '2012-03-31T10:00:00Z')).toBe('shortTerm');
  });

  it('is free of tax where the rule says so', () => {
    expect(termIn('Europe/Berlin', '2023-06-01T12:00:00Z', '2024-06-02T12:00:00Z', 'taxFree')).toBe(
      'taxFree',
    );
    expect(termIn('Europe/Berlin', '2023-06-01T12:00:00Z', '2024-06-01T12:00:00Z', 'taxFree')).toBe(
      'shortTerm',
    );
  });

  const zones = fc.constantFrom(
    'UTC',
    'America/New_York',
    'Europe/Berlin',
    'Pacific/Apia',
    'Australia/Lord_Howe',
  );

  it('is what was acquired up to one moment, whatever the zone', () => {
    const times = fc.integer({ min: 0, max: at('2090-01-01T00:00:00Z') });
    const nearly = fc.integer({ min: -3 * DAY_MS, max: 3 * DAY_MS });
    fc.assert(
      fc.property(zones, times, fc.oneof(nearly, fc.constantFrom(-1, 0, 1)), (zone, atMs, offMs) => {
        const calendar = holdingCalendar(zone);
        const heldSinceMs = calendar.longTermUpToMs(atMs) + offMs;
        expect(heldSinceMs <= calendar.longTermUpToMs(atMs)).toBe(
          calendar.dayOf(atMs) >= calendar.longTermFromDay(heldSinceMs),
        );
      }),
      { numRuns: 600, seed: 1 },
    );
  });

  it('begins on a whole day, a year and a day on, whatever the clocks did in between', () => {
    fc.assert(
      fc.property(zones, fc.integer({ min: 0, max: at('2090-01-01T00:00:00Z') }), (zone, atMs) => {
        const calendar = holdingCalendar(zone);
        const days = calendar.longTermFromDay(atMs) - calendar.dayOf(atMs);
        expect([366, 367]).toContain(days);
        expect(calendar.longTermFromDay(atMs + DAY_MS)).toBeGreaterThanOrEqual(
          calendar.longTermFromDay(atMs),
        );
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('tells a day as a date', () => {
    expect(dayText(holdingCalendar('UTC').longTermFromDay(at('2023-06-01T00:00:00Z')))).toBe('2024-06-02');
    expect(isZoneName('Europe/Berlin')).toBe(true);
    expect(isZoneName('Europe/Atlantis')).toBe(false);
  });
});
