// Makes periods out of valuations and what was written down between them.
//
// Invariants, each held by a property test of the same words:
// 1. A period begins with the values of one valuation and ends with those of the next.
// 2. Everything between the first valuation and the last is in one period; nothing is in two.
// 3. An asset without a price at either end is in no value of the period; what it was traded for is a flow.

import { type Amount, isNegative, negate, ZERO } from '../money/amount.ts';
import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import type { AssetId } from '../venue/venue.ts';
import type {
  AttributionPeriod,
  Cell,
  CellValue,
  PeriodFlow,
  PeriodPayment,
  PeriodTrade,
  PeriodTransfer,
} from './attribution-period.ts';

/** All that is held, valued at one time. */
export interface Valuation {
  readonly atMs: number;
  /** Each cell once. A cell that is not there is worth nothing. */
  readonly values: readonly CellValue[];
  /** Held and in no value, for want of a price. */
  readonly unpriced: readonly AssetId[];
}

export interface DatedFlow extends CellValue {
  readonly atMs: number;
}
export interface DatedTrade extends PeriodTrade {
  readonly atMs: number;
}
export interface DatedPayment extends PeriodPayment {
  readonly atMs: number;
}
export interface DatedTransfer extends PeriodTransfer {
  readonly atMs: number;
}

/** In any order. What lies before the first valuation or after the last is in no period. */
export interface AttributionRecords {
  readonly valuations: readonly Valuation[];
  readonly flows: readonly DatedFlow[];
  readonly trades: readonly DatedTrade[];
  readonly payments: readonly DatedPayment[];
  readonly transfers: readonly DatedTransfer[];
}

export type BuiltPeriods =
  | { readonly state: 'built'; readonly periods: readonly AttributionPeriod[] }
  | { readonly state: 'refused'; readonly problem: InputProblem };

/**
 * One period between each valuation and the next. A valuation is taken right before what flows at its time and right after
 * what was traded, paid or transferred then. A flow between two valuations is there from the beginning of its period
 * where it came in, and until its end where it went out, as at Portfolio Performance, so that neither makes the base
 * smaller than what has earned the return. Refused where two valuations are of one time.
 */
export function attributionPeriods(records: AttributionRecords): BuiltPeriods {
  const valuations = [...records.valuations].sort((a, b) => a.atMs - b.atMs);
  const twice = valuations.findIndex(({ atMs }, index) => atMs === valuations[index - 1]?.atMs);
  if (twice !== -1) {
    const found = new Date(valuations[twice]?.atMs ?? 0).toISOString();
    return { state: 'refused', problem: inputProblem('valuations', 'one valuation of each time', found) };
  }
  const flows = new Slices(records.flows);
  const trades = new Slices(records.trades);
  const payments = new Slices(records.payments);
  const transfers = new Slices(records.transfers);
  const periods = valuations.slice(1).map((closing, index): AttributionPeriod => {
    const opening = valuations[index] as Valuation;
    const [fromMs, toMs] = [opening.atMs, closing.atMs];
    return withoutUnpriced({
      fromMs,
      toMs,
      opening: opening.values,
      closing: closing.values,
      flows: flows
        .between(fromMs, toMs, 'atBeginning')
        .map((flow) => flowOf(flow, flow.valueUsd, flow.atMs === fromMs)),
      trades: trades.between(fromMs, toMs, 'atEnd'),
      payments: payments.between(fromMs, toMs, 'atEnd'),
      transfers: transfers.between(fromMs, toMs, 'atEnd'),
      unpriced: [...new Set([...opening.unpriced, ...closing.unpriced])].sort(),
    });
  });
  return { state: 'built', periods };
}

/** Records by time, taken from the front as periods go on. */
class Slices<T extends { readonly atMs: number }> {
  readonly #records: readonly T[];
  #next = 0;

  constructor(records: readonly T[]) {
    this.#records = [...records].sort((a, b) => a.atMs - b.atMs);
  }

