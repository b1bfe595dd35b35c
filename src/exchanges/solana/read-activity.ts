import { createHash } from 'node:crypto';
import { fromAtoms } from '../../domain/money/amount.ts';
import {
  certify,
  type Observation,
  type PageProof,
  type Unknown,
  unknown,
} from '../../domain/venue/observation.ts';
import type { Activity, AssetId } from '../../domain/venue/venue.ts';
import type { ActivityRequest } from '../exchange.ts';
import { associatedTokenAddress } from './associated-token-address.ts';
import { collectHoldings } from './holdings.ts';
import { readLedgerReach } from './ledger-reach.ts';
import { listSignatures } from './list-signatures.ts';
import { pinnedDecimals, TOKEN_PROGRAMS } from './mint-facts.ts';
import { readTransaction } from './read-transaction.ts';
import type { SolanaScope } from './solana-scope.ts';
import { NATIVE_SOL, SOL_DECIMALS, WRAPPED_SOL_MINT } from './token-registry.ts';
import type { TransactionDeltas } from './transaction-deltas.ts';

const TRANSACTIONS_MAX = 2_000;
/** Rounds in which transactions may lead to token accounts that were not asked for yet. */
const DISCOVERIES_MAX = 5;
/** Transactions read at the same time. */
const PARALLEL_MAX = 4;

/**
 * Every transaction since a time that changed one of the assets, newest last, with its exact deltas.
 *
 * The chain lists a transaction under the accounts that it names, and a deposit into a token account need not name
 * its owner: each token account is asked for too, also those that were closed since, which the transactions that
 * were read name. Of an account that was closed before the time, or that nobody but strangers named, nothing is known.
 */
export async function readActivity(
  scope: SolanaScope,
  request: ActivityRequest,
  signal: AbortSignal,
): Promise<Observation<readonly Activity[]>> {
  // The chain tells time in whole seconds: what happened later in that second is asked for too.
  const sinceMs = Math.floor(request.sinceMs / 1_000) * 1_000;
  const [endpoint] = scope.endpoints;
  const first = await addressesOf(scope, request.assets, signal);
  if ('state' in first) return first;
  const found: Found = {
    pages: [],
    heads: [],
    isWhole: false,
    signatures: new Set(),
    timesMs: new Map(),
    transactions: new Map(),
  };
  const asked = new Set<string>();
  let addresses = first;
  for (let round = 0; addresses.length > 0; round += 1) {
    if (round === DISCOVERIES_MAX) {
      return unknown('incomplete', `token accounts lead to others more than ${DISCOVERIES_MAX} times`);
    }
    const trouble =
      (await listAll(scope, addresses, sinceMs, found, signal)) ?? (await readAll(scope, found, signal));
    if (trouble !== null) return trouble;
    for (const address of addresses) asked.add(address);
    addresses = accountsIn(found, request.assets).filter((address) => !asked.has(address));
  }
  if (found.isWhole) {
    const reach = await readLedgerReach(endpoint, signal);
    if (reach.state === 'unknown') return reach;
    if (reach.state === 'since' && reach.atMs > sinceMs) {
      return unknown(
        'incomplete',
        `${endpoint.origin} goes back to ${reach.atMs}, asked for since ${sinceMs}`,
      );
    }
  }
  const activity = [...found.transactions]
    .map(([signature, deltas]) => ({ ...activityOf(scope, signature, deltas), slot: deltas.slot }))
    .filter(({ deltas }) => deltas.some(({ asset }) => request.assets.includes(asset)))
    .filter(({ atMs }) => atMs >= sinceMs)
    .sort((a, b) => a.slot - b.slot || (a.id < b.id ? -1 : 1));
  // A bank's clock never goes back: Agave takes its parent's time where the estimate is earlier.
  const early = activity.find(({ atMs }, index) => atMs < (activity[index - 1]?.atMs ?? 0));
  if (early !== undefined)
    return unknown('incoherent', `${early.id} is of a later slot and an earlier time than the one before`);
  // What lands after an address was listed is above its head, and belongs to the next read.
  const watermark = {
    activity: createHash('sha256').update(JSON.stringify(found.heads)).digest('hex'),
    height: activity.at(-1)?.slot ?? null,
  };
  return certify(
    activity.map(({ slot: _slot, ...one }) => one),
    {
      venue: scope.venue,
      kind: 'solana',
      scope: scope.owner,
      complete: true,
      observedAtMs: scope.now(),
      clockSkewMs: null,
      watermarkBefore: watermark,
      watermarkAfter: watermark,
      pages: found.pages,
      sources: [endpoint.origin],
    },
  );
}

