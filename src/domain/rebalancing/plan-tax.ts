import { assert } from '../assert.ts';
import { type Figure, type FigureText, figureText, sumFigures } from '../lots/figure.ts';
import { basisOf, gainOfDisposal, type LotDisposal, taxOfDisposal } from '../lots/lot-disposal.ts';
import type { PlannedMethod } from '../lots/lot-method.ts';
import { lotRulesOf } from '../lots/lot-rules-of-terms.ts';
import type { Term } from '../lots/lot-tax.ts';
import { type GainTotals, type LongTermHint, previewGains } from '../lots/preview-gains.ts';
import { taxOfSale } from '../lots/sale-segments.ts';
import { type Amount, add, multiply, sum, ZERO } from '../money/amount.ts';
import { isPerpetualAsset, type VenueId } from '../venue/venue.ts';
import { describeInputProblem } from './input-problem.ts';
import type { PlanInput } from './plan-input.ts';
import { poolAt } from './plan-pools.ts';
import { segmentsAt } from './sale-tax.ts';
import type { PricedMarket } from './valuation.ts';

/** What a plan's sells come to for the tax, were they filled now at the touch. No tax advice. */
export interface PlanTax extends Readonly<Record<keyof GainTotals, FigureText>> {
  /** By which lots are chosen, and at which venues otherwise. */
  readonly method: PlannedMethod;
  readonly methods: Readonly<Record<VenueId, PlannedMethod>>;
  readonly aversion: Amount;
  /**
   * What of the objective is tax: the aversion times the tax, in which what is unknown counts at its worst. Below zero
   * where losses save more than gains cost.
   */
  readonly countedUsd: Amount;
  readonly orders: readonly TaxedOrder[];
  /** Were the oldest lots sold everywhere. */
  readonly fifo: Readonly<Record<keyof GainTotals, FigureText>>;
  readonly savedAgainstFifo: FigureText;
  readonly hints: readonly LongTermHint[];
  /** Sells of perpetual positions, which have no lots: what they gain is not counted. */
  readonly uncounted: readonly number[];
}

export interface TaxedOrder {
  /** The order's. */
  readonly sequence: number;
  /** After fees. */
  readonly proceeds: FigureText;
  readonly basis: FigureText;
  readonly gain: FigureText;
  readonly tax: FigureText;
  /** The lots that it takes, in their order. */
  readonly lots: readonly {
    readonly lot: string;
    readonly quantity: Amount;
    readonly proceeds: FigureText;
    readonly basis: FigureText;
    readonly gain: FigureText;
    readonly term: Term;
    readonly tax: FigureText;
  }[];
}

/** A sell as it is previewed. */
export interface PreviewedSell {
  readonly sequence: number;
  readonly priced: PricedMarket;
  readonly quantity: Amount;
}

/** The tax on the sells of a plan, in the order of their numbers; null where the plan heeds no tax. */
export function planTaxOf(sells: readonly PreviewedSell[], input: PlanInput): PlanTax | null {
  const { tax } = input;
  if (tax === undefined) return null;
  const spot = sells.filter(({ priced }) => !isPerpetualAsset(priced.market.asset));
  const rules = lotRulesOf(tax);
  const outcome = previewGains({
    lots: poolsOf(input),
    orders: spot.map(({ priced, quantity }) => ({
      account: priced.venue.id,
      asset: priced.market.asset,
      quantity,
      price: priced.bid,
      feeRate: priced.feeRate,
    })),
    method: tax.method,
    rules,
    atMs: tax.atMs,
  });
  const problem = outcome.state === 'refused' ? describeInputProblem(outcome.problem) : '';
  assert(outcome.state === 'previewed', `a plan sells at most what its pools hold: ${problem}`);
  const { preview } = outcome;
  return {
    method: tax.method,
    methods: tax.methods,
    aversion: tax.aversion,
    countedUsd: multiply(tax.aversion, countedTax(spot, input)),
    ...textsOf(preview),
    orders: preview.disposals.map((disposal, index) => taxedOrder(disposal, spot[index]?.sequence ?? 0)),
    fifo: textsOf(preview.fifo),
    savedAgainstFifo: figureText(preview.savedAgainstFifo),
    hints: preview.hints,
    uncounted: sells.filter((sell) => !spot.includes(sell)).map(({ sequence }) => sequence),
  };
}

function poolsOf(input: PlanInput) {
  return input.venues.flatMap((venue) => {
    const assets = new Set(Object.keys(venue.holdings).filter((asset) => !isPerpetualAsset(asset)));
    return [...assets].sort().flatMap((asset) => poolAt(input, venue.id, asset));
  });
}

/** Sells of one pool are one sale, however it is cut. */
function countedTax(sells: readonly PreviewedSell[], input: PlanInput): Amount {
  const sales = new Map<PricedMarket, Amount>();
  for (const { priced, quantity } of sells) sales.set(priced, add(sales.get(priced) ?? ZERO, quantity));
  return sum([...sales].map(([priced, quantity]) => taxOfSale(segmentsAt(priced, input) ?? [], quantity)));
}

const textsOf = (totals: GainTotals): Readonly<Record<keyof GainTotals, FigureText>> => ({
  shortTermGain: figureText(totals.shortTermGain),
  longTermGain: figureText(totals.longTermGain),
  taxFreeGain: figureText(totals.taxFreeGain),
  tax: figureText(totals.tax),
});

function taxedOrder(disposal: LotDisposal, sequence: number): TaxedOrder {
  const { matches } = disposal;
  const total = (figureOf: (match: LotDisposal['matches'][number]) => Figure): FigureText =>
    figureText(sumFigures(matches.map(figureOf)));
  return {
    sequence,
    proceeds: total(({ proceeds }) => proceeds),
    basis: total(({ lot }) => basisOf(lot)),
    gain: figureText(gainOfDisposal(disposal)),
    tax: figureText(taxOfDisposal(disposal)),
    lots: matches.map(({ lot, proceeds, gain, term, tax }) => ({
      lot: lot.id,
      quantity: lot.quantity,
      proceeds: figureText(proceeds),
      basis: figureText(basisOf(lot)),
      gain: figureText(gain),
      term,
      tax: figureText(tax),
    })),
  };
}
