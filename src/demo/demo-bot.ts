import type { BookEvent } from '../domain/book/book-event.ts';
import {
  type Amount,
  add,
  amount,
  floorToStep,
  isMore,
  multiply,
  ONE,
  subtract,
} from '../domain/money/amount.ts';
import { type AssetId, perpetualAsset, type Side } from '../domain/venue/venue.ts';
import type { SimulatedOrder, SimulatedVenue } from '../exchanges/simulated/simulated-venue.ts';
import type { DemoWorld } from './demo-world.ts';
import { USDC_MINT } from './demo-world.ts';

/** The scripted bot: trades at the venues on its own, and tells the book what it did, unless the script forgets to. */
export interface DemoBot {
  /** An order that fills at once, at coinbase or dydx. */
  trade(order: BotOrder): Promise<void>;
  swap(order: {
    readonly side: Side;
    readonly quantity: Amount;
    readonly isReported: boolean;
  }): Promise<void>;
  /** An order that rests below the market, and its end some time later. */
  rest(): Promise<() => Promise<void>>;
  /** Takes the hourly funding payments over into the book. */
  settleFunding(rate: Amount, isReported: boolean): Promise<void>;
}

export interface BotOrder {
  readonly venue: 'coinbase' | 'dydx';
  readonly market: string;
  readonly side: Side;
  readonly quantity: Amount;
  /** False: the bot never hears of its fill. */
  readonly isReported: boolean;
}

/** How far from the touch the bot's limits lie: far enough to fill. */
const MARGIN = amount('0.01');

export function createDemoBot(world: DemoWorld, report: (event: BookEvent) => Promise<void>): DemoBot {
  let orders = 0;
  const nextId = (): string => `bot-${++orders}`;
  return {
    trade: async (order) => {
      const venue = world[order.venue];
      const placed = place(venue, order, nextId());
      if (!order.isReported) return;
      await report(submitted(order, placed));
      for (const fill of fillsOf(venue, placed)) await report(fill);
      await report(ended(order.venue, placed, venue.now()));
    },
    swap: async ({ side, quantity, isReported }) => {
      const swap = world.solana.botSwap({ base: 'SOL', quote: USDC_MINT, side, quantity });
      if (!isReported) return;
      const clientOrderId = nextId();
      const terms = { market: 'SOL/USDC', base: 'SOL', quote: USDC_MINT, side, quantity: swap.quantity };
      const at = { venue: 'solana', atMs: swap.atMs, clientOrderId };
      await report({
        type: 'portfolio.orderSubmitted',
        eventId: `${clientOrderId}:submitted`,
        ...at,
        ...terms,
        limitPrice: null,
      });
      await report({
        type: 'portfolio.fillReported',
        eventId: `${clientOrderId}:fill`,
        fillId: swap.signature,
        ...at,
        ...terms,
        price: swap.price,
        quoteAmount: swap.quoteAmount,
        fee: swap.fee,
      });
    },
    rest: async () => {
      const venue = world.coinbase;
      const before = venue.balances().find(({ asset }) => asset === 'USD');
      const market = marketOf(venue, 'ETH-USD');
      const limitPrice = floorToStep(multiply(market.bid, amount('0.8')), market.tick);
      const order = {
        venue: 'coinbase',
        market: 'ETH-USD',
        side: 'buy',
        quantity: amount('0.05'),
        isReported: true,
      } as const;
      const placed = venue.submit({
        ...order,
        clientOrderId: nextId(),
        limitPrice,
        timeInForce: 'goodTilCancelled',
        reduceOnly: false,
      });
      const after = venue.balances().find(({ asset }) => asset === 'USD');
      const held = subtract(after?.hold ?? amount('0'), before?.hold ?? amount('0'));
      await report(submitted(order, placed));
      await report({
        type: 'portfolio.orderAccepted',
        eventId: `${placed.clientOrderId}:accepted`,
        venue: 'coinbase',
        atMs: venue.now(),
        clientOrderId: placed.clientOrderId,
        venueOrderId: placed.id,
        hold: { asset: 'USD', amount: held },
      });
      return async () => {
        venue.cancel(placed.id);
        await report(ended('coinbase', placed, venue.now()));
      };
    },
    settleFunding: async (rate, isReported) => {
      for (const payment of world.dydx.settleFunding(rate)) {
        if (!isReported) continue;
        await report({
          type: 'portfolio.fundingReported',
          eventId: `funding:${payment.id}`,
          venue: 'dydx',
          atMs: payment.atMs,
          market: payment.market,
          asset: 'USDC',
          amount: payment.payment,
          activityId: `funding:0:${payment.market}:${payment.height}`,
        });
      }
    },
  };
}

function place(
  venue: SimulatedVenue,
  { market: name, side, quantity }: BotOrder,
  clientOrderId: string,
): SimulatedOrder {
  const market = marketOf(venue, name);
  const touch = side === 'buy' ? market.ask : market.bid;
  const limit = multiply(touch, side === 'buy' ? add(ONE, MARGIN) : subtract(ONE, MARGIN));
  const limitPrice = floorToStep(limit, market.tick);
  return venue.submit({
    clientOrderId,
    market: name,
    side,
    quantity,
    limitPrice,
    timeInForce: 'immediateOrCancel',
    reduceOnly: false,
  });
}

const assetsOf = (venue: string, market: string): { readonly base: AssetId; readonly quote: AssetId } =>
  venue === 'dydx'
    ? { base: perpetualAsset(market), quote: 'USDC' }
    : { base: market.split('-')[0] ?? market, quote: 'USD' };

function submitted(order: BotOrder, placed: SimulatedOrder): BookEvent {
  const { venue, market, side } = order;
  const { clientOrderId, quantity, limitPrice, createdAtMs: atMs } = placed;
  const terms = { market, ...assetsOf(venue, market), side, quantity, limitPrice };
  return {
    type: 'portfolio.orderSubmitted',
    eventId: `${clientOrderId}:submitted`,
    venue,
    atMs,
    clientOrderId,
    ...terms,
  };
}

const ended = (venue: string, { clientOrderId }: SimulatedOrder, atMs: number): BookEvent => ({
  type: 'portfolio.orderCancelled',
  eventId: `${clientOrderId}:ended`,
  venue,
  atMs,
  clientOrderId,
});

function fillsOf(venue: SimulatedVenue, { clientOrderId, id }: SimulatedOrder): readonly BookEvent[] {
  return venue
    .fills()
    .filter(({ orderId }) => orderId === id)
    .map(({ id: fillId, market, base, quote, side, quantity, price, quoteAmount, fee, atMs }) => ({
      type: 'portfolio.fillReported',
      eventId: `${clientOrderId}:fill:${fillId}`,
      venue: venue.venue,
      atMs,
      fillId,
      clientOrderId,
      market,
      base,
      quote,
      side,
      quantity,
      price,
      quoteAmount,
      fee,
    }));
}

function marketOf(venue: SimulatedVenue, name: string) {
  const market = venue.markets().find((each) => each.market === name);
  if (!market || !isMore(market.bid, amount('0'))) throw new Error(`${venue.venue} trades ${name}`);
  return market;
}
