import type { Kysely } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import { type Amount, amount, isMore, ZERO } from '../src/domain/money/amount.ts';
import { hasEnded, type IntentStatus, mayBecome } from '../src/domain/venue/intent-status.ts';
import type { OrderInstruction, PreparedOrder } from '../src/domain/venue/order.ts';
import type { Fee, VenueId } from '../src/domain/venue/venue.ts';
import { inTransaction } from './database.ts';
import type { OrderIntentTable } from './order-tables.ts';
import type { Database } from './tables.ts';

/** Client numbers are counted in 32 bits by the venues that want numbers. */
const CLIENT_NUMBER_MAX = 2 ** 32 - 1;

export interface NewIntent {
  readonly instruction: OrderInstruction;
  readonly planHash: string;
  /** The order's place in its plan. */
  readonly sequence: number;
  /** The sequences of the sells that pay for this buy. */
  readonly fundedBy: readonly number[];
  readonly recordedAtMs: number;
}

export interface StoredIntent extends NewIntent {
  readonly status: IntentStatus;
  /** What was or will be sent; null until it is prepared. */
  readonly prepared: PreparedOrder | null;
  readonly submittedAtMs: number | null;
  /** When the venue's evidence of its end, or of its resting, was seen. */
  readonly confirmedAtMs: number | null;
  readonly venueOrderId: string | null;
  readonly filledQuantity: Amount;
  readonly filledQuote: Amount;
  readonly fees: readonly Fee[];
  readonly detail: string;
}

/** What became known of an order. Absent fields stay as they are. */
export interface IntentOutcome {
  readonly intentId: string;
  readonly status: Exclude<IntentStatus, 'recorded' | 'prepared' | 'submitting'>;
  readonly atMs: number;
  readonly venueOrderId?: string | null;
  /** Everything filled so far, with what it moved and cost. */
  readonly filled?: { readonly quantity: Amount; readonly quote: Amount; readonly fees: readonly Fee[] };
  readonly detail?: string;
}

/**
 * The next client number of an account. Allocate it in the transaction that records the intent: a number that was given
 * out is never given out again, and none is lost. Nor is one that was given out while venues were counted, not accounts.
 *
 * @throws {InvariantViolation} when all are given out: they never begin again.
 */
export function allocateClientNumber(db: Kysely<Database>, account: string): Promise<number> {
  return inTransaction(db, async (trx) => {
    const counter = await trx
      .selectFrom('account_number')
      .select('next')
      .where('account', '=', account)
      .executeTakeFirst();
    const allocated = counter?.next ?? (await firstClientNumber(trx));
    assert(allocated <= CLIENT_NUMBER_MAX, `client numbers of ${account} have 32 bits: ${allocated}`);
    const next = allocated + 1;
    await trx
      .insertInto('account_number')
      .values({ account, next })
      .onConflict((conflict) => conflict.column('account').doUpdateSet({ next }))
      .execute();
    return allocated;
  });
}

/** Which account a venue stood for is not known, and it may have been renamed since: beyond all of them. */
async function firstClientNumber(trx: Kysely<Database>): Promise<number> {
  const { next } = await trx
    .selectFrom('client_number')
    .select(({ fn }) => fn.max('next').as('next'))
    .executeTakeFirstOrThrow();
  return next ?? 1;
}

/** Writes down an order before anything is sent. The same intent is recorded once. */
export function recordIntent(
  db: Kysely<Database>,
  intent: NewIntent,
): Promise<'recorded' | 'alreadyRecorded'> {
  const { instruction } = intent;
  return inTransaction(db, async (trx) => {
    const known = await findIntent(trx, instruction.intentId);
    if (known !== null) {
      const isSame = canonicalJson(known.instruction) === canonicalJson(instruction);
      assert(isSame, `intent ${instruction.intentId} is recorded with one content`);
      return 'alreadyRecorded';
    }
    await trx.insertInto('order_intent').values(newRow(intent)).execute();
    return 'recorded';
  });
}

/** Keeps exactly what will be sent, so that a retry sends the same bytes. */
export async function recordPrepared(db: Kysely<Database>, prepared: PreparedOrder): Promise<void> {
  const { instruction, payload, reference, expiresAtHeight } = prepared;
  await move(db, instruction.intentId, 'prepared', {
    payload,
    reference,
    expires_at_height: expiresAtHeight,
  });
}

/** To be committed before the first byte is sent: from here on the order may exist at the venue. */
export async function recordSubmitting(db: Kysely<Database>, intentId: string, atMs: number): Promise<void> {
  await move(db, intentId, 'submitting', { submitted_at_ms: atMs });
}

/**
 * Records what became of an order. What an order has filled never shrinks: an answer that is older than what is known
 * changes nothing of it.
 *
 * @returns `alreadyEnded` where the order had ended before: nothing is changed.
 * @throws {InvariantViolation} for an outcome that cannot follow from where the order stands.
 */
