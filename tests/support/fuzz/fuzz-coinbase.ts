import { type Amount, add, amount } from '../../../src/domain/money/amount.ts';
import type { OrderInstruction, PreparedOrder } from '../../../src/domain/venue/order.ts';
import { openCoinbaseExchange } from '../../../src/exchanges/coinbase/coinbase-exchange.ts';
import type { Exchange } from '../../../src/exchanges/exchange.ts';
import { accountId } from '../../../src/exchanges/simulated/coinbase-documents.ts';
import { serveCoinbase } from '../../../src/exchanges/simulated/coinbase-server.ts';
import { createSimulatedKey } from '../../../src/exchanges/simulated/coinbase-tokens.ts';
import { createSimulatedVenue } from '../../../src/exchanges/simulated/venue-engine.ts';
import { EXAMPLE_MARKETS } from '../../exchanges/simulated/example-venue.ts';
import { EMPTY_FILLS, EMPTY_ORDERS, serveAccount } from '../coinbase-account.ts';
import { FUZZ_NOW_MS, type FuzzVenue, type SaidDocument } from './fuzz-venue.ts';
import { openFuzzWires } from './fuzz-wires.ts';

const PORTFOLIO = 'portfolio-1';
const PRICES: Readonly<Record<string, string>> = { BTC: '10000', ETH: '500' };
const now = () => FUZZ_NOW_MS;
const CLOCK = { now, setTimeout: () => null, clearTimeout: () => {} };
const signal = new AbortController().signal;

/** An account of spot with orders, fills and ledgers over several pages, and one with futures. */
export async function openFuzzCoinbase(): Promise<FuzzVenue> {
  const { credentials, publicKey } = createSimulatedKey();
  const venue = createSimulatedVenue({
    venue: 'coinbase',
    now,
    prices: { priceAt: (asset) => amount(PRICES[asset] ?? '1') },
    markets: EXAMPLE_MARKETS.slice(0, 2),
    balances: { USD: amount('10000.5'), BTC: amount('1.50000001'), ETH: amount('20'), SOL: amount('7') },
  });
  const { keyName } = credentials;
  const server = await serveCoinbase({
    venue,
    clock: CLOCK,
    portfolio: PORTFOLIO,
    keyName,
    publicKey,
    machineNow: now,
    rowsPerPageMax: 3,
  });
  const options = { venue: 'coinbase', credentials, now, machineNow: now };
  const scope = { portfolio: PORTFOLIO };
  const direct = openCoinbaseExchange({ ...options, scope, baseUrl: server.urls.baseUrl ?? '' });
  const sent = await place(direct, { clientOrderId: 'found', limitPrice: amount('10100') });
  for (const clientOrderId of ['open-1', 'open-2'])
    await place(direct, { clientOrderId, timeInForce: 'goodTilCancelled', limitPrice: amount('9000.5') });
  for (const clientOrderId of ['more-1', 'more-2', 'more-3'])
    await place(direct, { clientOrderId, side: 'sell', limitPrice: amount('9900') });
  for (const quantity of ['250.5', '3', '12']) venue.deposit('USD', amount(quantity));
  for (const quantity of ['1.5', '0.25']) venue.deposit('SOL', amount(quantity));
  venue.withdraw('BTC', amount('0.01'));
  await direct.close();
  const futures = await serveFutures();
  const wires = await openFuzzWires({ spot: server.urls.baseUrl ?? '', futures: futures.url });
  const open = async () => openCoinbaseExchange({ ...options, scope, baseUrl: wires.urls.spot ?? '' });
  const openFutures = async () =>
    openCoinbaseExchange({ ...options, scope: {}, baseUrl: wires.urls.futures ?? '' });
  const markets = ['BTC-USD', 'ETH-BTC'];
  const holdings =
    /(?:available_balance|hold)\.value$|order_status=OPEN.*(?:filled_size|base_size|limit_price)$|fills\.\d+\.(?:price|size|commission)$/;
  return {
    ...wires,
    venue: 'coinbase',
    nowMs: FUZZ_NOW_MS,
    secrets: credentials.privateKey.split('\n').filter((line) => line.length > 20 && !line.startsWith('-')),
    cases: [
      {
        name: 'observe',
        method: 'observe',
        open,
        call: (exchange, by) => exchange.observe({ fillsSinceMs: null }, by),
        amounts: holdings,
        totalsSaid,
      },
      {
        name: 'observe since',
        method: 'observe',
        open,
        call: (exchange, by) => exchange.observe({ fillsSinceMs: FUZZ_NOW_MS - 60_000 }, by),
        amounts: holdings,
        totalsSaid,
      },
      {
        name: 'observe futures',
        method: 'observe',
        open: openFutures,
        call: (exchange, by) => exchange.observe({ fillsSinceMs: null }, by),
        amounts: /(?:number_of_contracts|avg_entry_price|net_size|entry_vwap\.value)$/,
      },
      {
        name: 'readActivity',
        method: 'readActivity',
        open,
        call: (exchange, by) => exchange.readActivity({ sinceMs: 0, assets: ['USD', 'BTC', 'SOL'] }, by),
        // The other ledgers hold rows of trades too, which fills tell.
        amounts: new RegExp(`${accountId('coinbase', 'SOL')}.* data\\.\\d+\\.amount\\.amount$`),
      },
      {
        name: 'readMarkets',
        method: 'readMarkets',
        open,
        call: (exchange, by) => exchange.readMarkets(markets, by),
        markets,
        amounts:
          /(?:best_bid_price|best_ask_price|base_increment|price_increment|base_min_size|quote_min_size|taker_fee_rate)$/,
      },
      {
        name: 'findOrder',
        method: 'findOrder',
        open,
        call: (exchange, by) => exchange.findOrder(sent, by),
        amounts: /fills\.\d+\.(?:price|size|commission)$/,
      },
      {
        name: 'findOrder, never sent',
        method: 'findOrder',
        open,
        call: (exchange, by) =>
          exchange.findOrder({ ...sent, instruction: { ...sent.instruction, clientOrderId: 'never' } }, by),
        amounts: /$^/,
      },
      {
        name: 'readKeyRights',
        method: 'readKeyRights',
        open,
        call: async (exchange, by) => exchange.readKeyRights?.(by),
        amounts: /$^/,
      },
    ],
    async close() {
      await wires.close();
      await server.close();
      await futures.close();
    },
  };
}

