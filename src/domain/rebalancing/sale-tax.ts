// What sells are taxed, as the solver counts it: in doubles, in whole lots of a market's step.
//
// Invariants, each held by a property test of the same words:
// 1. The pieces that the relaxation takes ascend, and never come to more than what sells are taxed.

import type { PlannedMethod } from '../lots/lot-method.ts';
import { rulesAt } from '../lots/lot-rules.ts';
import { lotRulesOf } from '../lots/lot-rules-of-terms.ts';
import { type SaleSegment, saleSegments } from '../lots/sale-segments.ts';
import { multiply, toNumber } from '../money/amount.ts';
import { isPerpetualAsset } from '../venue/venue.ts';
import type { PlanInput } from './plan-input.ts';
import { poolAt } from './plan-pools.ts';
import type { PricedMarket } from './valuation.ts';

/** Tax on sells from one market's pool, times the aversion to it. */
export interface SaleTax {
  /** Running totals in the order in which the method takes lots: how many are sold, and their tax in dollars. */
  readonly sold: readonly number[];
  readonly tax: readonly number[];
  /** Bounds the tax of any quantity from below as closely as ascending pieces can. */
  readonly pieces: readonly TaxPiece[];
}

export interface TaxPiece {
  readonly lots: number;
  readonly taxPerLot: number;
}

/** Pieces that a market has at most; more make the linear program slow, and fewer the bound coarse. */
const PIECES_MAX = 24;

/** The lots of a market in the order in which they are sold at its bid, exactly; null where nothing is taxed. */
export function segmentsAt({ venue, market, bid, feeRate }: PricedMarket, input: PlanInput) {
  const { tax } = input;
  if (tax === undefined || isPerpetualAsset(market.asset)) return null;
  const rules = rulesAt(lotRulesOf(tax), venue.id);
  const quote = { ...rules, price: bid, feeRate, atMs: tax.atMs };
  return saleSegments(poolAt(input, venue.id, market.asset), rules.method as PlannedMethod, quote);
}

/** The same for the solver; null where nothing is taxed, or all of it at nothing. */
export function saleTaxAt(priced: PricedMarket, input: PlanInput): SaleTax | null {
  const segments = segmentsAt(priced, input);
  if (segments === null || input.tax === undefined) return null;
  const { aversion } = input.tax;
  const step = toNumber(priced.market.step);
  const pieceOf = ({ quantity, taxPerUnit }: SaleSegment): TaxPiece => ({
    lots: toNumber(quantity) / step,
    taxPerLot: toNumber(multiply(taxPerUnit, aversion)) * step,
  });
  const inTurn = segments.map(pieceOf);
  if (inTurn.every(({ taxPerLot }) => taxPerLot === 0)) return null;
  const sold: number[] = [];
  const tax: number[] = [];
  for (const { lots, taxPerLot } of inTurn) {
    sold.push((sold.at(-1) ?? 0) + lots);
    tax.push((tax.at(-1) ?? 0) + lots * taxPerLot);
  }
  return { sold, tax, pieces: joined(hullOf(inTurn)) };
}

/** The tax on lots that are sold, in dollars. */
export function saleTaxOf({ sold, tax }: SaleTax, lots: number): number {
  if (lots <= 0 || sold.length === 0) return 0;
  let [low, high] = [0, sold.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sold[middle] ?? 0) >= lots) high = middle;
    else low = middle + 1;
  }
  const [fromLots, fromTax] = low === 0 ? [0, 0] : [sold[low - 1] ?? 0, tax[low - 1] ?? 0];
  const width = (sold[low] ?? 0) - fromLots;
  const share = width > 0 ? (lots - fromLots) / width : 0;
  return fromTax + share * ((tax[low] ?? 0) - fromTax);
}

/** Numbers of lots that `taxBreaks` gives, at most. */
export const TAX_BREAKS_MAX = 5;

/** Numbers of lots sold at which the tax per lot changes, next to a number: where a search should look. */
export function taxBreaks({ sold, tax }: SaleTax, lots: number): readonly number[] {
  const next = sold.findIndex((end) => end > lots + 1e-9);
  const least = tax.indexOf(Math.min(...tax));
  const places = [next, next - 1, next - 2, next + 1, least];
  return places.flatMap((place) => (sold[place] === undefined ? [] : [Math.floor(sold[place] + 1e-9)]));
}

/** What no plan's tax is below: every loss that could be had. */
export const leastTaxOf = ({ pieces }: SaleTax): number =>
  pieces.reduce((total, { lots, taxPerLot }) => total + lots * Math.min(0, taxPerLot), 0);

/** The largest convex function below the tax: where a lot is followed by one that is taxed less, both are one piece. */
function hullOf(pieces: readonly TaxPiece[]): readonly TaxPiece[] {
  const hull: TaxPiece[] = [];
  for (let piece of pieces) {
    for (let last = hull.at(-1); last && last.taxPerLot >= piece.taxPerLot; last = hull.at(-1)) {
      hull.pop();
      const lots = last.lots + piece.lots;
      piece = { lots, taxPerLot: (last.lots * last.taxPerLot + piece.lots * piece.taxPerLot) / lots };
    }
    hull.push(piece);
  }
  return hull;
}

/**
 * Few pieces for many: runs of neighbours become two, with the tax per lot of the first and of the last, and as much
 * tax in all. Between its ends, where it agrees, such a pair is below what it stands for.
 */
function joined(pieces: readonly TaxPiece[]): readonly TaxPiece[] {
  if (pieces.length <= PIECES_MAX) return pieces;
  const range = (pieces.at(-1)?.taxPerLot ?? 0) - (pieces[0]?.taxPerLot ?? 0);
  const runs: TaxPiece[][] = [];
  for (const piece of pieces) {
    const run = runs.at(-1);
    const [first] = run ?? [];
    if (run && first && piece.taxPerLot - first.taxPerLot <= (2 * range) / PIECES_MAX) run.push(piece);
    else runs.push([piece]);
  }
  return runs.flatMap(pairOf);
}

function pairOf(run: readonly TaxPiece[]): readonly TaxPiece[] {
  const [low, high] = [run[0]?.taxPerLot ?? 0, run.at(-1)?.taxPerLot ?? 0];
  const lots = run.reduce((total, piece) => total + piece.lots, 0);
  if (high <= low) return [{ lots, taxPerLot: low }];
  const tax = run.reduce((total, piece) => total + piece.lots * piece.taxPerLot, 0);
  const atLow = Math.min(lots, Math.max(0, (high * lots - tax) / (high - low)));
  return [
    { lots: atLow, taxPerLot: low },
    { lots: lots - atLow, taxPerLot: high },
  ];
}
