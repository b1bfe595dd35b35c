import { openCoinbaseExchange } from '../../src/exchanges/coinbase/coinbase-exchange.ts';
import { openCoinbaseWalletExchange } from '../../src/exchanges/coinbase/coinbase-wallet-exchange.ts';
import { serveCoinbase } from '../../src/exchanges/simulated/coinbase-server.ts';
import { createSimulatedKey } from '../../src/exchanges/simulated/coinbase-tokens.ts';
import { serveCoinbaseWallet } from '../../src/exchanges/simulated/coinbase-wallet-server.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openWires } from '../support/contract-wires.ts';
import { type AdapterUnderTest, rowsOf, type Setting } from './contract.ts';
import { depositInto, instructionOf, spotVenue, takenBy, truthOf } from './contract-venue.ts';

const PORTFOLIO = 'portfolio-1';
/** Few, so that a handful of rows is several pages. */
const ROWS_PER_PAGE = 3;
const AROUND_PAGES = [0, 1, 2, 3, 4, 6, 7];

/** The venue has the machine's time; ours is off by as much as the setting says. */
const ourNow =
  ({ skewMs }: Setting) =>
  () =>
    systemClock.now() - skewMs;

export const coinbaseUnderTest: AdapterUnderTest = {
  adapter: 'coinbase',
  asks: new Set([
    'observe',
    'readActivity',
    'readMarkets',
    'findOrder',
    'readKeyRights',
    'readTradeKeyRights',
    'submitOrder',
    'cancelOrder',
  ]),
  rateLimitedOrder: 'rejected',
  tellsTime: true,
  namesAccount: true,
  lists: [
    { of: 'balances', read: 'observe', counts: AROUND_PAGES },
    { of: 'deposits', read: 'readActivity', counts: AROUND_PAGES },
  ],
  async open(setting) {
    const venue = spotVenue('coinbase', rowsOf(setting, 'balances'));
    depositInto(venue, 'USD', rowsOf(setting, 'deposits') ?? 0);
    const { credentials, publicKey } = createSimulatedKey();
    const { keyName } = credentials;
    const trade = createSimulatedKey();
    const server = await serveCoinbase({
      venue,
      clock: systemClock,
      portfolio: PORTFOLIO,
      keyName,
      publicKey,
      secondKey: { keyName: trade.credentials.keyName, publicKey: trade.publicKey },
      rowsPerPageMax: ROWS_PER_PAGE,
    });
    const wires = await openWires({ baseUrl: server.urls.baseUrl ?? '' }, ({ method }) => method === 'POST');
    if (setting.isForeign) wires.rewrite((body) => body.replaceAll(PORTFOLIO, 'portfolio-2'));
    const exchange = openCoinbaseExchange({
      venue: 'coinbase',
      baseUrl: wires.urls.baseUrl,
      credentials,
      tradeCredentials: trade.credentials,
      scope: { portfolio: PORTFOLIO },
      now: ourNow(setting),
    });
    return {
      ...wires.rig,
      exchange,
      markets: ['BTC-USD'],
      assets: ['USD', 'BTC'],
      secrets: [...secretsOf(credentials.privateKey), ...secretsOf(trade.credentials.privateKey)],
      truth: () => truthOf(venue),
      instruct: (serial) => instructionOf('coinbase', serial),
      taken: takenBy(venue),
      async close() {
        await exchange.close();
        await wires.close();
        await server.close();
      },
    };
  },
};

export const walletUnderTest: AdapterUnderTest = {
  adapter: 'coinbase-wallet',
  asks: new Set(['observe']),
  rateLimitedOrder: 'rejected',
  tellsTime: true,
  namesAccount: true,
  lists: [{ of: 'balances', read: 'observe', counts: AROUND_PAGES }],
  async open(setting) {
    const venue = spotVenue('wallet', rowsOf(setting, 'balances'));
    const { credentials, publicKey } = createSimulatedKey();
    const [network, address] = ['base-mainnet', '0xabc1'];
    const server = await serveCoinbaseWallet({
      venue,
      clock: systemClock,
      network,
      address,
      assets: venue.balances().map(({ asset }) => ({ asset, assetId: asset, decimals: 8 })),
      keyName: credentials.keyName,
      publicKey,
      rowsPerPage: ROWS_PER_PAGE,
    });
    const { baseUrl = '' } = server.urls;
    const wires = await openWires({ baseUrl: new URL(baseUrl).origin }, () => true);
    if (setting.isForeign) wires.rewrite((body) => body.replaceAll(network, 'base-sepolia'));
    const exchange = await openCoinbaseWalletExchange({
      venue: 'wallet',
      baseUrl: `${wires.urls.baseUrl}/platform`,
      credentials,
      scope: { network, addresses: [address] },
      now: ourNow(setting),
    });
    return {
      ...wires.rig,
      exchange,
      markets: ['BTC-USD'],
      assets: ['USD', 'BTC'],
      secrets: secretsOf(credentials.privateKey),
      truth: () => ({ ...truthOf(venue), fills: 0, moved: [] }),
      instruct: (serial) => instructionOf('wallet', serial),
      taken: async () => 0,
      async close() {
        await exchange.close();
        await wires.close();
        await server.close();
      },
    };
  },
};

/** The lines of a key between its marks. */
const secretsOf = (pem: string): readonly string[] =>
  pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-'));
