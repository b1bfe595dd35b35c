import { unknown } from '../../domain/lots/figure.ts';
import type { LotDisposal } from '../../domain/lots/lot-disposal.ts';
import type { TaxRates } from '../../domain/lots/lot-tax.ts';
import type { LotYear } from '../../domain/lots/lot-years.ts';
import { ONE, ZERO } from '../../domain/money/amount.ts';

/** For rules that need some where none are given: what they make of a gain is not shown. */
export const NO_RATES: TaxRates = { shortTerm: ZERO, longTerm: ZERO, usableLoss: ONE };

const UNTAXED = unknown('no rates are given');

/** What a disposal is taxed is unknown without rates, and not nothing. */
export const untaxed = (disposal: LotDisposal): LotDisposal => ({
  ...disposal,
  matches: disposal.matches.map((match) => ({ ...match, tax: UNTAXED })),
});

export const untaxedYear = (year: LotYear): LotYear => ({ ...year, tax: UNTAXED });
