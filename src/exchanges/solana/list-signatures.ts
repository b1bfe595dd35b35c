import { type PageProof, type Unknown, unknown } from '../../domain/venue/observation.ts';
import { COMMITMENT } from './rpc-endpoint.ts';
import type { SolanaScope } from './solana-scope.ts';

/** Rows asked for; an endpoint may give fewer, so that only an empty page is the end of the list. */
const PAGE_ROWS = 1_000;
const PAGES_MAX = 20;

/** What one address has been named in. */
export interface Listed {
  readonly signatures: readonly string[];
  /** Epoch milliseconds by signature, where the list says one. */
  readonly timesMs: ReadonlyMap<string, number>;
  readonly head: string | null;
  /** The list went to its end: every signature of the address that the endpoint still has. */
  readonly isWhole: boolean;
  readonly pages: readonly PageProof[];
}

/** Signatures of one address, newest first, back to a time. */
export async function listSignatures(
  scope: SolanaScope,
  address: string,
  sinceMs: number,
  signal: AbortSignal,
): Promise<Listed | Unknown> {
  const key = new scope.web3.PublicKey(address);
  const signatures: string[] = [];
  const timesMs = new Map<string, number>();
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
      if (typeof row.blockTime !== 'number') continue;
      timesMs.set(row.signature, row.blockTime * 1_000);
      if (row.blockTime * 1_000 < sinceMs) {
        const newer = signatures.slice(0, -1);
        return { signatures: newer, timesMs, head: signatures[0] ?? null, isWhole: false, pages };
      }
    }
    if (answer.value.length === 0)
      return { signatures, timesMs, head: signatures[0] ?? null, isWhole: true, pages };
  }
  return unknown('incomplete', `address ${address} has more than ${PAGES_MAX} pages of signatures`);
}
