import { afterEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { add, amount } from '../../src/domain/money/amount.ts';
import { openCoinbaseExchange } from '../../src/exchanges/coinbase/coinbase-exchange.ts';
import { serveCoinbase } from '../../src/exchanges/simulated/coinbase-server.ts';
import { createSimulatedKey } from '../../src/exchanges/simulated/coinbase-tokens.ts';
import type { Fault } from '../../src/exchanges/simulated/simulated-venue.ts';
import { EXAMPLE_MARKETS, exampleVenue } from './simulated/example-venue.ts';

const key = createSimulatedKey();
const signal = new AbortController().signal;
const tokenOptions = { keyName: key.credentials.keyName, publicKey: key.publicKey };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Step =
  | {
      readonly act: 'order';
      readonly side: 'buy' | 'sell';
      readonly price: number;
      readonly size: number;
      readonly rests: boolean;
    }
  | { readonly act: 'deposit' | 'withdraw' | 'cancel' | 'move'; readonly size: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    act: fc.constant('order' as const),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    price: fc.integer({ min: 8_000, max: 12_000 }),
    size: fc.integer({ min: 1, max: 200 }),
    rests: fc.boolean(),
  }),
  fc.record({
    act: fc.constantFrom('deposit', 'withdraw', 'cancel', 'move'),
    size: fc.integer({ min: 1, max: 200 }),
  }),
);

it('gives exactly what the venue holds, whatever happened there and however it pages', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, rowsPerPageMax) => {
        const world = exampleVenue({
          venue: 'coinbase',
          markets: EXAMPLE_MARKETS.slice(0, 2),
          balances: { USD: amount('10000'), BTC: amount('1'), ETH: amount('0') },
        });
        const { venue } = world;
        const clock = { now: () => venue.now(), setTimeout: () => null, clearTimeout: () => {} };
        const server = await serveCoinbase({ venue, clock, portfolio: 'p', ...tokenOptions, rowsPerPageMax });
        closing.push(server.close);
        const exchange = openCoinbaseExchange({
          venue: 'coinbase',
          baseUrl: server.urls.baseUrl ?? '',
          credentials: key.credentials,
          scope: { portfolio: 'p' },
          now: () => venue.now(),
        });

        for (const [index, one] of steps.entries()) {
          world.passTime(1_000);
          const size = amount(String(one.size / 1_000));
          if (one.act === 'deposit') venue.deposit('BTC', size);
          if (one.act === 'move') world.setPrice('BTC', String(9_900 + one.size));
          if (one.act === 'cancel') for (const open of venue.orders().slice(0, 1)) venue.cancel(open.id);
          if (
            one.act === 'withdraw' &&
            Number(venue.balances().find(({ asset }) => asset === 'BTC')?.available) > 0.2
          ) {
            venue.withdraw('BTC', size);
          }
          if (one.act !== 'order') continue;
          const prepared = await exchange.prepareOrder(
            {
              intentId: `i-${index}`,
              venue: 'coinbase',
              market: 'BTC-USD',
              side: one.side,
              quantity: size,
              limitPrice: amount(String(one.price)),
              timeInForce: one.rests ? 'goodTilCancelled' : 'immediateOrCancel',
              reduceOnly: false,
              clientOrderId: `c-${index}`,
            },
            signal,
          );
          if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
          await exchange.submitOrder(prepared.order, signal);
          const found = await exchange.findOrder(prepared.order, signal);
          const truth = venue.orders().find(({ clientOrderId }) => clientOrderId === `c-${index}`);
          expect(found).toMatchObject({
            state: 'found',
            status: truth?.status,
            filledQuantity: truth?.filledQuantity,
          });
        }

        const observed = await exchange.observe({ fillsSinceMs: null }, signal);
        if (observed.state === 'unknown') throw new Error(observed.detail);
        const { balances, openOrders, fills } = observed.value;
        expect(balances.map(({ symbol: _symbol, ...rest }) => rest)).toEqual(
          venue
            .balances()
            .map(({ asset, available, hold }) => ({ asset, available, hold, total: add(available, hold) })),
        );
        const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
        expect(fills).toEqual(
          venue
            .fills()
            .map(({ height: _height, ...fill }) => ({ ...fill, clientOrderId: null }))
            .sort(byId),
        );
        expect(openOrders.map(({ id }) => id).sort()).toEqual(
          venue
            .orders()
            .filter(({ status }) => status === 'open')
            .map(({ id }) => id)
            .sort(),
        );
        const activity = await exchange.readActivity({ sinceMs: 0, assets: ['BTC'] }, signal);
        expect(activity.state === 'known' && [...activity.value].sort(byId)).toEqual(
          venue
            .transfers()
            .map(({ height: _height, ...transfer }) => transfer)
            .sort(byId),
        );
      },
    ),
    { numRuns: 25 },
  );
});

