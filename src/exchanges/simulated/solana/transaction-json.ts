import { encodeBase58 } from '../../solana/base58.ts';
import type { AccountJson } from './account-json.ts';
import { type ChainAccount, FINALITY_SLOTS, type LandedTransaction } from './simulated-chain.ts';
import type { SimulatorParts } from './simulator-parts.ts';

/** A signature's status as JSON-RPC shows it. What has landed is confirmed at once. */
export function statusOf(landed: LandedTransaction, slot: number) {
  const age = slot - landed.slot;
  const isFinal = age >= FINALITY_SLOTS;
  return {
    slot: landed.slot,
    confirmations: isFinal ? null : age,
    err: landed.error,
    status: landed.error === null ? { Ok: null } : { Err: landed.error },
    confirmationStatus: isFinal ? 'finalized' : 'confirmed',
  };
}

/** A landed transaction with its balances before and after. */
export function showTransaction(
  { web3 }: SimulatorParts,
  json: AccountJson,
  landed: LandedTransaction,
  encoding: string,
): unknown {
  const { message, signatures } = web3.VersionedTransaction.deserialize(landed.bytes);
  const lamports = (accounts: readonly (ChainAccount | null)[]) =>
    accounts.map((account) => Number(account?.lamports ?? 0n));
  const tokens = (accounts: readonly (ChainAccount | null)[]) =>
    accounts.flatMap((account, accountIndex) => {
      const token = json.tokenAccount(account);
      if (token === null || account === null) return [];
      const uiTokenAmount = json.tokenAmount(token.atoms, token.decimals);
      return [
        { accountIndex, mint: token.mint, owner: token.owner, programId: account.owner, uiTokenAmount },
      ];
    });
  const isParsed = encoding === 'jsonParsed';
  const key = (index: number) => landed.keys[index] ?? '';
  const instructions = message.compiledInstructions.map((one) =>
    isParsed
      ? {
          programId: key(one.programIdIndex),
          accounts: one.accountKeyIndexes.map(key),
          data: encodeBase58(one.data),
          stackHeight: null,
        }
      : {
          programIdIndex: one.programIdIndex,
          accounts: one.accountKeyIndexes,
          data: encodeBase58(one.data),
        },
  );
  const accountKeys = landed.keys.map((pubkey, index) => ({
    pubkey,
    signer: message.isAccountSigner(index),
    writable: message.isAccountWritable(index),
    source: index < message.staticAccountKeys.length ? 'transaction' : 'lookupTable',
  }));
  const loaded = landed.keys.slice(message.staticAccountKeys.length);
  const loadedWritable = message.addressTableLookups.reduce(
    (sum, one) => sum + one.writableIndexes.length,
    0,
  );
  return {
    slot: landed.slot,
    blockTime: landed.timeSeconds,
    version: message.version,
    meta: {
      err: landed.error,
      status: landed.error === null ? { Ok: null } : { Err: landed.error },
      fee: Number(landed.fee),
      preBalances: lamports(landed.before),
      postBalances: lamports(landed.after),
      preTokenBalances: tokens(landed.before),
      postTokenBalances: tokens(landed.after),
      logMessages: landed.logs,
      innerInstructions: [],
      rewards: [],
      loadedAddresses: { readonly: loaded.slice(loadedWritable), writable: loaded.slice(0, loadedWritable) },
      computeUnitsConsumed: landed.unitsConsumed,
    },
    transaction: {
      signatures: signatures.map((signature) => encodeBase58(signature)),
      message: {
        accountKeys: isParsed ? accountKeys : landed.keys.slice(0, message.staticAccountKeys.length),
        ...(isParsed ? {} : { header: message.header }),
        recentBlockhash: message.recentBlockhash,
        instructions,
        ...(message.version === 0 ? { addressTableLookups: message.addressTableLookups } : {}),
      },
    },
  };
}
