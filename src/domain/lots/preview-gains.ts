import { type Amount, isMore, isNegative, isPositive, multiply, ONE, subtract } from '../money/amount.ts';
import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { accountInOrder, type LotAccount } from './account-for-lots.ts';
import { type Figure, known, sumFigures, unknown } from './figure.ts';
import { dayText } from './holding-calendar.ts';
import type { Lot } from './lot.ts';
import type { LotDisposal, LotMatch } from './lot-disposal.ts';
import type { PlannedMethod } from './lot-method.ts';
import type { LotRules } from './lot-rules.ts';
import { taxOn } from './lot-tax.ts';
import { netPrice } from './sell-cost.ts';

/** An order that sells, as a plan has it. What a plan buys has no gain yet and is left out. */
export interface PlannedSale {
  readonly account: string;
  readonly asset: string;
  readonly quantity: Amount;
  /** Before fees; above zero. */
  readonly price: Amount;
  /** A fraction of the price, such as 0.006; below 1. */
  readonly feeRate: Amount;
}

export interface GainTotals {
  /** Loss and gain together; unknown where a lot's basis, or since when it is held, is unknown. */
  readonly shortTermGain: Figure;
  readonly longTermGain: Figure;
  readonly taxFreeGain: Figure;
  readonly tax: Figure;
}

export interface GainPreview extends GainTotals {
  readonly method: PlannedMethod;
  readonly fifo: GainTotals;
  /** FIFO's tax less this one's: what the choice of lots saves. */
  readonly savedAgainstFifo: Figure;
  /** The tax that not trading avoids: all of it, because who sells nothing owes nothing. */
  readonly costAgainstNoTrade: Figure;
  readonly disposals: readonly LotDisposal[];
  readonly hints: readonly LongTermHint[];
}

/** A lot whose gain would be taxed less if it were sold later. */
export interface LongTermHint {
  readonly account: string;
  readonly asset: string;
  readonly lot: string;
  readonly quantity: Amount;
  /** Days on the taxpayer's calendar. */
  readonly longTermInDays: number;
  /** Such as "2024-06-02". */
  readonly longTermOn: string;
  /** Tax now less tax then, at the same price. Above zero. */
  readonly saves: Amount;
}

export type GainPreviewOutcome =
  | { readonly state: 'previewed'; readonly preview: GainPreview }
  | { readonly state: 'refused'; readonly problem: InputProblem };

export interface GainPreviewInput {
  readonly lots: readonly Lot[];
  readonly orders: readonly PlannedSale[];
  readonly method: PlannedMethod;
  /** `methods` of single accounts stand above `method`. */
  readonly rules: Omit<LotRules, 'method'>;
  readonly atMs: number;
}

/**
 * The gains and the tax of a plan's sells, were they filled now at their prices: by a method, against FIFO and against
 * no trade at all. Wash sales count as far as lots that are held already replace what is sold. Refused where an order
 * is no order or its pool holds less; the path names it, such as "orders[0].quantity".
 */
export function previewGains(input: GainPreviewInput): GainPreviewOutcome {
  const problem = findOrderProblem(input.orders);
  if (problem) return { state: 'refused', problem };
  const { rules, method } = input;
  const chosen = sellAll(input, { ...rules, method });
  if (chosen.state === 'refused') return chosen;
  const oldest = sellAll(input, { ...rules, method: 'fifo', methods: {} });
  if (oldest.state === 'refused') return oldest;
  const totals = totalsOf(chosen.disposals);
  const fifo = totalsOf(oldest.disposals);
  return {
    state: 'previewed',
    preview: {
      method: input.method,
      ...totals,
      fifo,
      savedAgainstFifo: difference(fifo.tax, totals.tax),
      costAgainstNoTrade: totals.tax,
      disposals: chosen.disposals,
      hints: chosen.disposals.flatMap((disposal) => hintsOf(disposal, input)),
    },
  };
}

function findOrderProblem(orders: readonly PlannedSale[]): InputProblem | null {
  for (const [index, { quantity, price, feeRate }] of orders.entries()) {
    const place = `orders[${index}]`;
    if (!isPositive(quantity)) return inputProblem(`${place}.quantity`, 'a quantity above 0', quantity);
    if (!isPositive(price)) return inputProblem(`${place}.price`, 'a price above 0', price);
    if (isNegative(feeRate) || !isMore(ONE, feeRate))
      return inputProblem(`${place}.feeRate`, 'a fraction of the price, from 0 to below 1', feeRate);
  }
  return null;
}

function sellAll({ lots, orders, atMs }: GainPreviewInput, rules: LotRules): LotAccount {
  const told = orders.map(({ account, asset, quantity, price, feeRate }, index) => ({
    place: `orders[${index}]`,
    event: {
      kind: 'disposal' as const,
      id: `orders[${index}]`,
      account,
      asset,
      quantity,
      atMs,
      proceeds: known(multiply(netPrice(price, feeRate).amount, quantity)),
      lots: null,
    },
  }));
  return accountInOrder(lots, told, rules);
}

function totalsOf(disposals: readonly LotDisposal[]): GainTotals {
  const matches = disposals.flatMap((disposal) => disposal.matches);
  // Where nobody knows since when a lot is held, its gain belongs to one of the terms, and so to each possibly.
  const gainOf = (term: LotMatch['term']): Figure => {
    const untold = matches.find((match) => match.term === 'unknown');
    const own = sumFigures(matches.filter((match) => match.term === term).map(({ gain }) => gain));
    return untold ? unknown(`nobody knows since when lot ${untold.lot.id} is held`) : own;
  };
  return {
    shortTermGain: gainOf('shortTerm'),
    longTermGain: gainOf('longTerm'),
    taxFreeGain: gainOf('taxFree'),
    tax: sumFigures(matches.map(({ tax }) => tax)),
  };
}

function difference(a: Figure, b: Figure): Figure {
  if (a.state === 'unknown') return a;
  return b.state === 'unknown' ? b : known(subtract(a.amount, b.amount));
}

function hintsOf(disposal: LotDisposal, { rules, atMs }: GainPreviewInput): readonly LongTermHint[] {
  const { calendar, rates, longTerm } = rules;
  return disposal.matches.flatMap(({ lot, term, gain, tax }) => {
    if (term !== 'shortTerm' || lot.heldSince.state === 'unknown' || tax.state === 'unknown') return [];
    const later = taxOn(gain, longTerm === 'taxFree' ? 'taxFree' : 'longTerm', rates);
    const saved = difference(tax, later);
    if (saved.state === 'unknown' || !isPositive(saved.amount)) return [];
    const day = calendar.longTermFromDay(lot.heldSince.atMs);
    return [
      {
        account: disposal.account,
        asset: disposal.asset,
        lot: lot.id,
        quantity: lot.quantity,
        longTermInDays: day - calendar.dayOf(atMs),
        longTermOn: dayText(day),
        saves: saved.amount,
      },
    ];
  });
}
