import type { Amount } from '../money/amount.ts';
import type { Figure } from './figure.ts';
import type { HeldSince, LotSource } from './lot.ts';
import type { NamedLot } from './take-lots.ts';

/** What changes the lots. Quantities are above zero, and so is money, in one currency, but where fees exceed proceeds. */
export type LotEvent = Acquisition | Disposal | Transfer;

interface EventBase {
  /** No two events have the same. */
  readonly id: string;
  readonly asset: string;
  readonly quantity: Amount;
  readonly atMs: number;
}

export interface Acquisition extends EventBase {
  readonly kind: 'acquisition';
  readonly account: string;
  /** Of all of it, fees included. */
  readonly cost: Figure;
  readonly heldSince: HeldSince;
  readonly source: LotSource;
}

export interface Disposal extends EventBase {
  readonly kind: 'disposal';
  readonly account: string;
  /** Of all of it, after fees. */
  readonly proceeds: Figure;
  /** The lots that it takes; null where the method chooses them. */
  readonly lots: readonly NamedLot[] | null;
}

/** `quantity` leaves one account, `quantity` less `fee` arrives in another. */
export interface Transfer extends EventBase {
  readonly kind: 'transfer';
  readonly from: string;
  readonly to: string;
  /** The asset's name where it arrives, if that is another: the same thing, such as wrapped SOL. */
  readonly arrivesAs?: string | undefined;
  /** What the network took of the asset; less than the quantity. */
  readonly fee: Amount;
  /** What the fee was worth: the proceeds of its disposal. */
  readonly feeValue: Figure;
  /** The lots that it moves, the fee included where it is a cost; null for the oldest. */
  readonly lots: readonly NamedLot[] | null;
}

/** At one time acquisitions come first, then transfers, then disposals; of one kind the id that sorts first. */
export const compareEvents = (a: LotEvent, b: LotEvent): number =>
  a.atMs - b.atMs || compareKinds(a, b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

export const compareKinds = (a: LotEvent, b: LotEvent): number => RANK[a.kind] - RANK[b.kind];

const RANK = { acquisition: 0, transfer: 1, disposal: 2 } as const;
