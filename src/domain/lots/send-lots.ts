import { isLess, isZero, subtract } from '../money/amount.ts';
import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { compareByAge, type Lot } from './lot.ts';
import type { Transfer } from './lot-event.ts';
import type { LotRules } from './lot-rules.ts';
import { carryFee, splitFee } from './network-fee.ts';
import { takeForSale } from './take-for-sale.ts';
import { type Taking, takeNamed, takeOldest } from './take-lots.ts';

export type Sent =
  | {
      readonly state: 'sent';
      readonly arriving: readonly Lot[];
      /** What is disposed of as the fee; empty where it is a cost of what arrives. */
      readonly fee: readonly Lot[];
      /** What stays, in the order of the pool. */
      readonly rest: readonly Lot[];
    }
  | { readonly state: 'refused'; readonly problem: InputProblem };

/**
 * What a transfer takes from the pool of the account that it leaves: the lots that it names, with the fee last, or the
 * oldest, after the method has chosen what the fee disposes of. Basis, age and holding period go with the lots. In a
 * pool of all accounts nothing moves but the fee; as a cost it goes to the oldest lot that is left.
 */
export function sendLots(pool: readonly Lot[], event: Transfer, rules: LotRules): Sent {
  const { quantity, fee, lots } = event;
  if (event.from === event.to && event.arrivesAs === undefined)
    return refused('to', 'another account', event.to);
  if (!isLess(fee, quantity)) return refused('fee', `less than ${quantity}, which is sent`, fee);
  const isWhole = rules.poolScope === 'universal';
  if (lots && isWhole) return refused('lots', 'no lots: all accounts are one pool', 'lots');
  if (lots && rules.method === 'average')
    return refused('lots', 'no lots: at average cost they are alike', 'lots');
  const sent = lots ? takeNamed(pool, lots, quantity) : takeOldest(pool, quantity);
  if (sent.state === 'refused') return sent;
  if (isWhole) return feeOfWhole(pool, event, rules);
  if (lots || isZero(fee) || rules.networkFee === 'cost') return sentTogether(sent, event, rules);
  const paid = takeFee(pool, event, rules);
  if (paid.state === 'refused') return paid;
  const moved = takeOldest(paid.rest, subtract(quantity, fee));
  if (moved.state === 'refused') return moved;
  return { state: 'sent', arriving: renamed(moved, event), fee: paid.parts, rest: moved.rest };
}

type Taken = Extract<Taking, { state: 'taken' }>;

function sentTogether(sent: Taken, event: Transfer, { networkFee }: LotRules): Sent {
  const { arriving, fee } = splitFee(renamed(sent, event), event.fee);
  return networkFee === 'cost'
    ? { state: 'sent', arriving: carryFee(arriving, fee), fee: [], rest: sent.rest }
    : { state: 'sent', arriving, fee, rest: sent.rest };
}

function feeOfWhole(pool: readonly Lot[], event: Transfer, rules: LotRules): Sent {
  if (isZero(event.fee)) return { state: 'sent', arriving: [], fee: [], rest: pool };
  if (rules.networkFee === 'disposal') {
    const paid = takeFee(pool, event, rules);
    return paid.state === 'refused'
      ? paid
      : { state: 'sent', arriving: [], fee: paid.parts, rest: paid.rest };
  }
  const paid = takeOldest(pool, event.fee);
  if (paid.state === 'refused') return paid;
  const oldest = [...paid.rest].sort(compareByAge).slice(0, 1);
  const rest = paid.rest.filter((lot) => lot !== oldest[0]);
  return { state: 'sent', arriving: carryFee(oldest, paid.parts), fee: [], rest };
}

/** What the method chooses for the fee; without lots that are named, the oldest. */
function takeFee(pool: readonly Lot[], { fee, feeValue, atMs }: Transfer, rules: LotRules): Taking {
  if (rules.method === 'specific') return takeOldest(pool, fee);
  if (rules.method === 'mintax' && feeValue.state === 'unknown' && rules.unpriced === undefined)
    return refused('feeValue', 'what the fee was worth, which mintax chooses by', 'unknown');
  return takeForSale(pool, { quantity: fee, proceeds: feeValue, atMs, lots: null }, rules);
}

/** The part of a lot that moves has the transfer in its id, where another part stays behind under the old one. */
function renamed({ parts, rest }: Taken, { id }: Transfer): readonly Lot[] {
  const staying = new Set(rest.map((lot) => lot.id));
  return parts.map((lot) => (staying.has(lot.id) ? { ...lot, id: `${lot.id}/${id}` } : lot));
}

const refused = (path: string, expected: string, found: unknown) => ({
  state: 'refused' as const,
  problem: inputProblem(path, expected, found),
});
