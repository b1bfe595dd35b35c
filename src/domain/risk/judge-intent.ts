import { type Amount, amount, multiply } from '../money/amount.ts';
import { midOf } from '../rebalancing/market-terms.ts';
import type { AssetId, Side, VenueId } from '../venue/venue.ts';
import { ALL_REQUIRED, assess, type IsRequired } from './assessment.ts';
import { evaluateAtRuntime } from './evaluate-at-runtime.ts';
import { marketAt } from './exposure.ts';
import { evaluateOrderShare } from './order-limits.ts';
import { notKnown, type RiskFinding } from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';
import { notReducing } from './risk-order.ts';
import type { RiskState } from './risk-state.ts';

/** An order of a plan that is about to be written down as intended. */
export interface IntendedOrder {
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly side: Side;
  readonly quantity: Amount;
}

/**
 * An order that filled its share of the volume when it was planned is beyond it once the market has moved a little. How
 * much more than the bound is told: REBALANCING.md §3h, a limit is worse where it is worse by a fifth.
 */
const SHARE_DRIFT = amount('1.2');

/**
 * Why the limits forbid an order of an execution that is under way, each with its value and its bound; null where they
 * do not. A broken halt forbids any order. Whatever else is broken or cannot be evaluated forbids what is not reducing:
 * what is held is sold, and a short is closed, at their hard limit prices. A frozen market and a lost peg forbid their
 * own orders alone, and so does a volume of 24 hours that has shrunk below what the order was planned for by a fifth.
 */
export function whyNotIntended(
  order: IntendedOrder,
  state: RiskState,
  limits: RiskLimits,
  isRequired: IsRequired = ALL_REQUIRED,
): string | null {
  const { findings } = evaluateAtRuntime(state, limits, isRequired);
  const isReducing = notReducing([{ ...order, sequence: 1 }], state).length === 0;
  const ofOrder = [
    ...unseen(order, state, limits, isRequired),
    ...tooLargeForMarket(order, state, limits, isRequired),
  ];
  const forbidding = [...findings, ...ofOrder].filter((finding) =>
    forbids(finding, order, { isReducing, state }),
  );
  if (forbidding.length === 0) return null;
  return [...new Set(forbidding.map(({ limit, reason }) => `${limit}: ${reason}`))].join('; ');
}

function forbids(
  { action, state: found, subject }: RiskFinding,
  { venue, asset, side }: IntendedOrder,
  { isReducing, state }: { readonly isReducing: boolean; readonly state: RiskState },
): boolean {
  if (action === 'halt' && found === 'breached') return true;
  if (isReducing) return false;
  switch (action) {
    case 'halt':
    case 'reduceOnly':
      return true;
    case 'freezeAsset':
      return subject.kind === 'market' && subject.venue === venue && subject.asset === asset;
    case 'noBuysOfAsset': {
      const paidWith = state.venues.find(({ id }) => id === venue)?.cashAsset;
      return (
        side === 'buy' && subject.kind === 'asset' && (subject.asset === asset || subject.asset === paidWith)
      );
    }
    case 'slice':
      return true;
    default:
      return false;
  }
}

/** An order is not cut any more once it is about to go: one that is too large for its market is not sent. */
function tooLargeForMarket(
  { venue, asset, quantity }: IntendedOrder,
  state: RiskState,
  { maxOrderPctADV }: RiskLimits,
  isRequired: IsRequired,
): readonly RiskFinding[] {
  const market = marketAt(state, venue, asset);
  const mid = market === undefined ? null : midOf(market);
  if (maxOrderPctADV === undefined || market === undefined || mid === null) return [];
  const order = { sequence: 1, venue, market: market.market, notionalUsd: multiply(quantity, mid) };
  const evaluations = evaluateOrderShare(order, state, {
    maxOrderPctADV: multiply(maxOrderPctADV, SHARE_DRIFT),
  });
  return assess(evaluations, isRequired).findings;
}

/** A market that nobody has read, as after a start, has no price whose age could be judged. */
function unseen(
  { venue, asset }: IntendedOrder,
  { quotes }: RiskState,
  { priceStaleness }: RiskLimits,
  isRequired: IsRequired,
): readonly RiskFinding[] {
  if (priceStaleness === undefined || !isRequired('priceStaleness')) return [];
  if (quotes.some((quote) => quote.venue === venue && quote.asset === asset)) return [];
  const missing = `the price of ${asset} at ${venue}`;
  return [notKnown('priceStaleness', { kind: 'market', venue, asset }, { missing, action: 'freezeAsset' })];
}
