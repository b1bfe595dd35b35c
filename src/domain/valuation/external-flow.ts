// What comes into the portfolio from outside, and goes there.
//
// Invariants, each held by a property test of the same words:
// 1. What moves between two venues of the book is no flow.
// 2. Fees, funding, rewards and trades are return and no flow.

import type { ExternalAccount, Transaction } from '../book/transaction.ts';
import { type Amount, add, isZero, negate, ZERO } from '../money/amount.ts';
import type { AssetId } from '../venue/venue.ts';

/** A venue that opens brings what it holds; everything else that crosses these accounts is what happened to it. */
export const FLOW_ACCOUNTS: readonly ExternalAccount[] = ['transfer', 'opening'];

/** What of each asset came in with a transaction, negative where it went out. Empty for what is no flow. */
export function externalFlowOf({ postings }: Pick<Transaction, 'postings'>): ReadonlyMap<AssetId, Amount> {
  const flow = new Map<AssetId, Amount>();
  for (const posting of postings) {
    if (!('external' in posting) || !FLOW_ACCOUNTS.includes(posting.external)) continue;
    flow.set(posting.asset, add(flow.get(posting.asset) ?? ZERO, negate(posting.amount)));
  }
  for (const [asset, amount] of flow) if (isZero(amount)) flow.delete(asset);
  return flow;
}

/**
 * Whether something comes in or goes out. An asset that has another name at the other venue is the same thing there, as
 * its group says. An arrival that is told before its departure is a flow until the departure is told, and taken back
 * then: the book has it twice in between.
 */
export function isExternalFlow(
  transaction: Pick<Transaction, 'postings'>,
  groupOf: (asset: AssetId) => string,
): boolean {
  const byGroup = new Map<string, Amount>();
  for (const [asset, amount] of externalFlowOf(transaction))
    byGroup.set(groupOf(asset), add(byGroup.get(groupOf(asset)) ?? ZERO, amount));
  return [...byGroup.values()].some((amount) => !isZero(amount));
}
