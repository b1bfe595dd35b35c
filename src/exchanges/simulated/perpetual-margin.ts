import {
  type Amount,
  absolute,
  add,
  isLess,
  multiply,
  subtract,
  sum,
  ZERO,
} from '../../domain/money/amount.ts';
import type { AssetId, Position } from '../../domain/venue/venue.ts';
import { type MarketRules, midPrice } from './market-rules.ts';
import type { PriceFeed } from './simulated-venue.ts';

/** What backs the positions of one collateral: its balance, which may be owed, and the positions themselves. */
export interface MarginAccount {
  readonly collateral: AssetId;
  readonly balance: Amount;
  readonly positions: readonly Position[];
  readonly markets: ReadonlyMap<string, MarketRules>;
  readonly prices: PriceFeed;
  readonly atMs: number;
}

/** Equity less initial margin, at oracle prices: below zero, the account may only reduce. */
export function freeCollateral(account: MarginAccount): Amount {
  const valued = account.positions.flatMap((position) => {
    const rules = account.markets.get(position.market);
    if (rules === undefined || rules.quote !== account.collateral) return [];
    const value = multiply(position.size, midPrice(rules, account.prices, account.atMs));
    return [{ value, margin: multiply(absolute(value), rules.initialMarginRate ?? ZERO) }];
  });
  const equity = add(account.balance, sum(valued.map(({ value }) => value)));
  return subtract(equity, sum(valued.map(({ margin }) => margin)));
}

export const isCovered = (account: MarginAccount): boolean => !isLess(freeCollateral(account), ZERO);
