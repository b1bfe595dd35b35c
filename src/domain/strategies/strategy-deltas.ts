import { type Amount, absolute, add, amount, isZero, ONE, subtract, sum, ZERO } from '../money/amount.ts';
import { type StrategyAmounts, splitAmount } from './split-amount.ts';

/** What belongs to no strategy, as a party among them. */
export const NOBODY = '';

/**
 * By how much each party's holding of an asset is to change, when `traded` of it is bought (above zero) or sold: what
 * there is afterwards is shared out as the target is, by `parts`, at the step. Where no one has a part, as everyone
 * holds now. Sums to `traded` exactly.
 */
export function strategyDeltas(
  held: StrategyAmounts,
  traded: Amount,
  by: { readonly parts: ReadonlyMap<string, number>; readonly step: Amount },
): StrategyAmounts {
  const after = add(sum(held.values()), traded);
  const wanted = new Map([...by.parts].map(([id, ppm]) => [id, amount(String(ppm))]));
  const kept = new Map([...held].map(([id, quantity]) => [id, absolute(quantity)]));
  const shares = [wanted, kept].find((each) => !isZero(sum(each.values()))) ?? new Map([[NOBODY, ONE]]);
  const desired = isZero(after) ? new Map<string, Amount>() : splitAmount(after, shares, by.step);
  const ids = [...new Set([...held.keys(), ...desired.keys()])].sort();
  return new Map(ids.map((id) => [id, subtract(desired.get(id) ?? ZERO, held.get(id) ?? ZERO)]));
}
