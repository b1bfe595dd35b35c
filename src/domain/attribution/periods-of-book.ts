// Makes periods out of the valuations and the transactions of a book.
//
// Invariants, each held by a property test of the same words:
// 1. A transaction is in the period whose last valuation knows of it and whose first does not.
// 2. What all transactions of a period move is what its valuations differ by, but for prices.

import type { Transaction } from '../book/transaction.ts';
import { type Amount, multiply, negate, ONE, sum } from '../money/amount.ts';
import { placeFlows } from '../valuation/place-flows.ts';
import type { ScopeFlow } from '../valuation/scope-flow.ts';
import type { HeldAtVenue, HeldByStrategy } from '../valuation/valuation.ts';
import type { AssetId } from '../venue/venue.ts';
import type { AttributionPeriod, CellValue } from './attribution-period.ts';
import { withoutUnpriced } from './attribution-periods.ts';
import { movementsOf, type TransactionTerms } from './period-of-transactions.ts';
import { moved, shareTrade } from './share-among-strategies.ts';

/** A valuation as it is kept, with what of the book it knows. */
export interface BookValuation {
  readonly atMs: number;
  /** The newest transaction that it knows of; null: all that had happened before its time. */
  readonly transactionSequence: number | null;
  /** The transaction that it was taken before. */
  readonly beforeTransaction: string | null;
  readonly holdings: readonly (HeldAtVenue & {
    readonly price: { readonly price: Amount } | null;
    readonly valueUsd: Amount | null;
  })[];
  /** What of them each strategy holds. */
  readonly strategies: readonly (HeldByStrategy & { readonly valueUsd: Amount | null })[];
}

export interface BookTerms extends Pick<TransactionTerms, 'groupOf' | 'isCash' | 'midOf'> {
  /** What came to strategies and went from them, as `strategyFlows` says; null where strategies are not told apart. */
  readonly strategyFlows: readonly ScopeFlow[] | null;
}

interface SequencedTransaction {
  readonly sequence: number;
  readonly transaction: Transaction;
}

/**
 * One period between each valuation and the next. `valuations` in the order in which they were taken,
 * `transactions` in the order in which they happened: each is read once, what none of the periods knows of is left out.
 * A flow has the price of the valuation before it, or else of the one after it; without either its asset is `unpriced`.
 * What a strategy holds but cash is its own, of all venues: cells of strategies and what stands against them name none.
 */
export function periodsOfBook(
  valuations: readonly BookValuation[],
  transactions: Iterable<SequencedTransaction>,
  terms: BookTerms,
): readonly AttributionPeriod[] {
  const prices = valuations.map(({ holdings }) => pricesIn(holdings, terms));
  const drafts = valuations
    .slice(1)
    .map((closing, index) => draftOf(valuations[index] ?? closing, closing, terms));
  const shares = bySequence(terms.strategyFlows ?? []);
  const knowledge = new Knowledge(valuations);
  for (const { sequence, transaction } of transactions) {
    for (const { index, sign } of knowledge.changesWith(transaction, sequence)) {
      const draft = drafts[index - 1];
      if (draft === undefined) continue;
      const movements = movementsOf(transaction, {
        ...terms,
        sign,
        isAtOpening: valuations[index - 1]?.beforeTransaction === transaction.id,
        priceOf: (asset) => priceIn(prices[index - 1], asset, terms) ?? priceIn(prices[index], asset, terms),
      });
      draft.flows.push(...movements.flows);
      draft.payments.push(...movements.payments);
      draft.transfers.push(...movements.transfers);
      draft.unpriced.push(...movements.unpriced);
      const ofStrategies = shares.get(sequence) ?? [];
      for (const trade of movements.trades) {
        const shared = shareTrade(trade, changeOf(transaction, trade.asset), ofStrategies);
        draft.trades.push(...shared.trades);
        draft.transfers.push(...shared.transfers);
      }
    }
  }
  // What strategies took over from each other, or were assigned, is of no transaction: its time alone says where.
  for (const { flow, after } of placeFlows(valuations, shares.get(null) ?? [])) {
    const price = priceIn(prices[after], flow.asset, terms) ?? priceIn(prices[after + 1], flow.asset, terms);
    const valueUsd = flow.usd ?? (price === null ? null : multiply(flow.quantity, price));
    if (valueUsd === null) continue;
    const to = { strategy: flow.scope, venue: NO_VENUE, asset: flow.asset };
    drafts[after]?.transfers.push(moved(to, valueUsd));
  }
  return drafts.map((draft) => withoutUnpriced({ ...draft, unpriced: [...new Set(draft.unpriced)].sort() }));
}

const draftOf = (opening: BookValuation, closing: BookValuation, terms: BookTerms) => ({
  fromMs: opening.atMs,
  toMs: closing.atMs,
  opening: valuesOf(opening, terms),
  closing: valuesOf(closing, terms),
  flows: [] as AttributionPeriod['flows'][number][],
  trades: [] as AttributionPeriod['trades'][number][],
  payments: [] as AttributionPeriod['payments'][number][],
  transfers: [] as AttributionPeriod['transfers'][number][],
  unpriced: [...opening.holdings, ...closing.holdings].flatMap(({ asset, valueUsd }) =>
    valueUsd === null ? [asset] : [],
  ),
});

