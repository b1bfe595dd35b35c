import { describe, expect, it } from '@jest/globals';
import * as web3 from '@solana/web3.js';
import fc from 'fast-check';
import { fromAtoms } from '../../src/domain/money/amount.ts';
import { createMintFacts } from '../../src/exchanges/solana/mint-facts.ts';
import { activityOf } from '../../src/exchanges/solana/read-activity.ts';
import type { SolanaScope } from '../../src/exchanges/solana/solana-scope.ts';
import { WRAPPED_SOL_MINT } from '../../src/exchanges/solana/token-registry.ts';
import { readTransactionDeltas } from '../../src/exchanges/solana/transaction-deltas.ts';
import { USDC } from '../support/solana-chain.ts';

const keyOf = (number: number) => web3.Keypair.fromSeed(new Uint8Array(32).fill(number)).publicKey;
const OWNER = keyOf(1);
const STRANGER = keyOf(2);
const TOKEN_ACCOUNT = keyOf(3);
const WRAPPED_ACCOUNT = keyOf(4);
const SOL = 1_000_000_000;
const lamports = (max: number) => fc.integer({ min: 0, max });

/** What one transaction did, in the terms of whoever made it up. */
const anyTruth = fc.record({
  fee: lamports(50_000),
  isOwnerPaying: fc.boolean(),
  /** To a stranger; negative from one. */
  given: fc.integer({ min: -SOL, max: SOL }),
  /** Into the owner's token account. */
  rent: lamports(2_039_280),
  wrapped: lamports(SOL),
  tokensBefore: lamports(9_999),
  tokensAfter: lamports(9_999),
});
type Truth = typeof anyTruth extends fc.Arbitrary<infer T> ? T : never;

/** The chain's record of it: lamports and tokens before and after, by account. */
function recordOf(truth: Truth): web3.ParsedTransactionWithMeta {
  const { fee, isOwnerPaying, given, rent, wrapped, tokensBefore, tokensAfter } = truth;
  const moves = [
    [OWNER, -given - rent - wrapped - (isOwnerPaying ? fee : 0)],
    [STRANGER, given - (isOwnerPaying ? 0 : fee)],
    [TOKEN_ACCOUNT, rent],
    [WRAPPED_ACCOUNT, wrapped],
  ] as const;
  // Whoever pays the fee comes first.
  const accounts = isOwnerPaying ? moves : [moves[1], moves[0], moves[2], moves[3]];
  const indexOf = (key: web3.PublicKey) => accounts.findIndex(([one]) => one === key);
  const tokens = (mint: string, account: web3.PublicKey, atoms: number, decimals: number) => ({
    accountIndex: indexOf(account),
    mint,
    owner: OWNER.toBase58(),
    uiTokenAmount: { amount: String(atoms), decimals, uiAmount: null },
  });
  const record = {
    slot: 7,
    blockTime: 1_700_000_000,
    transaction: { message: { accountKeys: accounts.map(([pubkey]) => ({ pubkey })) } },
    meta: {
      err: null,
      fee,
      preBalances: accounts.map(() => 10 * SOL),
      postBalances: accounts.map(([, moved]) => 10 * SOL + moved),
      preTokenBalances: [
        tokens(USDC, TOKEN_ACCOUNT, tokensBefore, 6),
        tokens(WRAPPED_SOL_MINT, WRAPPED_ACCOUNT, 5, 9),
      ],
      postTokenBalances: [
        tokens(USDC, TOKEN_ACCOUNT, tokensAfter, 6),
        tokens(WRAPPED_SOL_MINT, WRAPPED_ACCOUNT, 5 + wrapped, 9),
      ],
    },
  };
  return record as unknown as web3.ParsedTransactionWithMeta;
}

function deltasOf(truth: Truth, owner = OWNER.toBase58()) {
  const read = readTransactionDeltas(recordOf(truth), owner, createMintFacts(web3, []));
  if (read.state === 'unknown') throw new Error(read.detail);
  return read;
}

describe('invariants of what a transaction did', () => {
  it("1. `lamports` is the change of the owner's own account: fee, rent and tips are in it.", () => {
    fc.assert(
      fc.property(anyTruth, (truth) => {
        const { given, rent, wrapped, fee, isOwnerPaying } = truth;
        const paid = isOwnerPaying ? fee : 0;
        const read = deltasOf(truth);
        expect(read.lamports).toBe(BigInt(-given - rent - wrapped - paid));
        expect([read.fee, read.rentPaid]).toEqual([BigInt(paid), BigInt(rent)]);
        // Of somebody who has no part in it nothing moved.
        expect(deltasOf(truth, keyOf(9).toBase58())).toMatchObject({ lamports: 0n, fee: 0n, rentPaid: 0n });
      }),
    );
  });

  it('2. lamports = exchanged − fee − rentPaid, where `exchanged` is SOL that went to or came from others (or was wrapped).', () => {
    fc.assert(
      fc.property(anyTruth, (truth) => {
        const { lamports: moved, exchanged, fee, rentPaid, tokens } = deltasOf(truth);
        expect(exchanged).toBe(BigInt(-truth.given - truth.wrapped));
        expect(moved).toBe(exchanged - fee - rentPaid);
        const change = BigInt(truth.tokensAfter - truth.tokensBefore);
        const expected = [
          [USDC, change],
          [WRAPPED_SOL_MINT, BigInt(truth.wrapped)],
        ] as const;
        expect(new Map(tokens)).toEqual(new Map(expected.filter(([, delta]) => delta !== 0n)));
      }),
    );
  });

  it('sums over the record before and after are the postings of its activity, exactly', () => {
    const mints = createMintFacts(web3, []);
    fc.assert(
      fc.property(anyTruth, (truth) => {
        const record = recordOf(truth);
        const read = readTransactionDeltas(record, OWNER.toBase58(), mints);
        if (read.state === 'unknown') throw new Error(read.detail);
        const { deltas } = activityOf({ mints } as SolanaScope, 'a signature', read);
        const { meta } = record;
        const at = record.transaction.message.accountKeys.findIndex(({ pubkey }) => pubkey.equals(OWNER));
        const sumOf = (rows: readonly web3.TokenBalance[], mint: string) =>
          rows
            .filter((row) => row.mint === mint)
            .reduce((sum, row) => sum + BigInt(row.uiTokenAmount.amount), 0n);
        const change = (mint: string) =>
          sumOf(meta?.postTokenBalances ?? [], mint) - sumOf(meta?.preTokenBalances ?? [], mint);
        const expected = [
          [USDC, fromAtoms(change(USDC), 6)],
          ['SOL', fromAtoms(BigInt((meta?.postBalances[at] ?? 0) - (meta?.preBalances[at] ?? 0)), 9)],
          [WRAPPED_SOL_MINT, fromAtoms(change(WRAPPED_SOL_MINT), 9)],
        ].filter(([, moved]) => moved !== '0');
        expect(deltas.map(({ asset, amount }) => [asset, amount])).toEqual(expected);
      }),
    );
  });
});
