import type { TransactionInstruction } from '@solana/web3.js';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { Web3 } from './rpc-endpoint.ts';
import type { SolanaScope } from './solana-scope.ts';

type TransferKind = 'lamports' | 'token';

/**
 * What a transfer may use: the bid is for all of it. Moving SOL and bidding take 450 units; opening an account of
 * Token-2022 and moving up to eight balances some 100 000.
 */
const UNITS: Readonly<Record<TransferKind, number>> = { lamports: 1_000, token: 150_000 };
const MICRO = 1_000_000n;
/** Three of four transactions that landed lately on these accounts bid no more. */
const PERCENTILE = 0.75;

/** Micro-lamports for a unit: what landed lately, within the cap. */
export async function readUnitPrice(
  { web3, endpoints, limits }: SolanaScope,
  { kind, accounts }: { readonly kind: TransferKind; readonly accounts: readonly string[] },
  signal: AbortSignal,
): Promise<bigint | Unknown> {
  const priceMax = (limits.priorityFeeMaxLamports * MICRO) / BigInt(UNITS[kind]);
  if (priceMax === 0n) return 0n;
  const lockedWritableAccounts = accounts.map((address) => new web3.PublicKey(address));
  const answer = await endpoints[0].ask(signal, (connection) =>
    connection.getRecentPrioritizationFees({ lockedWritableAccounts }),
  );
  if (answer.state === 'unanswered') return answer.unknown;
  const fees = answer.value.map(({ prioritizationFee }) => prioritizationFee).sort((a, b) => a - b);
  if (!fees.every((fee) => Number.isSafeInteger(fee) && fee >= 0))
    return unknown('malformed', 'prioritization fees are expected to be integers');
  const price = BigInt(fees[Math.floor(PERCENTILE * fees.length)] ?? 0);
  return price < priceMax ? price : priceMax;
}

/** The limit of units, and the bid for each where there is one. */
export function bidInstructions(
  web3: Web3,
  kind: TransferKind,
  microLamports: bigint,
): readonly TransactionInstruction[] {
  const limit = web3.ComputeBudgetProgram.setComputeUnitLimit({ units: UNITS[kind] });
  if (microLamports === 0n) return [limit];
  return [limit, web3.ComputeBudgetProgram.setComputeUnitPrice({ microLamports })];
}
