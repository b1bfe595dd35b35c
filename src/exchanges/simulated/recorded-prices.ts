import { assert } from '../../domain/assert.ts';
import { type Amount, fromAtoms, ONE } from '../../domain/money/amount.ts';
import { PRICE_TABLE } from './price-table.ts';
import type { PriceFeed } from './simulated-venue.ts';

export interface RecordedPrices extends PriceFeed {
  /** The first recorded close. */
  readonly startMs: number;
  /** The last recorded close; there is no price after it. */
  readonly endMs: number;
}

export interface RecordedPricesOptions {
  /** Walks in a straight line from one close to the next, rounded to cents, instead of standing still for an hour. */
  readonly interpolate?: boolean;
}

/** The table is in USDT, which stands for the dollar here, as USDC does. */
const DOLLARS: readonly string[] = ['USD', 'USDC'];

/** Real hourly closes of BTC, ETH and SOL over three weeks of 2024, and dollars at one. */
export function recordedPrices(options: RecordedPricesOptions = {}): RecordedPrices {
  const { startMs, stepMs, decimals } = PRICE_TABLE;
  const closes = new Map(
    Object.entries(PRICE_TABLE.hundredths).map(([asset, text]) => [asset, decodeCloses(text)]),
  );
  const steps = Math.min(...[...closes.values()].map((series) => series.length - 1));
  const endMs = startMs + steps * stepMs;

  return {
    startMs,
    endMs,
    priceAt(asset: string, atMs: number): Amount {
      assert(
        atMs >= startMs && atMs <= endMs,
        `prices are recorded from ${startMs} to ${endMs}, not at ${atMs}`,
      );
      if (DOLLARS.includes(asset)) return ONE;
      const series = closes.get(asset);
      assert(series !== undefined, `prices of ${asset} are recorded`);
      const index = Math.floor((atMs - startMs) / stepMs);
      const last = series[index];
      assert(last !== undefined, `a close of ${asset} is recorded for every hour`);
      const next = series[index + 1];
      if (options.interpolate !== true || next === undefined) return fromAtoms(BigInt(last), decimals);
      const elapsedMs = atMs - startMs - index * stepMs;
      return fromAtoms(BigInt(last + Math.round(((next - last) * elapsedMs) / stepMs)), decimals);
    },
  };
}

/** Sums the changes up. Safe integers: the table's prices are hundredths of dollars. */
export function decodeCloses(text: string): readonly number[] {
  let close = 0;
  return text.split(/[\n,]/).map((field) => {
    assert(/^-?\d{1,9}$/.test(field), `a change of price is an integer: ${field}`);
    close += Number(field);
    return close;
  });
}
