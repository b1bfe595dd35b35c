import type { BookEvent } from '../../src/domain/book/book-event.ts';
import { holdingOf, viewOf } from '../../src/domain/book/book-state.ts';
import { correctionTransaction } from '../../src/domain/book/correction-transaction.ts';
import { inferFill } from '../../src/domain/book/inferred-fill.ts';
import { openingTransaction } from '../../src/domain/book/opening.ts';
import { bookOrderOf } from '../../src/domain/book/order-state.ts';
import { advanceEntry } from '../../src/domain/book/position-entry.ts';
import type { BookEventDecision } from '../../src/domain/book/post-event.ts';
import {
  type Amount,
  add,
  amount,
  isNegative,
  negate,
  subtract,
  ZERO,
} from '../../src/domain/money/amount.ts';
import { type CandidateInput, candidatesFrom } from '../../src/domain/reconciliation/candidates.ts';
import type { Comparison, Difference } from '../../src/domain/reconciliation/compare.ts';
import type { Correction } from '../../src/domain/reconciliation/correction.ts';
import type { Discrepancy } from '../../src/domain/reconciliation/discrepancy.ts';
import { type ExplainedRound, explainRound } from '../../src/domain/reconciliation/explain-round.ts';
import { fillDeltas } from '../../src/domain/reconciliation/fill-movement.ts';
import { defaultTolerances, type Tolerances } from '../../src/domain/reconciliation/tolerance.ts';
import { NO_LAG } from '../../src/domain/reconciliation/venue-lag.ts';
import { judgeRound, type VenueStanding } from '../../src/domain/reconciliation/venue-round.ts';
import type { Known, Snapshot } from '../../src/domain/venue/observation.ts';
import {
  type AssetId,
  type Fill,
  isPerpetualAsset,
  type OpenOrder,
  type Position,
} from '../../src/domain/venue/venue.ts';
import { BookHarness, NOW_MS } from './book-harness.ts';
import { priceOf, QUIET_MS, snapshotOf, VENUE } from './reconciliation-fixtures.ts';

/** When what a scenario tells happened: long before it is read. */
export const HAPPENED_AT_MS = 500_000;

export interface Looked extends ExplainedRound {
  readonly comparison: Comparison;
  readonly discrepancies: readonly Discrepancy[];
  /** The differences of open orders. */
  readonly orders: readonly Difference[];
}

/** A book that hears messages, and beside it a venue with a record of its own: what the core makes of the two. */
export class VenueBesideBook {
  readonly harness: BookHarness;
  readonly balances = new Map<AssetId, { readonly total: Amount; readonly hold: Amount }>();
  fills: readonly Fill[] = [];
  openOrders: readonly OpenOrder[] = [];
  positions: readonly Position[] = [];
  tolerances: Tolerances = defaultTolerances();
  /** Since when the venue's list of fills is complete. */
  fillsSinceMs: number | null = null;
  readonly #corrected = new Set<string>();
  #readAtMs: number;

  constructor(readAtMs = 1_000_000) {
    this.#readAtMs = readAtMs;
    this.harness = new BookHarness({ nowMs: readAtMs + NOW_MS });
  }

  /** Time passes until then, and nothing is read. */
  moveTo(readAtMs: number): void {
    this.#readAtMs = readAtMs;
  }

  /** What the book holds is what the venue shows now. */
  open(atMs = HAPPENED_AT_MS - 1): void {
    const { value: snapshot } = this.#read(atMs);
    const transaction = openingTransaction({ venue: VENUE, snapshot, booked: [], atMs });
    if (transaction !== null) this.harness.post(transaction);
    this.harness.opening = { state: 'fromSnapshot', atMs };
  }

  hold(asset: AssetId, total: string, hold = '0'): void {
    this.balances.set(asset, { total: amount(total), hold: amount(hold) });
  }

  /** The venue fills, and what it holds moves. */
  fill(...fills: readonly Fill[]): void {
    this.fills = [...this.fills, ...fills];
    for (const fill of fills.filter(({ base }) => isPerpetualAsset(base))) this.#trade(fill);
    for (const { asset, amount: moved } of fills.flatMap(fillDeltas)) {
      if (isPerpetualAsset(asset)) continue;
      const { total, hold } = this.balances.get(asset) ?? { total: ZERO, hold: ZERO };
      this.balances.set(asset, { total: add(total, moved), hold });
    }
  }

  hear(...events: readonly BookEvent[]): readonly BookEventDecision[] {
    return events.map((event) => this.harness.hear(event));
  }

  /** Two reads a quiet window apart where the first shows anything, and what accounts for what both of them show. */
  look(): Looked {
    const first = this.judge([], 0);
    const hasToSettle = first.judged.next === 'settle';
    const last = hasToSettle ? this.judge(first.judged.advanced.discrepancies, 1) : first;
    const { comparison, advanced } = last.judged;
    const { discrepancies } = advanced;
    const orders = comparison.differences.filter(({ bucket }) => bucket === 'order');
    const explained = this.#explain(last.snapshot, comparison, last.standing, discrepancies);
    return { ...explained, comparison, discrepancies, orders };
  }

  /** One read, a quiet window after the last, and what it means. */
  judge(discrepancies: readonly Discrepancy[], settled: number) {
    this.#readAtMs += QUIET_MS;
    const snapshot = this.#read(this.#readAtMs);
    const standing = this.standing(discrepancies);
    const input = { observation: snapshot, standing, firstForOpening: null, suspect: null, settled };
    const judged = judgeRound(input);
    if (judged.kind !== 'compared') throw new Error(`a read is compared, found ${judged.kind}`);
    return { snapshot, standing, judged };
  }

