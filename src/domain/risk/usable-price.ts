import { groupOf, type Held, marketAt } from './exposure.ts';
import { evaluateDeviation } from './price-deviation.ts';
import { quoteAt } from './price-limits.ts';
import { describeSubject } from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';
import type { LastPrice, RiskQuote, RiskState } from './risk-state.ts';

/**
 * Tells which holdings have no price that they can be valued with. What trades where it is held goes by its own market:
 * by none where that shows none, is too old to value with, or deviates. What trades elsewhere goes by the sources of its
 * group: by none where that is so of all of them. What trades nowhere goes by its last price, until `illiquidErrorMs`.
 */
export function unusablePrices(state: RiskState, limits: RiskLimits): (held: Held) => boolean {
  const { priceStaleness } = limits;
  const isTooOld = ({ observedAtMs, isIlliquid }: LastPrice | RiskQuote): boolean =>
    priceStaleness !== undefined &&
    state.nowMs - observedAtMs > (isIlliquid ? priceStaleness.illiquidErrorMs : priceStaleness.valueMs);
  const deviating = new Set(
    evaluateDeviation(state, limits)
      .filter((evaluation) => evaluation.state === 'breached')
      .map(({ subject }) => describeSubject(subject)),
  );
  const isUnusable = (quote: RiskQuote): boolean =>
    isTooOld(quote) || deviating.has(describeSubject({ kind: 'market', ...quote }));
  return ({ venue, asset, group, isFrozen }) => {
    const last = state.lastPrices[group];
    if (isFrozen) return last?.isIlliquid !== true || isTooOld(last);
    if (marketAt(state, venue, asset) === undefined) {
      const sources = state.quotes.filter((quote) => groupOf(state, quote.asset) === group);
      return sources.length > 0 && sources.every(isUnusable);
    }
    const own = quoteAt(state, venue, asset);
    return own === undefined ? priceStaleness !== undefined : isUnusable(own);
  };
}
