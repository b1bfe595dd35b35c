import type { CorrectionMovement } from '../book/correction-transaction.ts';
import type { ExternalAccount } from '../book/transaction.ts';
import type { Activity, VenueId } from '../venue/venue.ts';

/** How an activity moves the book, each amount against the account of its kind. */
export function activityMovements(activity: Activity, venue: VenueId): readonly CorrectionMovement[] {
  const from = ACCOUNT_OF_KIND[activity.kind];
  return activity.deltas.map(({ asset, amount }) => ({ venue, asset, bucket: 'available', amount, from }));
}

const ACCOUNT_OF_KIND: Readonly<Record<Activity['kind'], ExternalAccount>> = {
  deposit: 'transfer',
  withdrawal: 'transfer',
  transfer: 'transfer',
  funding: 'funding',
  fee: 'fee',
  reward: 'reward',
  conversion: 'trade',
  swap: 'trade',
};