  /** Everything that may account for what differs, the same or with the input changed. */
  candidates(otherwise: (input: CandidateInput) => Partial<CandidateInput> = () => ({})) {
    const { comparison } = this.look();
    const { opening, transactions } = this.harness;
    const { recentVenueIds, recentSinceMs, holdings } = viewOf(this.harness.book, VENUE, 0);
    const input: CandidateInput = {
      venue: VENUE,
      fills: this.fills,
      activity: null,
      recentVenueIds,
      recentSinceMs,
      openedAtMs: opening.state === 'fromSnapshot' ? opening.atMs : null,
      fillsSinceMs: this.fillsSinceMs,
      bookTransactions: transactions,
      differences: comparison.differences,
      holdings,
      accrued: [],
      transfersInTransit: [],
      wrappedPairs: [],
      observedAtMs: comparison.observedAtMs,
    };
    return candidatesFrom({ ...input, ...otherwise(input) });
  }

  /** Applies what has one explanation, as the service does, and counts its fills towards their orders. */
  correct({ corrections }: Pick<Looked, 'corrections'>): void {
    for (const correction of corrections) {
      if (correction.verdict === 'unique' && !correction.isPartial) this.#apply(correction);
    }
  }

  /** A person takes what the venue shows for true, whatever the reason. */
  accept(correctionId: string): void {
    const { holdings } = viewOf(this.harness.book, VENUE, 0);
    const assets = new Set([...holdings.map(({ asset }) => asset), ...this.balances.keys()]);
    const movements = [...assets].flatMap((asset) => {
      const { total, hold } = this.balances.get(asset) ?? { total: ZERO, hold: ZERO };
      const booked = holdingOf(this.harness.book, VENUE, asset);
      const moved = (bucket: 'available' | 'hold', to: Amount) => {
        const by = subtract(to, booked[bucket]);
        return by === ZERO ? [] : [{ venue: VENUE, asset, bucket, amount: by, from: 'unexplained' as const }];
      };
      return [...moved('available', subtract(total, hold)), ...moved('hold', hold)];
    });
    if (movements.length === 0) return;
    const atMs = this.#readAtMs;
    this.harness.post(
      correctionTransaction({ correctionId, part: 0, venue: VENUE, atMs, venueId: null, movements }),
    );
  }

  order(clientOrderId: string) {
    const state = this.harness.orders.get(`${VENUE} ${clientOrderId}`);
    return state === undefined ? null : bookOrderOf(state);
  }

  held(asset: AssetId): Amount {
    const { holdings } = viewOf(this.harness.book, VENUE, 0);
    const holding = holdings.find((one) => one.asset === asset);
    return holding === undefined ? ZERO : add(holding.available, holding.hold);
  }

  #trade({ market, side, quantity, price }: Fill): void {
    const others = this.positions.filter((position) => position.market !== market);
    const before = this.positions.find((position) => position.market === market);
    const { size, entryPrice } = advanceEntry(
      { size: before?.size ?? ZERO, entryPrice: before?.entryPrice ?? null },
      { quantity: side === 'buy' ? quantity : negate(quantity), price },
    );
    const opened = { market, side: isNegative(size) ? 'short' : 'long', size } as const;
    this.positions = entryPrice === null ? others : [...others, { ...opened, entryPrice }];
  }

  #apply(correction: Correction): void {
    for (const id of correction.evidence) this.#corrected.add(id);
    for (const part of correction.parts) {
      const posted = correctionTransaction(part);
      this.harness.post(posted);
      const fill = correction.fills.find(({ venueId }) => venueId === part.venueId);
      const order = this.harness.orders.get(`${VENUE} ${fill?.clientOrderId}`);
      if (fill === undefined || order === undefined) continue;
      const change = inferFill(order, {
        correction: posted,
        venueId: fill.venueId,
        quantity: fill.quantity,
      });
      if (change.transaction !== null) this.harness.post(change.transaction);
      this.harness.keep(change.order);
    }
  }

  #read(observedAtMs: number): Known<Snapshot> {
    const balances = [...this.balances].map(([asset, { total, hold }]) => ({
      asset,
      symbol: asset,
      total,
      hold,
      available: subtract(total, hold),
    }));
    const { fills, openOrders, positions } = this;
    return snapshotOf({}, { balances, fills, openOrders, positions }, observedAtMs);
  }

  standing(discrepancies: readonly Discrepancy[] = []): VenueStanding {
    return {
      book: { ...viewOf(this.harness.book, VENUE, 0), isOpened: true },
      discrepancies,
      inFlight: [],
      tolerances: this.tolerances,
      before: null,
      drift: new Map(),
      lag: NO_LAG,
      quietWindowMs: QUIET_MS,
      confirmations: 2,
      navUsd: amount('1000000'),
      priceOf,
    };
  }

  #explain(
    snapshot: Known<Snapshot>,
    comparison: Comparison,
    standing: VenueStanding,
    discrepancies: readonly Discrepancy[],
  ): ExplainedRound {
    const { opening, transactions } = this.harness;
    return explainRound({
      snapshot,
      comparison,
      discrepancies,
      standing,
      basis: {
        activity: { ...snapshot, value: [] },
        scope: { sinceMs: 0, assets: new Set() },
        fillsSinceMs: this.fillsSinceMs,
      },
      bookTransactions: transactions,
      openedAtMs: opening.state === 'fromSnapshot' ? opening.atMs : null,
      transfersInTransit: [],
      wrappedPairs: [],
      groupOf: (asset) => asset,
      correctedTransactionIds: this.#corrected,
    });
  }
}
