import { type FigureText, figureText } from '../../domain/lots/figure.ts';
import type { AnnualTerms } from '../../domain/performance/annual-terms.ts';
import type { Statistic } from '../../domain/performance/statistic.ts';
import { type PerformanceDocument, performanceDocument } from '../performance-document.ts';
import type { BookPerformance, PerformanceBy, ScopePerformance } from './book-performance.ts';

/** What `trueup performance` prints of a book, besides where it is. */
export interface BookPerformanceDocument {
  readonly by: PerformanceBy;
  readonly valuations: number;
  readonly uncertified: number;
  readonly backfilled: number;
  readonly scopes: readonly ScopeDocument[];
}

export interface ScopeDocument extends PerformanceDocument {
  readonly scope: string;
  /** At the first and at the last valuation; null where there is none. */
  readonly startUsd: number | null;
  readonly endUsd: number | null;
  /** What came in between them, less what went out. */
  readonly netFlowsUsd: number;
  readonly realisedUsd: FigureText;
  readonly unrealisedUsd: FigureText;
  readonly roundTrips: RoundTripsDocument | null;
  /** Held without a price, and in no value then. */
  readonly unpriced: readonly string[];
  /** Came or went, and nobody says what it was worth. */
  readonly unpricedFlows: readonly string[];
}

/** Of disposals of lots. */
export interface RoundTripsDocument {
  readonly won: number;
  readonly lost: number;
  /** Of a gain that nobody knows, and in none of the others. */
  readonly unknown: number;
  readonly winRate: number | null;
  readonly profitFactor: number | null;
  readonly expectancyUsd: number | null;
  readonly profitFactorInfinite: boolean;
  /** Why others than a profit factor without end are null. */
  readonly reason: string | null;
}

export const bookPerformanceDocument = (
  by: PerformanceBy,
  { scopes, ...counts }: BookPerformance,
  terms: AnnualTerms,
): BookPerformanceDocument => ({
  by,
  ...counts,
  scopes: scopes.map((scope) => scopeDocument(scope, terms)),
});

function scopeDocument(
  { scope, series, figures, gains }: ScopePerformance,
  terms: AnnualTerms,
): ScopeDocument {
  const { valuations, flows, unpriced, unpricedFlows } = series;
  return {
    scope,
    startUsd: valuations[0]?.value ?? null,
    endUsd: valuations.at(-1)?.value ?? null,
    netFlowsUsd: flows.reduce((sum, { amount }) => sum + amount, 0),
    ...withUndefinedMerged(
      performanceDocument(figures, { returns: figures.returns.value?.length ?? 0, ...terms }, figures),
    ),
    realisedUsd: figureText(gains.realised),
    unrealisedUsd: figureText(gains.unrealised),
    roundTrips: roundTripsOf(gains.roundTrips),
    unpriced,
    unpricedFlows,
  };
}

/** Days on end on which a scope holds nothing are one period and not hundreds. */
function withUndefinedMerged(document: PerformanceDocument): PerformanceDocument {
  const { valuations } = document;
  if (valuations === undefined) return document;
  const merged: (typeof valuations.undefinedPeriods)[number][] = [];
  for (const period of valuations.undefinedPeriods) {
    const last = merged.at(-1);
    if (last?.to === period.from && last.reason === period.reason)
      merged[merged.length - 1] = { ...last, to: period.to };
    else merged.push(period);
  }
  return { ...document, valuations: { ...valuations, undefinedPeriods: merged } };
}

function roundTripsOf(trips: ScopePerformance['gains']['roundTrips']): RoundTripsDocument | null {
  if (trips === null) return null;
  const { won, lost, unknown, winRate, profitFactor, expectancy, isProfitFactorInfinite } = trips;
  const figure = ({ value }: Statistic): number | null => value;
  return {
    won,
    lost,
    unknown,
    winRate: figure(winRate),
    profitFactor: figure(profitFactor),
    expectancyUsd: figure(expectancy),
    profitFactorInfinite: isProfitFactorInfinite,
    reason: 'reason' in winRate ? winRate.reason : null,
  };
}
