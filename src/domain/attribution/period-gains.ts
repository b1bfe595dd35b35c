// What a period has gained, exactly, by cell and by what it was gained with.
//
// Invariants, each held by a property test of the same words:
// 1. The parts of all cells sum to closing − opening − flows, to the last digit.
// 2. Every grouping has the same total, and the same total of each part.
// 3. What is transferred between cells changes no total.

import { type Amount, add, multiply, negate, subtract, sum, ZERO } from '../money/amount.ts';
import type { AssetId } from '../venue/venue.ts';
import type { AttributionPeriod, Cell, PeriodTrade } from './attribution-period.ts';
import type { Part, Parts } from './part.ts';

export interface CellGains {
  readonly cell: Cell;
  /** In the reporting currency. */
  readonly parts: Parts<Amount>;
}

export interface PeriodGains {
  /** Each cell once, in the order in which it was met. */
  readonly cells: readonly CellGains[];
  /** closing − opening − flows; the parts of all cells sum to it exactly. */
  readonly gainUsd: Amount;
  /** opening + flows at the opening: what the return is of. */
  readonly baseUsd: Amount;
  /** What could not be told apart, and so is in `price` or `cash`. */
  readonly untold: {
    /** Trades without a mid price of their decision. */
    readonly slippageOfTrades: number;
    /** Trades with a fee that nobody knows the value of. */
    readonly feesOfTrades: number;
  };
}

/**
 * Takes a period apart. A trade's fee and slippage, and a payment, are those of the cell that they are of; the cash that
 * they were paid in counts as if they had not been. `cash` names the assets whose gains are `cash`.
 */
export function periodGains(period: AttributionPeriod, cash: ReadonlySet<AssetId>): PeriodGains {
  const ledger = new GainLedger(cash);
  for (const value of period.opening) ledger.holding(value, negate(value.valueUsd));
  for (const value of period.closing) ledger.holding(value, value.valueUsd);
  for (const flow of period.flows) ledger.holding(flow, negate(flow.valueUsd));
  for (const trade of period.trades) bookTrade(ledger, trade);
  for (const { paidIn, kind, valueUsd, ...cell } of period.payments) {
    ledger.gain(cell, kind === 'fee' ? 'fees' : 'funding', valueUsd);
    ledger.holding({ ...cell, asset: paidIn }, negate(valueUsd));
  }
  for (const { from, to, valueUsd } of period.transfers) {
    ledger.holding(from, valueUsd);
    ledger.holding(to, negate(valueUsd));
  }
  const openingUsd = totalOf(period.opening);
  const flowsUsd = totalOf(period.flows);
  return {
    cells: ledger.cells(),
    gainUsd: subtract(subtract(totalOf(period.closing), openingUsd), flowsUsd),
    baseUsd: add(openingUsd, totalOf(period.flows.filter(({ at }) => at === 'opening'))),
    untold: {
      slippageOfTrades: period.trades.filter(({ decisionMidUsd }) => decisionMidUsd === null).length,
      feesOfTrades: period.trades.filter(({ fee }) => fee.valueUsd === null).length,
    },
  };
}

/** Both sides at the mid price; what the fill was off it is slippage, what was paid for it is fees. */
function bookTrade(ledger: GainLedger, trade: PeriodTrade): void {
  const { strategy, venue, asset, quote, side, quantity, quoteUsd, fee } = trade;
  const cell = { strategy, venue, asset };
  const paid = side === 'buy' ? quoteUsd : negate(quoteUsd);
  const signed = side === 'buy' ? quantity : negate(quantity);
  const atMid = trade.decisionMidUsd === null ? paid : multiply(signed, trade.decisionMidUsd);
  ledger.holding(cell, negate(atMid));
  ledger.holding({ ...cell, asset: quote }, paid);
  ledger.gain(cell, 'slippage', subtract(atMid, paid));
  if (fee.valueUsd === null) return;
  ledger.gain(cell, 'fees', negate(fee.valueUsd));
  ledger.holding({ ...cell, asset: fee.asset }, fee.valueUsd);
}

class GainLedger {
  readonly #cash: ReadonlySet<AssetId>;
  readonly #cells = new Map<string, { readonly cell: Cell; readonly parts: Record<Part, Amount> }>();

  constructor(cash: ReadonlySet<AssetId>) {
    this.#cash = cash;
  }

  /** By what is held: its price, or cash. */
  holding(cell: Cell, changeUsd: Amount): void {
    this.gain(cell, this.#cash.has(cell.asset) ? 'cash' : 'price', changeUsd);
  }

  gain({ strategy, venue, asset }: Cell, part: Part, gainUsd: Amount): void {
    const key = JSON.stringify([strategy, venue, asset]);
    const entry = this.#cells.get(key) ?? { cell: { strategy, venue, asset }, parts: noGain() };
    this.#cells.set(key, entry);
    entry.parts[part] = add(entry.parts[part], gainUsd);
  }

  cells(): readonly CellGains[] {
    return [...this.#cells.values()];
  }
}

export const noGain = (): Record<Part, Amount> => ({
  price: ZERO,
  fees: ZERO,
  slippage: ZERO,
  funding: ZERO,
  cash: ZERO,
});

const totalOf = (values: readonly { readonly valueUsd: Amount }[]): Amount =>
  sum(values.map(({ valueUsd }) => valueUsd));
