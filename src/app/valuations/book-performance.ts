import type { OpenDatabase } from '../../../db/database.ts';
import { readLedger } from '../../../db/ledger-stream.ts';
import { readStrategyEvents } from '../../../db/sub-ledger-event-repository.ts';
import { findValuationAt, readValuations, type StoredValuation } from '../../../db/valuation-repository.ts';
import type { TaxTerms } from '../../domain/lots/tax-terms.ts';
import { type Amount, ONE } from '../../domain/money/amount.ts';
import type { AnnualTerms } from '../../domain/performance/annual-terms.ts';
import {
  performanceOfValuations,
  type ValuedPerformance,
} from '../../domain/performance/performance-figures.ts';
import type { Tier } from '../../domain/valuation/retention.ts';
import {
  assetFlows,
  type FlowAssets,
  portfolioFlows,
  type ScopeFlow,
  venueFlows,
} from '../../domain/valuation/scope-flow.ts';
import {
  type ScopePart,
  type ScopeSeries,
  type ScopeValuation,
  scopeSeries,
} from '../../domain/valuation/scope-series.ts';
import { strategyFlows } from '../../domain/valuation/strategy-flow.ts';
import { uncertifiedOf } from '../../domain/valuation/valuation.ts';
import { type AssetGroups, CASH_GROUP, groupOf } from '../asset-groups.ts';
import { accountScopeGains, type ScopeGains } from './scope-gains.ts';

export type PerformanceBy = 'portfolio' | 'strategy' | 'asset' | 'venue';

export interface BookPerformanceRequest {
  readonly groups: AssetGroups;
  /** How lots are chosen for gains; null by FIFO. */
  readonly tax: TaxTerms | null;
  readonly by: PerformanceBy;
  /** Null: from the first valuation. */
  readonly fromMs: number | null;
  readonly toMs: number;
  readonly terms: AnnualTerms;
}

export interface ScopePerformance {
  /** "portfolio", or the strategy, group of assets or venue. */
  readonly scope: string;
  readonly series: ScopeSeries;
  readonly figures: ValuedPerformance;
  readonly gains: ScopeGains;
}

export interface BookPerformance {
  readonly scopes: readonly ScopePerformance[];
  readonly valuations: number;
  /** Of them: at least one venue did not agree with the book. */
  readonly uncertified: number;
  /** Of them: reckoned later. */
  readonly backfilled: number;
}

/** Those of days and before flows are enough: whatever lies between them is in them. */
const TIERS: readonly Tier[] = ['daily', 'flow'];
/** Fifty years of days with ten flows each. */
const VALUATIONS_MAX = 200_000;

/** Performance of the book over its valuations, the first of each day, those before flows and the last. Writes nothing. */
export async function accountBookPerformance(
  db: OpenDatabase['db'],
  request: BookPerformanceRequest,
): Promise<BookPerformance> {
  const { stored, priceOf, scopes } = await readScopes(db, request);
  const gainsOf = await accountScopeGains(db, request, {
    span: { fromMs: stored[0]?.atMs ?? 0, toMs: stored.at(-1)?.atMs ?? 0 },
    priceOf,
  });
  return {
    scopes: scopes.map(({ scope, series }) => {
      const figures = performanceOfValuations(series.valuations, series.flows, request.terms);
      return { scope, series, figures, gains: gainsOf(scope) };
    }),
    valuations: stored.length,
    uncertified: stored.filter((valuation) => uncertifiedOf(valuation).length > 0).length,
    backfilled: stored.filter(({ origin }) => origin === 'backfilled').length,
  };
}

export interface ScopesOfBook {
  readonly stored: readonly StoredValuation[];
  /** As the last of them says. */
  readonly priceOf: (asset: string) => Amount | null;
  readonly scopes: readonly {
    readonly scope: string;
    readonly series: ScopeSeries;
    /** Of each valuation, what of it is of the scope. */
    readonly parts: readonly (readonly ScopePart[])[];
  }[];
}

