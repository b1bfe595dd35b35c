import { absolute, isLess, isZero, ONE, subtract } from '../money/amount.ts';
import { midOf } from '../rebalancing/market-terms.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import { groupOf } from './exposure.ts';
import {
  breach,
  describeSubject,
  notKnown,
  type RiskEvaluation,
  type RiskSubject,
  within,
} from './risk-evaluation.ts';
import type { RiskLimits, StalenessLimit } from './risk-limits.ts';
import type { LastPrice, RiskQuote, RiskState } from './risk-state.ts';

/**
 * priceStaleness: the age of each market's price, and of the last price of what is held and traded nowhere. A market
 * without a price is frozen already; what never had one is told of by frozenShare.
 */
export function evaluateStaleness(state: RiskState, { priceStaleness }: RiskLimits): RiskEvaluation[] {
  if (priceStaleness === undefined) return [];
  const ofMarkets = state.venues.flatMap((venue) =>
    venue.markets
      .filter((market) => midOf(market) !== null)
      .map((market): RiskEvaluation => {
        const subject: RiskSubject = { kind: 'market', venue: venue.id, asset: market.asset };
        const quote = quoteAt(state, venue.id, market.asset);
        if (quote === undefined) {
          const missing = `when the price of ${describeSubject(subject)} was observed`;
          return notKnown('priceStaleness', subject, { missing, action: 'freezeAsset' });
        }
        return stalenessOf(quote, state.nowMs, priceStaleness, subject);
      }),
  );
  const ofIlliquid = illiquidHeld(state).map(([asset, last]) =>
    stalenessOf(last, state.nowMs, priceStaleness, { kind: 'asset', asset }),
  );
  return [...ofMarkets, ...ofIlliquid];
}

/** What is held and trades nowhere, with the price that it is valued at. */
function illiquidHeld(state: RiskState): readonly (readonly [AssetId, LastPrice])[] {
  const held = new Set([
    ...state.venues.flatMap(({ holdings }) =>
      Object.entries(holdings).flatMap(([asset, quantity]) => (isZero(quantity) ? [] : [asset])),
    ),
    ...state.elsewhere.filter(({ quantity }) => !isZero(quantity)).map(({ asset }) => asset),
  ]);
  return [...held].sort().flatMap((asset) => {
    const last = state.lastPrices[groupOf(state, asset)];
    return last?.isIlliquid === true ? [[asset, last] as const] : [];
  });
}

function stalenessOf(
  { observedAtMs, isIlliquid }: Pick<RiskQuote, 'observedAtMs' | 'isIlliquid'>,
  nowMs: number,
  limit: StalenessLimit,
  subject: RiskSubject,
): RiskEvaluation {
  const value = nowMs - observedAtMs;
  const [lower, upper] = isIlliquid
    ? [limit.illiquidWarnMs, limit.illiquidErrorMs]
    : [limit.tradeMs, limit.valueMs];
  if (value <= lower) return within('priceStaleness', subject, { value, bound: lower });
  const isBeyond = value > upper;
  const bound = isBeyond ? upper : lower;
  const reason = `the price of ${describeSubject(subject)} is ${value} ms old, at most ${bound} ms may be`;
  return breach('priceStaleness', subject, {
    value,
    bound,
    severity: isBeyond && isIlliquid ? 'critical' : 'warning',
    action: isIlliquid && !isBeyond ? 'tell' : 'freezeAsset',
    reason,
  });
}

/** stablecoinDepeg: |p - 1| of each stablecoin; from `halt` on nothing is bought of it or with it. */
export function evaluateDepeg(
  { stablecoins }: Pick<RiskState, 'stablecoins'>,
  { stablecoinDepeg }: RiskLimits,
): RiskEvaluation[] {
  if (stablecoinDepeg === undefined) return [];
  return Object.entries(stablecoins).map(([asset, price]): RiskEvaluation => {
    const subject: RiskSubject = { kind: 'asset', asset };
    if (price.state === 'unknown')
      return notKnown('stablecoinDepeg', subject, { missing: price.missing, action: 'noBuysOfAsset' });
    const value = absolute(subtract(price.value, ONE));
    const { warn, halt } = stablecoinDepeg;
    if (isZero(value) || isLess(value, warn))
      return within('stablecoinDepeg', subject, { value, bound: warn });
    const isHalted = !isLess(value, halt);
    return breach('stablecoinDepeg', subject, {
      value,
      bound: isHalted ? halt : warn,
      severity: isHalted ? 'critical' : 'warning',
      action: isHalted ? 'noBuysOfAsset' : 'tell',
      reason: `${asset} is worth ${price.value}, ${value} from one`,
    });
  });
}

/** What a venue's market says of an asset, if it was read. */
export const quoteAt = (state: RiskState, venue: VenueId, asset: AssetId): RiskQuote | undefined =>
  state.quotes.find((quote) => quote.venue === venue && quote.asset === asset);
