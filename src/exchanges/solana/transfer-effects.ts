// What a simulation shows of a transfer, held against what is to leave and what is to arrive.
//
// Invariants, each held by a property test of the same name:
// 1. Exactly the amount leaves the owner's accounts, and beside it the fee and the rent alone, both capped.
// 2. Exactly what was said arrives, in an account that belongs to the receiver.
// 3. Nobody may use the owner's accounts afterwards who may not now.
// 4. A transfer of SOL leaves the chain's minimum and the fee reserve.

import { RENT_MINIMUM_LAMPORTS } from './spending-limits.ts';
import type { AccountChange, Effects } from './swap-effects.ts';
import { SYSTEM_PROGRAM } from './swap-programs.ts';
import { type Denial, denied } from './swap-terms.ts';
import { readTokenAccountBytes } from './token-account-layout.ts';
import { WRAPPED_SOL_MINT } from './token-registry.ts';
import type { TokenMove } from './transfer-instructions.ts';

/** What the network takes for one signature. */
const SIGNATURE_LAMPORTS = 5_000n;
/** Rent of the receiver's account: 2 039 280 without extensions, and 6 960 for every byte of those of Token-2022. */
const RENT_LAMPORTS_MAX = 10_000_000n;

/** What a transfer is to do, in the chain's integers. */
export type TransferTerms = {
  readonly owner: string;
  readonly to: string;
  /** What leaves. */
  readonly atoms: bigint;
  readonly priorityFeeMaxLamports: bigint;
  readonly feeReserveLamports: bigint;
} & (
  | { readonly kind: 'lamports' }
  | {
      readonly kind: 'token';
      readonly mint: string;
      readonly program: string;
      readonly destination: string;
      readonly moves: readonly TokenMove[];
      readonly arrives: bigint;
    }
);

/** Every invariant holds. */
interface Harmless {
  readonly state: 'harmless';
  /** What it costs the owner beside the amount: the fee, and the rent of an account that it opens. */
  readonly costLamports: bigint;
}

/** The accounts that a transfer changes: the owner's own first, the receiver's last. */
export const accountsOf = (terms: TransferTerms): readonly string[] =>
  terms.kind === 'lamports'
    ? [terms.owner, terms.to]
    : [terms.owner, ...terms.moves.map(({ source }) => source), terms.destination];

/** Pure. What the transfer costs, or why it must not be signed. The changes are those of `accountsOf`, in its order. */
export function judgeTransfer({ fee, changes }: Effects, terms: TransferTerms): Harmless | Denial {
  const [own] = changes;
  const receiver = changes.at(-1);
  if (own?.before == null || own.after === null || receiver === undefined)
    return denied(`account ${terms.owner} does not hold any SOL`);
  if (own.after.program !== SYSTEM_PROGRAM || own.after.data.length > 0)
    return denied("the transfer would give the owner's account away");
  const feeMax = SIGNATURE_LAMPORTS + terms.priorityFeeMaxLamports;
  if (fee > feeMax) return denied(`the transfer's fee is ${fee} lamports, at most ${feeMax}`);
  const left = own.before.lamports - own.after.lamports;
  if (terms.kind === 'lamports') {
    const refusal =
      deniedReceiver(receiver, terms.atoms) ??
      unequal(left, terms.atoms + fee, 'lamports leave the owner') ??
      deniedFloor(own.after.lamports, terms.feeReserveLamports);
    return refusal ?? { state: 'harmless', costLamports: fee };
  }
  for (const change of changes.slice(1, -1)) {
    const refusal = deniedSource(change, terms);
    if (refusal !== null) return refusal;
  }
  const rent = receiver.before === null ? rentOf(receiver, terms) : 0n;
  if (rent < 0n || rent > RENT_LAMPORTS_MAX)
    return denied(`the receiver's account would hold ${rent} lamports of rent, at most ${RENT_LAMPORTS_MAX}`);
  const refusal = deniedDestination(receiver, terms) ?? unequal(left, fee + rent, 'lamports leave the owner');
  return refusal ?? { state: 'harmless', costLamports: fee + rent };
}

type TokenTerms = Extract<TransferTerms, { readonly kind: 'token' }>;

const unequal = (found: bigint, expected: bigint, what: string): Denial | null =>
  found === expected ? null : denied(`${found} ${what}, expected ${expected}`);

function deniedFloor(lamports: bigint, feeReserveLamports: bigint): Denial | null {
  const floor = RENT_MINIMUM_LAMPORTS + feeReserveLamports;
  return lamports >= floor
    ? null
    : denied(`the transfer leaves ${lamports} lamports, the fee reserve and rent are ${floor}`);
}

function deniedReceiver({ address, before, after }: AccountChange, atoms: bigint): Denial | null {
  if (after === null || after.program !== SYSTEM_PROGRAM || after.data.length > 0)
    return denied(`${address} is expected to be a wallet`);
  return unequal(after.lamports - (before?.lamports ?? 0n), atoms, `lamports arrive at ${address}`);
}

function deniedSource({ address, before, after }: AccountChange, terms: TokenTerms): Denial | null {
  const old = before === null ? null : readTokenAccountBytes(before.data);
  const now = after === null ? null : readTokenAccountBytes(after.data);
  if (!before || !after || !old || !now || old.mint !== terms.mint)
    return denied(`${address} is expected to stay a token account of ${terms.mint}`);
  if (old.rest !== now.rest || before.program !== after.program || before.program !== terms.program)
    return denied(`the transfer changes who may use account ${address}`);
  const atoms = terms.moves.find(({ source }) => source === address)?.atoms ?? 0n;
  const lamports = terms.mint === WRAPPED_SOL_MINT ? atoms : 0n;
  return (
    unequal(old.atoms - now.atoms, atoms, `atoms leave ${address}`) ??
    unequal(before.lamports - after.lamports, lamports, `lamports leave ${address}`)
  );
}

function deniedDestination({ address, before, after }: AccountChange, terms: TokenTerms): Denial | null {
  const old = before === null ? null : readTokenAccountBytes(before.data);
  const now = after === null ? null : readTokenAccountBytes(after.data);
  if (!after || !now || (before !== null && !old) || now.mint !== terms.mint)
    return denied(`${address} is expected to be a token account of ${terms.mint}`);
  if (now.owner !== terms.to || after.program !== terms.program)
    return denied(`account ${address} belongs to ${now.owner}, expected ${terms.to}`);
  // Whom the receiver lets use an account of theirs is their own business; one that is opened here lets nobody.
  if (old === null && (now.hasDelegate || now.hasCloseAuthority))
    return denied(`the transfer opens account ${address} for somebody else`);
  return unequal(now.atoms - (old?.atoms ?? 0n), terms.arrives, `atoms arrive at ${address}`);
}

function rentOf({ after }: AccountChange, { mint, arrives }: TokenTerms): bigint {
  return (after?.lamports ?? 0n) - (mint === WRAPPED_SOL_MINT ? arrives : 0n);
}