export function recordOutcome(
  db: Kysely<Database>,
  outcome: IntentOutcome,
): Promise<'recorded' | 'alreadyEnded'> {
  const { intentId, status, atMs, venueOrderId, filled, detail } = outcome;
  return inTransaction(db, async (trx) => {
    const before = await findIntent(trx, intentId);
    assert(before !== null, `intent ${intentId} was recorded before its outcome`);
    if (hasEnded(before.status)) return 'alreadyEnded';
    const isNewer = filled !== undefined && isMore(filled.quantity, before.filledQuantity);
    await move(trx, intentId, status, {
      ...(isNewer && {
        filled_quantity: filled.quantity,
        filled_quote: filled.quote,
        fees: canonicalJson(filled.fees),
      }),
      ...(venueOrderId !== undefined && { venue_order_id: venueOrderId }),
      ...(detail !== undefined && { detail }),
      ...(status !== 'outcomeUnknown' && { confirmed_at_ms: atMs }),
    });
    return 'recorded';
  });
}

export async function findIntent(db: Kysely<Database>, intentId: string): Promise<StoredIntent | null> {
  const row = await db
    .selectFrom('order_intent')
    .selectAll()
    .where('intent_id', '=', intentId)
    .executeTakeFirst();
  return row === undefined ? null : intentFrom(row);
}

/** The orders of a plan, in their sequence. */
export async function readIntentsOfPlan(
  db: Kysely<Database>,
  planHash: string,
): Promise<readonly StoredIntent[]> {
  const rows = await db
    .selectFrom('order_intent')
    .selectAll()
    .where('plan_hash', '=', planHash)
    .orderBy('sequence')
    .execute();
  return rows.map(intentFrom);
}

/** Orders that have not ended, at one venue or at all, in the order in which they were recorded. */
export async function readIntentsUnderWay(
  db: Kysely<Database>,
  venue: VenueId | null,
): Promise<readonly StoredIntent[]> {
  let query = db
    .selectFrom('order_intent')
    .selectAll()
    .where('status', 'in', ['recorded', 'prepared', 'submitting', 'outcomeUnknown', 'open']);
  if (venue !== null) query = query.where('venue', '=', venue);
  const rows = await query.orderBy('recorded_at_ms').orderBy('plan_hash').orderBy('sequence').execute();
  return rows.map(intentFrom);
}

async function move(
  db: Kysely<Database>,
  intentId: string,
  to: IntentStatus,
  changes: Partial<OrderIntentTable>,
): Promise<void> {
  const before = await db
    .selectFrom('order_intent')
    .select('status')
    .where('intent_id', '=', intentId)
    .executeTakeFirst();
  assert(before, `intent ${intentId} is recorded`);
  assert(mayBecome(before.status, to), `intent ${intentId} may go from ${before.status} to ${to}`);
  await db
    .updateTable('order_intent')
    .set({ ...changes, status: to })
    .where('intent_id', '=', intentId)
    .execute();
}

function newRow({ instruction, planHash, sequence, fundedBy, recordedAtMs }: NewIntent): OrderIntentTable {
  return {
    intent_id: instruction.intentId,
    plan_hash: planHash,
    sequence,
    venue: instruction.venue,
    market: instruction.market,
    side: instruction.side,
    quantity: instruction.quantity,
    limit_price: instruction.limitPrice,
    time_in_force: instruction.timeInForce,
    reduce_only: instruction.reduceOnly ? 1 : 0,
    client_order_id: instruction.clientOrderId,
    funded_by: canonicalJson(fundedBy),
    status: 'recorded',
    payload: null,
    reference: null,
    expires_at_height: null,
    recorded_at_ms: recordedAtMs,
    submitted_at_ms: null,
    confirmed_at_ms: null,
    venue_order_id: null,
    filled_quantity: ZERO,
    filled_quote: ZERO,
    fees: '[]',
    detail: '',
  };
}

function intentFrom(row: OrderIntentTable): StoredIntent {
  const instruction: OrderInstruction = {
    intentId: row.intent_id,
    venue: row.venue,
    market: row.market,
    side: row.side,
    quantity: amount(row.quantity),
    limitPrice: amount(row.limit_price),
    timeInForce: row.time_in_force,
    reduceOnly: row.reduce_only === 1,
    clientOrderId: row.client_order_id,
  };
  const { payload, reference, expires_at_height: expiresAtHeight } = row;
  return {
    instruction,
    planHash: row.plan_hash,
    sequence: row.sequence,
    fundedBy: JSON.parse(row.funded_by) as readonly number[],
    recordedAtMs: row.recorded_at_ms,
    status: row.status,
    prepared: payload === null ? null : { instruction, payload, reference, expiresAtHeight },
    submittedAtMs: row.submitted_at_ms,
    confirmedAtMs: row.confirmed_at_ms,
    venueOrderId: row.venue_order_id,
    filledQuantity: amount(row.filled_quantity),
    filledQuote: amount(row.filled_quote),
    fees: JSON.parse(row.fees) as readonly Fee[],
    detail: row.detail,
  };
}
