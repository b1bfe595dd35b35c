import * as spl from '@solana/spl-token';
import { PublicKey } from '@solana/web3.js';
import type { AccountState } from '../../src/exchanges/solana/swap-effects.ts';
import { WSOL } from './solana-chain.ts';

export const TOKEN_PROGRAM = spl.TOKEN_PROGRAM_ID.toBase58();
export const TOKEN_ACCOUNT_RENT = 2_039_280n;

export interface TokenAccount {
  readonly mint: string;
  readonly atoms: bigint;
  readonly holder: PublicKey;
  readonly delegate?: PublicKey;
  readonly closer?: PublicKey;
  readonly lamports?: bigint;
  readonly program?: string;
}

/** A token account as the chain stores it. */
export function tokenAccount({
  mint,
  atoms,
  holder,
  delegate,
  closer,
  lamports = TOKEN_ACCOUNT_RENT + (mint === WSOL ? atoms : 0n),
  program = TOKEN_PROGRAM,
}: TokenAccount): AccountState {
  const data = Buffer.alloc(spl.ACCOUNT_SIZE);
  spl.AccountLayout.encode(
    {
      mint: new PublicKey(mint),
      owner: holder,
      amount: atoms,
      delegateOption: delegate === undefined ? 0 : 1,
      delegate: delegate ?? PublicKey.default,
      delegatedAmount: 0n,
      state: spl.AccountState.Initialized,
      isNativeOption: mint === WSOL ? 1 : 0,
      isNative: mint === WSOL ? TOKEN_ACCOUNT_RENT : 0n,
      closeAuthorityOption: closer === undefined ? 0 : 1,
      closeAuthority: closer ?? PublicKey.default,
    },
    data,
  );
  return { lamports, program, data };
}