async function place(exchange: Exchange, changes: Partial<OrderInstruction>): Promise<PreparedOrder> {
  const instruction: OrderInstruction = {
    intentId: `intent-${changes.clientOrderId}`,
    venue: 'coinbase',
    market: 'BTC-USD',
    side: 'buy',
    quantity: amount('0.101'),
    limitPrice: amount('10100'),
    timeInForce: 'immediateOrCancel',
    reduceOnly: false,
    clientOrderId: '',
    ...changes,
  };
  const prepared = await exchange.prepareOrder(instruction, signal);
  if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
  const outcome = await exchange.submitOrder(prepared.order, signal);
  if (outcome.state !== 'accepted') throw new Error(JSON.stringify(outcome));
  return prepared.order;
}

/** Margin, positions and orders at both futures platforms. */
function serveFutures() {
  const account = (uuid: string, platform: string) => ({
    uuid,
    currency: 'USD',
    type: 'ACCOUNT_TYPE_FIAT',
    platform,
    available_balance: { value: '1500.25', currency: 'USD' },
    hold: { value: '10', currency: 'USD' },
    retail_portfolio_id: PORTFOLIO,
  });
  const accounts = [
    account('spot', 'ACCOUNT_PLATFORM_CONSUMER'),
    account('cfm', 'ACCOUNT_PLATFORM_CFM_CONSUMER'),
    account('intx', 'ACCOUNT_PLATFORM_INTX'),
  ];
  const contracts = {
    product_id: 'BIT-26APR24-CDE',
    side: 'SHORT',
    number_of_contracts: '3',
    avg_entry_price: '51000.5',
    contract_size: '0.01',
  };
  const perpetual = {
    product_id: '1r4njf84-0-0',
    symbol: 'BTC-PERP-INTX',
    position_side: 'POSITION_SIDE_LONG',
    net_size: '0.25',
    entry_vwap: { value: '60000', currency: 'USDC' },
  };
  const date = { date: new Date(FUZZ_NOW_MS).toUTCString() };
  return serveAccount({ accounts: {} }, ({ path }) => {
    if (path.endsWith('/brokerage/accounts'))
      return { headers: date, body: { accounts, has_next: false, cursor: '' } };
    if (path.endsWith('/historical/batch')) return { headers: date, body: EMPTY_ORDERS };
    if (path.endsWith('/historical/fills')) return { headers: date, body: EMPTY_FILLS };
    if (path.endsWith('/cfm/positions')) return { headers: date, body: { positions: [contracts] } };
    if (path.includes('/intx/positions')) return { headers: date, body: { positions: [perpetual] } };
    return { headers: date, status: 404, body: { error: 'NOT_FOUND' } };
  });
}

interface AccountRow {
  readonly currency: string;
  readonly available_balance: { readonly value: string };
  readonly hold: { readonly value: string };
}

/** Each account's available balance and hold, by its currency. */
function totalsSaid(documents: readonly SaidDocument[]): Readonly<Record<string, string>> | null {
  const totals = new Map<string, Amount>();
  for (const { key, document } of documents) {
    if (!/\/accounts[ ?]/.test(`${key} `)) continue;
    for (const { currency, available_balance, hold } of (
      document as { readonly accounts: readonly AccountRow[] }
    ).accounts) {
      const said = add(amount(available_balance.value), amount(hold.value));
      totals.set(currency, add(totals.get(currency) ?? amount('0'), said));
    }
  }
  return Object.fromEntries([...totals].filter(([, total]) => total !== '0'));
}
