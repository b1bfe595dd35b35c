import { type Amount, add, isMore, isPositive, isZero, minimum, subtract, ZERO } from '../money/amount.ts';
import type { ToldEvent } from './account-for-lots.ts';
import { transferEvent } from './book-lot-events.ts';
import { known, unknown } from './figure.ts';
import type { Acquisition, LotEvent } from './lot-event.ts';
import { amountFor } from './unit-amount.ts';

/** What a pool holds, and what it has given without having it. */
interface Stock {
  held: Amount;
  owed: Amount;
}

/** Where what a pool has owed goes when it comes by transfer. */
export const OWED = '(given before it came)';

/**
 * Events in their order, such that none takes more than its pool holds. What is missing comes from a lot of unknown
 * basis, and what is acquired later makes up for it first: a venue may have traded before the book was told of what
 * it held, and clocks differ.
 */
export function coverShortfalls(told: readonly ToldEvent[]): readonly ToldEvent[] {
  const stocks = new Map<string, Stock>();
  const stockOf = (account: string, asset: string): Stock => {
    const key = `${account}|${asset}`;
    let stock = stocks.get(key);
    if (stock === undefined) {
      stock = { held: ZERO, owed: ZERO };
      stocks.set(key, stock);
    }
    return stock;
  };
  return told.flatMap(({ event, place }) => covered(event, stockOf).map((each) => ({ event: each, place })));
}

function covered(event: LotEvent, stockOf: (account: string, asset: string) => Stock): readonly LotEvent[] {
  if (event.kind === 'acquisition') {
    const stock = stockOf(event.account, event.asset);
    const kept = settle(stock, event.quantity);
    stock.held = add(stock.held, kept);
    return kept === event.quantity ? [event] : isZero(kept) ? [] : [partOf(event, kept)];
  }
  const account = event.kind === 'disposal' ? event.account : event.from;
  const from = stockOf(account, event.asset);
  const before = missingFor(event, account, from);
  from.held = subtract(add(from.held, before?.quantity ?? ZERO), event.quantity);
  const made = before === null ? [] : [before];
  if (event.kind === 'disposal') return [...made, event];
  const to = stockOf(event.to, event.arrivesAs ?? event.asset);
  const arriving = subtract(event.quantity, event.fee);
  const kept = settle(to, arriving);
  to.held = add(to.held, kept);
  if (kept === arriving) return [...made, event];
  const lost = transferEvent({
    id: `${event.id}#owed`,
    atMs: event.atMs,
    from: event.from,
    to: OWED,
    asset: event.asset,
    quantity: subtract(arriving, kept),
  });
  return isZero(kept)
    ? [...made, { ...event, to: OWED }]
    : [...made, lost, { ...event, quantity: add(kept, event.fee) }];
}

/** A lot of what is missing for an event; null where there is enough. */
function missingFor(event: LotEvent, account: string, stock: Stock): Acquisition | null {
  if (!isMore(event.quantity, stock.held)) return null;
  const quantity = subtract(event.quantity, stock.held);
  stock.owed = add(stock.owed, quantity);
  return {
    kind: 'acquisition',
    id: `${event.id}#missing`,
    account,
    asset: event.asset,
    quantity,
    atMs: event.atMs,
    cost: unknown('given before the book knew that it was there'),
    heldSince: { state: 'unknown' },
    source: 'deposit',
  };
}

/** What is left of a quantity once it has made up for what is owed. */
function settle(stock: Stock, quantity: Amount): Amount {
  if (!isPositive(stock.owed)) return quantity;
  const settled = minimum(stock.owed, quantity);
  stock.owed = subtract(stock.owed, settled);
  return subtract(quantity, settled);
}

const partOf = (event: Acquisition, quantity: Amount): Acquisition => ({
  ...event,
  quantity,
  cost:
    event.cost.state === 'known'
      ? known(amountFor({ amount: event.cost.amount, quantity: event.quantity }, quantity))
      : event.cost,
});
