// What the instructions of a swap service's transaction say, before anything is simulated.
//
// Invariants:
// 1. Only programs on the list are named, wherever the transaction hides the name.
// 2. At most one instruction swaps.
// 3. The owner's tokens and SOL leave by the swap alone, and SOL only into the owner's own wrapped account.
// 4. Nobody is approved, no authority is set, and no account is closed but the wrapped one, into the owner's.
// 5. The bid for a place in a block is at most the cap.

import { TOKEN_PROGRAMS } from './mint-facts.ts';
import {
  ASSOCIATED_TOKEN_PROGRAM,
  COMPUTE_BUDGET_PROGRAM,
  MEMO_PROGRAM,
  SYSTEM_PROGRAM,
} from './swap-programs.ts';
import type { Denial, SwapTerms } from './swap-terms.ts';
import { denied } from './swap-terms.ts';
import { NATIVE_SOL } from './token-registry.ts';

/** An instruction with its addresses resolved, those of lookup tables included. */
export interface ResolvedInstruction {
  readonly program: string;
  readonly accounts: readonly string[];
  readonly data: Uint8Array;
}

export interface InstructionRules {
  readonly owner: string;
  readonly terms: SwapTerms;
  /** The owner's associated account of wrapped SOL. */
  readonly wrapped: string;
  /** Mint by token account, of the owner's accounts and of those that the swap may open. */
  readonly mintByAccount: ReadonlyMap<string, string>;
  readonly swapPrograms: readonly string[];
  readonly priorityFeeMaxLamports: bigint;
}

/** Index of an instruction among those of its program. */
const SYSTEM = { transfer: 2, advanceNonce: 4 } as const;
const BUDGET = { unitLimit: 2, unitPrice: 3 } as const;
const TOKEN = {
  transfer: 3,
  approve: 4,
  setAuthority: 6,
  close: 9,
  transferChecked: 12,
  approveChecked: 13,
} as const;
const SYNC_NATIVE = 17;
/** `Create`, also as empty data, and `CreateIdempotent`. */
const ASSOCIATED_MAX = 1;
/** What an instruction may use where the transaction names no limit, and the most for all of them, as Agave has it. */
const UNITS_PER_INSTRUCTION = 200_000n;
const UNITS_MAX = 1_400_000n;
const MICRO = 1_000_000n;

/** The programs that a transaction may name: those that every transaction uses, and the pools. */
export function allowedPrograms(swapPrograms: readonly string[]): ReadonlySet<string> {
  const common = [SYSTEM_PROGRAM, COMPUTE_BUDGET_PROGRAM, ASSOCIATED_TOKEN_PROGRAM, MEMO_PROGRAM];
  return new Set([...common, ...TOKEN_PROGRAMS, ...swapPrograms]);
}

/** Pure. Why the transaction must not be signed, as far as its instructions say; null where every invariant holds. */
export function deniedInstructions(
  instructions: readonly ResolvedInstruction[],
  rules: InstructionRules,
): Denial | null {
  const allowed = allowedPrograms(rules.swapPrograms);
  const moved: Moved = { swaps: 0, lamports: 0n, atoms: 0n };
  for (const instruction of instructions) {
    if (!allowed.has(instruction.program))
      return denied(`the swap runs program ${instruction.program}, not allowed`);
    const refusal = deniedInstruction(instruction, rules, moved);
    if (refusal !== null) return refusal;
  }
  if (moved.swaps > 1) return denied(`the swap holds ${moved.swaps} swaps, expected one`);
  for (const taken of [moved.lamports, moved.atoms]) {
    if (taken > rules.terms.inAtomsMax) {
      return denied(`the swap takes ${taken} atoms, at most ${rules.terms.inAtomsMax}`);
    }
  }
  const bid = priorityFeeOf(instructions);
  return bid > rules.priorityFeeMaxLamports
    ? denied(`the swap bids ${bid} lamports for its place, at most ${rules.priorityFeeMaxLamports}`)
    : null;
}

