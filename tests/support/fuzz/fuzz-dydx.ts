import { type Amount, add, amount, negate } from '../../../src/domain/money/amount.ts';
import type { OrderInstruction, PreparedOrder } from '../../../src/domain/venue/order.ts';
import { openTestDydx, TEST_PRIVATE_KEY, TRADING_PRIVATE_KEY } from '../dydx-account.ts';
import { numbered, tradingKey } from '../dydx-authenticators.ts';
import { DYDX_START_MS, simulatedDydx } from '../dydx-venue.ts';
import { serveHostileWire } from '../hostile-wire.ts';
import type { FuzzVenue, SaidDocument } from './fuzz-venue.ts';
import { openFuzzWires } from './fuzz-wires.ts';

const signal = new AbortController().signal;
const NOTHING = /$^/;

/** A parent with an isolated child, positions, orders of both kinds, fills, transfers and funding. */
export async function openFuzzDydx(): Promise<FuzzVenue> {
  const dydx = await simulatedDydx({ children: [128], authenticators: [numbered(7, tradingKey())] });
  const short = await place(dydx, {});
  const long = await place(dydx, {
    clientOrderId: '8',
    timeInForce: 'goodTilCancelled',
    limitPrice: amount('50000'),
  });
  await place(dydx, {
    clientOrderId: '9',
    side: 'sell',
    market: 'ETH-USD',
    quantity: amount('2.5'),
    limitPrice: amount('2900'),
  });
  dydx.venue.deposit('USDC', amount('250.000001'));
  dydx.venue.withdraw('USDC', amount('10'));
  dydx.venue.settleFunding(amount('0.0001'));
  dydx.children[128]?.deposit('USDC', amount('500'));
  const { indexerUrl = '', validatorUrl = '' } = dydx.server.urls;
  // Equity ties every amount to the others: without it each can be another, as far as anyone can tell.
  const untied = await serveHostileWire(indexerUrl, indexerUrl);
  untied.rewrite((body) => body.replace(/"(?:equity|freeCollateral)":"[^"]*",/g, ''));
  const wires = await openFuzzWires({ indexer: indexerUrl, untied: untied.url, validator: validatorUrl });
  const openAt = (indexer: string) => () =>
    openTestDydx(wires.urls[indexer] ?? '', {
      validatorUrl: wires.urls.validator ?? '',
      credentials: { privateKey: TRADING_PRIVATE_KEY, authenticatorId: '7' },
      now: () => DYDX_START_MS,
    });
  const held =
    /(?:openPerpetualPositions\..*\.(?:size|entryPrice)|assetPositions\..*\.size|\/v4\/fills.*limit=1000 fills\.\d+\.(?:size|price|fee))$/;
  const markets = ['BTC-USD', 'ETH-USD'];
  return {
    ...wires,
    venue: 'dydx',
    nowMs: DYDX_START_MS,
    secrets: [TEST_PRIVATE_KEY, TRADING_PRIVATE_KEY],
    cases: [
      {
        name: 'observe',
        method: 'observe',
        open: openAt('indexer'),
        call: (exchange, by) => exchange.observe({ fillsSinceMs: null }, by),
        amounts: held,
        // Generations of the indexer differ in it for a SHORT; a LONG below zero is never known.
        unsigned: /\.(?:assetPositions|openPerpetualPositions)\.[^.]+\.size$/,
        totalsSaid,
      },
      {
        name: 'observe, without equity',
        method: 'observe',
        open: openAt('untied'),
        call: (exchange, by) => exchange.observe({ fillsSinceMs: null }, by),
        amounts: held,
        // Generations of the indexer differ in it for a SHORT; a LONG below zero is never known.
        unsigned: /\.(?:assetPositions|openPerpetualPositions)\.[^.]+\.size$/,
        totalsSaid,
      },
      {
        name: 'readActivity',
        method: 'readActivity',
        open: openAt('indexer'),
        call: (exchange, by) => exchange.readActivity({ sinceMs: 0, assets: ['USDC'] }, by),
        amounts: /(?:transfers\.\d+\.size|fundingPayments\.\d+\.payment)$/,
      },
      {
        name: 'readMarkets',
        method: 'readMarkets',
        open: openAt('indexer'),
        call: (exchange, by) => exchange.readMarkets(markets, by),
        markets,
        amounts: /\.(?:BTC|ETH)-USD\.(?:stepSize|tickSize|initialMarginFraction)$/,
      },
      {
        name: 'findOrder, short-term',
        method: 'findOrder',
        open: openAt('indexer'),
        call: (exchange, by) => exchange.findOrder(short, by),
        // The newest fill is of another order.
        amounts: /fills\.1\.price$/,
      },
      {
        name: 'findOrder, long-term',
        method: 'findOrder',
        open: openAt('indexer'),
        call: (exchange, by) => exchange.findOrder(long, by),
        amounts: NOTHING,
      },
      {
        name: 'readKeyRights',
        method: 'readKeyRights',
        open: openAt('indexer'),
        call: async (exchange, by) => exchange.readKeyRights?.(by),
        amounts: NOTHING,
      },
    ],
    async close() {
      await wires.close();
      await untied.close();
      await dydx.close();
    },
  };
}

async function place(
  { exchange }: Awaited<ReturnType<typeof simulatedDydx>>,
  changes: Partial<OrderInstruction>,
): Promise<PreparedOrder> {
  const instruction: OrderInstruction = {
    intentId: `intent-${changes.clientOrderId ?? '7'}`,
    venue: 'dydx',
    market: 'BTC-USD',
    side: 'buy',
    quantity: amount('0.05'),
    limitPrice: amount('61000'),
    timeInForce: 'immediateOrCancel',
    reduceOnly: false,
    clientOrderId: '7',
    ...changes,
  };
  const prepared = await exchange.prepareOrder(instruction, signal);
  if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
  const outcome = await exchange.submitOrder(prepared.order, signal);
  if (outcome.state !== 'accepted') throw new Error(JSON.stringify(outcome));
  return prepared.order;
}

interface Family {
  readonly subaccount: {
    readonly childSubaccounts: readonly {
      readonly assetPositions: Readonly<
        Record<string, { readonly symbol: string; readonly side: string; readonly size: string }>
      >;
    }[];
  };
}

/** Asset positions of a parent's children, signed by their sides. */
function totalsSaid(documents: readonly SaidDocument[]): Readonly<Record<string, string>> | null {
  const totals = new Map<string, Amount>();
  for (const { key, document } of documents) {
    if (!key.includes('/parentSubaccountNumber/') || !key.includes('/v4/addresses/')) continue;
    for (const { assetPositions } of (document as Family).subaccount.childSubaccounts) {
      for (const { symbol, side, size } of Object.values(assetPositions)) {
        const said = amount(size.replace(/^-/, ''));
        totals.set(symbol, add(totals.get(symbol) ?? amount('0'), side === 'SHORT' ? negate(said) : said));
      }
    }
  }
  return Object.fromEntries([...totals].filter(([, total]) => total !== '0'));
}
