import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { type AssetGroup, CASH, type TargetWeights, weightFraction } from '../rebalancing/targets.ts';
import type { AssetId } from '../venue/venue.ts';
import { byId } from './apportion.ts';

/**
 * The first target, by name, that no market could ever be traded to, or null: a group with a weight above zero of which
 * no asset has a market. For the time of configuration; a plan meets such a target too late. CASH needs no market, and
 * a target of zero is left to the plan, which says what it cannot sell.
 */
export function findMarketlessTarget(
  targets: TargetWeights,
  {
    groups,
    markets,
  }: {
    /** The group of each asset; one that is not named is a group of its own, as in a plan's input. */
    readonly groups: Readonly<Record<AssetId, AssetGroup>>;
    /** Assets that some venue has a market of. */
    readonly markets: readonly AssetId[];
  },
): InputProblem | null {
  const traded = new Set(
    markets.map((asset) => (Object.hasOwn(groups, asset) ? (groups[asset] ?? asset) : asset)),
  );
  const missing = Object.keys(targets)
    .filter((group) => group !== CASH && (targets[group] ?? 0) > 0 && !traded.has(group))
    .sort(byId)[0];
  if (missing === undefined) return null;
  const found = `no market for a weight of ${weightFraction(targets[missing] ?? 0)}`;
  return inputProblem(`targets.${missing}`, 'an asset that some venue has a market of', found);
}
