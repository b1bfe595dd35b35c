import { z } from 'zod';
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

export function createMintFacts(web3: Web3): MintFacts {
  const decimalsByMint = new Map<string, number>();
  const factByMint = new Map<string, MintFact>();
  const pin = (mint: string, decimals: number): Unknown | null => {
    const pinned = decimalsByMint.get(mint);
    if (pinned !== undefined && pinned !== decimals) {
      return unknown('malformed', `mint ${mint} had ${pinned} decimals before, now ${decimals}`);
    }
    decimalsByMint.set(mint, decimals);
    return null;
  };
  return {
    pin,
    decimalsOf: (asset) => (asset === NATIVE_SOL ? SOL_DECIMALS : (decimalsByMint.get(asset) ?? null)),
    async read(endpoint, mint, signal) {
      const known = factByMint.get(mint);
      if (known !== undefined) return known;
      const answer = await endpoint.ask(signal, (connection) =>
        connection.getParsedAccountInfo(new web3.PublicKey(mint)),
      );
      if (answer.state === 'unanswered') return answer.unknown;
      const account = answer.value.value;
      if (account === null) return unknown('refused', `there is no mint ${mint}`);
      const program = account.owner.toBase58();
      const parsed = mintAccount.safeParse((account.data as { parsed?: unknown }).parsed);
      if (!parsed.success || !TOKEN_PROGRAMS.includes(program)) {
        return unknown('malformed', `account ${mint} is not a mint of a token program`);
      }
      const { decimals } = parsed.data.info;
      const changed = pin(mint, decimals);
      if (changed !== null) return changed;
      const fact: MintFact = { state: 'read', decimals, program };
      factByMint.set(mint, fact);
      return fact;
    },
  };
}
