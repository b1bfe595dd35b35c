// Which strategy holds what of the assets that the portfolio holds as one.
//
// Invariants, each held by a property test of the same name:
// 1. What strategies hold and what is assigned to none sums to the holdings, of every asset, after every event.
// 2. An internal crossing and an assignment change no holding.
// 3. An event is booked once, however often it is told.

import { assert } from '../assert.ts';
import {
  type Amount,
  absolute,
  add,
  isMore,
  isNegative,
  isZero,
  negate,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import { byId } from '../targets/apportion.ts';
import type { AssetId } from '../venue/venue.ts';
import { type StrategyAmounts, splitAmount, splitFill } from './split-amount.ts';
import type { StrategyId } from './strategy-allocation.ts';
import { NOBODY } from './strategy-deltas.ts';

/** Quantities, signed: of a perpetual they may be short. */
export type AssetAmounts = ReadonlyMap<AssetId, Amount>;

export interface SubLedgers {
  /** Over all venues, as events have told. */
  readonly holdings: AssetAmounts;
  readonly strategies: ReadonlyMap<StrategyId, AssetAmounts>;
  /** Of no strategy. Below zero, more has left than was unassigned, and no strategy was told. */
  readonly unassigned: AssetAmounts;
  readonly bookedIds: ReadonlySet<string>;
}

export type SubLedgerEvent =
  /** A deposit, withdrawal, correction or anything else that belongs to no strategy. */
  | { readonly type: 'holdingChanged'; readonly id: string; readonly asset: AssetId; readonly delta: Amount }
  /** A fill of a netted order. */
  | {
      readonly type: 'filled';
      readonly id: string;
      readonly asset: AssetId;
      /** Above zero is bought. */
      readonly quantity: Amount;
      readonly step: Amount;
      readonly cashAsset: AssetId;
      /** What cash changed by, the fee included. */
      readonly cash: Amount;
      readonly cashStep: Amount;
      /** What each strategy still wants of the order, before this fill. */
      readonly remaining: StrategyAmounts;
    }
  /** Both sum to zero, as `crossInternally` says them. */
  | {
      readonly type: 'crossed';
      readonly id: string;
      readonly asset: AssetId;
      readonly moved: StrategyAmounts;
      readonly cashAsset: AssetId;
      readonly cash: StrategyAmounts;
    }
  /** From what is unassigned; below zero back to it. */
  | {
      readonly type: 'assigned';
      readonly id: string;
      readonly strategy: StrategyId;
      readonly asset: AssetId;
      readonly quantity: Amount;
    };

export type SubLedgerOutcome =
  | { readonly state: 'booked'; readonly ledgers: SubLedgers; readonly shares: StrategyAmounts }
  /** Booked before under this id. */
  | { readonly state: 'repeated'; readonly ledgers: SubLedgers }
  | { readonly state: 'refused'; readonly ledgers: SubLedgers; readonly reason: string };

/** Everything that is held is assigned to no strategy yet. */
export const openSubLedgers = (holdings: AssetAmounts): SubLedgers => ({
  holdings,
  strategies: new Map(),
  unassigned: holdings,
  bookedIds: new Set(),
});

/** What a strategy holds of an asset. */
export const strategyHolding = (ledgers: SubLedgers, strategy: StrategyId, asset: AssetId): Amount =>
  ledgers.strategies.get(strategy)?.get(asset) ?? ZERO;

/**
 * Books one event. Never changes what it was given, and never throws for anything that a venue does; a sum that does
 * not hold afterwards is a bug. Refuses a crossing that is none, and an assignment of more than is there.
 */
export function applySubLedgerEvent(ledgers: SubLedgers, event: SubLedgerEvent): SubLedgerOutcome {
  if (ledgers.bookedIds.has(event.id)) return { state: 'repeated', ledgers };
  const reason = whyRefused(ledgers, event);
  if (reason !== null) return { state: 'refused', ledgers, reason };
  const { changes, shares } = changesOf(event);
  const next = changes.reduce(applyChange, ledgers);
  const booked = { ...next, bookedIds: new Set([...ledgers.bookedIds, event.id]) };
  for (const { asset } of changes) assertConserved(booked, asset);
  return { state: 'booked', ledgers: booked, shares };
}

/** Where what the book holds is not what events have told: asset → book less ledgers. Empty is right. */
export function findUnattributed(ledgers: SubLedgers, book: AssetAmounts): AssetAmounts {
  const assets = [...new Set([...ledgers.holdings.keys(), ...book.keys()])].sort(byId);
  const differences = assets.map(
    (asset) => [asset, subtract(book.get(asset) ?? ZERO, ledgers.holdings.get(asset) ?? ZERO)] as const,
  );
  return new Map(differences.filter(([, difference]) => !isZero(difference)));
}

interface Change {
  readonly asset: AssetId;
  /** Null is nobody. */
  readonly owner: StrategyId | null;
  readonly delta: Amount;
  /** Whether it came from outside, or only changed hands. */
  readonly isHolding: boolean;
}

function changesOf(event: SubLedgerEvent): {
  readonly changes: readonly Change[];
  readonly shares: StrategyAmounts;
} {
  switch (event.type) {
    case 'holdingChanged': {
      const { asset, delta } = event;
      return { changes: [{ asset, owner: null, delta, isHolding: true }], shares: new Map() };
    }
    case 'assigned': {
      const { asset, strategy, quantity } = event;
      const changes = [
        { asset, owner: null, delta: negate(quantity), isHolding: false },
        { asset, owner: strategy, delta: quantity, isHolding: false },
      ];
      return { changes, shares: new Map([[strategy, quantity]]) };
    }
    case 'crossed': {
      const changes = [
        ...changesBy(event.asset, event.moved, false),
        ...changesBy(event.cashAsset, event.cash, false),
      ];
      return { changes, shares: event.moved };
    }
    case 'filled':
      return changesOfFill(event);
  }
}

/** Cash follows the asset: who got a share of the fill pays that share of it, fee included. */
function changesOfFill(event: SubLedgerEvent & { readonly type: 'filled' }): ReturnType<typeof changesOf> {
  const { asset, quantity, step, cashAsset, cash, cashStep } = event;
  const { shares, unassigned } = splitFill(quantity, event.remaining, step);
  const parts = new Map<StrategyId, Amount>([...shares].map(([id, share]) => [id, absolute(share)]));
  // A name that no strategy can have: readers refuse an empty one.
  const owed = isZero(unassigned) ? parts : new Map([...parts, [NOBODY, absolute(unassigned)]]);
  const isFree = isZero(sum(owed.values()));
  const paid: StrategyAmounts = isFree ? new Map([[NOBODY, cash]]) : splitAmount(cash, owed, cashStep);
  const changes = [
    ...changesBy(asset, new Map([...shares, [NOBODY, unassigned]]), true),
    ...changesBy(cashAsset, paid, true),
  ];
  return { changes, shares };
}

const changesBy = (asset: AssetId, amounts: StrategyAmounts, isHolding: boolean): readonly Change[] =>
  [...amounts].map(([id, delta]) => ({ asset, owner: id === NOBODY ? null : id, delta, isHolding }));

function applyChange(ledgers: SubLedgers, { asset, owner, delta, isHolding }: Change): SubLedgers {
  const holdings = isHolding ? added(ledgers.holdings, asset, delta) : ledgers.holdings;
  if (owner === null) return { ...ledgers, holdings, unassigned: added(ledgers.unassigned, asset, delta) };
  const own = added(ledgers.strategies.get(owner) ?? new Map(), asset, delta);
  return { ...ledgers, holdings, strategies: new Map([...ledgers.strategies, [owner, own]]) };
}

const added = (amounts: AssetAmounts, asset: AssetId, delta: Amount): AssetAmounts =>
  new Map([...amounts, [asset, add(amounts.get(asset) ?? ZERO, delta)]]);

function whyRefused(ledgers: SubLedgers, event: SubLedgerEvent): string | null {
  if (event.type === 'crossed') {
    const [moved, cash] = [sum(event.moved.values()), sum(event.cash.values())];
    if (!isZero(moved)) return `what is crossed sums to zero, found ${moved} of ${event.asset}`;
    return isZero(cash) ? null : `what is crossed sums to zero, found ${cash} of ${event.cashAsset}`;
  }
  if (event.type !== 'assigned') return null;
  const { asset, quantity, strategy } = event;
  if (strategy === NOBODY) return 'an assignment is to a strategy with a name';
  const isBack = isNegative(quantity);
  const there = isBack ? strategyHolding(ledgers, strategy, asset) : (ledgers.unassigned.get(asset) ?? ZERO);
  return isMore(absolute(quantity), there)
    ? `${absolute(quantity)} of ${asset} is more than the ${there} that ${isBack ? strategy : 'nobody'} has`
    : null;
}

function assertConserved(ledgers: SubLedgers, asset: AssetId): void {
  const own = [...ledgers.strategies.values()].map((amounts) => amounts.get(asset) ?? ZERO);
  const total = add(sum(own), ledgers.unassigned.get(asset) ?? ZERO);
  const held = ledgers.holdings.get(asset) ?? ZERO;
  assert(total === held, `sub-ledgers sum to the holdings of ${asset}: ${total}, ${held}`);
}
