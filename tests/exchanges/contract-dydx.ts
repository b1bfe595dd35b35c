import { amount } from '../../src/domain/money/amount.ts';
import type { OrderInstruction } from '../../src/domain/venue/order.ts';
import { openDydxExchange } from '../../src/exchanges/dydx/dydx-exchange.ts';
import { serveDydx } from '../../src/exchanges/simulated/dydx-server.ts';
import { settledCollateral } from '../../src/exchanges/simulated/dydx-state-face.ts';
import { createSimulatedVenue } from '../../src/exchanges/simulated/venue-engine.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openWires } from '../support/contract-wires.ts';
import { TEST_ADDRESS, TRADING_PRIVATE_KEY } from '../support/dydx-account.ts';
import { numbered, tradingKey } from '../support/dydx-authenticators.ts';
import { perpetual } from '../support/dydx-venue.ts';
import { type AdapterUnderTest, rowsOf } from './contract.ts';
import { depositInto, instructionOf, takenBy, truthOf } from './contract-venue.ts';

/** The indexer's pages are of a thousand, as tests of their own try with orders. */
const AROUND_A_PAGE = [999, 1_000, 1_001];
const BLOCK_MS = 5_000;
/** Of the same form and of somebody else. */
const OTHER_ADDRESS = TEST_ADDRESS.replace('dydx14', 'dydx15');

/**
 * Its clock is its height, so that no time of its own is judged. Its key is a
 * permissioned one, as the chain tells the rights of those alone.
 */
const dydx = (adapter: string, unsettledFunding: 'included' | 'apart'): AdapterUnderTest => ({
  adapter,
  asks: new Set([
    'observe',
    'readActivity',
    'readMarkets',
    'prepareOrder',
    'findOrder',
    'submitOrder',
    'cancelOrder',
    'readKeyRights',
  ]),
  rateLimitedOrder: 'outcomeUnknown',
  tellsTime: false,
  namesAccount: true,
  lists: [
    { of: 'fills', read: 'observe', counts: [0, 1, 99, 100, 101] },
    { of: 'resting orders', read: 'observe', counts: [0, 1, 100] },
    { of: 'deposits', read: 'readActivity', counts: [0, 1, ...AROUND_A_PAGE] },
    { of: 'payments of funding', read: 'readActivity', counts: [0, 1, ...AROUND_A_PAGE] },
  ],
  async open(setting) {
    let agoMs = 0;
    const venue = createSimulatedVenue({
      venue: 'dydx',
      now: () => systemClock.now() - agoMs,
      prices: { priceAt: (asset) => amount(asset === 'BTC' ? '50000' : '1') },
      markets: [perpetual('BTC', '0.0001', '1')],
      balances: { USDC: amount('100000') },
      feeDecimals: 6,
      fundingDecimals: 6,
    });
    for (let fill = 0; fill < (rowsOf(setting, 'fills') ?? 1); fill += 1)
      venue.submit({ ...restingOrder(fill), limitPrice: amount('60000'), timeInForce: 'immediateOrCancel' });
    for (let order = 0; order < (rowsOf(setting, 'resting orders') ?? 0); order += 1)
      venue.submit({ ...restingOrder(10_000 + order), quantity: amount('0.0001') });
    depositInto(venue, 'USDC', rowsOf(setting, 'deposits') ?? 0);
    // A market pays funding once a block.
    for (agoMs = (rowsOf(setting, 'payments of funding') ?? 0) * BLOCK_MS; agoMs > 0; agoMs -= BLOCK_MS)
      venue.settleFunding(amount('0.0001'));
    if (unsettledFunding === 'apart') venue.settleFunding(amount('0.0001'));
    const authenticators = [numbered(7, tradingKey())];
    const server = await serveDydx({ venue, clock: systemClock, address: TEST_ADDRESS, authenticators });
    const { indexerUrl = '', validatorUrl = '' } = server.urls;
    const wires = await openWires({ indexerUrl, validatorUrl }, ({ body }) => body.includes('broadcast_tx'));
    if (setting.isForeign) wires.rewrite((body) => body.replaceAll(TEST_ADDRESS, OTHER_ADDRESS));
    const exchange = await openDydxExchange({
      venue: 'dydx',
      ...wires.urls,
      credentials: { privateKey: TRADING_PRIVATE_KEY, authenticatorId: '7' },
      unsettledFunding,
      scope: { address: TEST_ADDRESS, subaccountNumbers: [0] },
      now: () => systemClock.now() - setting.skewMs,
    });
    return {
      ...wires.rig,
      exchange,
      markets: ['BTC-USD'],
      assets: ['USDC'],
      secrets: [TRADING_PRIVATE_KEY],
      truth() {
        const truth = truthOf(venue);
        return unsettledFunding === 'included'
          ? truth
          : { ...truth, totals: { USDC: settledCollateral(venue) } };
      },
      instruct: restingOrder,
      taken: takenBy(venue),
      async close() {
        await exchange.close();
        await wires.close();
        await server.close();
      },
    };
  },
});

export const dydxUnderTest = dydx('dydx', 'included');
/** Asks the validator of every position, so that a read is broken there as well. */
export const dydxApartUnderTest = dydx('dydx-funding-apart', 'apart');

const restingOrder = (serial: number): OrderInstruction => instructionOf('dydx', serial);
