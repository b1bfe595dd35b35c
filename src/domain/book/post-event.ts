// What a message of the bot does to the book: decided here, written elsewhere.
//
// Invariants, each held by a property test of the same name:
// 1. The same id with the same content posts nothing and is accepted again; with other content it is a conflict.
// 2. The order in which messages arrive does not matter.
// 3. One thing that happened at a venue is one transaction, however many messages report it.
// 4. A message that arrives late replaces the correction that stood in for it.
// 5. A venue is opened by its opening transaction, or by the bot's own first deposit.
// 6. Other messages about an unopened venue are posted and leave it unopened: its opening balances then make up
//    the rest.
// 7. Once a venue was opened from a snapshot, what happened up to that moment is contained in it and is refused.

import { canonicalJson } from '../canonical-json.ts';
import { type Amount, add, isZero, ZERO } from '../money/amount.ts';
import type { BookEvent, BookEventOutcome } from './book-event.ts';
import { reversalTransaction } from './correction-transaction.ts';
import { type BookEventContext, isBooked, isContainedInOpening } from './event-context.ts';
import { causeOf, clientOrderIdOf, contentHashOf, venueIdOf } from './event-facts.ts';
import { eventPostings, holdPostings, orderAfter, transferAfter } from './event-postings.ts';
import { type EventRefusal, findBadTime, findRefusal, withoutReplaced } from './event-refusal.ts';
import { makeTransaction } from './make-transaction.ts';
import { type OrderState, unheardOrder } from './order-state.ts';
import type { Transaction } from './transaction.ts';
import type { TransferState } from './transfer-state.ts';

export type BookEventDecision =
  | { readonly kind: 'duplicate'; readonly contentHash: string }
  | EventRefusal
  | {
      readonly kind: 'posted' | 'postedAsExternal';
      readonly contentHash: string;
      /** To be posted in this order; empty when only the order's state changes. */
      readonly transactions: readonly Transaction[];
      /** The new state of the order or transfer that the message is about. */
      readonly order: OrderState | null;
      readonly transfer: TransferState | null;
      /** The message opens its venue. */
      readonly opensVenue: boolean;
      /** The submission of an order whose fills had been posted as external: they are explained now. */
      readonly claimsFills: boolean;
      /** The id of the correction's transaction that the message replaces. */
      readonly replaces: string | null;
    };

/** Decides what one message does to the book. Never throws for what a bot says; writes nothing. */
export function decideBookEvent(event: BookEvent, context: BookEventContext): BookEventDecision {
  const badTime = findBadTime(event, context);
  if (badTime !== null) return badTime;
  const contentHash = contentHashOf(event);
  if (context.previousContentHash === contentHash) return { kind: 'duplicate', contentHash };
  if (context.previousContentHash !== null) {
    return {
      kind: 'conflict',
      place: 'eventId',
      expected: `content ${context.previousContentHash}`,
      found: `content ${contentHash}`,
    };
  }
  const refusal = findRefusal(event, context);
  if (refusal !== null) return refusal === 'sayingAgain' ? { kind: 'duplicate', contentHash } : refusal;

  const { standing } = context;
  const order = changeOrder(event, context);
  const transaction = transactionOf(event, context, order);
  if (standing !== null && isBooked(context)) {
    return sameEffect(standing, transaction) ? { kind: 'duplicate', contentHash } : conflictWith(standing);
  }
  const reversal = standing === null ? null : reversalTransaction(standing, event.atMs);
  const isExternal = event.type === 'portfolio.fillReported' && (order?.submitted ?? null) === null;
  return {
    kind: isExternal ? 'postedAsExternal' : 'posted',
    contentHash,
    transactions: [reversal, transaction].filter((each) => each !== null),
    order,
    transfer: transferAfter(event, context.transfer),
    opensVenue: context.opening.state === 'unopened' && event.type === 'portfolio.depositReported',
    claimsFills: event.type === 'portfolio.orderSubmitted' && !isZero(order?.filledQuantity ?? ZERO),
    replaces: standing?.id ?? null,
  };
}

/** What the bot is told, once everything is durable. */
export function outcomeOf(
  event: BookEvent,
  decision: BookEventDecision,
  bookVersion: number,
): BookEventOutcome {
  const { eventId } = event;
  switch (decision.kind) {
    case 'posted':
    case 'duplicate':
      return { status: decision.kind, eventId, bookVersion };
    case 'postedAsExternal': {
      const reason = `the book does not know the order ${clientOrderIdOf(event)} of ${venueIdOf(event)}`;
      return { status: decision.kind, eventId, bookVersion, reason };
    }
    default: {
      const { kind: status, place, expected, found } = decision;
      return { status, eventId, place, expected, found };
    }
  }
}

const conflictWith = ({ eventId, venueIds }: Transaction): EventRefusal => ({
  kind: 'conflict',
  place: 'venueId',
  expected: `what ${eventId} says of ${venueIds.join(', ')}`,
  found: 'other amounts',
});

/** The order as the message leaves it; null for what is not about an order. */
function changeOrder(event: BookEvent, context: BookEventContext): OrderState | null {
  const clientOrderId = clientOrderIdOf(event);
  if (clientOrderId === null) return null;
  const before = context.order ?? unheardOrder(event.venue, clientOrderId);
  // What an order held at the opening lies in the opening's own balances.
  const usesHolds = context.venueUsesHolds && !isContainedInOpening(event, context.opening);
  return orderAfter(event, withoutReplaced(before, event, context), usesHolds);
}

function transactionOf(
  event: BookEvent,
  context: BookEventContext,
  order: OrderState | null,
): Transaction | null {
  const venueId = venueIdOf(event);
  const holds = order === null ? [] : holdPostings(context.order, order);
  return makeTransaction({
    eventId: event.eventId,
    cause: causeOf(event),
    venue: event.venue,
    atMs: event.atMs,
    venueIds: venueId === null ? [] : [venueId],
    postings: [...eventPostings(event, context.transfer), ...holds],
  });
}

/** Two transactions that change what is held of every asset alike. Between buckets only orders move, not facts. */
function sameEffect(a: Transaction, b: Transaction | null): boolean {
  return b !== null && a.cause === b.cause && canonicalJson(effectOf(a)) === canonicalJson(effectOf(b));
}

function effectOf({ postings }: Transaction): readonly (readonly [string, Amount])[] {
  const totals = new Map<string, Amount>();
  for (const posting of postings) {
    if ('external' in posting) continue;
    const key = JSON.stringify([posting.venue, posting.asset]);
    totals.set(key, add(totals.get(key) ?? ZERO, posting.amount));
  }
  return [...totals].filter(([, total]) => !isZero(total)).sort(([a], [b]) => (a < b ? -1 : 1));
}
