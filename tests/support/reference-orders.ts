import type { BookEvent } from '../../src/domain/book/book-event.ts';
import { adoptOpenOrders } from '../../src/domain/book/opening.ts';
import { bookOrderOf } from '../../src/domain/book/order-state.ts';
import { type Amount, amount, isMore, multiply, subtract, ZERO } from '../../src/domain/money/amount.ts';
import type { Fill, OpenOrder, Side } from '../../src/domain/venue/venue.ts';
import { accepted, cancelled, filled, ORDER, submitted } from './book-harness.ts';
import { amountOf, type Fields } from './reference-scenarios.ts';
import { HAPPENED_AT_MS, VenueBesideBook } from './venue-beside-book.ts';

/** An order as a bot knows it, and what the venue reports of it. */
export interface ReportedOrder {
  readonly local: Fields;
  readonly report: Fields;
}

const OPEN_STATUSES = ['ACCEPTED', 'PARTIALLY_FILLED', 'TRIGGERED', 'PENDING_UPDATE'];
const CASH = '1000000';
const LOCAL_PRICE = '1';
/** Where a case leaves an order's size out. */
const QUANTITY = '100';
const atMs = HAPPENED_AT_MS;

/** What a bot reports of an order for each of the reference's words: however it ends without a fill, it has ended. */
export const MESSAGE_OF: Readonly<Record<string, (clientOrderId: string) => BookEvent>> = {
  ACCEPTED: (clientOrderId) => acceptedAs(clientOrderId),
  CANCELED: (clientOrderId) => endedAs(clientOrderId),
  EXPIRED: (clientOrderId) => endedAs(clientOrderId),
  REJECTED: (clientOrderId) => endedAs(clientOrderId),
};

const acceptedAs = (clientOrderId: string): BookEvent =>
  accepted({
    clientOrderId,
    eventId: `${clientOrderId} accepted`,
    venueOrderId: `V ${clientOrderId}`,
    hold: null,
    atMs,
  });
const endedAs = (clientOrderId: string): BookEvent =>
  cancelled({ clientOrderId, eventId: `${clientOrderId} ended`, atMs });

/** Orders as the reference tells them: heard by the book as the bot knows them, and at the venue as it reports. */
export function reportedOrders(...orders: readonly ReportedOrder[]): VenueBesideBook {
  const compared = new VenueBesideBook();
  compared.hold('USD', CASH);
  compared.open();
  orders.forEach((order, index) => {
    const clientOrderId = orders.length === 1 ? ORDER.clientOrderId : `order-${index + 1}`;
    const events = messagesOf(order, clientOrderId);
    for (const decision of compared.hear(...events)) {
      if (decision.kind !== 'posted')
        throw new Error(`expected a message to be posted, found ${decision.kind}`);
    }
    report(compared, order, clientOrderId);
  });
  return compared;
}

/** An order that rests at the venue when it opens, as the book has it from then on. */
export function adoptedOrder(report: Fields) {
  const order: OpenOrder = {
    id: 'V-1',
    clientOrderId: typeof report.client_order_id === 'string' ? report.client_order_id : null,
    market: ORDER.market,
    side: 'buy',
    remaining: subtract(amountOf(report.qty), filledOf(report)),
    limitPrice: 'price' in report ? amountOf(report.price) : null,
  };
  const { base, quote } = ORDER;
  const states = adoptOpenOrders({
    venue: ORDER.venue,
    openOrders: [order],
    balances: [],
    assetsOfMarket: () => ({ base, quote }),
    knownOrders: [],
    atMs,
  });
  const compared = new VenueBesideBook();
  compared.openOrders = [order];
  const before = compared.look().orders;
  for (const state of states) compared.harness.keep(state);
  const [state] = states;
  return { order, before, after: compared.look().orders, booked: state ? bookOrderOf(state) : null };
}

function messagesOf({ local, report }: ReportedOrder, clientOrderId: string): readonly BookEvent[] {
  const limitPrice = local.price ?? report.price ?? report.avg_px ?? null;
  const known = filledOf(local);
  return [
    submitted({
      clientOrderId,
      eventId: `${clientOrderId} submitted`,
      side: sideOf(local),
      quantity: quantityOf({ local, report }),
      limitPrice: limitPrice === null ? null : amountOf(limitPrice),
      atMs,
    }),
    ...(local.status === 'SUBMITTED' ? [] : [acceptedAs(clientOrderId)]),
    ...(known === ZERO ? [] : [reported(fillOf(local, clientOrderId, { id: 'known', quantity: known }))]),
  ];
}

/** What the venue reports to be filled and the book lacks is on the venue's record as one fill. */
function report(compared: VenueBesideBook, { local, report }: ReportedOrder, clientOrderId: string): void {
  const [known, filledAtVenue] = [filledOf(local), filledOf(report)];
  const price = amountOf(report.avg_px ?? report.price ?? LOCAL_PRICE);
  if (isMore(filledAtVenue, known)) {
    if (known !== ZERO) compared.fill(fillOf(local, clientOrderId, { id: 'known', quantity: known }));
    const missed = subtract(filledAtVenue, known);
    compared.fill(fillOf(local, clientOrderId, { id: 'missed', quantity: missed, price }));
  } else if (known !== ZERO) {
    // A report of less than the bot has been told is one of the order alone.
    compared.fill(fillOf(local, clientOrderId, { id: 'known', quantity: known }));
  }
  if (!OPEN_STATUSES.includes(String(report.status ?? 'ACCEPTED'))) return;
  const open: OpenOrder = {
    id: `V ${clientOrderId}`,
    clientOrderId,
    market: ORDER.market,
    side: sideOf(local),
    remaining: subtract(amountOf(report.qty ?? local.qty ?? QUANTITY), filledAtVenue),
    limitPrice: null,
  };
  compared.openOrders = [...compared.openOrders, open];
}

function fillOf(
  local: Fields,
  clientOrderId: string,
  { id, quantity, price = amount(LOCAL_PRICE) }: { id: string; quantity: Amount; price?: Amount },
): Fill {
  const { market, base, quote } = ORDER;
  return {
    id: `${clientOrderId} ${id}`,
    orderId: `V ${clientOrderId}`,
    clientOrderId,
    market,
    base,
    quote,
    side: sideOf(local),
    quantity,
    price,
    quoteAmount: multiply(quantity, price),
    fee: { asset: quote, amount: ZERO },
    atMs,
  };
}

/** What a bot says of a fill. */
export function reported({ id, orderId: _orderId, clientOrderId, ...fill }: Fill): BookEvent {
  return filled({ ...fill, eventId: id, fillId: id, clientOrderId: clientOrderId ?? '' });
}

const quantityOf = ({ local, report }: ReportedOrder): Amount =>
  amountOf(local.qty ?? report.qty ?? QUANTITY);
const filledOf = ({ filled: quantity = '0' }: Fields): Amount => amountOf(quantity);
const sideOf = ({ side }: Fields): Side => (side === 'SELL' ? 'sell' : 'buy');
