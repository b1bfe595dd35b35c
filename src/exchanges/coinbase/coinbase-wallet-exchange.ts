import { createHash } from 'node:crypto';
import { certify, type Observation, type Snapshot, unknown } from '../../domain/venue/observation.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import type { Exchange } from '../exchange.ts';
import type { Pace } from '../pace.ts';
import type { CoinbaseCredentials } from './api-key.ts';
import { orUnknown } from './coinbase-trouble.ts';
import { readAddressBalances, sumHoldings } from './wallet-balances.ts';
import { type AddressBalances, canonicalAddress } from './wallet-pages.ts';
import { openWalletRequests, type WalletRequests } from './wallet-requests.ts';

/** A first reading and three more where a balance moved meanwhile. */
const READINGS_MAX = 4;

export interface CoinbaseWalletOptions {
  readonly venue: VenueId;
  /** With its path, such as "https://api.cdp.coinbase.com/platform". */
  readonly baseUrl: string;
  readonly credentials: CoinbaseCredentials;
  readonly scope: { readonly network: string; readonly addresses: readonly string[] };
  /** The service's clock. */
  readonly now: () => number;
  /** Stands before every request; nobody waits without it. */
  readonly pace?: Pace;
}

interface Wallets {
  readonly venue: VenueId;
  readonly network: string;
  readonly addresses: readonly string[];
  readonly requests: WalletRequests;
  readonly now: () => number;
}

/** What addresses on one chain hold, as the developer platform tells it. It reads holdings and never trades. */
export async function openCoinbaseWalletExchange(options: CoinbaseWalletOptions): Promise<Exchange> {
  const { venue, scope, now } = options;
  const addresses = [...new Set(scope.addresses.map(canonicalAddress))].sort();
  if (addresses.length === 0) throw new Error('scope.addresses is expected to name an address, found none');
  const requests = await openWalletRequests(options);
  const wallets: Wallets = { venue, network: scope.network, addresses, requests, now };
  const reason = 'wallets on a chain are read here, not traded';
  return {
    venue,
    kind: 'coinbase-wallet',
    clientOrderIds: 'text',
    observe: (_request, signal) => observeWallets(wallets, signal),
    readActivity: async () => unknown('refused', 'the developer platform tells holdings here, not activity'),
    readMarkets: async () => unknown('refused', reason),
    prepareOrder: async () => ({ state: 'deniedLocally', reason }),
    submitOrder: async () => ({ state: 'deniedLocally', reason }),
    findOrder: async () => unknown('refused', reason),
    cancelOrder: async () => ({ state: 'rejected', reason }),
    close: async () => requests.close(),
  };
}

async function observeWallets(wallets: Wallets, signal: AbortSignal): Promise<Observation<Snapshot>> {
  return orUnknown(async () => {
    let last: Observation<Snapshot> = unknown('incoherent', 'not read');
    for (let reading = 0; reading < READINGS_MAX; reading += 1) {
      last = await readOnce(wallets, signal);
      if (last.state === 'known' || last.reason !== 'incoherent') return last;
    }
    return last;
  });
}

/** One answer holds together by itself; several do when a second reading finds the same. */
async function readOnce(wallets: Wallets, signal: AbortSignal): Promise<Observation<Snapshot>> {
  const { venue, network, addresses, requests, now } = wallets;
  const before = await readAll(wallets, signal);
  const pages = before.flatMap((one) => one.pages);
  const after = pages.length === 1 ? before : await readAll(wallets, signal);
  const balances = sumHoldings(before.flatMap((one) => one.holdings));
  return certify<Snapshot>(
    { balances, positions: [], openOrders: [], fills: [], accrued: [] },
    {
      venue,
      kind: 'coinbase-wallet',
      scope: `${network}/${addresses.join(',')}`,
      complete: true,
      observedAtMs: now(),
      clockSkewMs: after.at(-1)?.clockSkewMs ?? null,
      watermarkBefore: { activity: digestOf(before), height: null },
      watermarkAfter: { activity: digestOf(after), height: null },
      pages,
      sources: [requests.origin],
    },
  );
}

async function readAll(
  { requests, network, addresses }: Wallets,
  signal: AbortSignal,
): Promise<readonly AddressBalances[]> {
  const read: AddressBalances[] = [];
  for (const address of addresses)
    read.push(await readAddressBalances(requests, { network, address }, signal));
  return read;
}

function digestOf(read: readonly AddressBalances[]): string {
  const holdings = JSON.stringify(read.map((one) => one.holdings));
  return `balances ${createHash('sha256').update(holdings).digest('hex').slice(0, 12)}`;
}
