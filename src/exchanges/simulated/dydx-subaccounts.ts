// Subaccounts of one simulated dYdX account: each is a venue of its own, with collateral and positions of its own.

import { assert } from '../../domain/assert.ts';
import type { Amount } from '../../domain/money/amount.ts';
import { createDydxOrders, type DydxOrders } from './dydx-orders.ts';
import { simulatedId } from './simulated-id.ts';
import type { SimulatedVenue } from './simulated-venue.ts';

export interface DydxSubaccount {
  readonly venue: SimulatedVenue;
  readonly orders: DydxOrders;
}

/** Collateral that went from one subaccount to another. */
export interface DydxMove {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly asset: string;
  readonly amount: Amount;
  readonly atMs: number;
  readonly height: number;
}

export interface DydxSubaccounts {
  readonly address: string;
  /** The one that orders are for; its clock and its markets are the chain's. */
  readonly main: DydxSubaccount;
  /** The main one and every child, in the order of their numbers. */
  readonly all: readonly DydxSubaccount[];
  numbered(subaccountNumber: number): DydxSubaccount | undefined;
  /** The family of a parent, itself included; empty where it has no subaccount. */
  familyOf(parent: number): readonly DydxSubaccount[];
  /** Newest first. */
  moves(): readonly DydxMove[];
  /** What the two engines call a withdrawal and a deposit, and the indexer lists as one transfer. */
  isMove(transferId: string): boolean;
  /** Fails where the collateral is not free. */
  moveCollateral(move: { readonly from: number; readonly to: number; readonly amount: Amount }): DydxMove;
}

const PARENTS = 128;
const COLLATERAL = 'USDC';

/** Children are venues that began at the same moment as the main one, so that all stand at one height. */
export function createDydxSubaccounts(options: {
  readonly venue: SimulatedVenue;
  readonly address: string;
  readonly subaccountNumber: number;
  readonly children: Readonly<Record<number, SimulatedVenue>>;
}): DydxSubaccounts {
  const { venue, address, subaccountNumber, children } = options;
  const open = (one: SimulatedVenue, number: number): DydxSubaccount => ({
    venue: one,
    orders: createDydxOrders(one, { address, subaccountNumber: number }),
  });
  const main = open(venue, subaccountNumber);
  const others = Object.entries(children).map(([number, child]) => {
    assert(child.height() === venue.height(), `subaccount ${number} stands at the height of the chain`);
    return open(child, Number(number));
  });
  const numberOf = ({ orders }: DydxSubaccount) => orders.account.subaccountNumber;
  const all = [main, ...others].sort((a, b) => numberOf(a) - numberOf(b));
  const moves: DydxMove[] = [];
  const moved = new Set<string>();
  const numbered = (number: number) => all.find((one) => numberOf(one) === number);

  return {
    address,
    main,
    all,
    numbered,
    familyOf: (parent) => all.filter((one) => numberOf(one) % PARENTS === parent),
    moves: () => moves.toReversed(),
    isMove: (transferId) => moved.has(transferId),
    moveCollateral({ from, to, amount }) {
      const [source, target] = [numbered(from)?.venue, numbered(to)?.venue];
      assert(source !== undefined && target !== undefined, `subaccounts ${from} and ${to} are there`);
      moved.add(source.withdraw(COLLATERAL, amount).id);
      moved.add(target.deposit(COLLATERAL, amount).id);
      const id = simulatedId({ venue: venue.venue, seed: '0', kind: 'move', counter: moves.length + 1 });
      const move: DydxMove = {
        id,
        from,
        to,
        asset: COLLATERAL,
        amount,
        atMs: venue.now(),
        height: venue.height(),
      };
      moves.push(move);
      return move;
    },
  };
}
