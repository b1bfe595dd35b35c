import type { Announcement } from '../../../actors/messages/announcements.ts';
import type { VenueReported } from '../../../actors/messages/rebalancing-messages.ts';
import type { NewAuditEntry } from '../../../db/audit-repository.ts';
import { applyOrder, applyTransaction, markOpened } from '../../domain/book/book-state.ts';
import type { OrderState } from '../../domain/book/order-state.ts';
import type { Transaction } from '../../domain/book/transaction.ts';
import type { AssetId, Market, VenueId } from '../../domain/venue/venue.ts';
import type { PortfolioState } from './portfolio-state.ts';
import { memoryOf } from './read-standing.ts';

/** What one transaction of the database did, to be taken over by the state in memory once it is committed. */
export interface CommittedChange {
  readonly transactions: Transaction[];
  readonly orders: OrderState[];
  readonly openedVenues: VenueId[];
  readonly audit: NewAuditEntry[];
  readonly announcements: Announcement[];
  /** Anything else that the memory must follow; run in order, after the commit. */
  readonly afterwards: ((state: PortfolioState) => void)[];
  /** Venues at which something has moved that their next reads will show. */
  readonly movedVenues: Set<VenueId>;
  /** Venues that have to be read at once, with what the question is called. */
  readonly requestedRounds: Map<VenueId, string>;
  /** Assets that have moved without an order or a read that confirms it, of each venue at which they changed. */
  readonly unclaimed: Map<VenueId, ReadonlyMap<AssetId, number>>;
  /** Markets that were read, of each venue of which they were. */
  readonly markets: Map<VenueId, { readonly markets: readonly Market[]; readonly marketsAtMs: number }>;
  venueReported: VenueReported | null;
}

export const noChange = (): CommittedChange => ({
  transactions: [],
  orders: [],
  openedVenues: [],
  audit: [],
  announcements: [],
  afterwards: [],
  movedVenues: new Set(),
  requestedRounds: new Map(),
  unclaimed: new Map(),
  markets: new Map(),
  venueReported: null,
});

export function takeOver(state: PortfolioState, change: CommittedChange): void {
  for (const transaction of change.transactions) applyTransaction(state.book, transaction);
  for (const order of change.orders) applyOrder(state.book, order);
  for (const venue of change.openedVenues) markOpened(state.book, venue);
  for (const [venue, assets] of change.unclaimed) memoryOf(state, venue).unclaimed = assets;
  for (const follow of change.afterwards) follow(state);
}
