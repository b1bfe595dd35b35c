import type { BookOrder, BookView, Holding } from '../../src/domain/book/book-view.ts';
import { type Amount, amount, subtract } from '../../src/domain/money/amount.ts';
import {
  advanceDiscrepancies,
  type ReadContext,
} from '../../src/domain/reconciliation/advance-discrepancies.ts';
import { type CompareInput, compareVenue } from '../../src/domain/reconciliation/compare.ts';
import type { Discrepancy } from '../../src/domain/reconciliation/discrepancy.ts';
import { defaultTolerances } from '../../src/domain/reconciliation/tolerance.ts';
import { certify, type Known, type Snapshot } from '../../src/domain/venue/observation.ts';
import type { Fill } from '../../src/domain/venue/venue.ts';

/** Amounts of assets as text: "1.5", or "1.5/0.5" for a total of which so much is held. */
export type Amounts = Readonly<Record<string, string>>;

export const VENUE = 'coinbase';
export const QUIET_MS = 5_000;

/** A read of a venue where two have to agree. */
export const readAt = (nowMs: number, more: Partial<ReadContext> = {}): ReadContext => ({
  nowMs,
  quietWindowMs: QUIET_MS,
  confirmations: 2,
  previousReadAtMs: null,
  ...more,
});

const PRICES: Amounts = { BTC: '60000', ETH: '3000', SOL: '150', USDC: '1', USD: '1' };

export const priceOf = (asset: string): Amount | null => {
  const price = PRICES[asset];
  return price === undefined ? null : amount(price);
};

export function bookOf(amounts: Amounts, more: Partial<BookView> = {}): BookView {
  return {
    venue: VENUE,
    isOpened: true,
    bookVersion: 7,
    holdings: Object.entries(amounts).map(
      ([asset, text]): Holding => ({
        asset,
        ...split(text),
        inTransit: amount('0'),
        accrued: amount('0'),
        version: 3,
      }),
    ),
    liveOrders: [],
    recentVenueIds: new Set(),
    recentSinceMs: 0,
    newestFillAtMs: null,
    newestFillIds: [],
    recentFills: new Map(),
    entryPrices: new Map(),
    ...more,
  };
}

export function snapshotOf(
  amounts: Amounts,
  more: Partial<Snapshot> = {},
  observedAtMs = 1_000_000,
): Known<Snapshot> {
  const balances = Object.entries(amounts).map(([asset, text]) => {
    const { available, hold } = split(text);
    return { asset, symbol: asset, total: amount(text.split('/')[0] ?? '0'), available, hold };
  });
  const value: Snapshot = { balances, positions: [], openOrders: [], fills: [], accrued: [], ...more };
  const watermark = { activity: 'a1', height: null };
  const observed = certify(value, {
    venue: VENUE,
    kind: 'coinbase',
    scope: 'portfolio-1',
    complete: true,
    observedAtMs,
    clockSkewMs: null,
    watermarkBefore: watermark,
    watermarkAfter: watermark,
    pages: [{ endpoint: 'GET /accounts', rows: balances.length, sha256: 'ab'.repeat(32) }],
    sources: ['https://venue.example'],
  });
  if (observed.state === 'unknown') throw new Error(observed.detail);
  return observed;
}

export function compareOf(book: Amounts, venue: Amounts, more: Partial<CompareInput> = {}) {
  return compareVenue({
    book: bookOf(book),
    snapshot: snapshotOf(venue),
    inFlight: [],
    tolerances: defaultTolerances(),
    priceOf,
    navUsd: amount('1000000'),
    ...more,
  });
}

/** The discrepancies after two reads that agree, one quiet window apart. */
export function confirmedOf(
  book: Amounts,
  venue: Amounts,
  more: Partial<CompareInput> = {},
): readonly Discrepancy[] {
  let discrepancies: readonly Discrepancy[] = [];
  for (const observedAtMs of [1_000_000, 1_000_000 + QUIET_MS]) {
    const snapshot = snapshotOf(venue, more.snapshot?.value ?? {}, observedAtMs);
    const comparison = compareOf(book, venue, { ...more, snapshot });
    discrepancies = advanceDiscrepancies(discrepancies, comparison, readAt(observedAtMs)).discrepancies;
  }
  return discrepancies;
}

export function fillOf(more: Partial<Fill> = {}): Fill {
  return {
    id: 'fill-1',
    orderId: 'order-1',
    clientOrderId: 'client-1',
    market: 'BTC-USDC',
    base: 'BTC',
    quote: 'USDC',
    side: 'buy',
    quantity: amount('0.001'),
    price: amount('60000'),
    quoteAmount: amount('60'),
    fee: { asset: 'USDC', amount: amount('0.36') },
    atMs: 900_000,
    ...more,
  };
}

export function orderOf(more: Partial<BookOrder> = {}): BookOrder {
  return {
    clientOrderId: 'client-1',
    venueOrderId: 'order-1',
    venue: VENUE,
    market: 'BTC-USDC',
    base: 'BTC',
    quote: 'USDC',
    side: 'buy',
    quantity: amount('0.001'),
    filledQuantity: amount('0'),
    limitPrice: amount('60000'),
    hold: null,
    status: 'accepted',
    submittedAtMs: 800_000,
    ...more,
  };
}

function split(text: string): { readonly available: Amount; readonly hold: Amount } {
  const [total = '0', hold = '0'] = text.split('/');
  return { available: subtract(amount(total), amount(hold)), hold: amount(hold) };
}