  /** Whether what is at the time of a boundary belongs to the period that begins there or to the one that ends. */
  between(fromMs: number, toMs: number, boundary: 'atBeginning' | 'atEnd'): readonly T[] {
    const isBefore = ({ atMs }: T, limitMs: number): boolean =>
      boundary === 'atBeginning' ? atMs < limitMs : atMs <= limitMs;
    const skipTo = (limitMs: number): number => {
      let next = this.#next;
      for (
        let record = this.#records[next];
        record && isBefore(record, limitMs);
        record = this.#records[next]
      )
        next += 1;
      return next;
    };
    this.#next = skipTo(fromMs);
    const begin = this.#next;
    this.#next = skipTo(toMs);
    return this.#records.slice(begin, this.#next);
  }
}

/** A flow that is there from the beginning of its period where it came in, or came right after it; else until the end. */
export function flowOf({ strategy, venue, asset }: Cell, valueUsd: Amount, isAtOpening = false): PeriodFlow {
  const at = isAtOpening || !isNegative(valueUsd) ? 'opening' : 'closing';
  return { strategy, venue, asset, valueUsd, at };
}

/** The same period with its `unpriced` assets in none of its values: what moved into them or out of them is a flow. */
export function withoutUnpriced(period: AttributionPeriod): AttributionPeriod {
  if (period.unpriced.length === 0) return period;
  const unpriced = new Set(period.unpriced);
  const isPriced = ({ asset }: { readonly asset: AssetId }): boolean => !unpriced.has(asset);
  const trades = period.trades.map((trade) => tradeWithout(trade, isPriced));
  const transfers = period.transfers.map((transfer) => transferWithout(transfer, isPriced));
  return {
    ...period,
    opening: period.opening.filter(isPriced),
    closing: period.closing.filter(isPriced),
    flows: [
      ...period.flows.filter(isPriced),
      ...trades.flatMap(({ flows }) => flows),
      ...transfers.flatMap(({ flows }) => flows),
    ],
    trades: trades.flatMap(({ trade }) => trade),
    payments: [
      ...period.payments.filter(({ paidIn }) => isPriced({ asset: paidIn })),
      ...trades.flatMap(({ payments }) => payments),
    ],
    transfers: transfers.flatMap(({ transfer }) => transfer),
  };
}

/** What is left of a trade that an asset without a price has part in. A fee stays a fee, where it is of any value. */
function tradeWithout(
  trade: PeriodTrade,
  isPriced: (of: { readonly asset: AssetId }) => boolean,
): {
  readonly trade: readonly PeriodTrade[];
  readonly flows: readonly PeriodFlow[];
  readonly payments: readonly PeriodPayment[];
} {
  const { strategy, venue, asset, quote, side, quoteUsd } = trade;
  const isFeePriced = isPriced(trade.fee);
  const fee = isFeePriced ? trade.fee : { asset: trade.fee.asset, valueUsd: ZERO };
  const [isBasePriced, isQuotePriced] = [isPriced({ asset }), isPriced({ asset: quote })];
  if (isBasePriced && isQuotePriced) return { trade: [{ ...trade, fee }], flows: [], payments: [] };
  const cell = { strategy, venue, asset };
  const value = side === 'buy' ? quoteUsd : negate(quoteUsd);
  const payments =
    !isFeePriced || fee.valueUsd === null
      ? []
      : [{ ...cell, kind: 'fee', paidIn: fee.asset, valueUsd: negate(fee.valueUsd) } as const];
  if (isBasePriced) return { trade: [], flows: [flowOf(cell, value)], payments };
  if (isQuotePriced)
    return { trade: [], flows: [flowOf({ ...cell, asset: quote }, negate(value))], payments };
  return { trade: [], flows: [], payments };
}

function transferWithout(
  transfer: PeriodTransfer,
  isPriced: (of: { readonly asset: AssetId }) => boolean,
): { readonly transfer: readonly PeriodTransfer[]; readonly flows: readonly PeriodFlow[] } {
  const { from, to, valueUsd } = transfer;
  if (isPriced(from) && isPriced(to)) return { transfer: [transfer], flows: [] };
  if (isPriced(from)) return { transfer: [], flows: [flowOf(from, negate(valueUsd))] };
  if (isPriced(to)) return { transfer: [], flows: [flowOf(to, valueUsd)] };
  return { transfer: [], flows: [] };
}
