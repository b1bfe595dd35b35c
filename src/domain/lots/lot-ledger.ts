// The lots of all pools, and what an event does to them.
//
// Invariants, each held by a property test of the same words:
// 1. What was acquired is held, was disposed of, or went to a network: quantities add up to the last digit.
// 2. What was paid is the basis of what is held or of what was disposed of: money adds up to the last digit.
// 3. A transfer keeps the basis, the age and the holding period of what it moves.
// 4. An event that is refused changes nothing.

import type { InputProblem } from '../rebalancing/input-problem.ts';
import { averageLots } from './average-lots.ts';
import { knownBasis, type Lot } from './lot.ts';
import { type LotDisposal, measureDisposal } from './lot-disposal.ts';
import type { Acquisition, Disposal, LotEvent, Transfer } from './lot-event.ts';
import { lotOrder } from './lot-order.ts';
import { type LotRules, rulesAt } from './lot-rules.ts';
import { sendLots } from './send-lots.ts';
import { takeForSale } from './take-for-sale.ts';
import { type Disallowance, isPast, lossesOf, type OpenLoss, replaceLosses } from './wash-sale.ts';

/** The pools of one method, each in the method's order, and the losses that a purchase may still replace. */
export interface LotLedger {
  readonly pools: ReadonlyMap<string, readonly Lot[]>;
  readonly openLosses: readonly OpenLoss[];
}

export type LotOutcome =
  | {
      readonly state: 'applied';
      readonly ledger: LotLedger;
      /** What this event disposed of: itself, or the fee of a transfer; null where nothing was. */
      readonly disposal: LotDisposal | null;
      /** Losses, of this disposal or of earlier ones, that turned out not to count. */
      readonly disallowances: readonly Disallowance[];
    }
  /** The path is the event's own, such as "quantity". */
  | { readonly state: 'refused'; readonly problem: InputProblem };

/** A ledger of lots that are held already, by the rules that it is kept by from then on. */
export function openLotLedger(lots: readonly Lot[], rules: LotRules): LotLedger {
  const pools = new Map<string, Lot[]>();
  for (const lot of lots) {
    const key = poolKey(lot.account, lot.asset, rules);
    const pool = pools.get(key);
    if (pool) pool.push(lot);
    else pools.set(key, [lot]);
  }
  for (const pool of pools.values()) pool.sort(lotOrder(rulesOf(pool, rules).method));
  return { pools, openLosses: [] };
}

/** Every lot that is held: pools by account and asset, each in its method's order. With averages, at its average. */
export function lotsOf(ledger: LotLedger, rules: LotRules): readonly Lot[] {
  return [...ledger.pools.keys()].sort().flatMap((key) => ready(ledger.pools.get(key) ?? [], rules));
}

/**
 * What an event does to a ledger. Events come in the order of `compareEvents`. Refused, with nothing done, where an
 * event takes more than its pool holds, names lots that are not there, or leaves out what the method chooses by.
 */
export function applyLotEvent(ledger: LotLedger, event: LotEvent, rules: LotRules): LotOutcome {
  switch (event.kind) {
    case 'acquisition':
      return acquire(ledger, event, rules);
    case 'disposal':
      return dispose(ledger, event, rules);
    case 'transfer':
      return transfer(ledger, event, rules);
  }
}

function acquire(ledger: LotLedger, event: Acquisition, rules: LotRules): LotOutcome {
  const { id, account, asset, quantity, atMs, cost, heldSince, source } = event;
  const lot: Lot = {
    id,
    origin: id,
    account,
    asset,
    quantity,
    basis: cost.state === 'known' ? knownBasis(cost.amount, quantity) : cost,
    acquiredAtMs: atMs,
    heldSince,
    source,
    isReplacement: false,
  };
  const current = ledger.openLosses.filter((loss) => !isPast(loss, atMs, rules));
  const { lots, open, disallowances } = replaceLosses([lot], current, rules);
  const key = poolKey(account, asset, rules);
  const pools = withPool(ledger.pools, key, insertLots(ledger.pools.get(key) ?? [], lots, rules));
  return { state: 'applied', ledger: { pools, openLosses: open }, disposal: null, disallowances };
}

