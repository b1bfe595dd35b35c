import { readLiveOrders, saveBookOrder } from '../../../db/book-order-repository.ts';
import { postTransaction } from '../../../db/ledger-repository.ts';
import { openVenue } from '../../../db/venue-state-repository.ts';
import { readVenueTransactions } from '../../../db/venue-transactions.ts';
import { assert } from '../../domain/assert.ts';
import { viewOf } from '../../domain/book/book-state.ts';
import { adoptOpenOrders, holdingsWithout, openingTransaction } from '../../domain/book/opening.ts';
import type { Known, Snapshot } from '../../domain/venue/observation.ts';
import { perpetualAsset, type VenueId } from '../../domain/venue/venue.ts';
import { valueBeforeFlow } from '../valuations/take-valuation.ts';
import { memoryOf } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';

export interface OpeningReads {
  readonly venue: VenueId;
  readonly first: Known<Snapshot>;
  readonly second: Known<Snapshot>;
  /** "policy", or "person:…" who has said yes. */
  readonly by: string;
}

/** Opens a venue with two certified reads that agree, if its policy or a person says so; else it waits for a person. */
export async function openFromReads(
  { venue, first, second, by }: OpeningReads,
  context: RoundContext,
): Promise<void> {
  const { db, state, settings, nowMs, change } = context;
  const isAsked = settings.venues.find((each) => each.venue === venue)?.opening === 'confirm';
  if (isAsked && by === 'policy') {
    const wasAwaited = memoryOf(state, venue).openable !== null;
    change.afterwards.push((after) => {
      memoryOf(after, venue).openable = { first, second };
    });
    if (!wasAwaited) change.announcements.push({ type: 'openingAwaited', venue, atMs: nowMs });
    return;
  }
  const { observedAtMs, watermarkAfter } = second.certificate;
  const book = viewOf(state.book, venue, nowMs);
  // What was booked of later than the read is not in it, and stays on top of the opening.
  const later = await readVenueTransactions(db, { venue, sinceMs: observedAtMs + 1, limit: LATER_MAX });
  assert(later.length < LATER_MAX, `the read that opens ${venue} is too old: read it once more`);
  const transaction = openingTransaction({
    venue,
    snapshot: second.value,
    booked: holdingsWithout(book.holdings, later, venue),
    atMs: observedAtMs,
  });
  if (transaction) {
    await valueBeforeFlow([transaction], context);
    await postTransaction(db, transaction, nowMs);
    change.transactions.push(transaction);
  }
  const adopted = adoptOpenOrders({
    venue,
    openOrders: second.value.openOrders,
    balances: second.value.balances,
    assetsOfMarket: (market) => assetsOf(market, venue, context),
    knownOrders: (await readLiveOrders(db)).filter((order) => order.venue === venue),
    atMs: observedAtMs,
  });
  for (const order of adopted) {
    await saveBookOrder(db, order);
    change.orders.push(order);
  }
  await openVenue(db, venue, { state: 'fromSnapshot', atMs: observedAtMs, watermark: watermarkAfter });
  change.openedVenues.push(venue);
  change.afterwards.push((after) => {
    memoryOf(after, venue).opening = { state: 'fromSnapshot', atMs: observedAtMs };
    memoryOf(after, venue).openable = null;
  });
  change.audit.push({
    atMs: nowMs,
    actor: by,
    kind: 'venueOpened',
    body: { venue, transaction, certificates: [first.certificate, second.certificate] },
  });
  change.announcements.push({ type: 'venueOpened', venue, atMs: nowMs, by });
}

/** Bookings between a read and the opening with it: hours of a busy bot, while a person is asked. */
const LATER_MAX = 100_000;

/** As the venue's market says; a market that was never read is named as the field does, "BASE-QUOTE". */
function assetsOf(market: string, venue: VenueId, { state, settings }: RoundContext) {
  const known = memoryOf(state, venue).markets.find((each) => each.market === market);
  if (known) return { base: known.base, quote: known.quote };
  const kind = settings.venues.find((each) => each.venue === venue)?.kind;
  if (kind === 'dydx') return { base: perpetualAsset(market), quote: 'USDC' };
  const [base = market, quote = 'USD'] = market.split(/[-/]/);
  return { base, quote };
}
