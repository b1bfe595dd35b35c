import { readEventHistory, readHalfTransfers, recordBookEvent } from '../../../db/book-event-repository.ts';
import type { BookEvent, BookEventOutcome } from '../../domain/book/book-event.ts';
import { type BookEventDecision, decideBookEvent } from '../../domain/book/post-event.ts';
import { canHoldAsset } from '../../domain/venue/asset-name.ts';
import { bookStrategyFill, claimForStrategy } from '../targeting/book-sub-ledgers.ts';
import { valueBeforeFlow } from '../valuations/take-valuation.ts';
import type { CommittedChange } from './committed-change.ts';
import { memoryOf } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';
import { setGates } from './set-gates.ts';

/** Decides and writes one message of the bot, within the transaction that `db` is. */
export async function postBookEvent(event: BookEvent, context: RoundContext): Promise<void> {
  const { db, settings, nowMs, change } = context;
  const history = await readEventHistory(db, event);
  const venue = settings.venues.find((each) => each.venue === event.venue);
  const decision = decideBookEvent(event, {
    ...history,
    nowMs,
    isVenueConfigured: (id) => settings.venues.some((each) => each.venue === id),
    canHold: (id, asset) => canHoldAsset(settings.venues.find((each) => each.venue === id)?.kind, asset),
    venueUsesHolds: venue?.usesHolds ?? false,
  });
  if (decision.kind === 'posted' || decision.kind === 'postedAsExternal')
    await valueBeforeFlow(decision.transactions, context);
  const bookVersion = await recordBookEvent(db, event, decision, nowMs);
  const outcome = outcomeOf(event, decision, bookVersion);
  change.announcements.push({ type: 'bookEventSettled', outcome });
  change.audit.push({ atMs: nowMs, actor: 'bot', kind: event.type, body: { event, outcome } });
  if (decision.kind !== 'posted' && decision.kind !== 'postedAsExternal') return;
  change.transactions.push(...decision.transactions);
  if (decision.order) change.orders.push(decision.order);
  if (decision.opensVenue) openFromMessages(event, change);
  if (event.type === 'portfolio.fillReported') change.movedVenues.add(event.venue);
  if (event.type === 'portfolio.orderSubmitted') await claimForStrategy(db, event);
  if (event.type === 'portfolio.fillReported') await bookStrategyFill(db, event);
  await gateUnclaimed(event, decision, context);
  if (decision.transfer) {
    const halfTransfers = await readHalfTransfers(db);
    change.afterwards.push((state) => {
      state.halfTransfers = halfTransfers;
    });
  }
}

/** A fill of an order that the book does not know closes its asset until its order, or a read, confirms it. */
async function gateUnclaimed(
  event: BookEvent,
  decision: Extract<BookEventDecision, { kind: 'posted' | 'postedAsExternal' }>,
  context: RoundContext,
): Promise<void> {
  const { state, nowMs, change } = context;
  const { unclaimed, discrepancies, lastCertifiedAtMs } = memoryOf(state, event.venue);
  if (event.type !== 'portfolio.fillReported' && event.type !== 'portfolio.orderSubmitted') return;
  if (decision.kind === 'posted' && !decision.claimsFills) return;
  // Those of one batch follow each other before any of them is taken over.
  const after = new Map(change.unclaimed.get(event.venue) ?? unclaimed);
  if (decision.kind === 'postedAsExternal') after.set(event.base, nowMs);
  else after.delete(event.base);
  change.unclaimed.set(event.venue, after);
  await setGates(event.venue, discrepancies, { ...context, lastCertifiedAtMs, unclaimed: after });
}

function openFromMessages({ venue, atMs }: BookEvent, change: CommittedChange): void {
  change.openedVenues.push(venue);
  change.announcements.push({ type: 'venueOpened', venue, atMs, by: 'bot' });
  change.afterwards.push((state) => {
    memoryOf(state, venue).opening = { state: 'fromMessages', atMs };
  });
}

function outcomeOf(
  { eventId }: BookEvent,
  decision: BookEventDecision,
  bookVersion: number,
): BookEventOutcome {
  switch (decision.kind) {
    case 'posted':
    case 'duplicate':
      return { status: decision.kind, eventId, bookVersion };
    case 'postedAsExternal':
      return { status: 'postedAsExternal', eventId, bookVersion, reason: 'the book does not know the order' };
    default:
      return {
        status: decision.kind,
        eventId,
        place: decision.place,
        expected: decision.expected,
        found: decision.found,
      };
  }
}
