import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../src/domain/money/amount.ts';
import {
  EARLIER_AGE_MAX_MS,
  earlierPriceOf,
  NO_READINGS,
  newestOf,
  type PriceReadings,
  READINGS_MAX,
  SPACING_MS,
  withReadings,
} from '../../../src/domain/venue/price-readings.ts';

const MINUTE_MS = 60_000;

/** Bid and ask a cent apart around a price; without one, nothing is bid. */
const market = (price: string | null) => ({
  market: 'BTC-USD',
  base: 'BTC',
  quote: 'USD',
  bid: amount(price ?? '0'),
  ask: amount(price ?? '100'),
});

const readAt = (readings: readonly (readonly [atMs: number, price: string | null])[]): PriceReadings =>
  readings.reduce((before, [atMs, price]) => withReadings(before, [market(price)], atMs), NO_READINGS);

function of(readings: Parameters<typeof readAt>[0]) {
  const seen = readAt(readings).get('BTC-USD');
  if (seen === undefined) throw new Error('BTC-USD was read');
  const { price, agoMs } = earlierPriceOf(seen) ?? { price: null, agoMs: null };
  return { newest: newestOf(seen.readings).price, minuteAgo: price, agoMs };
}

test.each<[string, Parameters<typeof readAt>[0], string, string | null]>([
  ['after one reading', [[0, '100']], '100', null],
  [
    'a minute later',
    [
      [0, '100'],
      [60_000, '120'],
    ],
    '120',
    '100',
  ],
  [
    'less than a minute later',
    [
      [0, '100'],
      [10_000, '120'],
    ],
    '120',
    '100',
  ],
  [
    'of the newest reading that is a minute old',
    [
      [0, '100'],
      [30_000, '110'],
      [90_000, '120'],
    ],
    '120',
    '110',
  ],
  [
    'a minute after a jump',
    [
      [0, '100'],
      [300_000, '120'],
      [360_000, '121'],
    ],
    '121',
    '120',
  ],
  [
    'within a minute of a jump',
    [
      [0, '100'],
      [300_000, '120'],
      [359_999, '121'],
    ],
    '121',
    '100',
  ],
  [
    'ten minutes later',
    [
      [0, '100'],
      [600_000, '120'],
    ],
    '120',
    '100',
  ],
  [
    'more than ten minutes later',
    [
      [0, '100'],
      [600_001, '120'],
    ],
    '120',
    null,
  ],
  [
    'with a reading between that had no price',
    [
      [0, '100'],
      [60_000, null],
    ],
    '100',
    null,
  ],
  [
    'with a reading that came late',
    [
      [60_000, '120'],
      [0, '100'],
    ],
    '120',
    null,
  ],
  [
    'read twice at once',
    [
      [0, '100'],
      [60_000, '110'],
      [60_000, '120'],
    ],
    '120',
    '100',
  ],
])('what a market cost a minute before is known %s', (_when, readings, newest, minuteAgo) => {
  expect(of(readings)).toMatchObject({ newest, minuteAgo });
});

it('has nothing of a market that never had a price', () => {
  expect(readAt([[0, null]]).size).toBe(0);
});

describe('readings of any market', () => {
  /** Seconds between readings: mostly close together, as while orders are carried out. */
  const gaps = fc.array(
    fc.oneof({ arbitrary: fc.integer({ min: 0, max: 3 }), weight: 9 }, fc.integer({ min: 0, max: 400 })),
    { minLength: 1, maxLength: 150, size: 'max' },
  );
  const timesOf = (seconds: readonly number[]): readonly number[] => {
    let atMs = 0;
    return seconds.map((gap) => {
      atMs += gap * 1_000;
      return atMs;
    });
  };
  /** The price is the time, so that it says which reading it is of. */
  const priceAt = (atMs: number): string => String(atMs + 1);

  it('a market is remembered by a bounded number of readings, however often it is read', () => {
    fc.assert(
      fc.property(gaps, (seconds) => {
        const seen = readAt(timesOf(seconds).map((atMs) => [atMs, priceAt(atMs)])).get('BTC-USD');
        expect(seen?.readings.length).toBeLessThanOrEqual(READINGS_MAX);
      }),
    );
  });

  it('the newest price is kept, and what it was a minute before that is kept to within SPACING_MS', () => {
    let met = 0;
    fc.assert(
      fc.property(gaps, (seconds) => {
        const times = timesOf(seconds);
        const { newest, minuteAgo, agoMs } = of(times.map((atMs) => [atMs, priceAt(atMs)]));
        const lastMs = times.at(-1) ?? 0;
        expect(newest).toBe(priceAt(lastMs));
        const before = times.findLast((atMs) => lastMs - atMs >= MINUTE_MS);
        if (before === undefined || lastMs - before > EARLIER_AGE_MAX_MS - SPACING_MS) return;
        met += 1;
        const seenMs = Number(minuteAgo) - 1;
        expect(agoMs).toBe(lastMs - seenMs);
        expect(seenMs).toBeLessThanOrEqual(before);
        expect(seenMs).toBeGreaterThan(before - SPACING_MS);
      }),
    );
    expect(met).toBeGreaterThan(20);
  });
});
