import type { OpenDatabase } from '../../../db/database.ts';
import { OUTSIDE } from '../../domain/lots/book-lot-events.ts';
import { OWED } from '../../domain/lots/cover-shortfalls.ts';
import { holdingCalendar } from '../../domain/lots/holding-calendar.ts';
import type { Lot } from '../../domain/lots/lot.ts';
import type { PlannedMethod } from '../../domain/lots/lot-method.ts';
import type { LotRules } from '../../domain/lots/lot-rules.ts';
import { lotRulesOf } from '../../domain/lots/lot-rules-of-terms.ts';
import { totalYears } from '../../domain/lots/lot-years.ts';
import type { TaxTerms } from '../../domain/lots/tax-terms.ts';
import type { AssetGroups } from '../asset-groups.ts';
import { type LotDocument, type LotsDocument, lotDocument, lotsDocument } from '../lots-document.ts';
import { accountBookLots, bookAssets, REPORTING_CURRENCY } from './account-book-lots.ts';
import { NO_RATES, untaxed, untaxedYear } from './without-rates.ts';

export interface BookLotsRequest {
  readonly groups: AssetGroups;
  /** Null: lots go by FIFO, and what they are taxed is unknown. */
  readonly tax: TaxTerms | null;
  /** Instead of every method of the terms; null for those. */
  readonly method: PlannedMethod | null;
  /** Null: of every venue, and of every asset. */
  readonly venue: string | null;
  readonly asset: string | null;
}

/** What `trueup lots` prints of a book, besides where it is. */
export interface BookLotsDocument extends LotsDocument {
  readonly reportingCurrency: string;
  /** What left for outside, as it was then: the book does not know whether it was disposed of. */
  readonly withdrawn: readonly LotDocument[];
}

export type BookLotsOutcome =
  | { readonly state: 'accounted'; readonly document: BookLotsDocument }
  /** Nothing of such an asset has lots; the others have. */
  | { readonly state: 'unknownAsset'; readonly known: readonly string[] };

/** Lots, disposals and gains of a book, by its transactions alone. Writes nothing. */
export async function bookLotsDocument(
  db: OpenDatabase['db'],
  request: BookLotsRequest,
): Promise<BookLotsOutcome> {
  const { tax, venue, asset } = request;
  const rules = rulesOf(request);
  const { account, events } = await accountBookLots(db, bookAssets(request.groups), rules);
  const isWanted = (one: { readonly account: string; readonly asset: string }): boolean =>
    (venue === null || one.account === venue) && (asset === null || one.asset === asset);
  if (asset !== null) {
    const known = new Set([...account.lots, ...account.disposals].map((one) => one.asset));
    if (!known.has(asset)) return { state: 'unknownAsset', known: [...known].sort() };
  }
  const disposals = (tax === null ? account.disposals.map(untaxed) : account.disposals).filter(isWanted);
  const incomes = events.flatMap(({ event }) =>
    event.kind === 'acquisition' && isWanted(event) ? [event] : [],
  );
  const lots = account.lots.filter((lot) => isHeld(lot) && isWanted(lot));
  // A lot that has left is of no venue any more.
  const withdrawn = account.lots.filter(
    (lot) => lot.account === OUTSIDE && (asset === null || lot.asset === asset),
  );
  return {
    state: 'accounted',
    document: {
      ...lotsDocument({
        rules,
        account: { state: 'accounted', disposals, lots },
        years: totalYears(disposals, incomes, rules.calendar).map((year) =>
          tax === null ? untaxedYear(year) : year,
        ),
        preview: null,
      }),
      reportingCurrency: REPORTING_CURRENCY,
      withdrawn: withdrawn.map((lot) => lotDocument(lot, rules)),
    },
  };
}

export const isHeld = ({ account }: Lot): boolean => account !== OUTSIDE && account !== OWED;

/** Without terms by FIFO, and what is taxed means nothing. */
export function rulesOf({ tax, method }: Pick<BookLotsRequest, 'tax' | 'method'>): LotRules {
  const rules = tax === null ? UNTAXED : lotRulesOf(tax);
  return method === null ? rules : { ...rules, method, methods: {} };
}

/** Rates are not told: what they would come to is taken out again. */
const UNTAXED: LotRules = {
  method: 'fifo',
  unpriced: 'oldest',
  poolScope: 'account',
  networkFee: 'disposal',
  longTerm: 'ownRate',
  calendar: holdingCalendar('UTC'),
  rates: NO_RATES,
  washSale: null,
};
