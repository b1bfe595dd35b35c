import { readCorrectionsOf } from '../../../db/correction-repository.ts';
import { saveEntryPrice } from '../../../db/position-entry-repository.ts';
import { holdingOf, learnEntryPrice } from '../../domain/book/book-state.ts';
import { add, ZERO } from '../../domain/money/amount.ts';
import { acceptedCorrection } from '../../domain/reconciliation/acceptance.ts';
import type { Correction } from '../../domain/reconciliation/correction.ts';
import type { Discrepancy } from '../../domain/reconciliation/discrepancy.ts';
import { type Answer, done, refused } from './answer.ts';
import { applyCorrection, keepProposal } from './apply-correction.ts';
import { type DiscrepancyMove, freed, moveCorrectionTo, moveDiscrepancies, movesOf } from './move-decided.ts';
import type { VenueMemory } from './portfolio-state.ts';
import { postBookEvent } from './post-book-events.ts';
import { readStanding } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';
import { whySilent } from './why-silent.ts';

/** States in which what two reads have confirmed waits for somebody. */
const ACCEPTABLE: ReadonlySet<string> = new Set([
  'confirmed',
  'explained',
  'unexplained',
  'proposed',
  'rejected',
]);

/**
 * Makes the book follow the venue where a person says that the venue is right. Only for what the last read has shown:
 * nobody accepts what they have not seen.
 */
export async function acceptDiscrepancy(
  discrepancyId: string,
  by: string,
  context: RoundContext,
): Promise<Answer> {
  const memory = [...context.state.venues.values()].find(({ discrepancies }) =>
    discrepancies.some(({ id }) => id === discrepancyId),
  );
  const discrepancy = memory?.discrepancies.find(({ id }) => id === discrepancyId);
  if (!memory || !discrepancy) return refused(`there is no open discrepancy ${discrepancyId}`);
  const obstacle = whyNotAcceptable(discrepancy, memory, context);
  if (obstacle !== null) return refused(obstacle);
  const withdrawn = await withdrawProposalsOf(discrepancy, by, context);
  await follow(discrepancy, memory, by, context);
  const accepted = { to: 'accepted', resolution: 'accepted', note: `accepted by ${by}` } as const;
  await moveDiscrepancies(discrepancy.venue, new Map([...withdrawn, [discrepancyId, accepted]]), context);
  return done('accepted: the book follows the venue');
}

function whyNotAcceptable(
  { state, venue, lastSeenAtMs, bucket, venueAmount, asset, bookAmount }: Discrepancy,
  { lastCertifiedAtMs }: VenueMemory,
  context: RoundContext,
): string | null {
  if (!ACCEPTABLE.has(state)) return `it is ${state}: only what two reads have confirmed is accepted`;
  const silence = whySilent(venue, context);
  if (silence !== null) return silence;
  if (lastCertifiedAtMs !== lastSeenAtMs) return `the last read of ${venue} does not show it`;
  if (bucket === 'order' && venueAmount !== ZERO)
    return 'the book does not know the order: cancel it at the venue, or let the bot report it';
  const { available, hold } = holdingOf(context.state.book, venue, asset);
  const present = bucket === 'total' ? add(available, hold) : bucket === 'hold' ? hold : bookAmount;
  return present === bookAmount
    ? null
    : `the book has moved since: it had ${bookAmount} ${asset}, and has ${present}`;
}

/** What else was proposed for it does not follow any more; others that it was for are explained anew. */
async function withdrawProposalsOf(
  { id }: Discrepancy,
  by: string,
  context: RoundContext,
): Promise<ReadonlyMap<string, DiscrepancyMove>> {
  const reason = 'a person accepted the difference instead';
  const moves = new Map<string, DiscrepancyMove>();
  for (const { state, body } of await readCorrectionsOf(context.db, id)) {
    const correction = body as Correction;
    if (state !== 'proposed' || !(await moveCorrectionTo(correction, 'stale', { by, reason }, context)))
      continue;
    for (const [freedId, move] of movesOf(correction, freed(reason))) moves.set(freedId, move);
  }
  return moves;
}

async function follow(
  discrepancy: Discrepancy,
  { lastSnapshot }: VenueMemory,
  by: string,
  context: RoundContext,
): Promise<void> {
  const { venue, asset, bucket, venueAmount } = discrepancy;
  if (bucket === 'order') return endOrder(discrepancy, context);
  if (bucket === 'entryPrice') {
    await saveEntryPrice(context.db, { venue, asset, entryPrice: venueAmount });
    context.change.afterwards.push(({ book }) => learnEntryPrice(book, venue, asset, venueAmount));
    return;
  }
  if (lastSnapshot === null) throw new Error(`what ${venue} showed last is remembered`);
  const correction = acceptedCorrection(discrepancy, {
    certificate: lastSnapshot.certificate,
    version: holdingOf(context.state.book, venue, asset).version,
    price: readStanding(context, venue).priceOf(asset),
    acceptedAtMs: context.nowMs,
  });
  await keepProposal(correction, context);
  await applyCorrection(correction, { decidedBy: by, reason: 'accepted' }, context);
}

/** The venue has not got the order any more: what it held returns, as if the bot had said so. */
async function endOrder(
  { id, venue, subject, deltaSinceMs }: Discrepancy,
  context: RoundContext,
): Promise<void> {
  const { liveOrders } = readStanding(context, venue).book;
  const order = liveOrders.find(
    ({ venueOrderId, clientOrderId }) => venueOrderId === subject || clientOrderId === subject,
  );
  if (!order) return;
  await postBookEvent(
    {
      type: 'portfolio.orderCancelled',
      eventId: `accepted:${id}:${deltaSinceMs}`,
      venue,
      atMs: context.nowMs,
      clientOrderId: order.clientOrderId,
    },
    context,
  );
}
