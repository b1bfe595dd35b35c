import type { Amount } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import type { PlanBand } from './aim.ts';
import type { Plan, PlanOrder } from './plan.ts';
import type { AssetGroup } from './targets.ts';
import type { LeftAlone } from './valuation.ts';

/** Why a plan does with one asset what it does: everything it says of it, in one place. */
export interface AssetExplanation {
  readonly asset: string;
  readonly group: AssetGroup;
  /** Fractions of the portfolio; null for what is outside the plan: it has no target, or no price. */
  readonly weightBefore: Amount | null;
  readonly weightTarget: Amount | null;
  readonly weightAfterExpected: Amount | null;
  /** What is gone for, and the band that it follows from; null where the plan has no bands. */
  readonly weightDestination: Amount | null;
  readonly band: PlanBand | null;
  readonly orders: readonly PlanOrder[];
  readonly skipped: readonly LeftAlone[];
  /** Of the venues that are named above. */
  readonly shadowPrices: Readonly<Record<VenueId, Amount | null>>;
}

export type AssetExplained =
  | { readonly state: 'explained'; readonly explanation: AssetExplanation }
  /** The plan says nothing of such an asset. */
  | { readonly state: 'unknownAsset'; readonly known: readonly string[] };

/**
 * What a plan says of an asset, or of a group of assets that stand for the same. `groups` are those of the plan's
 * input. Letters of either case are the same.
 */
export function explainAsset(
  plan: Plan,
  groups: Readonly<Record<AssetId, AssetGroup>>,
  name: string,
): AssetExplained {
  const known = [...new Set([...Object.keys(groups), ...Object.keys(plan.weightsTarget)])].sort();
  const asset = known.find((each) => each.toLowerCase() === name.toLowerCase());
  if (asset === undefined) return { state: 'unknownAsset', known };
  const group = groups[asset] ?? asset;
  const isMeant = (each: AssetId): boolean => each === asset || groups[each] === asset;
  const orders = plan.orders.filter((order) => isMeant(order.asset));
  const skipped = plan.skipped.filter((each) => isMeant(each.asset));
  const venues = [...new Set([...orders, ...skipped].map(({ venue }) => venue))].sort();
  return {
    state: 'explained',
    explanation: {
      asset,
      group,
      weightBefore: plan.weightsBefore[group] ?? null,
      weightTarget: plan.weightsTarget[group] ?? null,
      weightAfterExpected: plan.weightsAfterExpected[group] ?? null,
      weightDestination: plan.destination?.weights[group] ?? null,
      band: plan.destination?.bands[group] ?? null,
      orders,
      skipped,
      shadowPrices: Object.fromEntries(venues.map((venue) => [venue, plan.shadowPrices[venue] ?? null])),
    },
  };
}
