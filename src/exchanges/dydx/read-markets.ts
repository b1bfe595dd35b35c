import { type Amount, compare, isPositive, ZERO } from '../../domain/money/amount.ts';
import type { Unknown } from '../../domain/venue/observation.ts';
import { type Market, perpetualAsset } from '../../domain/venue/venue.ts';
import type { DydxIndexer } from './dydx-indexer.ts';
import { type MarketRow, marketsBody, orderBookBody } from './dydx-rows.ts';
import { type IndexerSession, openIndexerSession, orUnknown, readFailed } from './indexer-session.ts';
import { dydxTerms } from './market-terms.ts';
import { COLLATERAL } from './read-fills.ts';

/** The first fee tier: 5 basis points, whatever volume the account has. */
const TAKER_FEE_RATE = '0.0005' as Amount;

/** Rules and best prices of perpetual markets. Without both sides of an order book a market is unknown, never priced at zero. */
export async function readDydxMarkets(
  indexer: DydxIndexer,
  markets: readonly string[],
  signal: AbortSignal,
): Promise<readonly Market[] | Unknown> {
  return orUnknown(async () => {
    const session = openIndexerSession(indexer, signal);
    const rows = await readMarketRows(session, markets);
    const result: Market[] = [];
    for (const row of rows) result.push(marketOf(row, await readBestPrices(session, row.ticker)));
    return result;
  });
}

/** The rows of the named markets, in the order of their names. A market that the venue does not list is refused. */
export async function readMarketRows(
  session: IndexerSession,
  markets: readonly string[],
): Promise<readonly MarketRow[]> {
  const endpoint = 'GET /v4/perpetualMarkets';
  if (markets.length === 0) return [];
  const only = markets.length === 1 ? markets[0] : undefined;
  const body = await session.read({
    endpoint,
    schema: marketsBody,
    call: (client) =>
      client.markets.getPerpetualMarkets(only === undefined ? undefined : encodeURIComponent(only)),
    rowsOf: (one) => Object.keys(one.markets).length,
  });
  return markets.map((market) => {
    const row = Object.hasOwn(body.markets, market) ? body.markets[market] : undefined;
    if (row === undefined) throw readFailed('refused', `${endpoint}: no market ${market}`);
    if (row.ticker !== market)
      throw readFailed('malformed', `${endpoint}: market ${market} is ${row.ticker}`);
    return row;
  });
}

interface BestPrices {
  readonly bid: Amount;
  readonly ask: Amount;
}

async function readBestPrices(session: IndexerSession, market: string): Promise<BestPrices> {
  const endpoint = `GET /v4/orderbooks/perpetualMarket/${market}`;
  const book = await session.read({
    endpoint,
    schema: orderBookBody,
    call: (client) => client.markets.getPerpetualMarketOrderbook(encodeURIComponent(market)),
    rowsOf: ({ bids, asks }) => bids.length + asks.length,
  });
  const bid = best(book.bids, 1);
  const ask = best(book.asks, -1);
  if (bid === null || ask === null)
    throw readFailed('incomplete', `${endpoint}: one side of the book is empty`);
  // The indexer builds its book from what its node has seen; it is crossed while the two sides are of different moments.
  if (compare(bid, ask) >= 0)
    throw readFailed('incoherent', `${endpoint}: bid ${bid} is not below ask ${ask}`);
  return { bid, ask };
}

function best(
  levels: readonly { readonly price: Amount; readonly size: Amount }[],
  sign: 1 | -1,
): Amount | null {
  return levels
    .filter((level) => isPositive(level.size))
    .reduce<Amount | null>(
      (found, { price }) => (found === null || compare(price, found) === sign ? price : found),
      null,
    );
}

function marketOf(row: MarketRow, prices: BestPrices): Market {
  return {
    market: row.ticker,
    kind: 'perpetual',
    base: perpetualAsset(row.ticker),
    quote: COLLATERAL,
    ...prices,
    step: row.stepSize,
    tick: row.tickSize,
    // The chain knows no smallest order but one step.
    minQuantity: row.stepSize,
    minNotional: ZERO,
    takerFeeRate: TAKER_FEE_RATE,
    ...(row.volume24H == null ? {} : { dayQuoteVolume: row.volume24H }),
    perpetualTerms: dydxTerms(row),
    isTradable: row.status === 'ACTIVE',
  };
}