/** Values and flows of each part of the portfolio, as performance is reckoned from. Writes nothing. */
export async function readScopes(
  db: OpenDatabase['db'],
  request: Pick<BookPerformanceRequest, 'groups' | 'by' | 'fromMs' | 'toMs'>,
): Promise<ScopesOfBook> {
  const { groups, by } = request;
  const assets: FlowAssets = {
    groupOf: (asset) => groupOf(groups, asset),
    isCash: (asset) => groupOf(groups, asset) === CASH_GROUP,
  };
  const stored = await valuationsOf(db, request);
  const flows = await flowsOf(db, by, assets);
  const partsOf = stored.map((valuation) => partsByScope(valuation, by, assets));
  const prices = stored.map((valuation) => pricesOf(valuation, assets));
  const names =
    by === 'portfolio' ? ['portfolio'] : [...new Set(partsOf.flatMap((parts) => [...parts.keys()]))].sort();
  return {
    stored,
    priceOf: prices.at(-1) ?? (() => null),
    scopes: names.map((scope) => {
      const parts = partsOf.map((own) => own.get(scope) ?? []);
      const valuations = stored.map(
        ({ atMs, transactionSequence }, place): ScopeValuation => ({
          atMs,
          transactionSequence,
          parts: parts[place] ?? [],
          priceOf: prices[place] ?? (() => null),
        }),
      );
      return { scope, series: scopeSeries(valuations, flows.get(scope) ?? [], assets.groupOf), parts };
    }),
  };
}

async function valuationsOf(
  db: OpenDatabase['db'],
  { fromMs, toMs }: Pick<BookPerformanceRequest, 'fromMs' | 'toMs'>,
): Promise<readonly StoredValuation[]> {
  const span = { fromMs: fromMs ?? 0, toMs, tiers: TIERS, limit: VALUATIONS_MAX };
  const kept = await readValuations(db, span);
  const last = await findValuationAt(db, toMs);
  const isLater = last !== null && last.atMs >= span.fromMs && last.atMs > (kept.at(-1)?.atMs ?? -1);
  return isLater ? [...kept, last] : kept;
}

async function flowsOf(
  db: OpenDatabase['db'],
  by: PerformanceBy,
  assets: FlowAssets,
): Promise<ReadonlyMap<string, readonly ScopeFlow[]>> {
  const flows = by === 'strategy' ? strategyFlows(await readStrategyEvents(db), assets) : null;
  const told = flows ?? (await readLedger(db, (transactions) => gather(transactions, by, assets)));
  const byScope = new Map<string, ScopeFlow[]>();
  for (const flow of told) {
    const scope = by === 'portfolio' ? 'portfolio' : flow.scope;
    const own = byScope.get(scope);
    if (own) own.push(flow);
    else byScope.set(scope, [flow]);
  }
  return byScope;
}

function gather(
  transactions: Parameters<Parameters<typeof readLedger>[1]>[0],
  by: PerformanceBy,
  assets: FlowAssets,
): readonly ScopeFlow[] {
  const told = by === 'venue' ? venueFlows : by === 'asset' ? assetFlows : portfolioFlows;
  const flows: ScopeFlow[] = [];
  for (const booked of transactions) flows.push(...told(booked, assets));
  return flows;
}

/** Strategies are measured by what they hold of assets that are not cash: they have no cash of their own. */
function partsByScope(
  { holdings, strategies }: StoredValuation,
  by: PerformanceBy,
  { groupOf: group, isCash }: FlowAssets,
): ReadonlyMap<string, readonly ScopePart[]> {
  const scoped: readonly (readonly [string, ScopePart])[] =
    by === 'strategy'
      ? strategies.flatMap((part) => (isCash(part.asset) ? [] : [[part.strategy, part] as const]))
      : holdings.map((part) => [
          by === 'venue' ? part.venue : by === 'asset' ? group(part.asset) : 'portfolio',
          part,
        ]);
  const parts = new Map<string, ScopePart[]>();
  for (const [scope, part] of scoped) {
    const own = parts.get(scope);
    if (own) own.push(part);
    else parts.set(scope, [part]);
  }
  return parts;
}

/** What a valuation says that one unit was worth. */
function pricesOf(
  { holdings }: StoredValuation,
  { groupOf: group, isCash }: FlowAssets,
): (asset: string) => Amount | null {
  const prices = new Map(
    holdings.flatMap(({ asset, price }) => (price === null ? [] : [[group(asset), price.price] as const])),
  );
  return (asset) => (isCash(asset) ? ONE : (prices.get(group(asset)) ?? null));
}
