import { add, ZERO } from '../../domain/money/amount.ts';
import type { Balance } from '../../domain/venue/venue.ts';
import { CoinbaseTrouble, incomplete, malformed, trouble } from './coinbase-trouble.ts';
import { optionalFlagAt, optionalTextAt, type Row, rowAt, textAt } from './row-reader.ts';
import { tokenBalancesFormat, tokenNetworkOf } from './token-balances.ts';
import {
  type AddressBalances,
  type BalancesFormat,
  canonicalAddress,
  quantityOf,
  readWalletPages,
  type WalletHolding,
} from './wallet-pages.ts';
import type { WalletRequests } from './wallet-requests.ts';

interface WalletAddress {
  readonly network: string;
  readonly address: string;
}

/**
 * All that one address holds, over all pages. Throws `CoinbaseTrouble`.
 *
 * The platform has two generations of this endpoint. The SDK's is asked first where the network has its kind of
 * name, such as "base-mainnet"; where that path is not served, or the network is named as the newer one names it,
 * the newer one answers. Both call an asset the same.
 */
export async function readAddressBalances(
  requests: WalletRequests,
  at: WalletAddress,
  signal: AbortSignal,
): Promise<AddressBalances> {
  const token = tokenNetworkOf(at);
  const readTokens = () => readWalletPages(tokenBalancesFormat(requests, at, signal));
  if (token?.isOwnName === true) return readTokens();
  try {
    return await readWalletPages(networkBalancesFormat(requests, at, signal));
  } catch (error) {
    const isServed = !(error instanceof CoinbaseTrouble && error.unknown.detail.startsWith('HTTP 404'));
    if (isServed || token === null) throw error;
    return readTokens();
  }
}

/** Holdings of several addresses added up by asset. */
export function sumHoldings(holdings: readonly WalletHolding[]): readonly Balance[] {
  const byAsset = new Map<string, WalletHolding>();
  for (const holding of holdings) {
    const before = byAsset.get(holding.asset);
    if (before !== undefined && before.decimals !== holding.decimals) {
      throw malformed(
        `${holding.asset}: has ${before.decimals} decimals at one address and ${holding.decimals} at another`,
      );
    }
    byAsset.set(holding.asset, { ...holding, amount: add(before?.amount ?? ZERO, holding.amount) });
  }
  return [...byAsset.values()]
    .sort((a, b) => (a.asset < b.asset ? -1 : 1))
    .map(({ asset, symbol, amount }) => ({ asset, symbol, total: amount, available: amount, hold: ZERO }));
}

/** `GET /v1/networks/{network}/addresses/{address}/balances`, the SDK's own. */
function networkBalancesFormat(
  requests: WalletRequests,
  at: WalletAddress,
  signal: AbortSignal,
): BalancesFormat {
  return {
    address: at.address,
    list: 'data',
    read: (page) => requests.readBalances(at, page, signal),
    holdingOf: (row, place) => readHolding(row, at.network, place),
    nextOf: nextPage,
    countOf: (page) => (typeof page.total_count === 'number' ? page.total_count : null),
  };
}

function readHolding(row: Row, network: string, place: string): WalletHolding {
  const asset = rowAt(row.asset, `${place}.asset`);
  const symbol = textAt(asset, 'asset_id', `${place}.asset`);
  const contract = optionalTextAt(asset, 'contract_address', `${place}.asset`);
  const found = optionalTextAt(asset, 'network_id', `${place}.asset`);
  if (found !== null && found !== network)
    throw trouble('wrongScope', `${place}.asset.network_id: expected ${network}, found ${found}`);
  return {
    asset: contract === null ? symbol : canonicalAddress(contract),
    symbol,
    ...quantityOf(
      { amount: row.amount, decimals: asset.decimals },
      { amount: `${place}.amount`, decimals: `${place}.asset.decimals` },
    ),
  };
}

function nextPage(page: Row, endpoint: string): string | null {
  const hasMore = optionalFlagAt(page, 'has_more', endpoint);
  if (hasMore === null) throw incomplete(`${endpoint}: the venue gave no end marker`);
  if (!hasMore) return null;
  const next = optionalTextAt(page, 'next_page', endpoint);
  if (next === null) throw incomplete(`${endpoint}: more follows, but the venue named no page`);
  return next;
}
