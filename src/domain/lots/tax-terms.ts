import type { Amount } from '../money/amount.ts';
import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import type { PlannedMethod } from './lot-method.ts';
import type { LotRules, WashSaleRule } from './lot-rules.ts';
import type { LongTermRule, TaxRates } from './lot-tax.ts';

/** How the lots of a portfolio are chosen and taxed, venue by venue: plain data, as it is configured. */
export interface TaxTerms {
  readonly method: PlannedMethod;
  /** By venue, instead of `method` there. */
  readonly methods: Readonly<Record<string, PlannedMethod>>;
  readonly rates: TaxRates;
  readonly longTerm: LongTermRule;
  readonly networkFee: LotRules['networkFee'];
  /** The taxpayer's zone, one of IANA's. */
  readonly zone: string;
  /** Absent where losses count whatever is bought around them. */
  readonly washSale?: WashSaleRule | undefined;
  /** Between 0 and 1: how much a dollar of tax counts in a plan beside a dollar of cost. */
  readonly aversion: Amount;
}

/** What does not hold between parts of terms that are each right, or null. The path begins below the terms. */
export function findTaxTermsProblem(
  { method, methods, washSale }: TaxTerms,
  venues: readonly string[],
): InputProblem | null {
  for (const [venue, own] of Object.entries(methods)) {
    const ids = venues.map((id) => JSON.stringify(id)).join(', ') || 'no venue: none is there';
    if (!venues.includes(venue)) return inputProblem(`methods.${venue}`, ids, JSON.stringify(venue));
    if (washSale && own === 'average') return averageProblem(`methods.${venue}`);
  }
  if (!washSale) return null;
  if (method === 'average') return averageProblem('method');
  const grouped = new Set<string>();
  for (const [index, assets] of washSale.groups.entries())
    for (const [place, asset] of assets.entries()) {
      if (grouped.has(asset))
        return inputProblem(
          `washSale.groups[${index}][${place}]`,
          'an asset in one group, once',
          JSON.stringify(asset),
        );
      grouped.add(asset);
    }
  return null;
}

const averageProblem = (path: string): InputProblem =>
  inputProblem(
    path,
    'another method beside washSale: at average cost a replacement has no basis of its own',
    '"average"',
  );
