import type { Kysely } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import type { BookEvent } from '../src/domain/book/book-event.ts';
import type { EventHistory } from '../src/domain/book/event-context.ts';
import { clientOrderIdOf, transferIdOf, venueIdOf } from '../src/domain/book/event-facts.ts';
import type { BookEventDecision } from '../src/domain/book/post-event.ts';
import type { TransferEnd, TransferState } from '../src/domain/book/transfer-state.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import { findBookOrder, saveBookOrder } from './book-order-repository.ts';
import { inTransaction } from './database.ts';
import { findStandingTransaction, postTransaction, readBookVersion } from './ledger-repository.ts';
import type { Database } from './tables.ts';
import { findVenueState, openVenue } from './venue-state-repository.ts';

/** What the book already has that bears on a message. A venue that was never pinned is unopened. */
export async function readEventHistory(db: Kysely<Database>, event: BookEvent): Promise<EventHistory> {
  const previous = await db
    .selectFrom('book_event')
    .select('content_hash')
    .where('event_id', '=', event.eventId)
    .executeTakeFirst();
  const clientOrderId = clientOrderIdOf(event);
  const transferId = transferIdOf(event);
  const venueId = venueIdOf(event);
  const venueState = await findVenueState(db, event.venue);
  return {
    previousContentHash: previous?.content_hash ?? null,
    order: clientOrderId === null ? null : await findBookOrder(db, event.venue, clientOrderId),
    transfer: transferId === null ? null : await findTransfer(db, transferId),
    standing: venueId === null ? null : await findStandingTransaction(db, event.venue, venueId),
    opening: venueState?.opening ?? { state: 'unopened' },
  };
}

/**
 * Writes what was decided about a message: the message itself, its transactions, and the order or transfer that it
 * is about, all of it or nothing. Writes nothing for what is a duplicate or was refused.
 *
 * @returns the version of the book afterwards.
 */
export function recordBookEvent(
  db: Kysely<Database>,
  event: BookEvent,
  decision: BookEventDecision,
  recordedAtMs: number,
): Promise<number> {
  return inTransaction(db, async (trx) => {
    if (decision.kind !== 'posted' && decision.kind !== 'postedAsExternal') return readBookVersion(trx);
    await trx
      .insertInto('book_event')
      .values({
        event_id: event.eventId,
        content_hash: decision.contentHash,
        type: event.type,
        venue: event.venue,
        at_ms: event.atMs,
        recorded_at_ms: recordedAtMs,
        body: canonicalJson(event),
        outcome: decision.kind,
      })
      .execute();
    let version: number | null = null;
    for (const transaction of decision.transactions) {
      const { status, sequence } = await postTransaction(trx, transaction, recordedAtMs);
      assert(
        status === 'posted',
        `${transaction.eventId} was not posted before the message that it comes from`,
      );
      version = sequence;
    }
    if (decision.order !== null) await saveBookOrder(trx, decision.order);
    if (decision.transfer !== null) await saveTransfer(trx, decision.transfer);
    if (decision.opensVenue) {
      await openVenue(trx, event.venue, { state: 'fromMessages', atMs: event.atMs, watermark: null });
    }
    return version ?? readBookVersion(trx);
  });
}

export interface RecordedEvent {
  readonly sequence: number;
  readonly event: BookEvent;
  readonly outcome: 'posted' | 'postedAsExternal';
  readonly recordedAtMs: number;
}

/** Messages in the order in which they were accepted, after a sequence number; at most `limit`. */
export async function readBookEvents(
  db: Kysely<Database>,
  { afterSequence, limit }: { readonly afterSequence: number; readonly limit: number },
): Promise<readonly RecordedEvent[]> {
  const rows = await db
    .selectFrom('book_event')
    .selectAll()
    .where('sequence', '>', afterSequence)
    .orderBy('sequence')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    sequence: row.sequence,
    event: JSON.parse(row.body) as BookEvent,
    outcome: row.outcome as RecordedEvent['outcome'],
    recordedAtMs: row.recorded_at_ms,
  }));
}

export async function findTransfer(db: Kysely<Database>, transferId: string): Promise<TransferState | null> {
  const row = await db
    .selectFrom('book_transfer')
    .selectAll()
    .where('transfer_id', '=', transferId)
    .executeTakeFirst();
  return row === undefined ? null : { transferId, sent: endFrom(row.sent), received: endFrom(row.received) };
}

/** Transfers of which only one end was reported: what is in transit, and what arrived from nowhere yet. */
export async function readHalfTransfers(db: Kysely<Database>): Promise<readonly TransferState[]> {
  const rows = await db
    .selectFrom('book_transfer')
    .selectAll()
    .where((row) => row.or([row('sent', 'is', null), row('received', 'is', null)]))
    .orderBy('transfer_id')
    .execute();
  return rows.map((row) => ({
    transferId: row.transfer_id,
    sent: endFrom(row.sent),
    received: endFrom(row.received),
  }));
}

async function saveTransfer(
  trx: Kysely<Database>,
  { transferId, sent, received }: TransferState,
): Promise<void> {
  const ends = {
    sent: sent === null ? null : canonicalJson(sent),
    received: received === null ? null : canonicalJson(received),
  };
  await trx
    .insertInto('book_transfer')
    .values({ transfer_id: transferId, ...ends })
    .onConflict((conflict) => conflict.column('transfer_id').doUpdateSet(ends))
    .execute();
}

const endFrom = (text: string | null): TransferEnd | null =>
  text === null ? null : (JSON.parse(text) as TransferEnd);
