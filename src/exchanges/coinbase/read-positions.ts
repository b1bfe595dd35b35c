// Positions at the venue's two futures platforms: contracts in the US ("CFM") and perpetuals ("INTX").
//
// Who has no futures account is never asked for one: what decides is what the lists of accounts, orders and fills
// show. Where they show one, the venue's answer decides:
// 1. A list is what there is.
// 2. 404 or 410 says that there is no such account: none, unless an open order there says otherwise.
// 3. 403 says that this key may not look: none where nothing is at stake there, else unknown.
// 4. Anything else is unknown.

import { isZero } from '../../domain/money/amount.ts';
import type { PageProof } from '../../domain/venue/observation.ts';
import type { Position } from '../../domain/venue/venue.ts';
import type { CoinbaseAccount } from './account-rows.ts';
import { CoinbaseTrouble, incomplete, trouble } from './coinbase-trouble.ts';
import { readPortfolios } from './portfolios.ts';
import { readCfmPosition, readIntxPosition } from './position-rows.ts';
import { listAt, type Row, rowAt } from './row-reader.ts';
import type { SignedRequests } from './signed-requests.ts';
import { type FuturesPlatform, platformOf } from './spot-product.ts';

const PATHS: Readonly<Record<FuturesPlatform, string>> = {
  cfm: '/api/v3/brokerage/cfm/positions',
  intx: '/api/v3/brokerage/intx/positions',
};

/** What the lists show of futures. Products are those of rows that are left out of spot. */
export interface FuturesTraces {
  readonly accounts: readonly CoinbaseAccount[];
  readonly orderedProducts: readonly string[];
  readonly filledProducts: readonly string[];
}

export interface PositionsRead {
  readonly positions: readonly Position[];
  readonly pages: readonly PageProof[];
}

const NONE: PositionsRead = { positions: [], pages: [] };

/** Positions of both platforms, by market. Throws `CoinbaseTrouble`. */
export async function readPositions(
  requests: SignedRequests,
  traces: FuturesTraces,
  signal: AbortSignal,
): Promise<PositionsRead> {
  const cfm = await readPlatform('cfm', requests, traces, signal);
  const intx = await readPlatform('intx', requests, traces, signal);
  const positions = [...cfm.positions, ...intx.positions].sort((a, b) => (a.market < b.market ? -1 : 1));
  positions.forEach(({ market }, index) => {
    if (positions[index + 1]?.market === market) throw incomplete(`positions: ${market} came twice`);
  });
  return { positions, pages: [...cfm.pages, ...intx.pages] };
}

async function readPlatform(
  platform: FuturesPlatform,
  requests: SignedRequests,
  { accounts, orderedProducts, filledProducts }: FuturesTraces,
  signal: AbortSignal,
): Promise<PositionsRead> {
  const margin = accounts.filter((account) => account.purpose === platform);
  const isOfPlatform = (product: string) => platformOf(product) === platform;
  const isOrdered = orderedProducts.some(isOfPlatform);
  if (margin.length === 0 && !isOrdered && !filledProducts.some(isOfPlatform)) return NONE;
  const isFunded = margin.some(({ available, hold }) => !isZero(available) || !isZero(hold));
  try {
    return platform === 'cfm'
      ? await readList(requests, PATHS.cfm, signal)
      : await readPerpetuals(requests, margin, signal);
  } catch (error) {
    if (!(error instanceof CoinbaseTrouble) || error.unknown.reason !== 'refused') throw error;
    const { detail } = error.unknown;
    const isNotThere = /^HTTP (?:404|410):/.test(detail);
    if (isNotThere && isOrdered)
      throw trouble('incoherent', `an order is open there, but ${PATHS[platform]} says ${detail}`);
    if (isNotThere || (detail.startsWith('HTTP 403:') && !isFunded && !isOrdered)) return NONE;
    throw error;
  }
}

/** Perpetuals lie in portfolios of their own: those of the margin accounts, or else those that the venue lists as such. */
async function readPerpetuals(
  requests: SignedRequests,
  margin: readonly CoinbaseAccount[],
  signal: AbortSignal,
): Promise<PositionsRead> {
  const named = margin.flatMap(({ portfolio }) => (portfolio === null ? [] : [portfolio]));
  const listed =
    named.length > 0
      ? named
      : (await readPortfolios(requests, signal)).filter(({ type }) => type === 'INTX').map(({ id }) => id);
  const lists: PositionsRead[] = [];
  for (const portfolio of new Set(listed))
    lists.push(await readList(requests, `${PATHS.intx}/${encodeURIComponent(portfolio)}`, signal));
  return {
    positions: lists.flatMap(({ positions }) => positions),
    pages: lists.flatMap(({ pages }) => pages),
  };
}

/** One answer that holds all positions; the venue pages neither list. */
async function readList(requests: SignedRequests, path: string, signal: AbortSignal): Promise<PositionsRead> {
  const { answer, document } = await requests.read({ method: 'GET', path }, signal);
  const rows = listAt(rowAt(document, `GET ${path}`).positions, `GET ${path} positions`);
  const positions: Position[] = [];
  for (const [index, value] of rows.entries()) {
    const place = `${path}[${index}]`;
    const row = rowAt(value, place);
    const position = path.startsWith(PATHS.cfm)
      ? await readCfmPosition(row, place, (market) => readFuture(requests, market, signal))
      : readIntxPosition(row, place);
    if (position !== null) positions.push(position);
  }
  return { positions, pages: [{ endpoint: `GET ${path}`, rows: rows.length, sha256: answer.sha256 }] };
}

async function readFuture(requests: SignedRequests, market: string, signal: AbortSignal): Promise<Row> {
  const path = `/api/v3/brokerage/products/${encodeURIComponent(market)}`;
  const { document } = await requests.read({ method: 'GET', path }, signal);
  return rowAt(rowAt(document, `GET ${path}`).future_product_details, `GET ${path} future_product_details`);
}
