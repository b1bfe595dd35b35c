import { holdingCalendar } from './holding-calendar.ts';
import type { LotRules } from './lot-rules.ts';
import type { TaxTerms } from './tax-terms.ts';

/** The rules of lots for terms. A venue's lots of an asset are a pool; what has no price is taken oldest first. */
export const lotRulesOf = (terms: TaxTerms): LotRules => ({
  method: terms.method,
  methods: terms.methods,
  unpriced: 'oldest',
  poolScope: 'account',
  networkFee: terms.networkFee,
  longTerm: terms.longTerm,
  rates: terms.rates,
  calendar: holdingCalendar(terms.zone),
  washSale: terms.washSale ?? null,
});
