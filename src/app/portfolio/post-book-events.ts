import { readEventHistory, readHalfTransfers, recordBookEvent } from '../../../db/book-event-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import type { BookEvent, BookEventOutcome } from '../../domain/book/book-event.ts';
import { type BookEventDecision, decideBookEvent } from '../../domain/book/post-event.ts';
import type { CommittedChange } from './committed-change.ts';
import { memoryOf } from './read-standing.ts';
import type { ServiceSettings } from './service-settings.ts';

interface PostContext {
  readonly db: OpenDatabase['db'];
  readonly settings: ServiceSettings;
  readonly nowMs: number;
  readonly change: CommittedChange;
}

/** Decides and writes one message of the bot, within the transaction that `db` is. */
export async function postBookEvent(
  event: BookEvent,
  { db, settings, nowMs, change }: PostContext,
): Promise<void> {
  const history = await readEventHistory(db, event);
  const venue = settings.venues.find((each) => each.venue === event.venue);
  const decision = decideBookEvent(event, {
    ...history,
    nowMs,
    isVenueConfigured: (id) => settings.venues.some((each) => each.venue === id),
    knownAssets: null,
    venueUsesHolds: venue?.usesHolds ?? false,
  });
  const bookVersion = await recordBookEvent(db, event, decision, nowMs);
  const outcome = outcomeOf(event, decision, bookVersion);
  change.announcements.push({ type: 'bookEventSettled', outcome });
  change.audit.push({ atMs: nowMs, actor: 'bot', kind: event.type, body: { event, outcome } });
  if (decision.kind !== 'posted' && decision.kind !== 'postedAsExternal') return;
  change.transactions.push(...decision.transactions);
  if (decision.order) change.orders.push(decision.order);
  if (decision.opensVenue) openFromMessages(event, change);
  if (decision.transfer) {
    const halfTransfers = await readHalfTransfers(db);
    change.afterwards.push((state) => {
      state.halfTransfers = halfTransfers;
    });
  }
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