function valuesOf(
  { holdings, strategies }: BookValuation,
  { strategyFlows, isCash }: BookTerms,
): readonly CellValue[] {
  const held = holdings.flatMap(({ venue, asset, valueUsd }) =>
    valueUsd === null ? [] : [{ strategy: '', venue, asset, valueUsd }],
  );
  if (strategyFlows === null) return held;
  const own = strategies.flatMap(({ strategy, asset, valueUsd }) =>
    valueUsd === null || isCash(asset) ? [] : [{ strategy, venue: NO_VENUE, asset, valueUsd }],
  );
  const others = own.map((value) => ({ ...value, strategy: '', valueUsd: negate(value.valueUsd) }));
  return [...held, ...own, ...others];
}

function bySequence(flows: readonly ScopeFlow[]): ReadonlyMap<number | null, readonly ScopeFlow[]> {
  const found = new Map<number | null, ScopeFlow[]>();
  for (const flow of flows) {
    const others = found.get(flow.sequence) ?? [];
    found.set(flow.sequence, others);
    others.push(flow);
  }
  return found;
}

/** How much more of an asset is held after a transaction, or less. */
const changeOf = ({ postings }: Transaction, asset: AssetId): Amount =>
  sum(postings.flatMap((posting) => ('venue' in posting && posting.asset === asset ? [posting.amount] : [])));

/** What strategies hold is told over all venues. */
const NO_VENUE = '';

type Prices = ReadonlyMap<string, Amount>;

const pricesIn = (holdings: BookValuation['holdings'], { groupOf }: BookTerms): Prices =>
  new Map(holdings.flatMap(({ asset, price }) => (price === null ? [] : [[groupOf(asset), price.price]])));

const priceIn = (
  prices: Prices | undefined,
  asset: AssetId,
  { groupOf, isCash }: BookTerms,
): Amount | null => (isCash(asset) ? ONE : (prices?.get(groupOf(asset)) ?? null));

/** Which valuation knows of which transaction. A recorded one knows what was booked, a backfilled one what happened. */
class Knowledge {
  readonly #valuations: readonly BookValuation[];
  readonly #recorded: readonly number[];
  readonly #backfilled: readonly number[];
  /** The first of the backfilled that does not lie behind what has happened so far. */
  #next = 0;

  constructor(valuations: readonly BookValuation[]) {
    this.#valuations = valuations;
    const indices = valuations.map((_, index) => index);
    this.#recorded = indices.filter((index) => valuations[index]?.transactionSequence !== null);
    this.#backfilled = indices.filter((index) => valuations[index]?.transactionSequence === null);
  }

  /** The valuations that know of it unlike the one before, with 1 where they do. Transactions as they happened. */
  changesWith(
    { id, atMs }: Transaction,
    sequence: number,
  ): readonly { readonly index: number; readonly sign: 1 | -1 }[] {
    while (this.#isBehind(this.#backfilled[this.#next], id, atMs)) this.#next += 1;
    const place = this.#placeOfBooked(sequence);
    const happened = this.#backfilled[this.#next] ?? Number.POSITIVE_INFINITY;
    const booked = this.#recorded[place] ?? Number.POSITIVE_INFINITY;
    const first = Math.min(happened, booked);
    if (first === Number.POSITIVE_INFINITY) return [];
    // The last of the other kind that does not know it yet.
    const unaware = (happened < booked ? this.#recorded[place - 1] : this.#backfilled[this.#next - 1]) ?? -1;
    const changes: { index: number; sign: 1 | -1 }[] = [{ index: first, sign: 1 }];
    let isKnown = true;
    for (let index = first + 1; index <= unaware + 1 && index < this.#valuations.length; index++) {
      const bound = this.#valuations[index]?.transactionSequence ?? null;
      const isKnownHere = bound === null ? index >= happened : sequence <= bound;
      if (isKnownHere !== isKnown) changes.push({ index, sign: isKnownHere ? 1 : -1 });
      isKnown = isKnownHere;
    }
    return changes.filter(({ index }) => index > 0);
  }

  #isBehind(index: number | undefined, id: string, atMs: number): boolean {
    const valuation = index === undefined ? undefined : this.#valuations[index];
    if (valuation === undefined || valuation.atMs > atMs) return false;
    if (valuation.atMs < atMs) return true;
    return valuation.beforeTransaction === null || valuation.beforeTransaction === id;
  }

  /** Place, among the recorded, of the first that knows what was booked as this. */
  #placeOfBooked(sequence: number): number {
    let low = 0;
    let high = this.#recorded.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const index = this.#recorded[middle] ?? 0;
      if ((this.#valuations[index]?.transactionSequence ?? 0) >= sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
