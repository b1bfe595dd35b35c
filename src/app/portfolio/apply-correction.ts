import {
  findBookOrder,
  findBookOrderByVenueOrderId,
  saveBookOrder,
} from '../../../db/book-order-repository.ts';
import { moveCorrection, proposeCorrection } from '../../../db/correction-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import { findStandingTransaction, postTransaction } from '../../../db/ledger-repository.ts';
import { assert } from '../../domain/assert.ts';
import { correctionTransaction } from '../../domain/book/correction-transaction.ts';
import { forgetInferredFill, inferFill, type OrderChange } from '../../domain/book/inferred-fill.ts';
import type { OrderState } from '../../domain/book/order-state.ts';
import type { Transaction } from '../../domain/book/transaction.ts';
import type { Correction } from '../../domain/reconciliation/correction.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import { valueBeforeFlow } from '../valuations/take-valuation.ts';
import type { RoundContext } from './round-context.ts';

/** Keeps a correction for whoever decides on it. The same correction is kept once. */
export async function keepProposal(
  correction: Correction,
  { db, settings, nowMs }: RoundContext,
): Promise<boolean> {
  const status = await proposeCorrection(db, {
    id: correction.id,
    venue: correction.venue,
    discrepancyIds: correction.discrepancyIds,
    assets: correction.bookVersions.map(({ asset }) => asset),
    evidenceHash: correction.evidenceHash,
    body: correction,
    proposedAtMs: nowMs,
    expiresAtMs: nowMs + settings.reconciliation.approvalTimeLimitMs,
  });
  return status === 'proposed';
}

/**
 * Posts what a correction says, once: compare and swap on its state and its evidence. False when someone was first.
 * The caller has made sure that it rests on the book as it stands.
 */
export async function applyCorrection(
  correction: Correction,
  by: { readonly decidedBy: string; readonly reason: string },
  context: RoundContext,
): Promise<boolean> {
  const { db, nowMs, change } = context;
  const { id, venue, evidenceHash } = correction;
  const isMoved = await moveCorrection(db, {
    id,
    from: 'proposed',
    to: 'applied',
    evidenceHash,
    decidedBy: by.decidedBy,
    atMs: nowMs,
  });
  if (!isMoved) return false;
  for (const part of correction.parts) {
    const transaction = correctionTransaction(part);
    await valueBeforeFlow([transaction], context);
    const { status } = await postTransaction(db, transaction, nowMs);
    assert(status === 'posted', `a correction that was not applied has posted nothing: ${id}`);
    change.transactions.push(transaction);
  }
  await countFills(correction, context);
  change.audit.push({
    atMs: nowMs,
    actor: by.decidedBy,
    kind: 'correctionApplied',
    body: { correction, reason: by.reason },
  });
  change.announcements.push({
    type: 'correctionChanged',
    atMs: nowMs,
    correctionId: id,
    venue,
    discrepancyIds: correction.discrepancyIds,
    state: 'applied',
    causes: correction.cause.split(' + '),
    by: by.decidedBy,
    reason: by.reason,
  });
  return true;
}

/** What the book has meanwhile under an id of the venue that the correction would book; null where nothing. */
export async function findBookedPart(
  { parts, venue }: Correction,
  db: OpenDatabase['db'],
): Promise<Transaction | null> {
  for (const { venueId } of parts) {
    const booked = venueId === null ? null : await findStandingTransaction(db, venue, venueId);
    if (booked !== null) return booked;
  }
  return null;
}

/** A fill that a correction stands in for counts towards its order until the real report replaces it. */
async function countFills(
  { fills, venue, parts }: Correction,
  { db, nowMs, change }: Pick<RoundContext, 'db' | 'nowMs' | 'change'>,
): Promise<void> {
  for (const fill of fills) {
    const { venueId, quantity } = fill;
    const part = parts.find((each) => each.venueId === venueId);
    const order = await orderOf(fill, venue, db);
    if (!part || !order) continue;
    const inferred = inferFill(order, { correction: correctionTransaction(part), venueId, quantity });
    await keepOrderChange(inferred, { db, nowMs, change });
  }
}

/** Takes back from their orders the fills that a reversed correction stood in for. */
export async function uncountFills(
  { fills, venue }: Correction,
  reversals: readonly Transaction[],
  { db, nowMs, change }: Pick<RoundContext, 'db' | 'nowMs' | 'change'>,
): Promise<void> {
  for (const fill of fills) {
    const reversal = reversals.find(({ venueIds }) => venueIds.includes(fill.venueId));
    const order = await orderOf(fill, venue, db);
    if (!reversal || !order) continue;
    await keepOrderChange(forgetInferredFill(order, reversal), { db, nowMs, change });
  }
}

/** By the bot's own id, or where the venue has not kept it by the venue's. */
function orderOf(
  { clientOrderId, orderId }: Correction['fills'][number],
  venue: VenueId,
  db: OpenDatabase['db'],
): Promise<OrderState | null> {
  return clientOrderId === null
    ? findBookOrderByVenueOrderId(db, venue, orderId)
    : findBookOrder(db, venue, clientOrderId);
}

async function keepOrderChange(
  { order, transaction }: OrderChange,
  { db, nowMs, change }: Pick<RoundContext, 'db' | 'nowMs' | 'change'>,
): Promise<void> {
  await saveBookOrder(db, order);
  change.orders.push(order);
  if (transaction === null) return;
  await postTransaction(db, transaction, nowMs);
  change.transactions.push(transaction);
}
