// What a simulation shows of the owner's accounts, held against the terms.
//
// Invariants:
// 1. At most the input leaves and at least the minimum arrives, fee and rent apart and capped.
// 2. Nothing else of the owner changes: no other account, no delegate, no authority, not the owner's own account.
// 3. Selling SOL leaves the chain's minimum and the fee reserve.

import { RENT_MINIMUM_LAMPORTS } from './spending-limits.ts';
import { SYSTEM_PROGRAM } from './swap-programs.ts';
import { type Denial, denied, type SwapTerms } from './swap-terms.ts';
import { readTokenAccountBytes } from './token-account-layout.ts';
import { NATIVE_SOL, WRAPPED_SOL_MINT } from './token-registry.ts';

/** Network fee and rent of new accounts together: two accounts and a generous priority fee. */
export const COST_LAMPORTS_MAX = 10_000_000n;

/** One account before and after: null where it does not exist. */
export interface AccountChange {
  readonly address: string;
  readonly before: AccountState | null;
  readonly after: AccountState | null;
}

export interface AccountState {
  readonly lamports: bigint;
  readonly program: string;
  readonly data: Uint8Array;
}

export interface Effects {
  readonly fee: bigint;
  /** The owner's own account first. */
  readonly changes: readonly AccountChange[];
}

interface EffectRules {
  readonly owner: string;
  readonly terms: SwapTerms;
  readonly feeReserveLamports: bigint;
}

/** Pure. Why the transaction must not be signed, as far as its effects show; null where every invariant holds. */
export function deniedEffect({ fee, changes }: Effects, rules: EffectRules): Denial | null {
  const { owner, terms } = rules;
  const [own, ...tokenAccounts] = changes;
  if (own?.before == null || own.after === null) return denied(`account ${owner} does not hold any SOL`);
  if (own.after.program !== SYSTEM_PROGRAM || own.after.data.length > 0) {
    return denied("the swap would give the owner's account away");
  }
  const moved = new Map<string, bigint>();
  let rentPaid = 0n;
  for (const change of tokenAccounts) {
    const touched = readTokenChange(owner, change, terms);
    if ('state' in touched) return touched;
    moved.set(touched.mint, (moved.get(touched.mint) ?? 0n) + touched.atoms);
    rentPaid += touched.rent;
  }
  const exchanged = own.after.lamports - own.before.lamports + fee + rentPaid;
  const cost = fee + rentPaid;
  if (cost > COST_LAMPORTS_MAX)
    return denied(`fee and rent are ${cost} lamports, at most ${COST_LAMPORTS_MAX}`);
  const isSolTraded = terms.inputAsset === NATIVE_SOL || terms.outputAsset === NATIVE_SOL;
  if (!isSolTraded && exchanged < 0n) {
    return denied(`the swap takes ${-exchanged} lamports over fee and rent, SOL is not traded`);
  }
  const change = (asset: string) => (asset === NATIVE_SOL ? exchanged : (moved.get(asset) ?? 0n));
  const paid = -change(terms.inputAsset);
  const received = change(terms.outputAsset);
  if (paid > terms.inAtomsMax) return denied(`the swap takes ${paid} atoms, at most ${terms.inAtomsMax}`);
  if (received < terms.outAtomsMin) {
    return denied(`the swap gives ${received} atoms, expected at least ${terms.outAtomsMin}`);
  }
  const floor = RENT_MINIMUM_LAMPORTS + rules.feeReserveLamports;
  if (terms.inputAsset === NATIVE_SOL && own.after.lamports < floor) {
    return denied(`the swap leaves ${own.after.lamports} lamports, the fee reserve and rent are ${floor}`);
  }
  return null;
}

interface TokenChange {
  readonly mint: string;
  readonly atoms: bigint;
  readonly rent: bigint;
}

function readTokenChange(
  owner: string,
  { address, before, after }: AccountChange,
  terms: SwapTerms,
): TokenChange | Denial {
  const old = before === null ? null : readTokenAccountBytes(before.data);
  const now = after === null ? null : readTokenAccountBytes(after.data);
  if ((before !== null && old === null) || (after !== null && now === null)) {
    return denied(`the swap makes ${address} something else than a token account`);
  }
  const mint = now?.mint ?? old?.mint ?? '';
  const lamports = (after?.lamports ?? 0n) - (before?.lamports ?? 0n);
  const atoms = (now?.atoms ?? 0n) - (old?.atoms ?? 0n);
  const rent = mint === WRAPPED_SOL_MINT ? lamports - atoms : lamports;
  const isTraded = mint === terms.inputAsset || mint === terms.outputAsset;
  if (atoms !== 0n && !isTraded)
    return denied(`the swap moves ${atoms} atoms of ${mint}, which is not traded`);
  if (old !== null && now === null && (mint !== WRAPPED_SOL_MINT || old.atoms !== 0n)) {
    return denied(`the swap closes account ${address}`);
  }
  if (old !== null && now !== null && (old.rest !== now.rest || before?.program !== after?.program)) {
    return denied(`the swap changes who may use account ${address}`);
  }
  if (old === null && now !== null && (now.owner !== owner || now.hasDelegate || now.hasCloseAuthority)) {
    return denied(`the swap opens account ${address} for somebody else`);
  }
  return { mint, atoms, rent };
}
