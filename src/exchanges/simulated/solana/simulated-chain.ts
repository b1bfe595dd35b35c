// A Solana chain in this process: real programs in a virtual machine, under a clock that is handed in.
//
// Invariants:
// 1. Slots follow the injected time, 400 ms each; nothing here reads the machine's clock.
// 2. Blockhashes come from seed, slot and their own count: the same history gives the same signatures, and no two
//    equal orders are one transaction.
// 3. A signature has one effect at most, and none once its blockhash is 150 slots old.

import { createHash } from 'node:crypto';
import type * as Internal from 'litesvm/dist/internal.js';
import { encodeBase58 } from '../../solana/base58.ts';
import { addressesOf } from './lookup-table.ts';
import type { SimulatorParts } from './simulator-parts.ts';
import { describeError, type TransactionError } from './transaction-errors.ts';

export const SLOT_MS = 400;
/** Slots after which a block is final. */
export const FINALITY_SLOTS = 32;
export const SLOTS_PER_EPOCH = 432_000;
/** Slots that a blockhash is good for. */
export const BLOCKHASH_SLOTS = 150;
/** The first slot: old enough for a finalized block to exist below it. */
const FIRST_SLOT = 1_000;

export interface ChainAccount {
  readonly address: string;
  readonly lamports: bigint;
  readonly owner: string;
  readonly data: Uint8Array;
  readonly isExecutable: boolean;
}

/** A transaction that landed, whether it succeeded or not. */
export interface LandedTransaction {
  readonly signature: string;
  readonly slot: number;
  readonly timeSeconds: number;
  readonly error: TransactionError | null;
  readonly bytes: Uint8Array;
  /** Those of lookup tables last, as the chain orders them. */
  readonly keys: readonly string[];
  readonly fee: bigint;
  readonly before: readonly (ChainAccount | null)[];
  readonly after: readonly (ChainAccount | null)[];
  readonly logs: readonly string[];
  readonly unitsConsumed: number;
}

export interface Simulation {
  readonly error: TransactionError | null;
  readonly logs: readonly string[];
  readonly unitsConsumed: number;
  /** Accounts as they would be after it. */
  accountAfter(address: string): ChainAccount | null;
}

export interface SimulatedChain {
  slot(): number;
  /** Seconds since the epoch at the start of a slot. */
  timeSecondsOf(slot: number): number;
  latestBlockhash(): { readonly blockhash: string; readonly lastValidBlockHeight: number };
  isBlockhashValid(blockhash: string): boolean;
  account(address: string): ChainAccount | null;
  accountsOf(program: string): readonly ChainAccount[];
  setAccount(account: Omit<ChainAccount, 'isExecutable'>): void;
  rentOf(bytes: number): bigint;
  simulate(bytes: Uint8Array): Simulation;
  /** Lands a transaction; null where the chain drops it: an old blockhash, a wrong signature, no table, no money for the fee. */
  send(bytes: Uint8Array): LandedTransaction | null;
  landed(signature: string): LandedTransaction | null;
  /** Newest first. */
  history(): readonly LandedTransaction[];
}

/** What the leader drops without a record. */
const DROPPED =
  /^(BlockhashNotFound|SignatureFailure|AccountNotFound|InsufficientFundsForFee|InvalidAccountForFee|SanitizeFailure)$/;
const LAMPORTS_OF_FAUCET = 1_000_000_000_000_000n;

