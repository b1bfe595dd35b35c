import type { CashOutcome, VenueCash } from '../../../src/domain/rebalancing/cash-protocol.ts';
import type { Ledger } from './cash-world.ts';
import { microsOf } from './micros.ts';

/** What an account really has, in micros. */
export interface CashTruth {
  readonly money: number;
  readonly base: number;
}

export type CashViolation =
  /** An account of the venue is below zero. */
  | { readonly kind: 'negativeCash'; readonly ledger: Ledger; readonly micros: number }
  /** It is below what must stay, and was not when it began. */
  | { readonly kind: 'belowFloor'; readonly ledger: Ledger; readonly micros: number }
  /** C - R < B though something is reserved. */
  | { readonly kind: 'overReserved'; readonly ledger: Ledger; readonly micros: number }
  /** There is less than C - R. */
  | { readonly kind: 'uncovered'; readonly ledger: Ledger; readonly micros: number }
  /** What is stored is not what the reducer makes of the same events. */
  | { readonly kind: 'stateDiffers'; readonly ledger: Ledger; readonly reason: string }
  | { readonly kind: 'threw'; readonly reason: string }
  | { readonly kind: 'premiseBroken'; readonly ledger: Ledger; readonly reason: string }
  /** What was told before was booked again. */
  | { readonly kind: 'bookedTwice'; readonly state: string }
  /** All orders ended, and something is still reserved. */
  | { readonly kind: 'leaked'; readonly ledger: Ledger; readonly micros: number }
  /** Everything was told, and the ledger has not what there is. */
  | { readonly kind: 'drifted'; readonly ledger: Ledger; readonly micros: number };

interface Standing {
  readonly cash: VenueCash;
  /** C - R. */
  readonly free: number;
  readonly reserved: number;
  readonly floor: number;
}

const LEDGERS = ['money', 'base'] as const;

/** Holds what is really there against zero, the floor and the ledgers. Keeps one violation of a kind. */
export class CashJudge {
  readonly #floors: Readonly<Record<Ledger, number>>;
  readonly #found = new Map<CashViolation['kind'], CashViolation>();
  /** What was read of each ledger as it last was, so that its amounts are read once. */
  readonly #standings: Partial<Record<Ledger, Standing>> = {};

  constructor(floor: number, opening: CashTruth) {
    this.#floors = { money: Math.min(floor, opening.money), base: 0 };
  }

  get violations(): readonly CashViolation[] {
    return [...this.#found.values()];
  }

  /** Whether there is nothing more to learn: more was taken than there is. */
  get isOver(): boolean {
    return this.#found.has('negativeCash');
  }

  judgeTruth(book: Readonly<Record<Ledger, VenueCash>>, truth: CashTruth): void {
    for (const ledger of LEDGERS) {
      const micros = truth[ledger];
      if (micros < 0) this.#add({ kind: 'negativeCash', ledger, micros });
      if (micros < this.#floors[ledger]) this.#add({ kind: 'belowFloor', ledger, micros });
      const { free, reserved, floor } = this.#standing(ledger, book[ledger]);
      if (reserved > 0 && free < floor) this.#add({ kind: 'overReserved', ledger, micros: free });
      if (micros < free) this.#add({ kind: 'uncovered', ledger, micros: free - micros });
    }
  }

  judgeOutcome(ledger: Ledger, outcome: CashOutcome): void {
    if (outcome.state === 'premiseBroken')
      this.#add({ kind: 'premiseBroken', ledger, reason: outcome.reason });
  }

  judgeRepeated({ state }: CashOutcome): void {
    if (state !== 'repeated') this.#add({ kind: 'bookedTwice', state });
  }

  /** Certified readings may leave a ledger with less than there is, until the next one. */
  judgeEnd(book: Readonly<Record<Ledger, VenueCash>>, truth: CashTruth, wasCertified: boolean): void {
    for (const ledger of LEDGERS) {
      const { free, reserved } = this.#standing(ledger, book[ledger]);
      if (reserved !== 0) this.#add({ kind: 'leaked', ledger, micros: reserved });
      const drift = truth[ledger] - free - reserved;
      if (wasCertified ? drift < 0 : drift !== 0) this.#add({ kind: 'drifted', ledger, micros: drift });
    }
  }

  #standing(ledger: Ledger, cash: VenueCash): Standing {
    const known = this.#standings[ledger];
    if (known?.cash === cash) return known;
    const reserved = microsOf(cash.reserved);
    const read = { cash, free: microsOf(cash.confirmed) - reserved, reserved, floor: microsOf(cash.floor) };
    this.#standings[ledger] = read;
    return read;
  }

  #add(violation: CashViolation): void {
    if (!this.#found.has(violation.kind)) this.#found.set(violation.kind, violation);
  }
}
