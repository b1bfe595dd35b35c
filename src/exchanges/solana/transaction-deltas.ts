// What one transaction did to one owner, to the last lamport, from the chain's own record of before and after.
//
// Invariants:
// 1. `lamports` is the change of the owner's own account: fee, rent and tips are in it.
// 2. lamports = exchanged − fee − rentPaid, where `exchanged` is SOL that went to or came from others (or was wrapped).

import type { ParsedTransactionWithMeta, TokenBalance } from '@solana/web3.js';
import * as z from 'zod';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import { DECIMALS_MAX, type MintFacts } from './mint-facts.ts';
import { WRAPPED_SOL_MINT } from './token-registry.ts';

/** The end of the year 9999: a time beyond it is none that can be written. */
const SECONDS_MAX = 253_402_300_799;

export interface TransactionDeltas {
  readonly state: 'read';
  readonly slot: number;
  readonly atMs: number;
  readonly hasFailed: boolean;
  /** Signed change of the owner's lamports. */
  readonly lamports: bigint;
  /** The network's fee, where the owner paid it; otherwise zero. */
  readonly fee: bigint;
  /** Rent that moved into the owner's token accounts; negative when accounts were closed. */
  readonly rentPaid: bigint;
  /** lamports + fee + rentPaid: what SOL was exchanged, wrapped or given. */
  readonly exchanged: bigint;
  /** Signed change per mint over all of the owner's token accounts; zeros are left out. */
  readonly tokens: ReadonlyMap<string, bigint>;
  /** Mint by address of the owner's token accounts that took part, those that it closed included. */
  readonly accounts: ReadonlyMap<string, string>;
}

const tokenAmount = z.object({
  amount: z.string().regex(/^\d{1,20}$/),
  decimals: z.int().min(0).max(DECIMALS_MAX),
});

/** Pure but for pinning decimals. A record that lacks what exactness needs is unknown. */
export function readTransactionDeltas(
  transaction: ParsedTransactionWithMeta,
  owner: string,
  mints: MintFacts,
): TransactionDeltas | Unknown {
  const { meta, slot, blockTime } = transaction;
  if (meta === null) return unknown('incomplete', `slot ${slot}: the endpoint gives no record of balances`);
  if (!Number.isSafeInteger(slot) || slot < 0) return unknown('malformed', `slot ${slot} is not an integer`);
  if (typeof blockTime !== 'number') return unknown('incomplete', `slot ${slot} has no time yet`);
  if (!Number.isInteger(blockTime) || blockTime < 0 || blockTime > SECONDS_MAX)
    return unknown('malformed', `slot ${slot}: ${blockTime} is no time in seconds`);
  const keys = transaction.transaction.message.accountKeys.map((key) => key.pubkey.toBase58());
  const { preBalances, postBalances, fee } = meta;
  if (preBalances.length !== keys.length || postBalances.length !== keys.length) {
    return unknown('malformed', `${keys.length} accounts have ${preBalances.length} balances before`);
  }
  if (![...preBalances, ...postBalances, fee].every((n) => Number.isSafeInteger(n) && n >= 0)) {
    return unknown('malformed', `slot ${slot}: lamports are expected to be exact integers`);
  }
  const { preTokenBalances, postTokenBalances } = meta;
  if (!preTokenBalances || !postTokenBalances) {
    return unknown('incomplete', `slot ${slot}: the endpoint gives no record of token balances`);
  }
  const change = (index: number) => BigInt(postBalances[index] ?? 0) - BigInt(preBalances[index] ?? 0);
  const ownerIndex = keys.indexOf(owner);
  const lamports = ownerIndex < 0 ? 0n : change(ownerIndex);
  const feePaid = ownerIndex === 0 ? BigInt(fee) : 0n;

  const tokens = new Map<string, bigint>();
  const tokenAccounts = new Set<number>();
  const accounts = new Map<string, string>();
  for (const [side, rows] of [
    [-1n, preTokenBalances],
    [1n, postTokenBalances],
  ] as const) {
    for (const row of rows) {
      // Nodes before 1.8 did not record whose tokens they were.
      if (row.owner === undefined) {
        return unknown(
          'incomplete',
          `slot ${slot}: a balance of mint ${row.mint} is recorded without its owner`,
        );
      }
      if (row.owner !== owner) continue;
      const atoms = readAtoms(row, mints);
      if (typeof atoms !== 'bigint') return atoms;
      const address = keys[row.accountIndex];
      if (address === undefined) {
        return unknown('malformed', `slot ${slot}: account ${row.accountIndex} is not one of ${keys.length}`);
      }
      accounts.set(address, row.mint);
      tokenAccounts.add(row.accountIndex);
      tokens.set(row.mint, (tokens.get(row.mint) ?? 0n) + side * atoms);
    }
  }
  const inTokenAccounts = [...tokenAccounts].reduce((total, index) => total + change(index), 0n);
  // A wrapped SOL account holds its rent and its tokens in the same lamports.
  const rentPaid = inTokenAccounts - (tokens.get(WRAPPED_SOL_MINT) ?? 0n);
  for (const [mint, delta] of tokens) if (delta === 0n) tokens.delete(mint);
  return {
    state: 'read',
    slot,
    atMs: blockTime * 1_000,
    hasFailed: meta.err !== null,
    lamports,
    fee: feePaid,
    rentPaid,
    exchanged: lamports + feePaid + rentPaid,
    tokens,
    accounts,
  };
}

function readAtoms(row: TokenBalance, mints: MintFacts): bigint | Unknown {
  const parsed = tokenAmount.safeParse(row.uiTokenAmount);
  if (!parsed.success) return unknown('malformed', `a balance of mint ${row.mint} is not an amount in text`);
  return mints.pin(row.mint, parsed.data.decimals) ?? BigInt(parsed.data.amount);
}
