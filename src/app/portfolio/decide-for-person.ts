import type { DecisionMade } from '../../../actors/messages/portfolio-messages.ts';
import { findCorrection, moveCorrection } from '../../../db/correction-repository.ts';
import { saveDiscrepancy } from '../../../db/discrepancy-repository.ts';
import { findTransaction, postTransaction } from '../../../db/ledger-repository.ts';
import { viewOf } from '../../domain/book/book-state.ts';
import { correctionTransaction, reversalTransaction } from '../../domain/book/correction-transaction.ts';
import type { Correction } from '../../domain/reconciliation/correction.ts';
import {
  type DiscrepancyState,
  moveDiscrepancy,
  type Resolution,
} from '../../domain/reconciliation/discrepancy.ts';
import { applyCorrection } from './apply-correction.ts';
import { openFromReads } from './open-from-reads.ts';
import { VENUE_IDS_KEPT_MS } from './portfolio-state.ts';
import { memoryOf } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';
import { setGates } from './set-gates.ts';

type Answer = { readonly status: 'done' | 'refused'; readonly reason: string };

const refused = (reason: string): Answer => ({ status: 'refused', reason });

/** Carries out what a person decided, or says why it cannot be done any more. */
export async function decideForPerson(message: DecisionMade, context: RoundContext): Promise<void> {
  const { requestId, by, decision } = message;
  const answer =
    decision.kind === 'openVenue'
      ? await open(decision.venue, by, context)
      : await decideCorrectionFor(decision.correctionId, decision.kind, by, context);
  context.change.audit.push({
    atMs: context.nowMs,
    actor: by,
    kind: 'decisionMade',
    body: { requestId, decision, answer },
  });
  context.change.announcements.push({ type: 'decisionAnswered', requestId, answer });
}

async function open(venue: string, by: string, context: RoundContext): Promise<Answer> {
  const memory = context.state.venues.get(venue);
  if (!memory) return refused(`expected a configured venue, found ${venue}`);
  if (memory.opening.state !== 'unopened') return refused(`${venue} is open already`);
  if (!memory.openable) return refused(`no two certified reads of ${venue} agree yet`);
  await openFromReads({ venue, ...memory.openable, by }, context);
  await setGates(venue, memory.discrepancies, { ...context, lastCertifiedAtMs: memory.lastCertifiedAtMs });
  return { status: 'done', reason: 'opened with the balances of two reads that agree' };
}

async function decideCorrectionFor(
  correctionId: string,
  kind: 'approveCorrection' | 'rejectCorrection' | 'reverseCorrection',
  by: string,
  context: RoundContext,
): Promise<Answer> {
  const stored = await findCorrection(context.db, correctionId);
  if (!stored) return refused(`there is no correction ${correctionId}`);
  const correction = stored.body as Correction;
  if (kind === 'reverseCorrection') return reverse(correction, stored.state, by, context);
  if (stored.state !== 'proposed') return refused(`it is ${stored.state} already`);
  if (kind === 'rejectCorrection') return reject(correction, by, context);
  const obstacle = whyStale(correction, context);
  if (obstacle) {
    await moveTo(correction, 'stale', by, context);
    return refused(obstacle);
  }
  if (!(await applyCorrection(correction, { decidedBy: by, reason: 'approved' }, context)))
    return refused('someone was first');
  await moveDiscrepancies(
    correction,
    'corrected',
    { resolution: 'corrected', note: `approved by ${by}` },
    context,
  );
  return { status: 'done', reason: 'applied' };
}

async function reject(correction: Correction, by: string, context: RoundContext): Promise<Answer> {
  if (!(await moveTo(correction, 'rejected', by, context))) return refused('someone was first');
  await moveDiscrepancies(
    correction,
    'rejected',
    { resolution: 'rejected', note: `rejected by ${by}` },
    context,
  );
  return { status: 'done', reason: 'rejected' };
}

async function reverse(
  correction: Correction,
  state: string,
  by: string,
  context: RoundContext,
): Promise<Answer> {
  const { db, nowMs, change } = context;
  if (state !== 'applied') return refused(`only an applied correction is reversed, this one is ${state}`);
  await moveTo(correction, 'reversed', by, context);
  for (const part of correction.parts) {
    const posted = await findTransaction(db, { eventId: correctionTransaction(part).eventId });
    if (!posted) throw new Error(`an applied correction has posted its parts: ${correction.id}`);
    const reversal = reversalTransaction(posted, nowMs);
    // A real report may have taken its place already: then there is nothing left to undo of this part.
    const { status } = await postTransaction(db, reversal, nowMs);
    if (status === 'posted') change.transactions.push(reversal);
  }
  return { status: 'done', reason: 'reversed' };
}

/**
 * The book may have moved since the proposal. It still applies if what it is for is still there, unchanged, and
 * nothing that it posts has been booked in the meantime: then it would be derived again to the same postings.
 */
function whyStale(correction: Correction, { state, nowMs }: RoundContext): string | null {
  const { venue, discrepancyIds, parts } = correction;
  const proposed = memoryOf(state, venue).discrepancies.filter(({ id }) => discrepancyIds.includes(id));
  if (proposed.length !== discrepancyIds.length || proposed.some((each) => each.state !== 'proposed')) {
    return 'what it was for has changed since';
  }
  const { recentVenueIds } = viewOf(state.book, venue, nowMs - VENUE_IDS_KEPT_MS);
  const booked = parts.find(({ venueId }) => venueId !== null && recentVenueIds.has(venueId));
  return booked ? `${booked.venueId} has been booked since` : null;
}

async function moveTo(
  { id, evidenceHash, venue, discrepancyIds, cause }: Correction,
  to: 'rejected' | 'stale' | 'reversed',
  by: string,
  { db, nowMs, change }: RoundContext,
): Promise<boolean> {
  const from = to === 'reversed' ? 'applied' : 'proposed';
  const isMoved = await moveCorrection(db, { id, from, to, evidenceHash, decidedBy: by, atMs: nowMs });
  if (!isMoved) return false;
  change.announcements.push({
    type: 'correctionChanged',
    atMs: nowMs,
    correctionId: id,
    venue,
    discrepancyIds,
    state: to,
    causes: cause.split(' + '),
    by,
    reason: to,
  });
  return true;
}

async function moveDiscrepancies(
  { venue, discrepancyIds }: Correction,
  to: DiscrepancyState,
  { resolution, note }: { readonly resolution: Resolution; readonly note: string },
  context: RoundContext,
): Promise<void> {
  const { db, state, nowMs, change } = context;
  const memory = memoryOf(state, venue);
  const discrepancies = memory.discrepancies.map((each) =>
    discrepancyIds.includes(each.id) ? moveDiscrepancy(each, to, { resolution }) : each,
  );
  for (const discrepancy of discrepancies.filter(({ id }) => discrepancyIds.includes(id))) {
    await saveDiscrepancy(db, { ...discrepancy, body: discrepancy }, { atMs: nowMs, note });
    change.announcements.push({ type: 'discrepancyChanged', atMs: nowMs, discrepancy, reason: note });
  }
  change.afterwards.push((after) => {
    memoryOf(after, venue).discrepancies = discrepancies;
  });
  await setGates(venue, discrepancies, { ...context, lastCertifiedAtMs: memory.lastCertifiedAtMs });
}
