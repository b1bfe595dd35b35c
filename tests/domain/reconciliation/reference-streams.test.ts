// What venues say of an order over a socket, as the messages that a bot makes of it. No adapter reads streams: a bot
// does, and whatever order it reports in, the book has to come out the same.

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BookEvent } from '../../../src/domain/book/book-event.ts';
import { openingTransaction } from '../../../src/domain/book/opening.ts';
import { bookOrderOf, filledOf } from '../../../src/domain/book/order-state.ts';
import { amount, divide, isMore, subtract, sum, ZERO } from '../../../src/domain/money/amount.ts';
import { perpetualAsset } from '../../../src/domain/venue/venue.ts';
import { BookHarness } from '../../support/book-harness.ts';
import { NOT_APPLICABLE } from '../../support/reference-not-applicable.ts';
import { amountOf, type Fields } from '../../support/reference-scenarios.ts';
import {
  type CashCase,
  type CoinbaseStreamCase,
  cashCases,
  coinbaseCases,
  type DydxStreamCase,
  dydxCases,
} from '../../support/reference-streams.ts';

type Fill = Extract<BookEvent, { readonly type: 'portfolio.fillReported' }>;
/** What the bot knows, or hears: some of it depends on what the book has of the order already. */
type Step = (harness: BookHarness) => readonly BookEvent[];

const atMs = 1_600_000_000_000;

interface Heard {
  readonly harness: BookHarness;
  readonly fills: readonly Fill[];
}

/** The book of a bot that hears the steps in this order. Nothing that it reports is refused. */
function heard(steps: readonly Step[]): Heard {
  const harness = new BookHarness();
  const fills: Fill[] = [];
  for (const step of steps) {
    for (const event of step(harness)) {
      expect(['posted', 'postedAsExternal', 'duplicate']).toContain(harness.hear(event).kind);
      if (event.type === 'portfolio.fillReported') fills.push(event);
    }
  }
  return { harness, fills };
}

/** Any order of the steps gives the book that this order gives. */
function anyOrderOf(steps: readonly Step[]): Heard {
  const inOrder = heard(steps);
  fc.assert(
    fc.property(fc.shuffledSubarray([...steps], { minLength: steps.length }), (shuffled) => {
      const { harness } = heard(shuffled);
      expect(harness.balances()).toEqual(inOrder.harness.balances());
      expect(harness.orders).toEqual(inOrder.harness.orders);
    }),
    { numRuns: 200 },
  );
  return inOrder;
}

const stateOf = ({ harness }: Heard) => {
  const [order] = harness.orders.values();
  return order === undefined ? null : bookOrderOf(order);
};

const ENDED = ['FILLED', 'CANCELLED', 'EXPIRED', 'FAILED'];

/** A rise of the quantity that is filled so far is a fill; what the book has already is none. */
function coinbaseSteps({ local_order, messages }: CoinbaseStreamCase): readonly Step[] {
  const updates = messages.flatMap(({ events }) => events.flatMap(({ orders }) => orders));
  const [first = {}] = updates;
  const [base = '', quote = ''] = String(first.product_id).split('-');
  const clientOrderId = String(first.client_order_id);
  const about = { venue: 'coinbase', clientOrderId, atMs } as const;
  const terms = { market: String(first.product_id), base, quote, side: 'buy' } as const;
  const quantity = amountOf(local_order.quantity);
  const limitPrice = 'limit' in local_order ? amountOf(local_order.limit) : null;
  const submitted = { type: 'portfolio.orderSubmitted', eventId: 'submitted', ...about, ...terms } as const;
  const said = (update: Fields): Step => {
    const filledSoFar = amountOf(update.cumulative_quantity);
    return ({ orders }) => {
      const order = orders.get(`coinbase ${clientOrderId}`);
      const known = order === undefined ? ZERO : filledOf(order);
      const id = `${update.order_id} ${filledSoFar}`;
      const rise = subtract(filledSoFar, known);
      // What was paid and its fee are told of the whole order: in these cases it is filled at once.
      if (isMore(rise, ZERO)) expect(known).toBe(ZERO);
      return [
        {
          type: 'portfolio.orderAccepted',
          eventId: `accepted ${id} ${update.status}`,
          ...about,
          hold: null,
          venueOrderId: String(update.order_id),
        },
        ...(isMore(rise, ZERO)
          ? [
              {
                type: 'portfolio.fillReported',
                eventId: `filled ${id}`,
                fillId: id,
                ...about,
                ...terms,
                quantity: rise,
                price: amountOf(update.avg_price),
                quoteAmount: amountOf(update.filled_value),
                fee: { asset: quote, amount: amountOf(update.total_fees) },
              } as const,
            ]
          : []),
        ...(ENDED.includes(String(update.status))
          ? [{ type: 'portfolio.orderCancelled', eventId: `ended ${id}`, ...about } as const]
          : []),
      ];
    };
  };
  return [() => [{ ...submitted, quantity, limitPrice }], ...updates.map(said)];
}

