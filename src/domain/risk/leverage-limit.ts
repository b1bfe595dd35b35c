import { isLess, isMore, multiply, ONE } from '../money/amount.ts';
import { isPerpetualAsset } from '../venue/venue.ts';
import { inFraction } from './bounded.ts';
import { type Exposure, shareBase } from './exposure.ts';
import { breach, notKnown, PORTFOLIO, type RiskEvaluation, within } from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';

/**
 * maxLeverage: Σ|exposure| / equity, where a long at one venue and a short at another both count. What is held outright
 * without a price adds the same to both, which brings the quotient nearer to 1: no bound of 1 or more breaks by it.
 */
export function evaluateLeverage(exposure: Exposure, { maxLeverage }: RiskLimits): RiskEvaluation[] {
  if (maxLeverage === undefined) return [];
  const base = shareBase(exposure);
  const unpriced = exposure.held.find(
    ({ valueUsd, asset }) => valueUsd === null && (isPerpetualAsset(asset) || isLess(maxLeverage, ONE)),
  );
  if (base.state === 'unknown' || unpriced !== undefined) {
    const missing = base.state === 'unknown' ? base.missing : `a price of ${unpriced?.asset}`;
    return [notKnown('maxLeverage', PORTFOLIO, { missing, action: 'reduceOnly' })];
  }
  const measured = { value: inFraction(exposure.grossUsd, base.value), bound: maxLeverage };
  if (!isMore(exposure.grossUsd, multiply(maxLeverage, base.value)))
    return [within('maxLeverage', PORTFOLIO, measured)];
  return [
    breach('maxLeverage', PORTFOLIO, {
      ...measured,
      severity: 'critical',
      action: 'reduceOnly',
      reason: `exposures are ${measured.value} times the equity, at most ${maxLeverage} may be`,
    }),
  ];
}