function dispose(ledger: LotLedger, event: Disposal, rules: LotRules): LotOutcome {
  const { id, account, asset, atMs, proceeds } = event;
  const key = poolKey(account, asset, rules);
  const taking = takeForSale(ready(ledger.pools.get(key) ?? [], rules), event, rulesAt(rules, account));
  if (taking.state === 'refused') return taking;
  const disposed = { id, kind: 'disposal', account, asset, atMs, proceeds } as const;
  const disposal = measureDisposal(disposed, taking.parts, rules);
  return settled({ ...ledger, pools: withPool(ledger.pools, key, taking.rest) }, disposal, rules);
}

function transfer(ledger: LotLedger, event: Transfer, rules: LotRules): LotOutcome {
  const from = poolKey(event.from, event.asset, rules);
  const asset = event.arrivesAs ?? event.asset;
  const to = poolKey(event.to, asset, rules);
  const sent = sendLots(ready(ledger.pools.get(from) ?? [], rules), event, rulesAt(rules, event.from));
  if (sent.state === 'refused') return sent;
  const arriving =
    from === to ? sent.arriving : sent.arriving.map((lot) => ({ ...lot, account: event.to, asset }));
  const left = withPool(ledger.pools, from, sent.rest);
  const pools = withPool(left, to, insertLots(left.get(to) ?? [], arriving, rules));
  if (sent.fee.length === 0)
    return { state: 'applied', ledger: { ...ledger, pools }, disposal: null, disallowances: [] };
  const { id, from: account, atMs, feeValue: proceeds } = event;
  const disposed = { id, kind: 'networkFee', account, asset: event.asset, atMs, proceeds } as const;
  return settled({ ...ledger, pools }, measureDisposal(disposed, sent.fee, rules), rules);
}

/** After a disposal: its losses wait for purchases, and those that are held already replace what was sold. */
function settled(ledger: LotLedger, disposal: LotDisposal, rules: LotRules): LotOutcome {
  const losses = lossesOf(disposal, rules);
  const [first] = losses;
  if (!first) return { state: 'applied', ledger, disposal, disallowances: [] };
  const pools = new Map(ledger.pools);
  const candidates = [...pools.values()].flat().filter((lot) => first.group.includes(lot.asset));
  const replaced = replaceLosses(candidates, losses, rules);
  if (replaced.disallowances.length > 0) {
    const { pools: again } = openLotLedger(replaced.lots, rules);
    for (const [key, pool] of again) pools.set(key, pool);
  }
  return {
    state: 'applied',
    ledger: { pools, openLosses: [...ledger.openLosses, ...replaced.open] },
    disposal,
    disallowances: replaced.disallowances,
  };
}

/** A pool as lots are taken from it. */
const ready = (pool: readonly Lot[], rules: LotRules): readonly Lot[] =>
  rulesOf(pool, rules).method === 'average' ? averageLots(pool) : pool;

/** By the account of its lots; where pools are of all accounts, they have one method. */
const rulesOf = ([lot]: readonly Lot[], rules: LotRules): LotRules =>
  lot ? rulesAt(rules, lot.account) : rules;

const poolKey = (account: string, asset: string, { poolScope }: LotRules): string =>
  JSON.stringify(poolScope === 'account' ? [account, asset] : [asset]);

function withPool(
  pools: ReadonlyMap<string, readonly Lot[]>,
  key: string,
  lots: readonly Lot[],
): ReadonlyMap<string, readonly Lot[]> {
  const changed = new Map(pools);
  if (lots.length > 0) changed.set(key, lots);
  else changed.delete(key);
  return changed;
}

/** A pool in its order stays in order: each lot goes where a binary search finds its place. */
function insertLots(pool: readonly Lot[], lots: readonly Lot[], rules: LotRules): readonly Lot[] {
  const compare = lotOrder(rulesOf(lots, rules).method);
  const grown = [...pool];
  for (const lot of lots) {
    let [low, high] = [0, grown.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = grown[middle];
      if (other && compare(other, lot) <= 0) low = middle + 1;
      else high = middle;
    }
    grown.splice(low, 0, lot);
  }
  return grown;
}
