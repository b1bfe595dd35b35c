import type { ReturnsRead } from '../../actors/messages/portfolio-messages.ts';
import type { ReadReturns } from '../../src/domain/targets/usable-returns.ts';

export const RETURNS_AGE_MAX_MS = 30 * 86_400_000;

/**
 * Forty days of BTC and ETH with the same volatility a year and this correlation, exactly but for what shrinking takes:
 * nothing of a correlation of zero.
 */
export function movingReturns(
  { volatility, correlation }: { readonly volatility: number; readonly correlation: number },
  endsAtMs: number,
): Extract<ReadReturns, { readonly state: 'read' }> {
  const deviation = volatility / Math.sqrt(365);
  const days = Array.from({ length: 40 }, (_, day) => day);
  // Two series of one and minus one that are orthogonal and sum to zero over four days.
  const own = days.map((day) => (day % 2 === 0 ? 1 : -1));
  const other = days.map((day) => (day % 4 < 2 ? 1 : -1));
  const rest = Math.sqrt(1 - correlation ** 2);
  return {
    state: 'read',
    source: 'returns.csv',
    returns: {
      BTC: own.map((each) => deviation * each),
      ETH: own.map((each, day) => deviation * (correlation * each + rest * other[day]!)),
    },
    observations: days.length,
    endsAtMs,
  };
}

/** As the service is told of them. */
export const returnsRead = (returns: ReadReturns) => ({
  to: 'portfolio' as const,
  message: { type: 'portfolio.returnsRead', returns, uses: ['covariance'] } satisfies ReturnsRead,
});
