import { type Amount, add, amount, multiply } from '../money/amount.ts';
import type { PlanMarket, PlanVenue } from './plan-input.ts';

const HALF = amount('0.5');
const BASIS_POINT = amount('0.0001');

/** Half of bid and ask; null where there is no price. */
export const midOf = ({ bid, ask }: Pick<PlanMarket, 'bid' | 'ask'>): Amount | null =>
  bid === null || ask === null ? null : multiply(add(bid, ask), HALF);

/** What a taker pays, as a fraction of notional: "0.006" is 60 basis points. */
export const feeRateAt = (venue: PlanVenue, market: PlanMarket): Amount =>
  multiply(market.takerFeeBps ?? venue.takerFeeBps, BASIS_POINT);
