import type { CashBreak } from './cash-breaks.ts';
import type { CashViolation } from './cash-judge.ts';
import { type CashRun, runHistory } from './cash-run.ts';
import { isOverdrawn, NAIVE_POLICIES, type NaivePolicy } from './naive-policies.ts';

/** What many histories came to. Counts are of histories, but for events and orders. */
export interface CashTally {
  readonly histories: number;
  readonly events: number;
  readonly orders: number;
  /** More was taken than there was, at the venue. */
  readonly negativeCash: number;
  readonly overReserved: number;
  /** By kind, those that are counted above left out. */
  readonly otherViolations: Readonly<Partial<Record<CashViolation['kind'], number>>>;
  /** How many of the same scripts would have been overdrawn without the protocol. */
  readonly naiveNegative: Readonly<Record<NaivePolicy, number>>;
  readonly firstFailure: CashRun | null;
}

/** Each naive policy must be overdrawn in more than this share of the histories: else they are not hard enough. */
export const NAIVE_SHARE_MIN = 0.4;
/** Fewer histories say nothing of a share. */
const NAIVE_HISTORIES_MIN = 1_000;

export function runHistories(
  { seed, from, histories }: { readonly seed: number; readonly from: number; readonly histories: number },
  onHistory: (done: number) => void = () => {},
): CashTally {
  const counting = new CountingTally();
  for (let number = from; number < from + histories; number++) {
    counting.count(runHistory({ seed, number, breaking: null }));
    onHistory(number - from + 1);
  }
  return counting.tally();
}

/** After how many histories a broken rule is found; null where it is not within as many as were allowed. */
export interface BreakFound {
  readonly histories: number;
  /** By anything that must not be. */
  readonly untilViolation: number | null;
  /** By the venue's own account being below zero. */
  readonly untilNegativeCash: number | null;
  readonly first: CashRun | null;
}

/** Runs histories with one rule broken until an account is below zero, or to the last one. */
export function findBreak(
  breaking: CashBreak,
  { seed, histories }: { readonly seed: number; readonly histories: number },
): BreakFound {
  let first: CashRun | null = null;
  for (let number = 0; number < histories; number++) {
    const run = runHistory({ seed, number, breaking });
    if (run.violations.length > 0) first ??= run;
    const untilViolation = first === null ? null : first.number + 1;
    if (run.violations.some(({ kind }) => kind === 'negativeCash'))
      return { histories: number + 1, untilViolation, untilNegativeCash: number + 1, first };
  }
  return {
    histories,
    untilViolation: first === null ? null : first.number + 1,
    untilNegativeCash: null,
    first,
  };
}

/** Both together; `a` has the histories before those of `b`. */
export function mergeTallies(a: CashTally, b: CashTally): CashTally {
  return {
    histories: a.histories + b.histories,
    events: a.events + b.events,
    orders: a.orders + b.orders,
    negativeCash: a.negativeCash + b.negativeCash,
    overReserved: a.overReserved + b.overReserved,
    otherViolations: added(a.otherViolations, b.otherViolations),
    naiveNegative: {
      plannedProceeds: a.naiveNegative.plannedProceeds + b.naiveNegative.plannedProceeds,
      confirmedCashBlind: a.naiveNegative.confirmedCashBlind + b.naiveNegative.confirmedCashBlind,
    },
    firstFailure: a.firstFailure ?? b.firstFailure,
  };
}

/** Null where there are no histories. */
export function naiveSharesOf(tally: Pick<CashTally, 'naiveNegative' | 'histories'>) {
  const { plannedProceeds, confirmedCashBlind } = tally.naiveNegative;
  const share = (count: number) => (tally.histories === 0 ? null : count / tally.histories);
  return { plannedProceeds: share(plannedProceeds), confirmedCashBlind: share(confirmedCashBlind) };
}

/** What must not have come of a run; null where all is well. */
export function whyFailed(tally: CashTally): string | null {
  const { negativeCash, overReserved, otherViolations, firstFailure, histories } = tally;
  if (firstFailure !== null)
    return `expected no violation, found ${negativeCash} negative, ${overReserved} reserved beyond cash, and ${JSON.stringify(otherViolations)}, the first with --only ${firstFailure.number}`;
  if (histories < NAIVE_HISTORIES_MIN) return null;
  const shares = naiveSharesOf(tally);
  const easy = NAIVE_POLICIES.find((policy) => (shares[policy] ?? 0) <= NAIVE_SHARE_MIN);
  return easy === undefined
    ? null
    : `expected ${easy} to be overdrawn in more than ${NAIVE_SHARE_MIN} of the histories, found ${shares[easy]}`;
}

class CountingTally {
  #histories = 0;
  #events = 0;
  #orders = 0;
  #firstFailure: CashRun | null = null;
  readonly #violations = new Map<CashViolation['kind'], number>();
  readonly #naive: Record<NaivePolicy, number> = { plannedProceeds: 0, confirmedCashBlind: 0 };

  count(run: CashRun): void {
    this.#histories++;
    this.#events += run.events;
    this.#orders += run.orders;
    if (run.violations.length > 0) this.#firstFailure ??= run;
    for (const { kind } of run.violations) this.#violations.set(kind, (this.#violations.get(kind) ?? 0) + 1);
    for (const policy of NAIVE_POLICIES) if (isOverdrawn(run.script, policy)) this.#naive[policy]++;
  }

  tally(): CashTally {
    const { negativeCash = 0, overReserved = 0, ...otherViolations } = Object.fromEntries(this.#violations);
    return {
      histories: this.#histories,
      events: this.#events,
      orders: this.#orders,
      negativeCash,
      overReserved,
      otherViolations,
      naiveNegative: this.#naive,
      firstFailure: this.#firstFailure,
    };
  }
}

type Counts = CashTally['otherViolations'];

function added(a: Counts, b: Counts): Counts {
  const kinds = [...new Set([...Object.keys(a), ...Object.keys(b)])] as CashViolation['kind'][];
  return Object.fromEntries(kinds.map((kind) => [kind, (a[kind] ?? 0) + (b[kind] ?? 0)]));
}
