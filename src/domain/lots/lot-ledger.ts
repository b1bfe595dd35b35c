// The lots of all pools, and what an event does to them.
//
// Invariants, each held by a property test of the same words:
// 1. What was acquired is held, was disposed of, or went to a network: quantities add up to the last digit.
// 2. What was paid is the basis of what is held or of what was disposed of: money adds up to the last digit.
// 3. A transfer keeps the basis, the age and the holding period of what it moves.
// 4. An event that is refused changes nothing.

import { type Amount, add } from '../money/amount.ts';
import type { InputProblem } from '../rebalancing/input-problem.ts';
import { averageFront, joinedCost, type PoolCost, poolCostOf, remainingCost } from './average-lots.ts';
import { knownBasis, type Lot } from './lot.ts';
import { type LotDisposal, measureDisposal } from './lot-disposal.ts';
import type { Acquisition, Disposal, LotEvent, Transfer } from './lot-event.ts';
import { lotOrder } from './lot-order.ts';
import { type LotRules, rulesAt } from './lot-rules.ts';
import { sendLots } from './send-lots.ts';
import { takeForSale } from './take-for-sale.ts';
import { type Disallowance, isPast, lossesOf, type OpenLoss, replaceLosses } from './wash-sale.ts';

/** Pools, each in the order of its method, and the losses that a purchase may still replace. */
export interface LotLedger {
  readonly pools: ReadonlyMap<string, readonly Lot[]>;
  /** Of pools at average cost, whose lots say what they cost only once they are taken. */
  readonly costs: ReadonlyMap<string, PoolCost>;
  readonly openLosses: readonly OpenLoss[];
  /**
   * Nobody keeps an earlier ledger: pools may grow in place. A copy for each purchase takes a minute of a hundred
   * thousand of them.
   */
  readonly isPrivate?: true;
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
  const costs = new Map<string, PoolCost>();
  for (const [key, pool] of pools) {
    const { method } = rulesOf(pool, rules);
    pool.sort(lotOrder(method));
    if (method === 'average') costs.set(key, poolCostOf(pool));
  }
  return { pools, costs, openLosses: [] };
}

/** Every lot that is held: pools by account and asset, each in its method's order. With averages, at its average. */
export function lotsOf(ledger: LotLedger): readonly Lot[] {
  return [...ledger.pools.keys()].sort().flatMap((key) => ready(ledger, key));
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
  const after = withArrived({ ...ledger, openLosses: open }, key, lots, rules);
  return { state: 'applied', ledger: after, disposal: null, disallowances };
}

function dispose(ledger: LotLedger, event: Disposal, rules: LotRules): LotOutcome {
  const { id, account, asset, quantity, atMs, proceeds } = event;
  const key = poolKey(account, asset, rules);
  const taking = takeForSale(ready(ledger, key, quantity), event, rulesAt(rules, account));
  if (taking.state === 'refused') return taking;
  const disposed = { id, kind: 'disposal', account, asset, atMs, proceeds } as const;
  const disposal = measureDisposal(disposed, taking.parts, rules);
  const after = withTaken(ledger, key, taking.rest, poolCostOf(taking.parts));
  return settled(after, disposal, rules);
}

function transfer(ledger: LotLedger, event: Transfer, rules: LotRules): LotOutcome {
  const from = poolKey(event.from, event.asset, rules);
  const asset = event.arrivesAs ?? event.asset;
  const to = poolKey(event.to, asset, rules);
  const sent = sendLots(ready(ledger, from, event.quantity), event, rulesAt(rules, event.from));
  if (sent.state === 'refused') return sent;
  const arriving =
    from === to ? sent.arriving : sent.arriving.map((lot) => ({ ...lot, account: event.to, asset }));
  const gone = poolCostOf([...sent.arriving, ...sent.fee]);
  // A fee that is a cost has given its basis to what arrives, and is gone itself.
  const quantity = rules.networkFee === 'cost' ? add(gone.quantity, event.fee) : gone.quantity;
  const left = withTaken(ledger, from, sent.rest, { ...gone, quantity });
  const after = withArrived(left, to, arriving, rules);
  if (sent.fee.length === 0) return { state: 'applied', ledger: after, disposal: null, disallowances: [] };
  const { id, from: account, atMs, feeValue: proceeds } = event;
  const disposed = { id, kind: 'networkFee', account, asset: event.asset, atMs, proceeds } as const;
  return settled(after, measureDisposal(disposed, sent.fee, rules), rules);
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
    ledger: { ...ledger, pools, openLosses: [...ledger.openLosses, ...replaced.open] },
    disposal,
    disallowances: replaced.disallowances,
  };
}

/** A pool as so much is taken from it, or all of it. */
function ready({ pools, costs }: LotLedger, key: string, quantity?: Amount): readonly Lot[] {
  const pool = pools.get(key) ?? [];
  const cost = costs.get(key);
  return cost ? averageFront(pool, cost, quantity) : pool;
}

/** By the account of its lots; where pools are of all accounts, they have one method. */
const rulesOf = ([lot]: readonly Lot[], rules: LotRules): LotRules =>
  lot ? rulesAt(rules, lot.account) : rules;

const poolKey = (account: string, asset: string, { poolScope }: LotRules): string =>
  JSON.stringify(poolScope === 'account' ? [account, asset] : [asset]);

function withTaken(ledger: LotLedger, key: string, rest: readonly Lot[], taken: PoolCost): LotLedger {
  const pools = new Map(ledger.pools);
  if (rest.length > 0) pools.set(key, rest);
  else pools.delete(key);
  const cost = ledger.costs.get(key);
  if (!cost) return { ...ledger, pools };
  const costs = new Map(ledger.costs);
  if (rest.length > 0) costs.set(key, remainingCost(cost, taken));
  else costs.delete(key);
  return { ...ledger, pools, costs };
}

function withArrived(ledger: LotLedger, key: string, lots: readonly Lot[], rules: LotRules): LotLedger {
  if (lots.length === 0) return ledger;
  const pool = ledger.pools.get(key) ?? [];
  const pools = new Map(ledger.pools).set(key, insertLots(ledger.isPrivate ? pool : [...pool], lots, rules));
  if (rulesOf(lots, rules).method !== 'average') return { ...ledger, pools };
  const cost = poolCostOf(lots);
  const before = ledger.costs.get(key);
  const costs = new Map(ledger.costs).set(key, before ? joinedCost(before, cost) : cost);
  return { ...ledger, pools, costs };
}

/** Grows a pool in its order, which stays in order: each lot goes where a binary search finds its place. */
function insertLots(pool: readonly Lot[], lots: readonly Lot[], rules: LotRules): readonly Lot[] {
  const compare = lotOrder(rulesOf(lots, rules).method);
  const grown = pool as Lot[];
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
