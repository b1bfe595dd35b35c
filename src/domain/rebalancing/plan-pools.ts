import type { Lot } from '../lots/lot.ts';
import { type Amount, isPositive, subtract, sum, ZERO } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import type { PlanInput } from './plan-input.ts';

/** The lots of an asset at a venue; what is held beyond them is a lot of its own, of which nobody knows anything. */
export function poolAt(input: PlanInput, venue: VenueId, asset: AssetId): readonly Lot[] {
  const told = (input.tax?.lots ?? []).filter((lot) => lot.account === venue && lot.asset === asset);
  const held = input.venues.find(({ id }) => id === venue)?.holdings[asset] ?? ZERO;
  const missing = subtract(held, sum(told.map(({ quantity }) => quantity)));
  return isPositive(missing) ? [...told, untold(venue, asset, missing)] : told;
}

const untold = (venue: VenueId, asset: AssetId, quantity: Amount): Lot => ({
  id: `untold ${venue} ${asset}`,
  origin: `untold ${venue} ${asset}`,
  account: venue,
  asset,
  quantity,
  basis: { state: 'unknown', reason: 'it is held, and no lot tells of it' },
  acquiredAtMs: 0,
  heldSince: { state: 'unknown' },
  source: 'deposit',
  isReplacement: false,
});
