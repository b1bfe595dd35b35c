import { type Amount, add, fromAtoms, ZERO } from '../../domain/money/amount.ts';
import type { PageProof } from '../../domain/venue/observation.ts';
import type { Balance } from '../../domain/venue/venue.ts';
import { incomplete, malformed, trouble } from './coinbase-trouble.ts';
import { PAGES_MAX } from './read-pages.ts';
import { listAt, optionalFlagAt, optionalTextAt, type Row, rowAt, textAt } from './row-reader.ts';
import type { WalletRequests } from './wallet-requests.ts';

/** Decimals beyond this are no token's. */
const DECIMALS_MAX = 40;

export interface WalletHolding {
  /** The contract's address where there is one, so that no token can pass for another by its name. */
  readonly asset: string;
  readonly symbol: string;
  readonly decimals: number;
  readonly amount: Amount;
}

export interface AddressBalances {
  readonly holdings: readonly WalletHolding[];
  readonly pages: readonly PageProof[];
  readonly clockSkewMs: number | null;
}

/** All that one address holds, over all pages. Throws `CoinbaseTrouble`. */
export async function readAddressBalances(
  requests: WalletRequests,
  at: { readonly network: string; readonly address: string },
  signal: AbortSignal,
): Promise<AddressBalances> {
  const holdings = new Map<string, WalletHolding>();
  const pages: PageProof[] = [];
  const seen = new Set<string>();
  let clockSkewMs: number | null = null;
  let next: string | null = null;
  let count = 0;
  do {
    if (pages.length >= PAGES_MAX)
      throw incomplete(`${at.address}: more than ${PAGES_MAX} pages of balances`);
    const { document, endpoint, sha256, clockSkewMs: skewMs } = await requests.readBalances(at, next, signal);
    const page = rowAt(document, endpoint);
    const rows = listAt(page.data, `${endpoint} data`);
    rows.forEach((value, index) => {
      const holding = readHolding(rowAt(value, `data[${index}]`), at.network, `data[${index}]`);
      if (holdings.has(holding.asset)) throw incomplete(`${endpoint}: the asset ${holding.asset} came twice`);
      holdings.set(holding.asset, holding);
    });
    pages.push({ endpoint, rows: rows.length, sha256 });
    clockSkewMs = skewMs ?? clockSkewMs;
    count = typeof page.total_count === 'number' ? page.total_count : count;
    next = nextPage(page, endpoint, seen);
  } while (next !== null);
  if (holdings.size < count)
    throw incomplete(`${at.address}: ${count} balances were announced, ${holdings.size} came`);
  return { holdings: [...holdings.values()], pages, clockSkewMs };
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

/** Addresses of Ethereum-like chains are the same in any case of letters; others are not. */
export const canonicalAddress = (address: string): string =>
  /^0x[0-9a-fA-F]*$/.test(address) ? address.toLowerCase() : address;

function readHolding(row: Row, network: string, place: string): WalletHolding {
  const asset = rowAt(row.asset, `${place}.asset`);
  const symbol = textAt(asset, 'asset_id', `${place}.asset`);
  const contract = optionalTextAt(asset, 'contract_address', `${place}.asset`);
  const found = optionalTextAt(asset, 'network_id', `${place}.asset`);
  if (found !== null && found !== network)
    throw trouble('wrongScope', `${place}.asset.network_id: expected ${network}, found ${found}`);
  const { decimals } = asset;
  if (
    typeof decimals !== 'number' ||
    !Number.isInteger(decimals) ||
    decimals < 0 ||
    decimals > DECIMALS_MAX
  ) {
    throw malformed(
      `${place}.asset.decimals: expected 0 to ${DECIMALS_MAX}, found ${JSON.stringify(decimals) ?? 'nothing'}`,
    );
  }
  const atoms = row.amount;
  if (typeof atoms !== 'string' || !/^\d{1,78}$/.test(atoms)) {
    throw malformed(
      `${place}.amount: expected a text of digits, found ${JSON.stringify(atoms) ?? 'nothing'}`,
    );
  }
  return {
    asset: contract === null ? symbol : canonicalAddress(contract),
    symbol,
    decimals,
    amount: fromAtoms(atoms, decimals),
  };
}

function nextPage(page: Row, endpoint: string, seen: Set<string>): string | null {
  const hasMore = optionalFlagAt(page, 'has_more', endpoint);
  if (hasMore === null) throw incomplete(`${endpoint}: the venue gave no end marker`);
  if (!hasMore) return null;
  const next = optionalTextAt(page, 'next_page', endpoint);
  if (next === null) throw incomplete(`${endpoint}: more follows, but the venue named no page`);
  if (seen.has(next)) throw incomplete(`${endpoint}: the page ${next.slice(0, 40)} came twice`);
  seen.add(next);
  return next;
}
