import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../src/domain/money/amount.ts';
import type { PrepareOutcome } from '../../src/domain/venue/order.ts';
import { parsePayload } from '../../src/exchanges/dydx/order-payload.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import { openTestDydx } from '../support/dydx-account.ts';
import { type ScriptedServer, serveScript } from '../support/scripted-server.ts';

const MARKET = 'BTC-USD';
const QUANTUM_CONVERSION_EXPONENT = -9;
/** The chain counts in signed 64-bit integers. */
const UNITS_MAX = 2n ** 63n - 1n;

/** What the chain counts, and how: `units` of it are `units / 10^decimals` of a token or of a dollar. */
interface Counted {
  readonly units: bigint;
  readonly decimals: number;
  /** Units of the market's step or tick. */
  readonly smallest: number;
}

/** Exact decimal text by integers alone; more decimals below zero are zeros at the end. */
function textOf(units: bigint, decimals: number): string {
  if (decimals <= 0) return `${units}${'0'.repeat(-decimals)}`;
  const digits = String(units).padStart(decimals + 1, '0');
  const text = `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  return text.replace(/\.?0+$/, '');
}

describe('sizes and prices in the units of the chain', () => {
  let server: ScriptedServer;
  let exchange: Exchange;
  let market: object = {};
  beforeAll(async () => {
    server = await serveScript(({ path }) => {
      if (path === '/v4/height') return { body: { height: '5', time: '2026-03-01T10:00:00.000Z' } };
      if (path === '/v4/perpetualMarkets') return { body: { markets: { [MARKET]: market } } };
      return { status: 404, body: { errors: [{ msg: 'no such order' }] } };
    });
    exchange = await openTestDydx(server.url);
  });
  afterAll(async () => {
    await exchange.close();
    await server.close();
  });

  /** Decimals of the price follow from those of the size, in every market. */
  const priceDecimals = (decimals: number): number => -decimals - QUANTUM_CONVERSION_EXPONENT + 6;

  /** Prepares an order in a market of such units, with the amounts in text. */
  function prepare(
    size: Omit<Counted, 'units'>,
    tick: number,
    order: { readonly quantity: string; readonly limitPrice: string },
  ): Promise<PrepareOutcome> {
    market = {
      ticker: MARKET,
      clobPairId: '0',
      status: 'ACTIVE',
      initialMarginFraction: '0.05',
      atomicResolution: -size.decimals,
      quantumConversionExponent: QUANTUM_CONVERSION_EXPONENT,
      stepBaseQuantums: size.smallest,
      subticksPerTick: tick,
      stepSize: textOf(BigInt(size.smallest), size.decimals),
      tickSize: textOf(BigInt(tick), priceDecimals(size.decimals)),
    };
    return exchange.prepareOrder(
      {
        intentId: 'intent-1',
        venue: 'dydx',
        market: MARKET,
        side: 'buy',
        quantity: amount(order.quantity),
        limitPrice: amount(order.limitPrice),
        timeInForce: 'immediateOrCancel',
        reduceOnly: false,
        clientOrderId: '1',
      },
      new AbortController().signal,
    );
  }

  async function unitsOf(
    size: Omit<Counted, 'units'>,
    tick: number,
    order: { readonly quantity: string; readonly limitPrice: string },
  ): Promise<{ readonly quantums: string; readonly subticks: string }> {
    const outcome = await prepare(size, tick, order);
    if (outcome.state !== 'prepared') throw new Error(JSON.stringify([outcome, market, order]));
    const { quantums, subticks } = parsePayload(outcome.order.payload);
    return { quantums, subticks };
  }

  it.each([
    ['0.29', 2, '29'],
    ['1.005', 3, '1005'],
    ['4.35', 2, '435'],
    ['1.1', 10, '11000000000'],
    ['0.000000001', 9, '1'],
    ['9007199254740993', 0, '9007199254740993'],
    ['900719.9254740993', 10, '9007199254740993'],
    ['9223372036.854775807', 9, '9223372036854775807'],
    ['90071992547409930', -1, '9007199254740993'],
  ])('are %s at %i decimals as %s', async (quantity, decimals, quantums) => {
    const order = { quantity, limitPrice: textOf(1n, priceDecimals(decimals)) };
    expect(await unitsOf({ decimals, smallest: 1 }, 1, order)).toEqual({ quantums, subticks: '1' });
  });

  it.each([
    ['0.29', '29'],
    ['1.005', '1005'],
    ['90071992547409.93', '9007199254740993'],
  ])('are a price of %s exactly', async (limitPrice, digits) => {
    // As many decimals as the price has, so that its digits are its subticks.
    const places = limitPrice.split('.')[1]?.length ?? 0;
    const decimals = priceDecimals(places);
    const order = { quantity: textOf(1n, decimals), limitPrice };
    expect(await unitsOf({ decimals, smallest: 1 }, 1, order)).toEqual({ quantums: '1', subticks: digits });
  });

  it('are what integers alone make of them', async () => {
    const counted = fc
      .record({ smallest: fc.constantFrom(1, 3, 1_000, 1_000_000), most: fc.bigInt(1n, UNITS_MAX) })
      .map(({ smallest, most }) => ({ smallest, units: most - (most % BigInt(smallest)) }))
      .filter(({ units }) => units > 0n);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -3, max: 15 }), counted, counted, async (decimals, size, price) => {
        const order = {
          quantity: textOf(size.units, decimals),
          limitPrice: textOf(price.units, priceDecimals(decimals)),
        };
        expect(await unitsOf({ ...size, decimals }, price.smallest, order)).toEqual({
          quantums: String(size.units),
          subticks: String(price.units),
        });
      }),
      { numRuns: 300 },
    );
  });

  it('are refused a tenth of a unit beside, or beyond 64 bits, and never rounded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 14 }),
        fc.bigInt(1n, UNITS_MAX),
        fc.constantFrom('quantity', 'limitPrice'),
        fc.constantFrom<'above' | 'below' | 'tooMany'>('above', 'below', 'tooMany'),
        async (decimals, units, which, how) => {
          const beside = {
            above: units * 10n + 1n,
            below: units * 10n - 1n,
            tooMany: (UNITS_MAX + units) * 10n,
          };
          const places = { quantity: decimals, limitPrice: priceDecimals(decimals) };
          const sound = { quantity: textOf(1n, places.quantity), limitPrice: textOf(1n, places.limitPrice) };
          const order = { ...sound, [which]: textOf(beside[how], places[which] + 1) };
          expect(await prepare({ decimals, smallest: 1 }, 1, order)).toMatchObject({
            state: 'deniedLocally',
          });
        },
      ),
      { numRuns: 200 },
    );
  });
});
