// All that happened to lots, and what it comes to.
//
// Invariants, each held by a property test of the same words:
// 1. The order in which events are told does not matter.

import { type Amount, add, ZERO } from '../money/amount.ts';
import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import type { Lot } from './lot.ts';
import { disallow, type LotDisposal } from './lot-disposal.ts';
import { compareEvents, type LotEvent } from './lot-event.ts';
import { applyLotEvent, type LotLedger, lotsOf, openLotLedger } from './lot-ledger.ts';
import type { LotRules } from './lot-rules.ts';
import type { Disallowance } from './wash-sale.ts';

export type LotAccount =
  | {
      readonly state: 'accounted';
      /** In the order in which they happened, fees of transfers among them. */
      readonly disposals: readonly LotDisposal[];
      /** What is held after all of it. */
      readonly lots: readonly Lot[];
    }
  /** The path begins with the event's place in what was told, such as "events[3].quantity". */
  | { readonly state: 'refused'; readonly problem: InputProblem };

/** An event, and where it was told, such as "events[3]". */
export interface ToldEvent {
  readonly event: LotEvent;
  readonly place: string;
}

/**
 * Accounts for events in any order: by their times, as `compareEvents` has it. Refused at the first event that cannot
 * have happened as told; then nothing is accounted for.
 */
export function accountForLots(events: readonly LotEvent[], rules: LotRules): LotAccount {
  const told = events.map((event, index): ToldEvent => ({ event, place: `events[${index}]` }));
  const repeated = findRepeated(told);
  if (repeated)
    return refused(repeated.place, inputProblem('id', 'an id that no other event has', repeated.event.id));
  told.sort((a, b) => compareEvents(a.event, b.event));
  return accountInOrder([], told, rules);
}

/** Accounts for events in their order, from lots that are held before them. */
export function accountInOrder(
  lots: readonly Lot[],
  told: readonly ToldEvent[],
  rules: LotRules,
): LotAccount {
  let ledger: LotLedger = { ...openLotLedger(lots, rules), isPrivate: true };
  const disposals: LotDisposal[] = [];
  const disallowances: Disallowance[] = [];
  for (const { event, place } of told) {
    const outcome = applyLotEvent(ledger, event, rules);
    if (outcome.state === 'refused') return refused(place, outcome.problem);
    ledger = outcome.ledger;
    if (outcome.disposal) disposals.push(outcome.disposal);
    disallowances.push(...outcome.disallowances);
  }
  return {
    state: 'accounted',
    disposals: withDisallowed(disposals, disallowances, rules),
    lots: lotsOf(ledger),
  };
}

function withDisallowed(
  disposals: readonly LotDisposal[],
  disallowances: readonly Disallowance[],
  rules: LotRules,
): readonly LotDisposal[] {
  if (disallowances.length === 0) return disposals;
  const losses = new Map<string, Amount>();
  for (const { disposal, lot, loss } of disallowances) {
    const key = JSON.stringify([disposal, lot]);
    losses.set(key, add(losses.get(key) ?? ZERO, loss));
  }
  return disposals.map((disposal) => ({
    ...disposal,
    matches: disposal.matches.map((match) =>
      disallow(match, losses.get(JSON.stringify([disposal.id, match.lot.id])) ?? ZERO, rules),
    ),
  }));
}

function findRepeated(told: readonly ToldEvent[]): ToldEvent | null {
  const ids = new Set<string>();
  for (const one of told) {
    if (ids.has(one.event.id)) return one;
    ids.add(one.event.id);
  }
  return null;
}

const refused = (place: string, problem: InputProblem): LotAccount => ({
  state: 'refused',
  problem: { ...problem, path: `${place}.${problem.path}` },
});
