// What markets have cost a little while ago, from the readings that happen anyway.
//
// Invariants, each held by a property test of the same words:
// 1. A market is remembered by a bounded number of readings, however often it is read.
// 2. The newest price is kept, and what it was a minute before that is kept to within SPACING_MS.

import type { Amount } from '../money/amount.ts';
import { midOf } from './prices.ts';
import type { AssetId, Market } from './venue.ts';

export interface PriceReading {
  readonly atMs: number;
  readonly price: Amount;
}

/** A price of before, and how much older than the newest one it is. */
export interface EarlierPrice {
  readonly price: Amount;
  readonly agoMs: number;
}

/** One market's readings, the newest last; never empty. */
export interface MarketReadings {
  readonly base: AssetId;
  readonly quote: AssetId;
  readonly readings: readonly PriceReading[];
}

/** What one venue has shown since the start, by the names of its markets. A market that never had a price is not in it. */
export type PriceReadings = ReadonlyMap<string, MarketReadings>;

export const NO_READINGS: PriceReadings = new Map();

const MINUTE_MS = 60_000;

/** Readings closer together than this are kept as one: a minute of them is enough to see a jump by. */
export const SPACING_MS = 5_000;

/** Twice as long as between two rounds by default. What a market cost before that is not a minute ago. */
export const EARLIER_AGE_MAX_MS = 600_000;

/** A minute of readings, the one before it, and the newest, however close. */
export const READINGS_MAX = MINUTE_MS / SPACING_MS + 3;

/** Remembers a reading of a venue's markets. What shows no price now keeps what it showed before. */
export function withReadings(
  before: PriceReadings,
  markets: readonly Pick<Market, 'market' | 'base' | 'quote' | 'bid' | 'ask'>[],
  atMs: number,
): PriceReadings {
  const after = new Map(before);
  for (const market of markets) {
    const price = midOf(market);
    if (price === null) continue;
    const { base, quote } = market;
    const readings = remembered(before.get(market.market)?.readings ?? [], { atMs, price });
    after.set(market.market, { base, quote, readings });
  }
  return after;
}

/**
 * What a market cost a minute before its newest reading: by the newest reading that is a minute older, and at most ten;
 * where there is none, by the oldest one that is younger, because a jump within less than a minute is one. Null where
 * no other reading is that young.
 */
export function earlierPriceOf({ readings }: MarketReadings): EarlierPrice | null {
  const newest = newestOf(readings);
  const earlier = readings
    .map(({ atMs, price }) => ({ price, agoMs: newest.atMs - atMs }))
    .filter(({ agoMs }) => agoMs > 0 && agoMs <= EARLIER_AGE_MAX_MS);
  return earlier.findLast(isMinuteAgo) ?? earlier[0] ?? null;
}

/** Whether a price says what there was a minute ago, and not only within it. */
export const isMinuteAgo = ({ agoMs }: EarlierPrice): boolean => agoMs >= MINUTE_MS;

export const newestOf = (readings: readonly PriceReading[]): PriceReading => {
  const newest = readings.at(-1);
  if (newest === undefined) throw new Error('a market is remembered by one reading at the least');
  return newest;
};

function remembered(before: readonly PriceReading[], reading: PriceReading): readonly PriceReading[] {
  const [last, beforeLast] = [before.at(-1), before.at(-2)];
  if (last === undefined) return [reading];
  if (reading.atMs < last.atMs) return before;
  const isClose = beforeLast !== undefined && last.atMs - beforeLast.atMs < SPACING_MS;
  const kept = isClose || last.atMs === reading.atMs ? before.slice(0, -1) : before;
  const first = kept.findLastIndex(({ atMs }) => reading.atMs - atMs >= MINUTE_MS);
  return [...kept.slice(Math.max(0, first)), reading];
}
