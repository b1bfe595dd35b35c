import type { BookEvent } from '../../src/domain/book/book-event.ts';
import {
  applyOrder,
  applyTransaction,
  type Book,
  emptyBook,
  viewOf,
} from '../../src/domain/book/book-state.ts';
import type { BookEventContext, EventHistory, Opening } from '../../src/domain/book/event-context.ts';
import { clientOrderIdOf, transferIdOf, venueIdOf } from '../../src/domain/book/event-facts.ts';
import type { OrderState } from '../../src/domain/book/order-state.ts';
import { type BookEventDecision, decideBookEvent } from '../../src/domain/book/post-event.ts';
import type { Transaction } from '../../src/domain/book/transaction.ts';
import type { TransferState } from '../../src/domain/book/transfer-state.ts';
import { type Amount, amount } from '../../src/domain/money/amount.ts';

export const NOW_MS = 1_700_000_000_000;
export const a = (text: string): Amount => amount(text);

/** What the rules are told of the world, unless a test says otherwise. */
export const RULES: Omit<BookEventContext, keyof EventHistory> = {
  nowMs: NOW_MS,
  isVenueConfigured: (venue) => ['coinbase', 'solana', 'dydx'].includes(venue),
  canHold: () => true,
  venueUsesHolds: true,
};

/** A book in memory that hears messages: what the database is for the service, maps are here. */
export class BookHarness {
  readonly book: Book = emptyBook();
  readonly orders = new Map<string, OrderState>();
  readonly transactions: Transaction[] = [];
  readonly #hashes = new Map<string, string>();
  readonly #transfers = new Map<string, TransferState>();
  readonly #standing = new Map<string, Transaction>();
  readonly rules: Omit<BookEventContext, keyof EventHistory>;
  opening: Opening = { state: 'unopened' };

  constructor(rules: Partial<BookEventContext> = {}) {
    this.rules = { ...RULES, ...rules };
  }

  decide(event: BookEvent): BookEventDecision {
    return decideBookEvent(event, {
      ...this.rules,
      previousContentHash: this.#hashes.get(event.eventId) ?? null,
      order: this.orders.get(`${event.venue} ${clientOrderIdOf(event)}`) ?? null,
      transfer: this.#transfers.get(transferIdOf(event) ?? '') ?? null,
      standing: this.standing(event.venue, venueIdOf(event)),
      opening: this.opening,
    });
  }

  hear(event: BookEvent): BookEventDecision {
    const decision = this.decide(event);
    if (decision.kind !== 'posted' && decision.kind !== 'postedAsExternal') return decision;
    this.#hashes.set(event.eventId, decision.contentHash);
    for (const transaction of decision.transactions) this.post(transaction);
    if (decision.order) this.keep(decision.order);
    if (decision.transfer) this.#transfers.set(decision.transfer.transferId, decision.transfer);
    return decision;
  }

  post(transaction: Transaction): void {
    applyTransaction(this.book, transaction);
    this.transactions.push(transaction);
    for (const venueId of transaction.venueIds) {
      const key = `${transaction.venue} ${venueId}`;
      if (transaction.cause === 'reversal') this.#standing.delete(key);
      else this.#standing.set(key, transaction);
    }
  }

  keep(order: OrderState): void {
    this.orders.set(`${order.venue} ${order.clientOrderId}`, order);
    applyOrder(this.book, order);
  }

  standing(venue: string, venueId: string | null): Transaction | null {
    return this.#standing.get(`${venue} ${venueId}`) ?? null;
  }

  /** Every bucket that is not zero, as "available 1.5", by venue and asset. */
  balances(): Record<string, string> {
    const shown: Record<string, string> = {};
    for (const venue of [...this.book.venues.keys()].sort()) {
      for (const { asset, version: _version, ...buckets } of viewOf(this.book, venue, 0).holdings) {
        for (const [bucket, value] of Object.entries(buckets)) {
          if (value !== '0') shown[`${venue} ${asset} ${bucket}`] = value;
        }
      }
    }
    return shown;
  }
}

/** One order's messages: buy 2 BTC at up to 100 USD, 202 USD held for it. */
export const ORDER = {
  venue: 'coinbase',
  clientOrderId: 'order-1',
  market: 'BTC-USD',
  base: 'BTC',
  quote: 'USD',
  side: 'buy',
} as const;

export const submitted = (
  fields: Partial<Extract<BookEvent, { type: 'portfolio.orderSubmitted' }>> = {},
): BookEvent => ({
  type: 'portfolio.orderSubmitted',
  eventId: 'submitted',
  atMs: NOW_MS - 1_000,
  ...ORDER,
  quantity: a('2'),
  limitPrice: a('100'),
  ...fields,
});

export const accepted = (
  fields: Partial<Extract<BookEvent, { type: 'portfolio.orderAccepted' }>> = {},
): BookEvent => ({
  type: 'portfolio.orderAccepted',
  eventId: 'accepted',
  atMs: NOW_MS - 900,
  venue: 'coinbase',
  clientOrderId: 'order-1',
  venueOrderId: 'venue-order-1',
  hold: { asset: 'USD', amount: a('202') },
  ...fields,
});

export const cancelled = (
  fields: Partial<Extract<BookEvent, { type: 'portfolio.orderCancelled' }>> = {},
): BookEvent => ({
  type: 'portfolio.orderCancelled',
  eventId: 'cancelled',
  atMs: NOW_MS - 100,
  venue: 'coinbase',
  clientOrderId: 'order-1',
  ...fields,
});

export const filled = (
  fields: Partial<Extract<BookEvent, { type: 'portfolio.fillReported' }>> = {},
): Extract<BookEvent, { type: 'portfolio.fillReported' }> => ({
  type: 'portfolio.fillReported',
  eventId: 'filled',
  atMs: NOW_MS - 500,
  ...ORDER,
  fillId: 'fill-1',
  quantity: a('0.5'),
  price: a('99'),
  quoteAmount: null,
  fee: { asset: 'USD', amount: a('0.5') },
  ...fields,
});

export const deposited = (
  fields: Partial<Extract<BookEvent, { type: 'portfolio.depositReported' }>> = {},
): BookEvent => ({
  type: 'portfolio.depositReported',
  eventId: 'deposited',
  atMs: NOW_MS - 5_000,
  venue: 'coinbase',
  asset: 'USD',
  amount: a('1000'),
  activityId: 'deposit-1',
  ...fields,
});

export const sent = (
  fields: Partial<Extract<BookEvent, { type: 'portfolio.transferSent' }>> = {},
): BookEvent => ({
  type: 'portfolio.transferSent',
  eventId: 'sent',
  atMs: NOW_MS - 400,
  venue: 'coinbase',
  transferId: 'transfer-1',
  toVenue: 'solana',
  asset: 'USDC',
  amount: a('100'),
  fee: null,
  ...fields,
});

export const received = (
  fields: Partial<Extract<BookEvent, { type: 'portfolio.transferReceived' }>> = {},
): BookEvent => ({
  type: 'portfolio.transferReceived',
  eventId: 'received',
  atMs: NOW_MS - 300,
  venue: 'solana',
  transferId: 'transfer-1',
  fromVenue: 'coinbase',
  asset: 'EPjFWdd5',
  amount: a('99'),
  ...fields,
});
