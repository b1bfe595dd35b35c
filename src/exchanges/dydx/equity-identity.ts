import {
  type Amount,
  absolute,
  add,
  isMore,
  multiply,
  negate,
  subtract,
  sum,
} from '../../domain/money/amount.ts';
import type { SubaccountRow } from './dydx-rows.ts';

/**
 * One millionth of a dollar, the smallest unit of USDC. The indexer computes entry prices to 20 places, so its own
 * rounding stays below this for any position smaller than 10^14 contracts.
 */
export const EQUITY_ROUNDING_MAX = '0.000001' as Amount;

/** Signed size: the side says the sign, for the sign of a short's `size` differs between generations of the indexer. */
export function signedSize(position: { readonly side: 'LONG' | 'SHORT'; readonly size: Amount }): Amount {
  const size = absolute(position.size);
  return position.side === 'SHORT' ? negate(size) : size;
}

/**
 * Checks the venue's own valuation: equity = signed collateral + Σ(signed size × entry price + unrealised result), and
 * no more of it is free than there is.
 *
 * Null where it holds, or where an answer lacks a part of it; otherwise what the two numbers are. Equity is a
 * valuation: it is checked here and never becomes a balance.
 */
export function equityMismatch(subaccount: SubaccountRow): string | null {
  const { equity, freeCollateral } = subaccount;
  if (equity === undefined || equity === null) return null;
  if (typeof freeCollateral === 'string' && isMore(subtract(freeCollateral, equity), EQUITY_ROUNDING_MAX)) {
    return `subaccount ${subaccount.subaccountNumber}: it reports an equity of ${equity}, of which ${freeCollateral} are free`;
  }
  const parts: Amount[] = Object.values(subaccount.assetPositions).map(signedSize);
  for (const position of Object.values(subaccount.openPerpetualPositions)) {
    const { unrealizedPnl } = position;
    if (unrealizedPnl === undefined || unrealizedPnl === null) return null;
    parts.push(add(multiply(signedSize(position), position.entryPrice), unrealizedPnl));
  }
  const computed = sum(parts);
  if (!isMore(absolute(subtract(equity, computed)), EQUITY_ROUNDING_MAX)) return null;
  return `subaccount ${subaccount.subaccountNumber}: its holdings make an equity of ${computed}, it reports ${equity}`;
}
