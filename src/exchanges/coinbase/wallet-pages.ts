import { type Amount, fromAtoms } from '../../domain/money/amount.ts';
import type { PageProof } from '../../domain/venue/observation.ts';
import { CoinbaseTrouble, incomplete, malformed } from './coinbase-trouble.ts';
import { PAGES_MAX } from './read-pages.ts';
import { listAt, type Row, rowAt } from './row-reader.ts';
import type { BalancesPage } from './wallet-requests.ts';

/** Decimals beyond this are no token's. */
const DECIMALS_MAX = 40;

export interface WalletHolding {
  /** The contract's address where there is one, so that no token can pass for another by its name. */
  readonly asset: string;
  readonly symbol: string | null;
  readonly decimals: number;
  readonly amount: Amount;
}

export interface AddressBalances {
  readonly holdings: readonly WalletHolding[];
  readonly pages: readonly PageProof[];
  readonly clockSkewMs: number | null;
}

/** One generation of the platform's balances: how a page is asked for and what it says. */
export interface BalancesFormat {
  readonly address: string;
  /** The key of the list in a page. */
  readonly list: string;
  read(page: string | null): Promise<BalancesPage>;
  holdingOf(row: Row, place: string): WalletHolding;
  /** The next page, or null at the venue's own end marker. Throws where there is neither. */
  nextOf(page: Row, endpoint: string): string | null;
  /** How many rows the venue announces over all pages; null where it does not say. */
  countOf(page: Row): number | null;
}

/** All that one address holds, over all pages. Throws `CoinbaseTrouble`. */
export async function readWalletPages(format: BalancesFormat): Promise<AddressBalances> {
  const { address } = format;
  const holdings = new Map<string, WalletHolding>();
  const pages: PageProof[] = [];
  const seen = new Set<string>();
  let clockSkewMs: number | null = null;
  let count = 0;
  let next: string | null = null;
  do {
    if (pages.length >= PAGES_MAX) throw incomplete(`${address}: more than ${PAGES_MAX} pages of balances`);
    const { document, endpoint, sha256, clockSkewMs: skewMs } = await readPage(format, next);
    const page = rowAt(document, endpoint);
    const rows = listAt(page[format.list], `${endpoint} ${format.list}`);
    rows.forEach((value, index) => {
      const place = `${format.list}[${index}]`;
      const holding = format.holdingOf(rowAt(value, place), place);
      if (holdings.has(holding.asset)) throw incomplete(`${endpoint}: the asset ${holding.asset} came twice`);
      holdings.set(holding.asset, holding);
    });
    pages.push({ endpoint, rows: rows.length, sha256 });
    clockSkewMs = skewMs ?? clockSkewMs;
    count = format.countOf(page) ?? count;
    next = format.nextOf(page, endpoint);
    if (next !== null && seen.has(next)) {
      throw incomplete(`${endpoint}: the page ${next.slice(0, 40)} came twice`);
    }
    if (next !== null) seen.add(next);
  } while (next !== null);
  if (holdings.size < count)
    throw incomplete(`${address}: ${count} balances were announced, ${holdings.size} came`);
  return { holdings: [...holdings.values()], pages, clockSkewMs };
}

/** A page that the venue announced and then refuses leaves the list without its end. */
async function readPage(format: BalancesFormat, page: string | null): Promise<BalancesPage> {
  try {
    return await format.read(page);
  } catch (error) {
    if (page === null || !(error instanceof CoinbaseTrouble) || error.unknown.reason !== 'refused')
      throw error;
    throw incomplete(`${format.address}: more was announced, and then refused: ${error.unknown.detail}`);
  }
}

/** Atoms and decimals as the platform writes them: a text of digits, and a small whole number. */
export function quantityOf(
  { amount: atoms, decimals }: { readonly amount: unknown; readonly decimals: unknown },
  place: { readonly amount: string; readonly decimals: string },
): { readonly amount: Amount; readonly decimals: number } {
  if (
    typeof decimals !== 'number' ||
    !Number.isInteger(decimals) ||
    decimals < 0 ||
    decimals > DECIMALS_MAX
  ) {
    throw malformed(
      `${place.decimals}: expected 0 to ${DECIMALS_MAX}, found ${JSON.stringify(decimals) ?? 'nothing'}`,
    );
  }
  if (typeof atoms !== 'string' || !/^\d{1,78}$/.test(atoms)) {
    throw malformed(
      `${place.amount}: expected a text of digits, found ${JSON.stringify(atoms) ?? 'nothing'}`,
    );
  }
  return { amount: fromAtoms(atoms, decimals), decimals };
}

/** Addresses of Ethereum-like chains are the same in any case of letters; others are not. */
export const canonicalAddress = (address: string): string =>
  /^0x[0-9a-fA-F]*$/.test(address) ? address.toLowerCase() : address;
