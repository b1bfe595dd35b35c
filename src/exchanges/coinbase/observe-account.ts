import {
  CLOCK_SKEW_MAX_MS,
  certify,
  type Observation,
  type PageProof,
  type Snapshot,
  unknown,
  type Watermark,
} from '../../domain/venue/observation.ts';
import type { OpenOrder, Position, VenueId } from '../../domain/venue/venue.ts';
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
import { orUnknown, trouble } from './coinbase-trouble.ts';
import type { CoinbaseOrder } from './order-rows.ts';
import { proveKeyOf } from './portfolios.ts';
import { readPages } from './read-pages.ts';
import { readPositions } from './read-positions.ts';
import { readClockSkew } from './server-clock.ts';
import type { SignedRequests } from './signed-requests.ts';
import type { TokenTime } from './token-time.ts';

/** A first reading and three more where the account moved meanwhile. */
const READINGS_MAX = 4;

export interface AccountOfVenue {
  readonly venue: VenueId;
  /** The portfolio that every account must belong to; null takes what the key sees. */
  readonly portfolio: string | null;
  readonly requests: SignedRequests;
  readonly now: () => number;
  readonly tokenTime: TokenTime;
}

/**
 * Balances, positions, open orders and fills that held together: the newest of each list is read again at the end,
 * and nothing may have moved in between. Accounts and positions are read again in full, because any may have.
 *
 * Balances are those of spot. Orders and fills of the futures platforms are left out: they move no spot balance but
 * by a transfer, which the accounts' ledgers tell, and what they left is a position.
 */
export async function observeAccount(
  account: AccountOfVenue,
  fillsSinceMs: number | null,
  signal: AbortSignal,
): Promise<Observation<Snapshot>> {
  const since: Query =
    fillsSinceMs === null ? [] : [['start_sequence_timestamp', new Date(fillsSinceMs).toISOString()]];
  return orUnknown(async () => {
    const clockSkewMs = await readClockSkew(account, signal);
    // The venue refuses tokens of another time, and would be taken to refuse the key.
    if (clockSkewMs !== null && Math.abs(clockSkewMs) > CLOCK_SKEW_MAX_MS)
      return unknown('stale', `the venue's clock differs from ours by ${clockSkewMs} ms`);
    let last: Observation<Snapshot> = unknown('incoherent', 'not read');
    for (let reading = 0; reading < READINGS_MAX; reading += 1) {
      last = await orUnknown(() => readOnce(account, { since, clockSkewMs }, signal));
      if (last.state === 'known' || last.reason !== 'incoherent') return last;
    }
    return last;
  });
}

async function readOnce(
  account: AccountOfVenue,
  { since, clockSkewMs }: { readonly since: Query; readonly clockSkewMs: number | null },
  signal: AbortSignal,
): Promise<Observation<Snapshot>> {
  const { requests } = account;
  const accounts = await readAccounts(requests, signal);
  const scope = scopeOf(accounts.values, account.portfolio);
  if (account.portfolio !== null && accounts.values.length === 0)
    await proveKeyOf(account.portfolio, requests, signal);
  const orders = await readOpenOrders(requests, signal);
  const fills = await readFills(requests, since, signal);
  const traces = {
    accounts: accounts.values,
    orderedProducts: orders.futuresProducts,
    filledProducts: fills.futuresProducts,
  };
  const positions = await readPositions(requests, traces, signal);
  const watermarkBefore = watermark([accounts, orders, fills], positions.positions);

  const fillsAfter = await readPages(requests, fillsList(since), signal, 'firstPage');
  const ordersAfter = await readPages(requests, OPEN_ORDERS, signal, 'firstPage');
  const positionsAfter = await readPositions(requests, traces, signal);
  const accountsAfter = await readPages(requests, ACCOUNTS, signal);

  const pages: readonly PageProof[] = [
    ...accounts.pages,
    ...orders.pages,
    ...fills.pages,
    ...positions.pages,
  ];
  const snapshot: Snapshot = {
    balances: balancesOf(accounts.values),
    positions: positions.positions,
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
    clockSkewMs: clockSkewMs ?? accountsAfter.clockSkewMs,
    watermarkBefore,
    watermarkAfter: watermark([accountsAfter, ordersAfter, fillsAfter], positionsAfter.positions),
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

interface Digests {
  readonly digest: string;
  readonly firstPageDigest: string;
}

function watermark(
  [accounts, orders, fills]: readonly [Digests, Digests, Digests],
  positions: readonly Position[],
): Watermark {
  const short = (digest: string) => digest.slice(0, 12);
  const held = positions.map(({ market, size, entryPrice }) => `, ${market} ${size} at ${entryPrice}`);
  return {
    activity: `accounts ${short(accounts.digest)}, orders ${short(orders.firstPageDigest)}, fills ${short(fills.firstPageDigest)}${held.join('')}`,
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
