import type { LotMethod } from './lot-method.ts';
import type { TaxRules } from './lot-tax.ts';

/** How lots are kept and taxed. */
export interface LotRules extends TaxRules {
  readonly method: LotMethod;
  /** By account, where pools are of accounts: instead of `method` there. */
  readonly methods?: Readonly<Record<string, LotMethod>>;
  /** What `mintax` takes where nobody knows what was brought: the oldest. Without it such a sale is refused. */
  readonly unpriced?: 'oldest';
  /** Lots of one account and asset are a pool (US since 2025-01-01, Rev. Proc. 2024-28), or those of all accounts. */
  readonly poolScope: 'account' | 'universal';
  /** What a network takes for a transfer is disposed of, or a cost of what arrives. */
  readonly networkFee: 'disposal' | 'cost';
  /** Null where losses count whatever is bought around them, as for crypto. */
  readonly washSale: WashSaleRule | null;
}

/** A loss does not count as far as a purchase within the window replaces what was sold (26 U.S.C. §1091). */
export interface WashSaleRule {
  /** Days on the taxpayer's calendar, before and after the sale. 30 in §1091. */
  readonly windowDays: number;
  /** Assets that replace each other; an asset in none of them has no wash sales. No asset is in two. */
  readonly groups: readonly (readonly string[])[];
}

/** The rules of an account's pools. */
export function rulesAt(rules: LotRules, account: string): LotRules {
  const method = rules.methods?.[account] ?? rules.method;
  return method === rules.method ? rules : { ...rules, method };
}
