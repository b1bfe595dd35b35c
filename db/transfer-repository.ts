import type { Kysely, Selectable } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import {
  newTransfer,
  type TransferIntent,
  type TransferRequest,
} from '../src/domain/transfer/transfer-intent.ts';
import { bookEventIdOf } from '../src/domain/transfer/transfer-outcome.ts';
import type { PreparedTransfer } from '../src/domain/venue/transfer.ts';
import type { VenueId } from '../src/domain/venue/venue.ts';
import type { Database } from './tables.ts';
import type { TransferIntentTable } from './transfer-table.ts';

export interface StoredTransfer {
  readonly intent: TransferIntent;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Confirmed transfers that a start looks at again, in case the book was never told: the newest so many. */
const UNTOLD_MAX = 1_000;

/** Writes a transfer as it stands. What was signed and what has ended cannot be changed: the table refuses. */
export async function saveTransfer(
  db: Kysely<Database>,
  { request, status, prepared, sends, landed, detail }: TransferIntent,
  atMs: number,
): Promise<void> {
  const state = {
    status,
    payload: prepared?.payload ?? null,
    reference: prepared?.reference ?? null,
    expires_at_height: prepared?.expiresAtHeight ?? null,
    expected: prepared === null ? null : canonicalJson({ arrives: prepared.arrives, fee: prepared.fee }),
    sends,
    landed: landed === null ? null : canonicalJson(landed),
    detail,
    updated_at_ms: atMs,
  };
  await db
    .insertInto('transfer_intent')
    .values({
      id: request.transferId,
      venue: request.venue,
      request: canonicalJson(request),
      created_at_ms: atMs,
      ...state,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(state))
    .execute();
}

export async function findTransfer(db: Kysely<Database>, id: string): Promise<TransferIntent | null> {
  const row = await db.selectFrom('transfer_intent').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : transferFrom(row).intent;
}

/** Transfers that have not ended, in the order in which they were asked for. */
export async function readTransfersUnderWay(db: Kysely<Database>): Promise<readonly TransferIntent[]> {
  const rows = await db
    .selectFrom('transfer_intent')
    .selectAll()
    .where('status', 'in', ['intended', 'prepared', 'submitted', 'unknown'])
    .orderBy('created_at_ms')
    .orderBy('id')
    .execute();
  return rows.map((row) => transferFrom(row).intent);
}

/** Transfers that happened and that the book has not: their message was lost with the process that sent it. */
export async function readTransfersUntold(db: Kysely<Database>): Promise<readonly TransferIntent[]> {
  const rows = await db
    .selectFrom('transfer_intent')
    .selectAll()
    .where('status', '=', 'confirmed')
    .orderBy('created_at_ms', 'desc')
    .orderBy('id')
    .limit(UNTOLD_MAX)
    .execute();
  const intents = rows.map((row) => transferFrom(row).intent);
  const told = await readTold(
    db,
    intents.map(({ request }) => request.transferId),
  );
  return intents.filter(({ request }) => !told.has(bookEventIdOf(request.transferId))).reverse();
}

/** Whether the book has the message of a transfer. */
export async function isTransferTold(db: Kysely<Database>, id: string): Promise<boolean> {
  return (await readTold(db, [id])).size > 0;
}

/** Newest first, of one venue or of all. */
export async function readTransfers(
  db: Kysely<Database>,
  { limit, venue }: { readonly limit: number; readonly venue: VenueId | null },
): Promise<readonly StoredTransfer[]> {
  let query = db.selectFrom('transfer_intent').selectAll();
  if (venue !== null) query = query.where('venue', '=', venue);
  const rows = await query.orderBy('created_at_ms', 'desc').orderBy('id').limit(limit).execute();
  return rows.map(transferFrom);
}

/** Of the messages of these transfers, those that the book has. */
async function readTold(db: Kysely<Database>, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('book_event')
    .select('event_id')
    .where('event_id', 'in', ids.map(bookEventIdOf))
    .execute();
  return new Set(rows.map((row) => row.event_id));
}

function transferFrom(row: Selectable<TransferIntentTable>): StoredTransfer {
  const request = JSON.parse(row.request) as TransferRequest;
  const { status, sends, detail } = row;
  const prepared = preparedFrom(row, request);
  const landed = row.landed === null ? null : (JSON.parse(row.landed) as TransferIntent['landed']);
  const intent = { ...newTransfer(request), status, prepared, sends, landed, detail };
  return { intent, createdAtMs: row.created_at_ms, updatedAtMs: row.updated_at_ms };
}

function preparedFrom(
  { payload, reference, expires_at_height: expiresAtHeight, expected }: Selectable<TransferIntentTable>,
  { toVenue: _toVenue, ...instruction }: TransferRequest,
): PreparedTransfer | null {
  if (payload === null || reference === null || expected === null) return null;
  const { arrives, fee } = JSON.parse(expected) as Pick<PreparedTransfer, 'arrives' | 'fee'>;
  return { instruction, payload, reference, expiresAtHeight, arrives, fee };
}