/** A fill has its own id and comes beside what is said of its order; where the excerpt leaves it out, its time is one. */
function dydxSteps({ local_order, ws_contents }: DydxStreamCase): readonly Step[] {
  const orders = ws_contents.flatMap((content) => content.orders ?? []);
  const fills = ws_contents.flatMap((content) => content.fills ?? []);
  const market = String(fills[0]?.ticker ?? 'BTC-USD');
  const clientOrderId = String(orders[0]?.clientId);
  const about = { venue: 'dydx', clientOrderId, atMs } as const;
  const terms = { market, base: perpetualAsset(market), quote: 'USDC', side: 'buy' } as const;
  const submitted = { type: 'portfolio.orderSubmitted', eventId: 'submitted', ...about, ...terms } as const;
  return [
    () => [{ ...submitted, quantity: amountOf(local_order.qty), limitPrice: null }],
    ...orders.map(
      (order): Step =>
        () => [
          {
            type: 'portfolio.orderAccepted',
            eventId: `accepted ${order.status}`,
            ...about,
            hold: null,
            venueOrderId: String(order.id),
          },
        ],
    ),
    ...fills.map((fill): Step => {
      const id = String(fill.id ?? fill.createdAt);
      const [quantity, price] = [amountOf(fill.size), amountOf(fill.price)];
      const fee = { asset: 'USDC', amount: ZERO };
      return () => [
        {
          type: 'portfolio.fillReported',
          eventId: id,
          fillId: id,
          ...about,
          ...terms,
          quantity,
          price,
          quoteAmount: null,
          fee,
        },
      ];
    }),
  ];
}

const cases = { coinbase: coinbaseCases, dydx: dydxCases, cash: cashCases };

