import type { TransactionInstruction } from '@solana/web3.js';
import type { Web3 } from './rpc-endpoint.ts';
import { ASSOCIATED_TOKEN_PROGRAM, SYSTEM_PROGRAM } from './swap-programs.ts';

/** What leaves one of the owner's token accounts. */
export interface TokenMove {
  readonly source: string;
  readonly atoms: bigint;
}

export interface TokenTransfer {
  readonly owner: string;
  /** The receiver's wallet, and its associated account of the mint. */
  readonly to: string;
  readonly destination: string;
  readonly opensDestination: boolean;
  readonly mint: string;
  /** The token program that owns the mint. */
  readonly program: string;
  readonly decimals: number;
  readonly moves: readonly TokenMove[];
}

/** Index of an instruction among those of its program. */
const CREATE_IDEMPOTENT = 1;
const TRANSFER_CHECKED = 12;

/** Opens the receiver's account where it is missing, and moves the tokens. The program refuses other decimals. */
export function tokenInstructions(web3: Web3, transfer: TokenTransfer): readonly TransactionInstruction[] {
  const { owner, to, destination, mint, program, moves } = transfer;
  const key = (address: string) => new web3.PublicKey(address);
  const account = (address: string, isWritable = false, isSigner = false) => ({
    pubkey: key(address),
    isWritable,
    isSigner,
  });
  const opening = new web3.TransactionInstruction({
    programId: key(ASSOCIATED_TOKEN_PROGRAM),
    keys: [
      account(owner, true, true),
      account(destination, true),
      account(to),
      account(mint),
      account(SYSTEM_PROGRAM),
      account(program),
    ],
    data: Buffer.from([CREATE_IDEMPOTENT]),
  });
  const moving = moves.map(
    ({ source, atoms }) =>
      new web3.TransactionInstruction({
        programId: key(program),
        keys: [account(source, true), account(mint), account(destination, true), account(owner, false, true)],
        data: transferChecked(atoms, transfer.decimals),
      }),
  );
  return transfer.opensDestination ? [opening, ...moving] : moving;
}

function transferChecked(atoms: bigint, decimals: number): Buffer {
  const data = Buffer.alloc(10);
  data.writeUInt8(TRANSFER_CHECKED, 0);
  data.writeBigUInt64LE(atoms, 1);
  data.writeUInt8(decimals, 9);
  return data;
}
