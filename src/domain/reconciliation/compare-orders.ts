import type { BookOrder, BookView } from '../book/book-view.ts';
import { type Amount, subtract, ZERO } from '../money/amount.ts';
import type { OpenOrder } from '../venue/venue.ts';
import type { Difference } from './compare.ts';
import type { InFlight } from './in-flight.ts';

/**
 * Compares what remains of the orders that either side takes for open, matched by the venue's id or else the
 * client's. An order that is under way makes a mismatch pending and informational: totals tell what it did.
 */
export function compareOrders(
  book: BookView,
  openOrders: readonly OpenOrder[],
  inFlight: InFlight,
): { readonly compared: number; readonly differences: readonly Difference[] } {
  const live = book.liveOrders.filter(({ status }) => status === 'submitted' || status === 'accepted');
  const byVenueId = new Map(live.map((order) => [order.venueOrderId ?? '', order]));
  const byClientId = new Map(live.map((order) => [order.clientOrderId, order]));
  const underWay = movementsByOrder(inFlight);
  const unmatched = new Set(live);
  const differences: Difference[] = [];
  const compareOne = (order: BookOrder | null, open: OpenOrder | null): void => {
    const book_ = order === null ? ZERO : subtract(order.quantity, order.filledQuantity);
    const venue = open?.remaining ?? ZERO;
    if (order !== null && open !== null && book_ === venue) return;
    const clientOrderId = order?.clientOrderId ?? open?.clientOrderId ?? null;
    const excuses = clientOrderId === null ? NO_EXCUSE : (underWay.get(clientOrderId) ?? NO_EXCUSE);
    differences.push(
      orderDifference({ venue: book.venue, order, open, book: book_, amount: venue, excuses }),
    );
  };
  for (const open of openOrders) {
    const order =
      byVenueId.get(open.id) ??
      (open.clientOrderId === null ? undefined : byClientId.get(open.clientOrderId));
    if (order !== undefined) unmatched.delete(order);
    compareOne(order ?? null, open);
  }
  for (const order of unmatched) compareOne(order, null);
  return { compared: openOrders.length + unmatched.size, differences };
}

interface Excuses {
  readonly references: readonly string[];
  readonly awaitsOutcome: boolean;
}

const NO_EXCUSE: Excuses = { references: [], awaitsOutcome: false };

function orderDifference(found: {
  readonly venue: string;
  readonly order: BookOrder | null;
  readonly open: OpenOrder | null;
  readonly book: Amount;
  readonly amount: Amount;
  readonly excuses: Excuses;
}): Difference {
  const { order, open, excuses } = found;
  // An order that was sent and not yet acknowledged may be on either side of the venue's door.
  const isUnderWay = excuses.references.length > 0 || order?.status === 'submitted';
  const subject = open?.id ?? order?.venueOrderId ?? order?.clientOrderId ?? '';
  return {
    venue: found.venue,
    asset: order?.base ?? open?.market ?? '',
    bucket: 'order',
    subject,
    class: isUnderWay ? 'pending' : 'orderMismatch',
    settledClass: 'orderMismatch',
    severity: isUnderWay ? 'info' : order === null ? 'error' : 'warning',
    isMaterial: true,
    bookAmount: found.book,
    venueAmount: found.amount,
    delta: subtract(found.amount, found.book),
    valueUsd: null,
    relative: ZERO,
    pendingOn: isUnderWay
      ? [...excuses.references, ...(order === null ? [] : [order.clientOrderId])].sort()
      : [],
    pendingUntilMs: null,
    awaitsOutcome: excuses.awaitsOutcome || order?.status === 'submitted',
    isOverdue: false,
  };
}

function movementsByOrder(inFlight: InFlight): ReadonlyMap<string, Excuses> {
  const byOrder = new Map<string, Excuses>();
  for (const { kind, reference, clientOrderId } of inFlight) {
    // A live order that is merely resting does not excuse that the venue lacks it.
    if (clientOrderId === null || kind === 'liveOrder') continue;
    const excuses = byOrder.get(clientOrderId) ?? NO_EXCUSE;
    byOrder.set(clientOrderId, {
      references: [...excuses.references, reference],
      awaitsOutcome: excuses.awaitsOutcome || kind === 'orderOfUnknownOutcome',
    });
  }
  return byOrder;
}