const fault: fc.Arbitrary<Fault | null> = fc.constantFrom(
  null,
  { kind: 'requestLost' },
  { kind: 'answerLost' },
  { kind: 'emptyAnswer' },
  { kind: 'serverError', status: 502 },
  { kind: 'rateLimited', retryAfterSeconds: 1 },
);

it('never says of an order what is not so, however its attempts and look-ups go wrong', async () => {
  const ORDERS = 'POST /api/v3/brokerage/orders';
  const LISTS = 'GET /api/v3/brokerage/orders/historical';
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ attempt: fault, lookUp: fault, passesMs: fc.constantFrom(0, 20_000, 40_000) }), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.constantFrom('0.1', '99'),
      async (rounds, quantity) => {
        const world = exampleVenue({
          venue: 'coinbase',
          markets: EXAMPLE_MARKETS.slice(0, 1),
          balances: { USD: amount('10000'), BTC: amount('1') },
        });
        const { venue } = world;
        const clock = { now: () => venue.now(), setTimeout: () => null, clearTimeout: () => {} };
        const server = await serveCoinbase({ venue, clock, portfolio: 'p', ...tokenOptions });
        closing.push(server.close);
        const exchange = openCoinbaseExchange({
          venue: 'coinbase',
          baseUrl: server.urls.baseUrl ?? '',
          credentials: key.credentials,
          scope: { portfolio: 'p' },
          now: () => venue.now(),
        });
        const prepared = await exchange.prepareOrder(
          {
            intentId: 'i',
            venue: 'coinbase',
            market: 'BTC-USD',
            side: 'buy',
            quantity: amount(quantity),
            limitPrice: amount('10100'),
            timeInForce: 'immediateOrCancel',
            reduceOnly: false,
            clientOrderId: 'c',
          },
          signal,
        );
        if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
        const live = () => venue.orders().filter(({ status }) => status !== 'rejected');

        for (const { attempt, lookUp, passesMs } of rounds) {
          if (attempt !== null) server.inject({ fault: attempt, endpoint: ORDERS, count: 1 });
          const outcome = await exchange.submitOrder(prepared.order, signal);
          if (outcome.state === 'accepted')
            expect(live().map(({ id }) => id)).toEqual([outcome.venueOrderId]);
          if (outcome.state === 'rejected' || outcome.state === 'deniedLocally') expect(live()).toEqual([]);
          world.passTime(passesMs);
          if (lookUp !== null) server.inject({ fault: lookUp, endpoint: LISTS, count: 1 });
          const found = await exchange.findOrder(prepared.order, signal);
          if (found.state === 'absent') expect(venue.orders()).toEqual([]);
          if (found.state === 'absent') expect(found.isProven).toBe(passesMs === 40_000);
          if (found.state === 'found')
            expect([found.status, found.filledQuantity]).toEqual([
              venue.orders()[0]?.status,
              venue.orders()[0]?.filledQuantity,
            ]);
        }
        expect(venue.orders().length).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 60 },
  );
});
