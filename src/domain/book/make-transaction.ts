import { assert } from '../assert.ts';
import { canonicalJson } from '../canonical-json.ts';
import { sha256Hex } from '../hash.ts';
import { type Amount, add, isZero, negate, ZERO } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import type { Bucket, ExternalAccount, Posting, Transaction } from './transaction.ts';

export const own = (venue: VenueId, bucket: Bucket, asset: AssetId, amount: Amount): Posting => ({
  venue,
  bucket,
  asset,
  amount,
});

export const external = (account: ExternalAccount, asset: AssetId, amount: Amount): Posting => ({
  external: account,
  asset,
  amount,
});

/** An amount that enters a bucket of ours from an account that is not ours; negative when it leaves. */
export const receive = (
  venue: VenueId,
  bucket: Bucket,
  asset: AssetId,
  amount: Amount,
  from: ExternalAccount,
): readonly Posting[] => [own(venue, bucket, asset, amount), external(from, asset, negate(amount))];

/** An amount that changes its bucket. */
export const move = (
  venue: VenueId,
  from: Bucket,
  to: Bucket,
  asset: AssetId,
  amount: Amount,
): readonly Posting[] => [own(venue, from, asset, negate(amount)), own(venue, to, asset, amount)];

/**
 * A transaction from its movements: one posting for each account and asset, nothing for what cancels out,
 * in one order whatever order the movements came in. Null when nothing moves.
 *
 * @throws {InvariantViolation} when the movements do not sum to zero for every asset.
 */
export function makeTransaction(fields: Omit<Transaction, 'id'>): Transaction | null {
  const postings = net(fields.postings);
  if (postings.length === 0) return null;
  const content = { ...fields, postings };
  const transaction = { id: transactionId(content), ...content };
  assertBalanced(transaction);
  return transaction;
}

/** SHA-256 over everything that a transaction says. */
export function transactionId(content: Omit<Transaction, 'id'>): string {
  const { eventId, cause, venue, atMs, venueIds, postings } = content;
  return sha256Hex(canonicalJson({ eventId, cause, venue, atMs, venueIds, postings }));
}

export function assertBalanced({ eventId, postings }: Pick<Transaction, 'eventId' | 'postings'>): void {
  const totals = new Map<AssetId, Amount>();
  for (const { asset, amount } of postings) totals.set(asset, add(totals.get(asset) ?? ZERO, amount));
  for (const [asset, total] of totals) {
    assert(isZero(total), `postings of ${eventId} sum to zero for ${asset}: ${total}`);
  }
}

function net(postings: readonly Posting[]): readonly Posting[] {
  const byAccount = new Map<string, Posting>();
  for (const posting of postings) {
    const account = accountOf(posting);
    const before = byAccount.get(account);
    byAccount.set(account, before ? { ...posting, amount: add(before.amount, posting.amount) } : posting);
  }
  return [...byAccount]
    .filter(([, { amount }]) => !isZero(amount))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, posting]) => posting);
}

function accountOf(posting: Posting): string {
  return 'external' in posting
    ? JSON.stringify(['external', posting.external, posting.asset])
    : JSON.stringify(['own', posting.venue, posting.asset, posting.bucket]);
}
