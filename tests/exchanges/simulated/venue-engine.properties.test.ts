import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Amount,
  add,
  amount,
  isNegative,
  multiply,
  negate,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import { isPerpetualAsset } from '../../../src/domain/venue/venue.ts';
import type { SimulatedOrderRequest } from '../../../src/exchanges/simulated/simulated-venue.ts';
import { EXAMPLE_MARKETS, exampleVenue } from './example-venue.ts';

const OPENING = {
  USD: amount('10000'),
  BTC: amount('1'),
  ETH: amount('3'),
  USDC: amount('1000'),
  FEE: amount('50'),
};
const MARKETS = EXAMPLE_MARKETS.map((rules) =>
  rules.market === 'ETH-BTC' ? { ...rules, feeIn: { asset: 'FEE', pricedAs: 'FEE' } } : rules,
);

const cents = (max: number) =>
  fc
    .integer({ min: 1, max })
    .map((value) => amount(`${Math.floor(value / 100)}.${String(value % 100).padStart(2, '0')}`));
const order = fc
  .record({
    market: fc.constantFrom('BTC-USD', 'ETH-BTC', 'BTC-PERP'),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    thousandths: fc.integer({ min: 1, max: 900 }),
    /** Around the middle of 10 000 USD, or of 0.05 BTC. */
    limitShare: fc.integer({ min: 80, max: 120 }),
    timeInForce: fc.constantFrom('immediateOrCancel' as const, 'goodTilCancelled' as const),
    reduceOnly: fc.boolean(),
    clientOrderId: fc.integer({ min: 0, max: 30 }).map(String),
  })
  .map(
    ({ thousandths, limitShare, ...rest }): SimulatedOrderRequest => ({
      ...rest,
      quantity: amount(`0.${String(thousandths).padStart(3, '0')}`),
      limitPrice: amount(
        rest.market === 'ETH-BTC' ? `0.0${limitShare * 5}`.slice(0, 7) : String(limitShare * 100),
      ),
    }),
  );
const step = fc.oneof(
  { weight: 6, arbitrary: order.map((request) => ({ do: 'submit' as const, request })) },
  { weight: 3, arbitrary: cents(2_000_000).map((price) => ({ do: 'move' as const, price })) },
  { weight: 1, arbitrary: fc.nat(20).map((index) => ({ do: 'cancel' as const, index })) },
  { weight: 1, arbitrary: cents(100_000).map((quantity) => ({ do: 'deposit' as const, quantity })) },
  { weight: 1, arbitrary: fc.integer({ min: -99, max: 99 }).map((rate) => ({ do: 'fund' as const, rate })) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 10 }).map((share) => ({ do: 'limit' as const, share })) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Example = ReturnType<typeof exampleVenue>;

function take({ venue, passTime, setPrice }: Example, one: Step): void {
  switch (one.do) {
    case 'submit':
      venue.submit(one.request);
      return;
    case 'move':
      setPrice('BTC', one.price);
      passTime(60_000);
      return;
    case 'cancel': {
      const orders = venue.orders();
      const found = orders[one.index % Math.max(1, orders.length)];
      if (found !== undefined) venue.cancel(found.id);
      return;
    }
    case 'deposit':
      venue.deposit('USD', one.quantity);
      return;
    case 'fund':
      venue.settleFunding(
        amount(`${one.rate < 0 ? '-' : ''}0.00${String(Math.abs(one.rate)).padStart(2, '0')}`),
      );
      return;
    case 'limit':
      venue.limitNextFill(amount(one.share === 10 ? '1' : `0.${one.share}`));
      return;
  }
}

const fresh = (seed = '0') => exampleVenue({ markets: MARKETS, balances: OPENING, seed });
const run = (steps: readonly Step[], seed?: string): Example['venue'] => {
  const example = fresh(seed);
  for (const one of steps) take(example, one);
  return example.venue;
};
const everythingOf = (venue: Example['venue']) =>
  JSON.stringify([
    venue.balances(),
    venue.positions(),
    venue.orders(),
    venue.fills(),
    venue.transfers(),
    venue.fundingPayments(),
    venue.height(),
  ]);

