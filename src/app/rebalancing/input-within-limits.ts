import { isMore } from '../../domain/money/amount.ts';
import { cashFloorOf } from '../../domain/rebalancing/lot-problem.ts';
import type { PlanInput, PlanMarket } from '../../domain/rebalancing/plan-input.ts';
import { WEIGHT_TOTAL_PPM, weightFraction } from '../../domain/rebalancing/targets.ts';
import { valuePortfolio } from '../../domain/rebalancing/valuation.ts';
import { percentOf } from '../../domain/risk/bounded.ts';
import { cashFloorAt } from '../../domain/risk/cash-limits.ts';
import { clipTargets, weightCaps } from '../../domain/risk/clip-targets.ts';
import { exposureOf } from '../../domain/risk/exposure.ts';
import { volumeAt } from '../../domain/risk/order-limits.ts';
import type { RiskLimits } from '../../domain/risk/risk-limits.ts';
import type { RiskState } from '../../domain/risk/risk-state.ts';
import type { VenueId } from '../../domain/venue/venue.ts';

/**
 * Targets that the limits allow, at each venue the cash that they leave there: of its whole value, where what is
 * planned with is only a part of it; and in each market whose volume is known the largest order that it takes. What is
 * not known cuts nothing here: the gate tells of it, or refuses for it.
 */
export function inputWithinLimits(wanted: PlanInput, state: RiskState, limits: RiskLimits): PlanInput {
  const { targets } = clipTargets(wanted.targets, state, limits, () => false);
  const input = { ...wanted, targets, ...bandsWithin(wanted, state, limits) };
  const valuation = valuePortfolio(input);
  const exposure = exposureOf(state);
  return {
    ...input,
    venues: input.venues.map((venue) => {
      const floor = cashFloorAt(exposure, limits, venue.id);
      const isKept = !isMore(floor, cashFloorOf(venue, input, valuation));
      const markets = venue.markets.map((market) => ({
        ...market,
        ...orderMaxAt(venue.id, market, state, limits),
      }));
      return { ...venue, markets, ...(isKept ? {} : { minCash: floor }) };
    }),
  };
}

function orderMaxAt(
  venue: VenueId,
  { market }: PlanMarket,
  state: RiskState,
  { maxOrderPctADV }: RiskLimits,
): Pick<PlanMarket, 'orderMaxUsd'> {
  const dayUsd = maxOrderPctADV === undefined ? null : volumeAt(state, venue, market);
  return dayUsd === null || maxOrderPctADV === undefined
    ? {}
    : { orderMaxUsd: percentOf(maxOrderPctADV, dayUsd) };
}

/** A band ends where a limit does. */
function bandsWithin(
  { bands, targets }: PlanInput,
  state: RiskState,
  limits: RiskLimits,
): Pick<PlanInput, 'bands'> {
  if (bands === undefined) return {};
  const caps = Object.entries(weightCaps(targets, state, limits, () => false)).filter(
    ([, ppm]) => ppm < WEIGHT_TOTAL_PPM,
  );
  if (caps.length === 0) return { bands };
  return {
    bands: {
      ...bands,
      weightsMax: Object.fromEntries(caps.map(([group, ppm]) => [group, weightFraction(ppm)])),
    },
  };
}
