import type { PublicKey } from '@solana/web3.js';
import * as z from 'zod';
import { assert } from '../../domain/assert.ts';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { AssetId } from '../../domain/venue/venue.ts';
import type { RpcEndpoint, Web3 } from './rpc-endpoint.ts';
import { NATIVE_SOL, SOL_DECIMALS } from './token-registry.ts';

export const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
export const TOKEN_2022_PROGRAM = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';
export const TOKEN_PROGRAMS: readonly string[] = [TOKEN_PROGRAM, TOKEN_2022_PROGRAM];

/** Amounts are printed with at most this many decimals; no mint of use has more than 18. */
export const DECIMALS_MAX = 40;

/** What never changes about a mint, as far as this process has seen it. */
export interface MintFacts {
  /** Remembers the decimals of a mint; the failure says that they were others before. */
  pin(mint: string, decimals: number): Unknown | null;
  decimalsOf(asset: AssetId): number | null;
  /**
   * Asks an endpoint of another origin for the mints that no second one has confirmed yet. The failure says which is
   * doubted, and takes its pin back: neither endpoint is believed. Asks nobody where one endpoint is all there is.
   */
  confirm(answering: RpcEndpoint, mints: readonly string[], signal: AbortSignal): Promise<Unknown | null>;
  /** From the mint account itself; there is no default. */
  read(endpoint: RpcEndpoint, mint: string, signal: AbortSignal): Promise<MintFact | Unknown>;
}

export interface MintFact {
  readonly state: 'read';
  readonly decimals: number;
  /** The token program that owns the mint. */
  readonly program: string;
}

const mintAccount = z.object({
  type: z.literal('mint'),
  info: z.object({ decimals: z.int().min(0).max(DECIMALS_MAX) }),
});

/** Accounts that a node shows at once. */
export const ACCOUNTS_MAX = 100;

export function createMintFacts(web3: Web3, endpoints: readonly RpcEndpoint[]): MintFacts {
  const decimalsByMint = new Map<string, number>();
  const factByMint = new Map<string, MintFact>();
  const confirmed = new Set<string>();

  function pin(mint: string, decimals: number): Unknown | null {
    const pinned = decimalsByMint.get(mint);
    if (pinned !== undefined && pinned !== decimals) {
      return unknown('malformed', `mint ${mint} had ${pinned} decimals before, now ${decimals}`);
    }
    decimalsByMint.set(mint, decimals);
    return null;
  }

  async function confirm(
    answering: RpcEndpoint,
    mints: readonly string[],
    signal: AbortSignal,
  ): Promise<Unknown | null> {
    const witness = endpoints.find(({ origin }) => origin !== answering.origin);
    if (witness === undefined) return null;
    const open = mints.filter((mint) => !confirmed.has(mint));
    for (let start = 0; start < open.length; start += ACCOUNTS_MAX) {
      const doubt = await confirmBatch(witness, open.slice(start, start + ACCOUNTS_MAX), signal);
      if (doubt !== null) return doubt;
    }
    return null;
  }

  async function confirmBatch(
    witness: RpcEndpoint,
    mints: readonly string[],
    signal: AbortSignal,
  ): Promise<Unknown | null> {
    const keys = keysOf(web3, mints);
    if ('state' in keys) return keys;
    const answer = await witness.ask(signal, (connection) => connection.getMultipleParsedAccounts([...keys]));
    if (answer.state === 'unanswered') return answer.unknown;
    for (const [index, mint] of mints.entries()) {
      const account = answer.value.value[index] ?? null;
      const fact = account === null ? missing(mint) : factOf(mint, account);
      const pinned = decimalsByMint.get(mint);
      if (fact.state === 'read' && fact.decimals === pinned) {
        confirmed.add(mint);
        continue;
      }
      decimalsByMint.delete(mint);
      factByMint.delete(mint);
      if (fact.state === 'unknown') return fact;
      return unknown(
        'suspectSource',
        `mint ${mint} has ${fact.decimals} decimals at ${witness.origin}, another endpoint says ${pinned}`,
      );
    }
    return null;
  }

  return {
    pin,
    confirm,
    decimalsOf: (asset) => (asset === NATIVE_SOL ? SOL_DECIMALS : (decimalsByMint.get(asset) ?? null)),
    async read(endpoint, mint, signal) {
      const known = factByMint.get(mint);
      if (known !== undefined) return known;
      const keys = keysOf(web3, [mint]);
      if ('state' in keys) return keys;
      const [key] = keys;
      assert(key !== undefined, 'one mint has one address');
      const answer = await endpoint.ask(signal, (connection) => connection.getParsedAccountInfo(key));
      if (answer.state === 'unanswered') return answer.unknown;
      const account = answer.value.value;
      const fact = account === null ? missing(mint) : factOf(mint, account);
      if (fact.state === 'unknown') return fact;
      const doubt = pin(mint, fact.decimals) ?? (await confirm(endpoint, [mint], signal));
      if (doubt !== null) return doubt;
      factByMint.set(mint, fact);
      return fact;
    },
  };
}

/** Decimals of an asset whose amounts were read already, which pinned them. */
export function pinnedDecimals(mints: MintFacts, asset: AssetId): number {
  const decimals = mints.decimalsOf(asset);
  assert(decimals !== null, `the decimals of ${asset} were pinned when its amounts were read`);
  return decimals;
}

/** The addresses of some mints, which came from whoever answered. */
export function keysOf(web3: Web3, mints: readonly string[]): readonly PublicKey[] | Unknown {
  const keys: PublicKey[] = [];
  for (const mint of mints) {
    try {
      keys.push(new web3.PublicKey(mint));
    } catch {
      return unknown('malformed', `mint ${mint.slice(0, 64)} is expected to be an address in base 58`);
    }
  }
  return keys;
}

const missing = (mint: string): Unknown => unknown('refused', `there is no mint ${mint}`);

function factOf(
  mint: string,
  account: { readonly owner: PublicKey; readonly data: unknown },
): MintFact | Unknown {
  const program = account.owner.toBase58();
  const parsed = mintAccount.safeParse((account.data as { readonly parsed?: unknown } | null)?.parsed);
  if (!parsed.success || !TOKEN_PROGRAMS.includes(program)) {
    return unknown('malformed', `account ${mint} is not a mint of a token program`);
  }
  return { state: 'read', decimals: parsed.data.info.decimals, program };
}
