import {
  type Amount,
  absolute,
  divide,
  isNegative,
  isZero,
  multiply,
  negate,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import type { ScopeFlow } from '../valuation/scope-flow.ts';
import type { AttributionPeriod, PeriodTrade, PeriodTransfer } from './attribution-period.ts';

/** Shares of an amount are cut here; what is over stays with what is of no strategy. */
const SHARE_DECIMALS = 20;

export type SharedMovements = Pick<AttributionPeriod, 'trades' | 'transfers'>;

/**
 * A trade of no strategy as the trades of those that got a share of it, each with its share of quote and fee; what is
 * over stays of no strategy. Strategies have no cash of their own: what they pay with is moved to them, and what they are
 * paid is moved from them. `change` is what of the asset came or went with it in all, a fee in it included, and `flows`
 * what of that is each strategy's. Sums to the trade, to the digit.
 */
export function shareTrade(trade: PeriodTrade, change: Amount, flows: readonly ScopeFlow[]): SharedMovements {
  const ofAsset = isZero(change) ? [] : flows.filter(({ asset }) => asset === trade.asset);
  if (ofAsset.length === 0) return { trades: [trade], transfers: [] };
  const shares = ofAsset.map(({ scope: strategy, quantity }) => {
    const weight = divide(absolute(quantity), absolute(change), SHARE_DECIMALS);
    return shareOf(trade, strategy, weight);
  });
  const rest: PeriodTrade = {
    ...trade,
    quantity: subtract(trade.quantity, sum(shares.map(({ quantity }) => quantity))),
    quoteUsd: subtract(trade.quoteUsd, sum(shares.map(({ quoteUsd }) => quoteUsd))),
    fee: {
      ...trade.fee,
      valueUsd:
        trade.fee.valueUsd === null
          ? null
          : subtract(trade.fee.valueUsd, sum(shares.flatMap(({ fee }) => fee.valueUsd ?? []))),
    },
  };
  const isRest = !isZero(rest.quantity) || !isZero(rest.quoteUsd) || !isZero(rest.fee.valueUsd ?? ZERO);
  return { trades: isRest ? [...shares, rest] : shares, transfers: shares.flatMap(paymentsOf) };
}

function shareOf(trade: PeriodTrade, strategy: string, weight: Amount): PeriodTrade {
  const { quantity, quoteUsd, fee } = trade;
  return {
    ...trade,
    strategy,
    quantity: multiply(quantity, weight),
    quoteUsd: multiply(quoteUsd, weight),
    fee: { ...fee, valueUsd: fee.valueUsd === null ? null : multiply(fee.valueUsd, weight) },
  };
}

/** What a strategy's part of a trade was paid with, from what is of no strategy, and what it brought, to there. */
function paymentsOf({
  strategy,
  venue,
  asset,
  quote,
  side,
  quoteUsd,
  fee,
}: PeriodTrade): readonly PeriodTransfer[] {
  const paid = side === 'buy' ? quoteUsd : negate(quoteUsd);
  const ofQuote = moved({ strategy, venue, asset: quote }, paid);
  // A fee in what was traded was taken from what the strategy got.
  if (fee.valueUsd === null || fee.asset === asset) return [ofQuote];
  return [ofQuote, moved({ strategy, venue, asset: fee.asset }, fee.valueUsd)];
}

/** To a strategy's cell from the same one of no strategy, or back where it is below zero. */
export function moved(to: PeriodTransfer['to'], valueUsd: Amount): PeriodTransfer {
  const from = { ...to, strategy: '' };
  return isNegative(valueUsd) ? { from: to, to: from, valueUsd: negate(valueUsd) } : { from, to, valueUsd };
}
