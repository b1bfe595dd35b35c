import { afterEach, describe, expect, it, test } from '@jest/globals';
import { type Amount, add, amount, subtract } from '../../src/domain/money/amount.ts';
import { balancesOf } from '../../src/exchanges/dydx/consolidate-subaccounts.ts';
import { parseBody, subaccountRow } from '../../src/exchanges/dydx/dydx-rows.ts';
import { equityMismatch, signedSize } from '../../src/exchanges/dydx/equity-identity.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import { freeCollateral } from '../../src/exchanges/simulated/perpetual-margin.ts';
import { openTestDydx, serveDydxAccount, TEST_ADDRESS } from '../support/dydx-account.ts';
import { hasReferenceData, referenceData } from '../support/reference-data.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { EXAMPLE_MARKETS } from './simulated/example-venue.ts';

// biome-ignore lint/suspicious/noExplicitAny: recordings have the shapes that other people gave them.
type Recording = any;
const wire = (path: string): Recording[] => referenceData(`wire/${path}`) as Recording[];
const signal = new AbortController().signal;

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  describe('figures of the dYdX chain’s own tests', () => {
    const cases = wire('dydx/v4-chain.helpers.cases.json');
    const of = (id: string) => cases.find((one) => one.id === `v4chain.${id}`);

    /** What is free of a long, as the simulated dYdX reckons it. */
    function freeOf(long: { size: string; oraclePrice: string; imf: string }, balance: string): Amount {
      const perpetual = EXAMPLE_MARKETS.find(({ kind }) => kind === 'perpetual');
      if (perpetual === undefined) throw new Error('expected a perpetual among the examples, found none');
      const rules = { ...perpetual, initialMarginRate: amount(long.imf) };
      const { market } = rules;
      return freeCollateral({
        collateral: 'USDC',
        balance: amount(balance),
        positions: [{ market, side: 'long', size: amount(long.size), entryPrice: amount('1') }],
        markets: new Map([[market, rules]]),
        prices: { priceAt: (asset) => amount(asset === 'BTC' ? long.oraclePrice : '1') },
        atMs: 0,
      });
    }

    it('a long is worth and leaves free what the chain says', () => {
      const { input, expected } = of('equity.long');
      const [position] = input.positions;
      expect(freeOf(position, input.usdc)).toBe(expected.freeCollateral);
      const reporting = (reported: object) =>
        parseBody('a subaccount', subaccountRow, {
          address: TEST_ADDRESS,
          subaccountNumber: 0,
          assetPositions: { USDC: { symbol: 'USDC', side: 'LONG', size: input.usdc } },
          openPerpetualPositions: {
            [position.market]: {
              market: position.market,
              status: 'OPEN',
              side: 'LONG',
              size: position.size,
              // Bought at 14 000 and now at 15 000: ten of them have made 10 000.
              entryPrice: '14000',
              unrealizedPnl: '10000',
            },
          },
          ...reported,
        });
      const mismatchOf = (reported: object) => {
        const row = reporting(reported);
        if (row.state === 'unknown') throw new Error(row.detail);
        return equityMismatch(row.value);
      };
      expect(mismatchOf(expected)).toBeNull();
      expect(mismatchOf({ ...expected, equity: '325000.1' })).toContain('325000');
    });

    it('a position binds the initial margin that the chain says', () => {
      const { input, expected } = of('notional_risk');
      expect(subtract(amount(expected.signedNotional), freeOf(input, '0'))).toBe(expected.initial);
    });

    it.each(of('adjust_usdc').cases as Recording[])(
      'collateral $side $size and funding $funding is read as $expected.signed',
      ({ side, size, funding, expected }) => {
        const before = side === null ? amount('0') : signedSize({ side, size: amount(size) });
        const after = signedSize({ side: expected.side, size: amount(expected.size) });
        expect([after, add(before, amount(funding))]).toEqual([expected.signed, expected.signed]);
      },
    );

    it('an asset that is not listed, for there is none of it, is no balance', () => {
      expect(of('zero_asset_filtered').rule).toContain('are not returned');
      const row = parseBody('a subaccount', subaccountRow, {
        address: TEST_ADDRESS,
        subaccountNumber: 0,
        assetPositions: {},
        openPerpetualPositions: {},
      });
      expect(row.state === 'parsed' && balancesOf([row.value])).toEqual([]);
    });
  });

  describe('answers of dYdX beside what ccxt reads in them', () => {
    const cases = wire('ccxt/cases.response.dydx.json');
    const of = (method: string) => cases.find((one) => one.method === method);
    let server: ScriptedServer | null = null;
    let exchange: Exchange | null = null;
    afterEach(async () => {
      await exchange?.close();
      await server?.close();
      exchange = null;
      server = null;
    });

    it('a market has the steps and the state that ccxt reads', async () => {
      const { httpResponse, expected } = of('fetchMarkets');
      const [theirs] = expected;
      server = await serveDydxAccount(TEST_ADDRESS, {
        subaccounts: {},
        others: {
          '/v4/perpetualMarkets': httpResponse,
          [`/v4/orderbooks/perpetualMarket/${theirs.id}`]: of('fetchOrderBook').httpResponse,
        },
      });
      exchange = await openTestDydx(server.url);
      const markets = await exchange.readMarkets([theirs.id], signal);
      if (!Array.isArray(markets)) throw new Error(JSON.stringify(markets));
      expect(
        markets.map(({ market, quote, step, tick, isTradable }) => [
          market,
          quote,
          Number(step),
          Number(tick),
          isTradable,
        ]),
      ).toEqual([
        [theirs.id, theirs.quoteId, theirs.precision.amount, theirs.precision.price, theirs.active],
      ]);
    });

    it('an equity without a holding is no balance, although ccxt takes what is free of it for one', async () => {
      const { httpResponse, expected } = of('fetchBalance');
      expect(expected.USDC).toEqual({
        free: Number(httpResponse.subaccount.freeCollateral),
        used: null,
        total: null,
      });
      server = await serveDydxAccount(TEST_ADDRESS, { subaccounts: { 0: httpResponse } });
      exchange = await openTestDydx(server.url);
      expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({
        state: 'unknown',
        reason: 'suspectSource',
      });
    });
  });
}
