import type {
  AttributionPeriod,
  Cell,
  CellValue,
  PeriodTrade,
} from '../../../src/domain/attribution/attribution-period.ts';
import { amount, multiply } from '../../../src/domain/money/amount.ts';

export const DAY_MS = 86_400_000;

/** "trend coinbase BTC", or "coinbase BTC" where it is of no strategy. */
export function cell(words: string): Cell {
  const [asset = '', venue = '', strategy = ''] = words.split(' ').reverse();
  return { strategy, venue, asset };
}

export const worth = (words: string, valueUsd: string): CellValue => ({
  ...cell(words),
  valueUsd: amount(valueUsd),
});

/** The day with that number; nothing happened in it. */
export const period = (day: number, fields: Partial<AttributionPeriod> = {}): AttributionPeriod => ({
  fromMs: day * DAY_MS,
  toMs: (day + 1) * DAY_MS,
  opening: [],
  closing: [],
  flows: [],
  trades: [],
  payments: [],
  transfers: [],
  unpriced: [],
  ...fields,
});

/** Against USD, at the decision's mid, free. */
export const trade = (
  words: string,
  [side, quantity, price]: readonly ['buy' | 'sell', string, string],
  fields: Partial<PeriodTrade> = {},
): PeriodTrade => ({
  ...cell(words),
  quote: 'USD',
  side,
  quantity: amount(quantity),
  quoteUsd: multiply(amount(quantity), amount(price)),
  decisionMidUsd: amount(price),
  fee: { asset: 'USD', valueUsd: amount('0') },
  ...fields,
});
