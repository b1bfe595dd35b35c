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
import { TOKEN_PROGRAMS } from './mint-facts.ts';
import { readTransaction } from './read-transaction.ts';
import { COMMITMENT } from './rpc-endpoint.ts';
import type { SolanaScope } from './solana-scope.ts';
import { NATIVE_SOL, SOL_DECIMALS, WRAPPED_SOL_MINT } from './token-registry.ts';
import type { TransactionDeltas } from './transaction-deltas.ts';

/** The most that an endpoint gives in one page; a shorter page is the end of the list. */
const PAGE_ROWS = 1_000;
const PAGES_MAX = 20;
const TRANSACTIONS_MAX = 2_000;
/** Transactions read at the same time. */
const PARALLEL_MAX = 4;

/**
 * Every transaction since a time that changed one of the assets, newest last, with its exact deltas.
 *
 * The chain lists a transaction under the accounts that it names, and a deposit into a token account need not name
 * its owner: each token account is asked for too, also those that may have been closed since. A closed account that
 * is not the associated one can no longer be found.
 */
export async function readActivity(
  scope: SolanaScope,
  request: ActivityRequest,
  signal: AbortSignal,
): Promise<Observation<readonly Activity[]>> {
  // The chain tells time in whole seconds: what happened later in that second is asked for too.
  const sinceMs = Math.floor(request.sinceMs / 1_000) * 1_000;
  const addresses = await addressesOf(scope, request.assets, signal);
  if ('state' in addresses) return addresses;
  const pages: PageProof[] = [];
  const signatures = new Set<string>();
  const heads: (string | null)[] = [];
  for (const address of addresses) {
    const listed = await listSignatures(scope, address, sinceMs, signal);
    if ('state' in listed) return listed;
    pages.push(...listed.pages);
    heads.push(listed.head);
    for (const signature of listed.signatures) signatures.add(signature);
  }
  if (signatures.size > TRANSACTIONS_MAX) {
    return unknown(
      'incomplete',
      `${signatures.size} transactions, at most ${TRANSACTIONS_MAX} are read at once`,
    );
  }
  const activity: (Activity & { readonly slot: number })[] = [];
  const queue = [...signatures];
  while (queue.length > 0) {
    const batch = queue.splice(0, PARALLEL_MAX);
    const read = await Promise.all(
      batch.map((signature) => readTransaction(scope, scope.endpoints[0], signature, signal)),
    );
    for (const [index, transaction] of read.entries()) {
      if (transaction.state === 'unknown') return transaction;
      pages.push(transaction.page);
      const { deltas } = transaction;
      const one = activityOf(scope, batch[index] as string, deltas);
      const isAskedFor = one.deltas.some(({ asset }) => request.assets.includes(asset));
      if (isAskedFor && one.atMs >= sinceMs) activity.push({ ...one, slot: deltas.slot });
    }
  }
  activity.sort((a, b) => a.slot - b.slot || (a.id < b.id ? -1 : 1));
  // What lands after an address was listed is above its head, and belongs to the next read.
  const watermark = {
    activity: createHash('sha256').update(JSON.stringify(heads)).digest('hex'),
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
      pages,
      sources: [scope.endpoints[0].origin],
    },
  );
}

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

interface Listed {
  readonly signatures: readonly string[];
  readonly head: string | null;
  readonly pages: readonly PageProof[];
}

/** Signatures of one address, newest first, back to a time. */
async function listSignatures(
  scope: SolanaScope,
  address: string,
  sinceMs: number,
  signal: AbortSignal,
): Promise<Listed | Unknown> {
  const key = new scope.web3.PublicKey(address);
  const signatures: string[] = [];
  const pages: PageProof[] = [];
  const seen = new Set<string>();
  while (pages.length < PAGES_MAX) {
    const before = signatures.at(-1);
    const options = { limit: PAGE_ROWS, ...(before === undefined ? {} : { before }) };
    const answer = await scope.endpoints[0].ask(signal, (connection) =>
      connection.getSignaturesForAddress(key, options, COMMITMENT),
    );
    if (answer.state === 'unanswered') return answer.unknown;
    pages.push(answer.page);
    for (const row of answer.value) {
      if (seen.has(row.signature))
        return unknown('incomplete', `signature ${row.signature} was listed twice`);
      seen.add(row.signature);
      signatures.push(row.signature);
      // A row without a time is too new to have one, or too old to matter only if a later row says so.
      if (typeof row.blockTime === 'number' && row.blockTime * 1_000 < sinceMs) {
        return { signatures: signatures.slice(0, -1), head: signatures[0] ?? null, pages };
      }
    }
    if (answer.value.length < PAGE_ROWS) return { signatures, head: signatures[0] ?? null, pages };
  }
  return unknown('incomplete', `address ${address} has more than ${PAGES_MAX} pages of signatures`);
}

/** A transaction in the venue's words. Its deltas are the whole change of the holdings, fee and rent included. */
export function activityOf(scope: SolanaScope, signature: string, deltas: TransactionDeltas): Activity {
  const changes = [...deltas.tokens].map(([mint, atoms]) => ({
    asset: mint,
    amount: fromAtoms(atoms, scope.mints.decimalsOf(mint) ?? 0),
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