if (cases.coinbase === null || cases.dydx === null || cases.cash === null) {
  it('reference data not present', () => expect(coinbaseCases).toBeNull());
} else {
  const { coinbase, dydx, cash } = cases;
  const applicable = coinbase.filter(({ id }) => !(id in NOT_APPLICABLE));

  describe('the user channel of Coinbase', () => {
    it.each(applicable.map((one) => [one.id, one] as const))(
      '%s gives one book, whatever order its messages come in',
      (_, one) => {
        const found = anyOrderOf(coinbaseSteps(one));
        const expected = (one.expected.order_events as readonly Fields[]).filter(
          ({ fill_quantity }) => amountOf(fill_quantity) !== ZERO,
        );
        expect(found.fills.map(({ quantity, price, fee }) => [quantity, price, fee.amount])).toEqual(
          expected.map(({ fill_quantity, fill_price, fee }) =>
            [fill_quantity, fill_price, fee].map(amountOf),
          ),
        );
        const filled = sum(found.fills.map(({ quantity }) => quantity));
        const order = stateOf(found);
        expect(order?.filledQuantity).toBe(amountOf(one.expected.total_filled ?? filled));
        const isWhole = filled === amountOf(one.local_order.quantity);
        const hasEnded = one.messages.some(({ events }) =>
          events.some(({ orders }) => orders.some(({ status }) => ENDED.includes(String(status)))),
        );
        expect(order?.status).toBe(isWhole ? 'filled' : hasEnded ? 'ended' : 'accepted');
        if ('total_fee' in one.expected) {
          const fees = found.fills.map(({ fee }) => fee);
          expect([sum(fees.map((fee) => fee.amount)), fees[0]?.asset]).toEqual([
            one.expected.total_fee,
            one.expected.fee_currency,
          ]);
        }
      },
    );

    it('says the average that its quote and quantity make', () => {
      for (const update of applicable.flatMap(({ messages }) =>
        messages.flatMap(({ events }) => events.flatMap(({ orders }) => orders)),
      )) {
        const filled = amountOf(update.cumulative_quantity);
        if (filled !== ZERO)
          expect(divide(amountOf(update.filled_value), filled)).toBe(amountOf(update.avg_price));
      }
    });
  });

  describe('the subaccount channel of dYdX', () => {
    it.each(dydx.map((one) => [one.id, one] as const))(
      '%s gives one book, whatever order its messages come in',
      (_, one) => {
        const found = anyOrderOf(dydxSteps(one));
        const quantities = found.fills.map(({ quantity }) => quantity);
        const isWhole = sum(quantities) === amountOf(one.local_order.qty);
        expect(stateOf(found)).toMatchObject({
          status: isWhole ? 'filled' : 'accepted',
          filledQuantity: sum(quantities),
        });
        expect(found.fills).toHaveLength(one.expected_events.length);
        one.expected_events.forEach(({ qty, px }, index) => {
          const fill = found.fills[index];
          if (qty !== undefined) expect([fill?.quantity, fill?.price]).toEqual([amountOf(qty), amountOf(px)]);
        });
        expect(one.expected_events.at(-1)?.status === 'FILLED').toBe(isWhole);
      },
    );
  });

  describe('what counts as cash at dYdX', () => {
    const opened = ({ assetPositions, openPerpetualPositions }: CashCase) => {
      const harness = new BookHarness();
      const transaction = openingTransaction({
        venue: 'dydx',
        snapshot: {
          balances: Object.entries(assetPositions).map(([asset, { size }]) => {
            const total = amount(size);
            return { asset, symbol: asset, total, available: total, hold: ZERO };
          }),
          positions: Object.entries(openPerpetualPositions).map(([market, { size, entryPrice }]) => ({
            market,
            side: 'long',
            size: amount(size),
            entryPrice: amount(entryPrice),
          })),
          accrued: [],
        },
        booked: [],
        atMs,
      });
      if (transaction !== null) harness.post(transaction);
      return harness.balances();
    };

    it.each(cash.map((one) => [one.id, one] as const))(
      '%s: assets are cash, and a perpetual is a position of so many contracts and no cash at all',
      (_, one) => {
        const held = opened(one);
        const assets = Object.entries(one.assetPositions).map(([asset, { size }]) => [
          `dydx ${asset} available`,
          amount(size),
        ]);
        const contracts = Object.entries(one.openPerpetualPositions).map(([market, { size }]) => [
          `dydx ${perpetualAsset(market)} available`,
          amount(size),
        ]);
        expect(held).toEqual(Object.fromEntries([...assets, ...contracts]));
        // Elsewhere a position's size times its entry price counts as cash.
        const extra = Object.keys(one.expected_cash).filter((asset) => !(asset in one.assetPositions));
        expect(extra).toHaveLength(contracts.length);
        expect(extra.filter((asset) => `dydx ${asset} available` in held)).toEqual([]);
      },
    );
  });
}
