import {
  type Amount,
  absolute,
  add,
  compare,
  divide,
  isLess,
  isMore,
  isPositive,
  isZero,
  ONE,
  subtract,
} from '../money/amount.ts';
import { midOf } from '../rebalancing/market-terms.ts';
import { CASH } from '../rebalancing/targets.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import { inFraction } from './bounded.ts';
import { groupOf, marketAt } from './exposure.ts';
import {
  breach,
  describeSubject,
  notKnown,
  type RiskEvaluation,
  type RiskSubject,
  within,
} from './risk-evaluation.ts';
import { MAJOR_GROUPS, type RiskLimits, type StalenessLimit } from './risk-limits.ts';
import type { RiskQuote, RiskState } from './risk-state.ts';

const TWO = '2' as Amount;

/** priceStaleness: the age of each market's price. A market without a price is frozen already. */
export function evaluateStaleness(state: RiskState, { priceStaleness }: RiskLimits): RiskEvaluation[] {
  if (priceStaleness === undefined) return [];
  return state.venues.flatMap((venue) =>
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
}

function stalenessOf(
  { observedAtMs, isIlliquid }: RiskQuote,
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

/** Whether a price is too old to value with, as priceStaleness says; also where nobody knows its age. */
export function isTooOldToValue(
  state: RiskState,
  { priceStaleness }: RiskLimits,
  at: { readonly venue: VenueId; readonly asset: AssetId },
): boolean {
  if (priceStaleness === undefined || marketAt(state, at.venue, at.asset) === undefined) return false;
  const quote = quoteAt(state, at.venue, at.asset);
  if (quote === undefined) return true;
  const { valueMs, illiquidErrorMs } = priceStaleness;
  return state.nowMs - quote.observedAtMs > (quote.isIlliquid ? illiquidErrorMs : valueMs);
}

/**
 * priceDeviation: each source against the median of all of its group, |p / median - 1|; of two, their distance over
 * their mid; one alone is unknown. Also against itself a minute before, where that is known.
 */
export function evaluateDeviation(state: RiskState, { priceDeviation }: RiskLimits): RiskEvaluation[] {
  if (priceDeviation === undefined) return [];
  const quotes = state.quotes.filter(
    ({ asset, price }) => groupOf(state, asset) !== CASH && isPositive(price),
  );
  return quotes.map((quote): RiskEvaluation => {
    const group = groupOf(state, quote.asset);
    const bound = MAJOR_GROUPS.has(group) ? priceDeviation.majors : priceDeviation.others;
    const subject: RiskSubject = { kind: 'market', venue: quote.venue, asset: quote.asset };
    const jump = jumpOf(quote);
    if (jump !== null && isMore(jump, priceDeviation.minuteJump))
      return deviating(subject, {
        value: jump,
        bound: priceDeviation.minuteJump,
        from: 'what it was a minute ago',
      });
    const prices = quotes.filter(({ asset }) => groupOf(state, asset) === group).map(({ price }) => price);
    if (prices.length < 2) {
      const missing = `a second source of the price of ${group}`;
      return notKnown('priceDeviation', subject, { missing, action: 'freezeAsset' });
    }
    const value = deviationOf(quote.price, prices);
    return isMore(value, bound)
      ? deviating(subject, { value, bound, from: 'what the other sources say' })
      : within('priceDeviation', subject, { value, bound });
  });
}

/** Rounded up at the twentieth place. */
function deviationOf(price: Amount, prices: readonly Amount[]): Amount {
  const sorted = [...prices].sort(compare);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  const median = divide(add(low ?? price, high ?? price), TWO, 40);
  if (sorted.length > 2) return divide(absolute(subtract(price, median)), median, 20, 'up');
  return divide(subtract(high ?? price, low ?? price), median, 20, 'up');
}

const jumpOf = ({ price, minuteAgo }: RiskQuote): Amount | null =>
  minuteAgo === null || !isPositive(minuteAgo)
    ? null
    : divide(absolute(subtract(price, minuteAgo)), minuteAgo, 20, 'up');

const deviating = (
  subject: RiskSubject,
  { value, bound, from }: { readonly value: Amount; readonly bound: Amount; readonly from: string },
): RiskEvaluation =>
  breach('priceDeviation', subject, {
    value: inFraction(value, ONE),
    bound,
    severity: 'warning',
    action: 'freezeAsset',
    reason: `the price of ${describeSubject(subject)} is ${inFraction(value, ONE)} from ${from}, at most ${bound} may be: looked at again in 60 s`,
  });

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

const quoteAt = (state: RiskState, venue: VenueId, asset: AssetId): RiskQuote | undefined =>
  state.quotes.find((quote) => quote.venue === venue && quote.asset === asset);
