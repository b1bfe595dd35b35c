import type { OpenDatabase } from '../../../db/database.ts';
import { type Figure, known, sumFigures, unknown } from '../../domain/lots/figure.ts';
import type { Lot } from '../../domain/lots/lot.ts';
import { basisOf, gainOfDisposal } from '../../domain/lots/lot-disposal.ts';
import { type Amount, multiply, subtract, toNumber } from '../../domain/money/amount.ts';
import { judgeOutcomes, type Outcomes } from '../../domain/performance/outcomes.ts';
import { groupOf } from '../asset-groups.ts';
import { accountBookLots, bookAssets } from '../tax/account-book-lots.ts';
import { isHeld, rulesOf } from '../tax/book-lots-document.ts';
import type { BookPerformanceRequest } from './book-performance.ts';

/** What lots say of a scope, in USD. */
export interface ScopeGains {
  /** Of what was disposed of after the first valuation and up to the last, net of fees. */
  readonly realised: Figure;
  /** Of what was held at the last valuation, at its prices. */
  readonly unrealised: Figure;
  /** Of disposals, each a round trip that was closed; null where lots are not of the scope. */
  readonly roundTrips: (Outcomes & { readonly unknown: number }) | null;
}

const OF_NO_STRATEGY: ScopeGains = {
  realised: unknown('lots are those of venues, and of no strategy'),
  unrealised: unknown('lots are those of venues, and of no strategy'),
  roundTrips: null,
};

/** Accounts for the lots of a book once, and tells the gains of each scope. */
export async function accountScopeGains(
  db: OpenDatabase['db'],
  { by, groups, tax }: BookPerformanceRequest,
  at: {
    readonly span: { readonly fromMs: number; readonly toMs: number };
    readonly priceOf: (asset: string) => Amount | null;
  },
): Promise<(scope: string) => ScopeGains> {
  if (by === 'strategy') return () => OF_NO_STRATEGY;
  const { span, priceOf } = at;
  const rules = rulesOf({ tax, method: null });
  const { account } = await accountBookLots(db, bookAssets(groups), rules, span.toMs);
  const held = account.lots.filter(isHeld);
  const disposals = account.disposals.filter(({ atMs }) => atMs > span.fromMs);
  return (scope) => {
    const isOf = (one: { readonly account: string; readonly asset: string }): boolean =>
      by === 'portfolio' || (by === 'venue' ? one.account === scope : groupOf(groups, one.asset) === scope);
    const gains = disposals.filter(isOf).map(gainOfDisposal);
    const told = gains.flatMap((gain) => (gain.state === 'known' ? [toNumber(gain.amount)] : []));
    return {
      realised: sumFigures(gains),
      unrealised: sumFigures(held.filter(isOf).map((lot) => unrealisedOf(lot, priceOf(lot.asset)))),
      roundTrips: { ...judgeOutcomes(told), unknown: gains.length - told.length },
    };
  };
}

function unrealisedOf(lot: Lot, price: Amount | null): Figure {
  const basis = basisOf(lot);
  if (basis.state === 'unknown') return basis;
  if (price === null) return unknown(`nobody says the price of ${lot.asset}`);
  return known(subtract(multiply(lot.quantity, price), basis.amount));
}