test('what the account gains somebody else loses: balances and counterparty add up to the opening balances', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const venue = run(steps);
      const totals = new Map<string, Amount>();
      const count = (asset: string, value: Amount) =>
        totals.set(asset, add(totals.get(asset) ?? ZERO, value));
      for (const { asset, available, hold } of venue.balances()) count(asset, add(available, hold));
      for (const other of venue.counterparty()) count(other.asset, other.amount);
      expect(Object.fromEntries(totals)).toEqual(OPENING);
    }),
  );
});

test('balances and positions are what fills, transfers and funding make of the opening', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const venue = run(steps);
      const book = new Map<string, Amount>(Object.entries(OPENING));
      const post = (asset: string, value: Amount) => book.set(asset, add(book.get(asset) ?? ZERO, value));
      for (const fill of venue.fills()) {
        post(fill.base, fill.side === 'buy' ? fill.quantity : negate(fill.quantity));
        post(fill.quote, fill.side === 'buy' ? negate(fill.quoteAmount) : fill.quoteAmount);
        post(fill.fee.asset, negate(fill.fee.amount));
      }
      for (const { deltas } of venue.transfers()) for (const delta of deltas) post(delta.asset, delta.amount);
      for (const { payment } of venue.fundingPayments()) post('USDC', payment);

      for (const { asset, available, hold } of venue.balances())
        expect(add(available, hold)).toBe(book.get(asset));
      const sizes = new Map(venue.positions().map(({ market, size }) => [`perpetual:${market}`, size]));
      for (const [asset, size] of book)
        if (isPerpetualAsset(asset)) expect(sizes.get(asset) ?? ZERO).toBe(size);
    }),
  );
});

test('available and hold of a spot asset are never negative: holds belong to open orders', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const example = fresh();
      for (const one of steps) {
        take(example, one);
        const balances = example.venue.balances();
        for (const { asset, available, hold } of balances) {
          expect(isNegative(hold)).toBe(false);
          if (asset !== 'USDC') expect(isNegative(available)).toBe(false);
        }
        const isAnyOpen = example.venue.orders().some(({ status }) => status === 'open');
        if (!isAnyOpen) expect(balances.every(({ hold }) => hold === ZERO)).toBe(true);
      }
    }),
  );
});

test('an order holds what its worst fill takes, until it ends; what is held is spent by that order alone', () => {
  const spotOnly = fc.array(
    step.filter((one) => one.do !== 'submit' || one.request.market !== 'BTC-PERP'),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(spotOnly, (steps) => {
      const example = exampleVenue({ balances: OPENING });
      for (const one of steps) {
        take(example, one);
        const held = new Map<string, Amount>();
        for (const { status, side, market, quantity, limitPrice } of example.venue.orders()) {
          if (status !== 'open') continue;
          const [base = '', quote = ''] = market.split('-');
          const worst = multiply(multiply(quantity, limitPrice), amount('1.006'));
          const [asset, needed] = side === 'buy' ? [quote, worst] : [base, quantity];
          held.set(asset, add(held.get(asset) ?? ZERO, needed));
        }
        for (const { asset, hold } of example.venue.balances())
          expect([asset, hold]).toEqual([asset, held.get(asset) ?? ZERO]);
      }
    }),
  );
});

test('a buy never pays more than its limit, a sell never takes less', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const venue = run(steps);
      const orders = new Map(venue.orders().map((one) => [one.id, one]));
      for (const { orderId, side, price } of venue.fills()) {
        const better = add(orders.get(orderId)?.limitPrice ?? ZERO, negate(price));
        expect(isNegative(side === 'buy' ? better : negate(better))).toBe(false);
      }
    }),
  );
});

test('the same client order id gives the same order again, unchanged', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 40 }),
      fc.array(order, { minLength: 1, maxLength: 5 }),
      (steps, requests) => {
        const venue = run(steps);
        const first = requests.map((request) => venue.submit(request));
        const before = everythingOf(venue);
        expect(requests.map((request) => venue.submit(request)).map(({ id }) => id)).toEqual(
          first.map(({ id }) => id),
        );
        expect(everythingOf(venue)).toBe(before);
      },
    ),
  );
});

test('the same steps give the same bytes, and another seed gives other ids', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      expect(everythingOf(run(steps))).toBe(everythingOf(run(steps)));
      const ids = (seed: string) =>
        run(steps, seed)
          .orders()
          .map(({ id }) => id);
      const others = new Set(ids('1'));
      expect(ids('0').some((id) => others.has(id))).toBe(false);
    }),
  );
});
