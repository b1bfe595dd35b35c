// What stands beside the balances: how native SOL divides, and what is special about token accounts.
//
// Invariants:
// 1. Spendable, rent-locked and fee reserve are the whole of native SOL, to the lamport.
// 2. Immovable amounts are the hold of their asset, to the atom.

import { fromAtoms, sum } from '../../domain/money/amount.ts';
import type { HoldingFact } from '../../domain/venue/holding-fact.ts';
import { type Holdings, mintsOf } from './holdings.ts';
import { RENT_MINIMUM_LAMPORTS } from './spending-limits.ts';
import type { TokenAccount } from './token-account-row.ts';
import { NATIVE_SOL, SOL_DECIMALS } from './token-registry.ts';
import type { TransferFees } from './transfer-fees.ts';

/** Pure. Sorted by asset, then as the kinds are listed here; native SOL always has its three parts. */
export function factsOf(
  holdings: Holdings,
  feeReserveLamports: bigint,
  transferFees: ReadonlyMap<string, TransferFees>,
): readonly HoldingFact[] {
  const facts = [
    ...solFacts(holdings, feeReserveLamports),
    ...mintsOf(holdings.accounts).flatMap((mint) =>
      tokenFacts(
        mint,
        holdings.accounts.filter((account) => account.mint === mint),
        transferFees.get(mint),
      ),
    ),
  ];
  return facts.sort((a, b) => (a.asset === b.asset ? 0 : a.asset < b.asset ? -1 : 1));
}

function solFacts({ lamports, accounts }: Holdings, feeReserveLamports: bigint): readonly HoldingFact[] {
  const rent = least(lamports, RENT_MINIMUM_LAMPORTS);
  const reserve = least(lamports - rent, feeReserveLamports);
  const parts = [
    ['spendable', lamports - rent - reserve],
    ['rentLocked', rent],
    ['feeReserve', reserve],
  ] as const;
  const facts: HoldingFact[] = parts.map(([kind, part]) => ({
    kind,
    asset: NATIVE_SOL,
    amount: fromAtoms(part, SOL_DECIMALS),
  }));
  const rents = accounts.map(({ rentLamports }) => rentLamports).filter((lamports) => lamports !== null);
  // A part of the deposit is not the deposit.
  if (accounts.length === 0 || rents.length < accounts.length) return facts;
  const deposit = rents.reduce((total, lamports) => total + BigInt(lamports), 0n);
  const amount = fromAtoms(deposit, SOL_DECIMALS);
  return [...facts, { kind: 'rentDeposit', asset: NATIVE_SOL, amount, accounts: accounts.length }];
}

function tokenFacts(
  asset: string,
  accounts: readonly TokenAccount[],
  fees: TransferFees | undefined,
): readonly HoldingFact[] {
  const facts: HoldingFact[] = [];
  for (const because of ['frozen', 'nonTransferable', 'unreadableExtension'] as const) {
    const some = accounts.filter(({ immovable }) => immovable === because);
    const amount = sum(some.map(({ atoms, decimals }) => fromAtoms(atoms, decimals)));
    if (some.length > 0) facts.push({ kind: 'immovable', asset, amount, because });
  }
  for (const { delegate, atoms, decimals } of accounts) {
    if (delegate === null) continue;
    // A delegate may be granted more than there is.
    const reach = fromAtoms(least(BigInt(delegate.atoms), BigInt(atoms)), decimals);
    facts.push({ kind: 'delegated', asset, amount: reach, to: delegate.to });
  }
  const withheld = sum(
    accounts.map(({ withheldAtoms, decimals }) => fromAtoms(withheldAtoms ?? '0', decimals)),
  );
  if (withheld !== '0') facts.push({ kind: 'withheldFee', asset, amount: withheld });
  for (const { bps, maximumAtoms, startsAtEpoch } of fees ?? []) {
    const maximum = fromAtoms(maximumAtoms, accounts[0]?.decimals ?? 0);
    facts.push({ kind: 'transferFee', asset, bps, maximum, startsAtEpoch });
  }
  const encrypted = accounts.filter(({ hasConfidentialPart }) => hasConfidentialPart).length;
  if (encrypted > 0) facts.push({ kind: 'confidential', asset, accounts: encrypted });
  return facts;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