/** Lamports that the transaction bids over the base fee, by the limit and the price of compute units. */
export function priorityFeeOf(instructions: readonly ResolvedInstruction[]): bigint {
  let limit: bigint | null = null;
  let price = 0n;
  let others = 0n;
  for (const { program, data } of instructions) {
    const bytes = Buffer.from(data);
    if (program !== COMPUTE_BUDGET_PROGRAM) others += 1n;
    else if (bytes[0] === BUDGET.unitLimit && bytes.length >= 5) limit = BigInt(bytes.readUInt32LE(1));
    else if (bytes[0] === BUDGET.unitPrice && bytes.length >= 9) price = bytes.readBigUInt64LE(1);
  }
  const wanted = limit ?? others * UNITS_PER_INSTRUCTION;
  const units = wanted > UNITS_MAX ? UNITS_MAX : wanted;
  return (units * price + MICRO - 1n) / MICRO;
}

/** What the instructions so far have taken. */
interface Moved {
  swaps: number;
  lamports: bigint;
  atoms: bigint;
}

function deniedInstruction(one: ResolvedInstruction, rules: InstructionRules, moved: Moved): Denial | null {
  switch (one.program) {
    case SYSTEM_PROGRAM:
      return deniedSystem(one, rules, moved);
    case ASSOCIATED_TOKEN_PROGRAM:
      return deniedAssociated(one, rules);
    case COMPUTE_BUDGET_PROGRAM:
    case MEMO_PROGRAM:
      return null;
    default:
      if (TOKEN_PROGRAMS.includes(one.program)) return deniedToken(one, rules, moved);
      moved.swaps += 1;
      return null;
  }
}

function deniedSystem(
  { accounts, data }: ResolvedInstruction,
  rules: InstructionRules,
  moved: Moved,
): Denial | null {
  const bytes = Buffer.from(data);
  const tag = bytes.length < 4 ? -1 : bytes.readUInt32LE(0);
  if (tag === SYSTEM.advanceNonce)
    return denied('the swap is built on a durable nonce and would never expire');
  if (tag !== SYSTEM.transfer || bytes.length !== 12)
    return denied(`the swap runs system instruction ${tag}`);
  const [from, to] = accounts;
  const isWrapping = from === rules.owner && to === rules.wrapped && rules.terms.inputAsset === NATIVE_SOL;
  if (!isWrapping) return denied(`the swap transfers SOL from ${from} to ${to}`);
  moved.lamports += bytes.readBigUInt64LE(4);
  return null;
}

function deniedAssociated(
  { accounts, data }: ResolvedInstruction,
  { owner }: InstructionRules,
): Denial | null {
  if ((data[0] ?? 0) > ASSOCIATED_MAX || data.length > 1) return denied('the swap recovers a nested account');
  const [payer, address, holder] = accounts;
  return payer === owner && holder === owner
    ? null
    : denied(`the swap opens account ${address} for ${holder}`);
}

function deniedToken(
  { accounts, data }: ResolvedInstruction,
  rules: InstructionRules,
  moved: Moved,
): Denial | null {
  const bytes = Buffer.from(data);
  const tag = bytes[0] ?? -1;
  const [account = ''] = accounts;
  switch (tag) {
    case SYNC_NATIVE:
      return null;
    case TOKEN.approve:
    case TOKEN.approveChecked:
      return denied(`the swap approves who may use account ${account}`);
    case TOKEN.setAuthority:
      return denied(`the swap sets an authority, who may use account ${account}`);
    case TOKEN.close: {
      const isUnwrapping =
        account === rules.wrapped && accounts[1] === rules.owner && isSolTraded(rules.terms);
      return isUnwrapping ? null : denied(`the swap closes account ${account} into ${accounts[1]}`);
    }
    case TOKEN.transfer:
    case TOKEN.transferChecked: {
      if (bytes.length < 9) return denied('the swap transfers an amount that cannot be read');
      const mint = rules.mintByAccount.get(account);
      // From somebody else's account: what the owner's accounts show in simulation bounds it.
      if (mint === undefined) return null;
      if (!isInput(rules, mint)) return denied(`the swap transfers ${mint}, which is not traded`);
      moved.swaps += 1;
      moved.atoms += bytes.readBigUInt64LE(1);
      return null;
    }
    default:
      return denied(`the swap runs token instruction ${tag} on account ${account}`);
  }
}

const isSolTraded = ({ inputAsset, outputAsset }: SwapTerms): boolean =>
  inputAsset === NATIVE_SOL || outputAsset === NATIVE_SOL;

/** Native SOL goes in through the wrapped account. */
const isInput = ({ terms, wrapped, mintByAccount }: InstructionRules, mint: string): boolean =>
  terms.inputAsset === NATIVE_SOL ? mint === mintByAccount.get(wrapped) : mint === terms.inputAsset;