export function openSimulatedChain(
  parts: SimulatorParts,
  { seed, now }: { readonly seed: string; readonly now: () => number },
): SimulatedChain {
  const { web3 } = parts;
  const { Account, Clock, FailedTransactionMetadata } = parts.vm;
  const machine = startMachine(parts);
  const startedAtMs = now();
  const transactions = new Map<string, LandedTransaction>();
  const issued = new Map<string, number>();
  let warpedTo = 0;
  let issuedCount = 0;

  function slot(): number {
    const current = FIRST_SLOT + Math.max(0, Math.floor((now() - startedAtMs) / SLOT_MS));
    if (current > warpedTo) {
      warpedTo = current;
      machine.warpToSlot(BigInt(current));
      const { epochStartTimestamp } = machine.getClock();
      const epoch = BigInt(epochOf(current));
      const seconds = BigInt(timeSecondsOf(current));
      machine.setClock(new Clock(BigInt(current), epochStartTimestamp, epoch, epoch + 1n, seconds));
    }
    return warpedTo;
  }

  // All that lands in a slot has its one time, whatever the wall clock does meanwhile.
  const timeSecondsOf = (at: number) => Math.floor((startedAtMs + (at - FIRST_SLOT) * SLOT_MS) / 1_000);
  const bytesOf = (address: string) => new web3.PublicKey(address).toBytes();
  const read = (address: string, account: Internal.Account | null): ChainAccount | null => {
    if (account === null || account.lamports() === 0n) return null;
    const owner = encodeBase58(account.owner());
    const [lamports, data, isExecutable] = [account.lamports(), account.data(), account.executable()];
    return { address, lamports, owner, data, isExecutable };
  };
  const account = (address: string) => read(address, machine.getAccount(bytesOf(address)));

  function isBlockhashValid(blockhash: string): boolean {
    const issuedAt = issued.get(blockhash);
    return issuedAt !== undefined && slot() <= issuedAt + BLOCKHASH_SLOTS;
  }

  function send(bytes: Uint8Array): LandedTransaction | null {
    const transaction = web3.VersionedTransaction.deserialize(bytes);
    const signature = encodeBase58(transaction.signatures[0] ?? new Uint8Array(64));
    const known = transactions.get(signature);
    if (known !== undefined) return known;
    const landedIn = slot();
    if (!isBlockhashValid(transaction.message.recentBlockhash)) return null;
    const keys = addressesOf(parts, transaction.message, account);
    if (keys === null) return null;
    const before = keys.map(account);
    const result = machine.sendVersionedTransaction(bytes);
    const isFailed = result instanceof FailedTransactionMetadata;
    const error = isFailed ? describeError(result.err()) : null;
    if (typeof error === 'string' && DROPPED.test(error)) return null;
    const meta = isFailed ? result.meta() : result;
    const after = keys.map(account);
    const landed: LandedTransaction = {
      signature,
      slot: landedIn,
      timeSeconds: timeSecondsOf(landedIn),
      error,
      bytes,
      keys,
      // Lamports only leave a transaction's accounts as its fee.
      fee: total(before) - total(after),
      before,
      after,
      logs: meta.logs(),
      unitsConsumed: Number(meta.computeUnitsConsumed()),
    };
    transactions.set(signature, landed);
    return landed;
  }

  return {
    slot,
    timeSecondsOf,
    latestBlockhash() {
      const current = slot();
      issuedCount += 1;
      const text = `${seed}:blockhash:${current}:${issuedCount}`;
      const blockhash = encodeBase58(createHash('sha256').update(text).digest());
      issued.set(blockhash, current);
      for (const [old, issuedAt] of issued) {
        if (issuedAt + BLOCKHASH_SLOTS >= current) break;
        issued.delete(old);
      }
      return { blockhash, lastValidBlockHeight: current + BLOCKHASH_SLOTS };
    },
    isBlockhashValid,
    account,
    accountsOf: (program) =>
      machine
        .getProgramAccounts(bytesOf(program))
        .map((entry) => read(encodeBase58(entry.address), entry.account()))
        .filter((entry) => entry !== null)
        .sort((a, b) => (a.address < b.address ? -1 : 1)),
    setAccount: ({ address, lamports, owner, data }) =>
      machine.setAccount(bytesOf(address), new Account(lamports, data, bytesOf(owner), false, 0n)),
    rentOf: (bytes) => machine.minimumBalanceForRentExemption(BigInt(bytes)),
    simulate(bytes) {
      slot();
      const { message } = web3.VersionedTransaction.deserialize(bytes);
      if (!isBlockhashValid(message.recentBlockhash)) {
        return { error: 'BlockhashNotFound', logs: [], unitsConsumed: 0, accountAfter: account };
      }
      machine.setSigverify(false);
      try {
        const result = machine.simulateVersionedTransaction(bytes);
        const isFailed = result instanceof FailedTransactionMetadata;
        const after = new Map<string, ChainAccount | null>();
        for (const entry of isFailed ? [] : result.postAccounts()) {
          const address = encodeBase58(entry.address);
          after.set(address, read(address, entry.account()));
        }
        return {
          error: isFailed ? describeError(result.err()) : null,
          logs: result.meta().logs(),
          unitsConsumed: Number(result.meta().computeUnitsConsumed()),
          accountAfter: (address) => (after.has(address) ? (after.get(address) ?? null) : account(address)),
        };
      } finally {
        machine.setSigverify(true);
      }
    },
    send,
    landed: (signature) => transactions.get(signature) ?? null,
    history: () => [...transactions.values()].reverse(),
  };
}

export const epochOf = (slot: number): number => Math.floor(slot / SLOTS_PER_EPOCH);

/** The blockhash check and the memory of signatures are ours: the machine knows one blockhash at a time. */
function startMachine({ vm }: SimulatorParts): Internal.LiteSvm {
  const machine = new vm.LiteSvm();
  machine.setFeatureSet(vm.FeatureSet.allEnabled());
  machine.setBuiltins();
  machine.setLamports(LAMPORTS_OF_FAUCET);
  machine.setSysvars();
  machine.setDefaultPrograms();
  machine.setPrecompiles();
  machine.setSigverify(true);
  machine.setBlockhashCheck(false);
  machine.setTransactionHistory(0n);
  machine.withNativeMints();
  return machine;
}

function total(accounts: readonly (ChainAccount | null)[]): bigint {
  return accounts.reduce((lamports, account) => lamports + (account?.lamports ?? 0n), 0n);
}
