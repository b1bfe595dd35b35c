import {
  certify,
  type Observation,
  type PageProof,
  type Snapshot,
  unknown,
  type Watermark,
} from '../../domain/venue/observation.ts';
import type { OpenOrder, VenueId } from '../../domain/venue/venue.ts';
import { balancesOf, type CoinbaseAccount } from './account-rows.ts';
import {
  ACCOUNTS,
  fillsList,
  OPEN_ORDERS,
  type Query,
  readAccounts,
  readFills,
  readOpenOrders,
} from './coinbase-lists.ts';
import { CoinbaseTrouble, trouble } from './coinbase-trouble.ts';
import type { CoinbaseOrder } from './order-rows.ts';
import { readPages } from './read-pages.ts';
import type { SignedRequests } from './signed-requests.ts';

/** A first reading and three more where the account moved meanwhile. */
const READINGS_MAX = 4;

export interface AccountOfVenue {
  readonly venue: VenueId;
  /** The portfolio that every account must belong to; null takes what the key sees. */
  readonly portfolio: string | null;
  readonly requests: SignedRequests;
  readonly now: () => number;
}

/**
 * Balances, open orders and fills that held together: the newest of each list is read again at the end, and
 * nothing may have moved in between. Accounts are read again in full, because any of them may have.
 */
export async function observeAccount(
  account: AccountOfVenue,
  fillsSinceMs: number | null,
  signal: AbortSignal,
): Promise<Observation<Snapshot>> {
  const since: Query =
    fillsSinceMs === null ? [] : [['start_sequence_timestamp', new Date(fillsSinceMs).toISOString()]];
  let last: Observation<Snapshot> = unknown('incoherent', 'not read');
  try {
    for (let reading = 0; reading < READINGS_MAX; reading += 1) {
      last = await readOnce(account, since, signal);
      if (last.state === 'known' || last.reason !== 'incoherent') return last;
    }
    return last;
  } catch (error) {
    if (error instanceof CoinbaseTrouble) return error.unknown;
    throw error;
  }
}

async function readOnce(
  account: AccountOfVenue,
  since: Query,
  signal: AbortSignal,
): Promise<Observation<Snapshot>> {
  const { requests } = account;
  const accounts = await readAccounts(requests, signal);
  const scope = scopeOf(accounts.values, account.portfolio);
  const orders = await readOpenOrders(requests, signal);
  const fills = await readFills(requests, since, signal);
  const watermarkBefore = watermark(accounts.digest, orders.firstPageDigest, fills.firstPageDigest);

  const fillsAfter = await readPages(requests, fillsList(since), signal, 'firstPage');
  const ordersAfter = await readPages(requests, OPEN_ORDERS, signal, 'firstPage');
  const accountsAfter = await readPages(requests, ACCOUNTS, signal);

  const pages: readonly PageProof[] = [...accounts.pages, ...orders.pages, ...fills.pages];
  const snapshot: Snapshot = {
    balances: balancesOf(accounts.values),
    positions: [],
    openOrders: orders.values.map(openOrderOf).sort(byId),
    fills: [...fills.values].sort(byId),
    accrued: [],
  };
  return certify(snapshot, {
    venue: account.venue,
    kind: 'coinbase',
    scope,
    complete: true,
    observedAtMs: account.now(),
    clockSkewMs: accountsAfter.clockSkewMs,
    watermarkBefore,
    watermarkAfter: watermark(accountsAfter.digest, ordersAfter.firstPageDigest, fillsAfter.firstPageDigest),
    pages,
    sources: [requests.origin],
  });
}

/** The fingerprint of what was read. Throws `wrongScope` where an account is not of the portfolio that was asked for. */
export function scopeOf(accounts: readonly CoinbaseAccount[], portfolio: string | null): string {
  const found = [...new Set(accounts.map((account) => account.portfolio))].sort();
  if (portfolio === null) {
    const named = found.filter((id) => id !== null);
    return named.length === 0 ? 'default' : named.join(',');
  }
  const foreign = found.filter((id) => id !== portfolio);
  if (foreign.length === 0) return portfolio;
  throw trouble(
    'wrongScope',
    `expected accounts of portfolio ${portfolio}, found ${foreign.map((id) => id ?? 'none').join(', ')}`,
  );
}

function watermark(accounts: string, orders: string, fills: string): Watermark {
  const short = (digest: string) => digest.slice(0, 12);
  return {
    activity: `accounts ${short(accounts)}, orders ${short(orders)}, fills ${short(fills)}`,
    height: null,
  };
}

const openOrderOf = ({
  id,
  clientOrderId,
  market,
  side,
  remaining,
  limitPrice,
}: CoinbaseOrder): OpenOrder => ({
  id,
  clientOrderId,
  market,
  side,
  remaining,
  limitPrice,
});

const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
