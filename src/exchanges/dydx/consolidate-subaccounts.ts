import {
  type Amount,
  absolute,
  add,
  divide,
  isNegative,
  isZero,
  multiply,
  sum,
  ZERO,
} from '../../domain/money/amount.ts';
import type { Balance, Position } from '../../domain/venue/venue.ts';
import type { SubaccountRow } from './dydx-rows.ts';
import { signedSize } from './equity-identity.ts';

/**
 * Collateral per asset over all subaccounts, signed: a short asset position is a debt.
 *
 * The venue has no bucket for what open orders hold, since margin is computed and not set aside; so everything is
 * available and nothing is held. What the indexer
 * reports includes funding that is not settled on the chain yet, unless it was taken out before.
 */
export function balancesOf(subaccounts: readonly SubaccountRow[]): readonly Balance[] {
  const totals = new Map<string, Amount>();
  for (const position of subaccounts.flatMap((one) => Object.values(one.assetPositions))) {
    totals.set(position.symbol, add(totals.get(position.symbol) ?? ZERO, signedSize(position)));
  }
  return [...totals]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([asset, total]) => ({ asset, symbol: asset, total, available: total, hold: ZERO }));
}

/** Places of an entry price: what the indexer itself keeps. */
const ENTRY_PRICE_DECIMALS = 20;

/**
 * Net perpetual positions per market over all subaccounts. A market whose subaccounts cancel out has none.
 *
 * The entry price keeps the cost: net size × entry price is the sum of the parts'. Exact where one subaccount alone
 * holds the market.
 */
export function positionsOf(subaccounts: readonly SubaccountRow[]): readonly Position[] {
  const parts = new Map<string, { readonly size: Amount; readonly entryPrice: Amount }[]>();
  for (const position of subaccounts.flatMap((one) => Object.values(one.openPerpetualPositions))) {
    const part = { size: signedSize(position), entryPrice: position.entryPrice };
    parts.set(position.market, [...(parts.get(position.market) ?? []), part]);
  }
  return [...parts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([market, held]) => {
      const size = sum(held.map((part) => part.size));
      if (isZero(size)) return [];
      const [first, ...others] = held;
      const cost = sum(held.map((part) => multiply(part.size, part.entryPrice)));
      const entryPrice =
        first !== undefined && others.length === 0
          ? first.entryPrice
          : divide(cost, size, ENTRY_PRICE_DECIMALS, 'half');
      const side = isNegative(size) ? 'short' : 'long';
      return [{ market, side, size, entryPrice: absolute(entryPrice) } as const];
    });
}
