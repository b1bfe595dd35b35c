import { type Amount, isPositive, multiply } from '../../domain/money/amount.ts';
import type { Market } from '../../domain/venue/venue.ts';
import { malformed, trouble } from './coinbase-trouble.ts';
import {
  amountAt,
  listAt,
  optionalAmountAt,
  optionalFlagAt,
  optionalTextAt,
  optionalUnsignedAmountAt,
  positiveAmountAt,
  type Row,
  rowAt,
  textAt,
  unsignedAmountAt,
} from './row-reader.ts';
import type { SignedRequests } from './signed-requests.ts';
import { spotProduct } from './spot-product.ts';

interface Quote {
  readonly bid: Amount;
  readonly ask: Amount;
}

/** Rules, fees and present prices of spot products. Asks for the order books only where the products do not quote. Throws `CoinbaseTrouble`. */
export async function readSpotMarkets(
  requests: SignedRequests,
  markets: readonly string[],
  signal: AbortSignal,
): Promise<readonly Market[]> {
  if (markets.length === 0) return [];
  const takerFeeRate = await readTakerFeeRate(requests, signal);
  const products: { readonly row: Row; readonly place: string }[] = [];
  for (const market of markets) {
    const path = `/api/v3/brokerage/products/${encodeURIComponent(market)}`;
    const place = `GET ${path}`;
    const { document } = await requests.read({ method: 'GET', path }, signal);
    const row = rowAt(document, place);
    if (row.product_id !== market)
      throw malformed(`${place}.product_id: expected ${market}, found ${String(row.product_id)}`);
    products.push({ row, place });
  }
  const unquoted = products
    .filter((product) => quoteOf(product) === null)
    .map(({ row }) => String(row.product_id));
  const books =
    unquoted.length === 0 ? new Map<string, Quote>() : await readBestQuotes(requests, unquoted, signal);
  return products.map((product) => {
    const quote = quoteOf(product) ?? books.get(String(product.row.product_id));
    if (quote === undefined)
      throw malformed(`${product.place}: expected a best bid and ask, found neither here nor in the books`);
    return {
      ...readProduct(product.row, product.place),
      ...quote,
      takerFeeRate,
      ...dayVolumeOf(product, quote),
    };
  });
}

/** Futures are refused: their margin is not among the balances, so that a price would count them twice. */
export function readProduct(row: Row, place: string): Omit<Market, 'bid' | 'ask' | 'takerFeeRate'> {
  const type = optionalTextAt(row, 'product_type', place) ?? 'SPOT';
  if (type !== 'SPOT' || spotProduct(textAt(row, 'product_id', place)) === null)
    throw trouble('refused', `${place}: only spot products are priced and traded here, found ${type}`);
  const tickKey =
    optionalAmountAt(row, 'price_increment', place) === null ? 'quote_increment' : 'price_increment';
  return {
    market: textAt(row, 'product_id', place),
    kind: 'spot',
    base: textAt(row, 'base_currency_id', place),
    quote: textAt(row, 'quote_currency_id', place),
    step: positiveAmountAt(row, 'base_increment', place),
    tick: positiveAmountAt(row, tickKey, place),
    minQuantity: unsignedAmountAt(row, 'base_min_size', place),
    minNotional: unsignedAmountAt(row, 'quote_min_size', place),
    isTradable: isTradable(row, place),
  };
}

/** In quote where the venue says so, else at the bid: the smaller of what it can have been at present prices. */
function dayVolumeOf(
  { row, place }: { readonly row: Row; readonly place: string },
  { bid }: Quote,
): Pick<Market, 'dayQuoteVolume'> {
  const inQuote = optionalUnsignedAmountAt(row, 'approximate_quote_24h_volume', place);
  if (inQuote !== null) return { dayQuoteVolume: inQuote };
  const inBase = optionalUnsignedAmountAt(row, 'volume_24h', place);
  return inBase === null ? {} : { dayQuoteVolume: multiply(inBase, bid) };
}

function isTradable(row: Row, place: string): boolean {
  const obstacles = [
    'is_disabled',
    'trading_disabled',
    'cancel_only',
    'post_only',
    'auction_mode',
    'view_only',
  ];
  if (obstacles.some((flag) => optionalFlagAt(row, flag, place) === true)) return false;
  return (optionalTextAt(row, 'status', place) ?? 'online') === 'online';
}

function quoteOf({ row, place }: { readonly row: Row; readonly place: string }): Quote | null {
  const bid = optionalAmountAt(row, 'best_bid_price', place);
  const ask = optionalAmountAt(row, 'best_ask_price', place);
  return bid === null || ask === null || !isPositive(bid) || !isPositive(ask) ? null : { bid, ask };
}

async function readTakerFeeRate(requests: SignedRequests, signal: AbortSignal): Promise<Amount> {
  const path = '/api/v3/brokerage/transaction_summary';
  const { document } = await requests.read(
    { method: 'GET', path, query: [['product_type', 'SPOT']] },
    signal,
  );
  const tier = rowAt(rowAt(document, `GET ${path}`).fee_tier, `GET ${path} fee_tier`);
  return amountAt(tier, 'taker_fee_rate', 'fee_tier');
}

async function readBestQuotes(
  requests: SignedRequests,
  markets: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Quote>> {
  const path = '/api/v3/brokerage/best_bid_ask';
  const query = markets.map((market) => ['product_ids', market] as const);
  const { document } = await requests.read({ method: 'GET', path, query }, signal);
  const quotes = new Map<string, Quote>();
  for (const value of listAt(rowAt(document, `GET ${path}`).pricebooks, `GET ${path} pricebooks`)) {
    const book = rowAt(value, 'pricebooks[]');
    const [bid] = listAt(book.bids, 'pricebooks[].bids');
    const [ask] = listAt(book.asks, 'pricebooks[].asks');
    if (bid === undefined || ask === undefined) continue;
    quotes.set(textAt(book, 'product_id', 'pricebooks[]'), {
      bid: unsignedAmountAt(rowAt(bid, 'pricebooks[].bids[0]'), 'price', 'pricebooks[].bids[0]'),
      ask: unsignedAmountAt(rowAt(ask, 'pricebooks[].asks[0]'), 'price', 'pricebooks[].asks[0]'),
    });
  }
  return quotes;
}
