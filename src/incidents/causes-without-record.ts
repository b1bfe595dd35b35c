import { negate } from '../domain/money/amount.ts';
import { type CauseInput, truth } from './cause-input.ts';
import type { TrueCause } from './incident.ts';
import { drawQuantity } from './incident-facts.ts';
import { SOL, WRAPPED_SOL } from './incident-venues.ts';
import { effectOfAmounts } from './incident-world.ts';
import { placeRestingOrder } from './resting-order.ts';

/** The order is known, and what the venue holds for it is not. */
export function holdNotBooked({ world, model, facts }: CauseInput): TrueCause {
  placeRestingOrder({ world, model, facts }, false);
  return truth(model, 'orderHold', null, new Map());
}

/** Wrapped by something that no record here tells of. */
export function wrappedWithoutRecord({ world, model, facts }: CauseInput): TrueCause {
  const moved = drawQuantity(SOL, facts.draw, { leastUsd: 15, mostUsd: 3_000 });
  const effect = effectOfAmounts([
    [SOL, negate(moved)],
    [WRAPPED_SOL, moved],
  ]);
  world.happen(model.venue, effect);
  return truth(model, 'wrappedNativeMixed', null, effect);
}

/** What the book has as owed has been paid, and no record says so. */
export function fundingSettled({ world, model, facts }: CauseInput): TrueCause {
  const asset = model.collateral;
  const owed = drawQuantity(asset, facts.draw, { leastUsd: 0.5, mostUsd: 90 });
  world.bookPostings({
    eventId: facts.name('accrued'),
    cause: 'funding',
    venue: model.venue,
    atMs: facts.atMs(),
    venueIds: [],
    postings: [
      { venue: model.venue, bucket: 'accrued', asset, amount: owed },
      { external: 'funding', asset, amount: negate(owed) },
    ],
  });
  const effect = effectOfAmounts([[asset, owed]]);
  world.happen(model.venue, effect);
  return truth(model, 'fundingAccrued', null, effect);
}
