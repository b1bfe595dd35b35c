import { isMore } from '../../domain/money/amount.ts';
import { cashFloorOf } from '../../domain/rebalancing/lot-problem.ts';
import type { PlanInput } from '../../domain/rebalancing/plan-input.ts';
import { WEIGHT_TOTAL_PPM, weightFraction } from '../../domain/rebalancing/targets.ts';
import { valuePortfolio } from '../../domain/rebalancing/valuation.ts';
import { cashFloorAt } from '../../domain/risk/cash-limits.ts';
import { clipTargets, weightCaps } from '../../domain/risk/clip-targets.ts';
import { exposureOf } from '../../domain/risk/exposure.ts';
import type { RiskLimits } from '../../domain/risk/risk-limits.ts';
import type { RiskState } from '../../domain/risk/risk-state.ts';

/**
 * Targets that the limits allow, and at each venue the cash that they leave there: of its whole value, where what is
 * planned with is only a part of it. What is not known cuts nothing here: the gate refuses for it.
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
      return isMore(floor, cashFloorOf(venue, input, valuation)) ? { ...venue, minCash: floor } : venue;
    }),
  };
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