/** What a read has come to so far. */
interface Found {
  readonly pages: PageProof[];
  readonly heads: (string | null)[];
  /** A list went to its end without reaching the time asked for. */
  isWhole: boolean;
  readonly signatures: Set<string>;
  /** As the lists say them. */
  readonly timesMs: Map<string, number>;
  readonly transactions: Map<string, TransactionDeltas>;
}

async function listAll(
  scope: SolanaScope,
  addresses: readonly string[],
  sinceMs: number,
  found: Found,
  signal: AbortSignal,
): Promise<Unknown | null> {
  for (const address of addresses) {
    const listed = await listSignatures(scope, address, sinceMs, signal);
    if ('state' in listed) return listed;
    found.pages.push(...listed.pages);
    found.heads.push(listed.head);
    found.isWhole ||= listed.isWhole;
    for (const signature of listed.signatures) found.signatures.add(signature);
    for (const [signature, timeMs] of listed.timesMs) found.timesMs.set(signature, timeMs);
  }
  const { size } = found.signatures;
  if (size <= TRANSACTIONS_MAX) return null;
  return unknown('incomplete', `${size} transactions, at most ${TRANSACTIONS_MAX} are read at once`);
}

/** Reads the listed transactions that were not read yet. */
async function readAll(scope: SolanaScope, found: Found, signal: AbortSignal): Promise<Unknown | null> {
  const queue = [...found.signatures].filter((signature) => !found.transactions.has(signature));
  while (queue.length > 0) {
    const batch = queue.splice(0, PARALLEL_MAX);
    const read = await Promise.all(
      batch.map((signature) => readTransaction(scope, scope.endpoints[0], signature, signal)),
    );
    for (const [index, transaction] of read.entries()) {
      if (transaction.state === 'unknown') return transaction;
      const signature = batch[index] as string;
      const { atMs } = transaction.deltas;
      const listedMs = found.timesMs.get(signature) ?? atMs;
      if (listedMs !== atMs)
        return unknown(
          'incoherent',
          `${signature} is of ${listedMs} in the list and of ${atMs} in its record`,
        );
      found.pages.push(transaction.page);
      found.transactions.set(signature, transaction.deltas);
    }
  }
  return null;
}

/** The owner's token accounts of these assets that took part, also those that are closed by now. */
const accountsIn = (found: Found, assets: readonly AssetId[]): readonly string[] => [
  ...new Set(
    [...found.transactions.values()]
      .flatMap(({ accounts }) => [...accounts])
      .filter(([, mint]) => assets.includes(mint))
      .map(([address]) => address),
  ),
];

async function addressesOf(
  scope: SolanaScope,
  assets: readonly AssetId[],
  signal: AbortSignal,
): Promise<readonly string[] | Unknown> {
  const { web3, owner } = scope;
  const holdings = await collectHoldings({ ...scope, endpoint: scope.endpoints[0], signal });
  if (holdings.state === 'unknown') return holdings;
  const mints = assets.filter((asset) => asset !== NATIVE_SOL);
  const held = holdings.accounts.filter((account) => mints.includes(account.mint)).map((a) => a.address);
  const associated = mints.flatMap((mint) =>
    TOKEN_PROGRAMS.map((program) => associatedTokenAddress(web3, { owner, mint, program })),
  );
  return [...new Set([owner, ...held, ...associated])];
}

/** A transaction in the venue's words. Its deltas are the whole change of the holdings, fee and rent included. */
export function activityOf(scope: SolanaScope, signature: string, deltas: TransactionDeltas): Activity {
  const changes = [...deltas.tokens].map(([mint, atoms]) => ({
    asset: mint,
    amount: fromAtoms(atoms, pinnedDecimals(scope.mints, mint)),
  }));
  if (deltas.lamports !== 0n) {
    changes.push({ asset: NATIVE_SOL, amount: fromAtoms(deltas.lamports, SOL_DECIMALS) });
  }
  changes.sort((a, b) => (a.asset < b.asset ? -1 : 1));
  return { id: signature, kind: kindOf(deltas), deltas: changes, atMs: deltas.atMs };
}

/** Fee and rent do not make a swap of a deposit: what was exchanged decides. */
function kindOf({ tokens, exchanged }: TransactionDeltas): Activity['kind'] {
  const moved = [...tokens, ...(exchanged === 0n ? [] : [[NATIVE_SOL, exchanged] as const])];
  if (moved.length === 0) return 'fee';
  const hasIn = moved.some(([, atoms]) => atoms > 0n);
  const hasOut = moved.some(([, atoms]) => atoms < 0n);
  if (hasIn && hasOut) {
    const isWrapping = moved.every(([asset]) => asset === NATIVE_SOL || asset === WRAPPED_SOL_MINT);
    return isWrapping ? 'conversion' : 'swap';
  }
  return hasIn ? 'deposit' : 'withdrawal';
}
