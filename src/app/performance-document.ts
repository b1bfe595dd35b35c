import type { AnnualTerms } from '../domain/performance/annual-terms.ts';
import type { Drawdown } from '../domain/performance/drawdown.ts';
import type { PerformanceFigures, ValuedPerformance } from '../domain/performance/performance-figures.ts';
import { noStatistic, type Statistic, statistic } from '../domain/performance/statistic.ts';
import { NORMAL_RETURNS_MAX, type ValueAtRisk } from '../domain/performance/value-at-risk.ts';

/** The figures of `trueup performance`, in the order in which they are printed. Signed fractions where they are returns or falls. */
export interface PerformanceValues {
  readonly timeWeightedReturn: number | null;
  readonly xirr: number | null;
  readonly cagr: number | null;
  readonly volatility: number | null;
  readonly sharpe: number | null;
  /** 95 %, lower bound first. */
  readonly sharpeInterval: readonly [number, number] | null;
  readonly sortino: number | null;
  readonly calmar: number | null;
  readonly maxDrawdown: number | null;
  /** Of the deepest fall, from its peak to its recovery or to the end; in `drawdown.unit`. */
  readonly drawdownDays: number | null;
  readonly winRate: number | null;
  readonly profitFactor: number | null;
  readonly var95: number | null;
  readonly cvar95: number | null;
  readonly modifiedDietz: number | null;
  readonly downsideDeviation: number | null;
  readonly expectancy: number | null;
  /** Of a normal distribution; only under 100 returns. */
  readonly normalVar95: number | null;
  readonly normalCvar95: number | null;
}

/** What `trueup performance --json` prints. */
export interface PerformanceDocument extends PerformanceValues {
  /** Why a figure is null, by its name. */
  readonly reasons: Readonly<Partial<Record<keyof PerformanceValues, string>>>;
  /** Whether the profit factor is null because nothing was lost. */
  readonly profitFactorInfinite: boolean;
  /** Every rate at which the cash flows are worth nothing. */
  readonly xirrRoots: readonly number[];
  readonly multipleRoots: boolean;
  /** Null where nothing is known of falls. */
  readonly drawdown: DrawdownDocument | null;
  /** What the figures of a sample rest on; null for cash flows alone. */
  readonly sample: (AnnualTerms & { readonly returns: number }) | null;
  /** Of valuations alone. */
  readonly valuations?: ValuationsDocument;
}

export interface DrawdownDocument {
  /** Days where valuations have times, periods where returns have none. */
  readonly unit: 'days' | 'periods';
  /** The deepest fall: times, or how many returns before. Null where nothing fell. */
  readonly peakAt: string | number | null;
  readonly troughAt: string | number | null;
  /** Null where nothing fell, and while the peak is not reached again. */
  readonly recoveredAt: string | number | null;
  readonly isOpen: boolean;
  /** Of all falls, not the deepest alone. */
  readonly longest: number;
  /** Of the whole time. */
  readonly underwaterShare: number;
}

export interface ValuationsDocument {
  readonly from: string | null;
  readonly to: string | null;
  readonly days: number;
  /** Spans in which nothing was there to earn a return: the chains on either side are linked as if they were not. */
  readonly undefinedPeriods: readonly {
    readonly from: string;
    readonly to: string;
    readonly reason: string;
  }[];
  /** Null where a return is too large for a number. */
  readonly chains: readonly { readonly from: string; readonly to: string; readonly return: number | null }[];
  /** Flows without a valuation of their moment: what came in counts from the last valuation, what went out until the next. */
  readonly unvaluedFlows: number;
  /** Flows before the first valuation, or from the last one on: they move no figure. */
  readonly flowsOutside: number;
}

/** Figures with the reasons of those that are null beside them. */
export function performanceDocument(
  figures: PerformanceFigures,
  sample: PerformanceDocument['sample'],
  valued: ValuedPerformance | null,
): PerformanceDocument {
  const reasons: Partial<Record<keyof PerformanceValues, string>> = {};
  /** Takes a value out of what may have none, and remembers why it has none. */
  const told = <T, V>(
    name: keyof PerformanceValues,
    found: Statistic<T>,
    pick: (value: T) => V,
  ): V | null => {
    if (!('reason' in found)) return pick(found.value);
    reasons[name] = found.reason;
    return null;
  };
  const same = (value: number): number => value;
  const { sharpe, drawdown, outcomes, valueAtRisk } = figures;
  const judged = outcomes.value;
  const normal = normalOf(valueAtRisk);
  const values: PerformanceValues = {
    timeWeightedReturn: told('timeWeightedReturn', figures.timeWeightedReturn, same),
    xirr: told('xirr', figures.xirr, same),
    cagr: told('cagr', figures.cagr, same),
    volatility: told('volatility', figures.volatility, same),
    sharpe: told('sharpe', sharpe, same),
    sharpeInterval: told(
      'sharpeInterval',
      sharpe.value === null ? sharpe : { value: sharpe.interval },
      (both) => both,
    ),
    sortino: told('sortino', figures.sortino, same),
    calmar: told('calmar', figures.calmar, same),
    maxDrawdown: told('maxDrawdown', drawdown, ({ maximum }) => maximum),
    drawdownDays: told('drawdownDays', drawdown, ({ deepest }) => deepest?.duration ?? 0),
    winRate: told('winRate', judged === null ? outcomes : judged.winRate, same),
    profitFactor: told('profitFactor', judged === null ? outcomes : judged.profitFactor, same),
    var95: told('var95', valueAtRisk, ({ var95 }) => var95),
    cvar95: told('cvar95', valueAtRisk, ({ cvar95 }) => cvar95),
    modifiedDietz: told('modifiedDietz', valued?.modifiedDietz ?? NO_VALUATIONS, same),
    downsideDeviation: told('downsideDeviation', figures.downsideDeviation, same),
    expectancy: told('expectancy', judged === null ? outcomes : judged.expectancy, same),
    normalVar95: told('normalVar95', normal, ({ var95 }) => var95),
    normalCvar95: told('normalCvar95', normal, ({ cvar95 }) => cvar95),
  };
  const roots = figures.xirr.value === null ? [] : figures.xirr.roots;
  return {
    ...values,
    reasons,
    profitFactorInfinite: judged?.isProfitFactorInfinite ?? false,
    xirrRoots: roots,
    multipleRoots: roots.length > 1,
    drawdown: drawdownDocument(drawdown, valued),
    sample,
    ...(valued && { valuations: valuationsDocument(valued) }),
  };
}

const NO_VALUATIONS = noStatistic('there are no valuations');

function normalOf(risk: Statistic<ValueAtRisk>): Statistic<NonNullable<ValueAtRisk['normal']>> {
  if (risk.value === null) return risk;
  return risk.value.normal === null
    ? noStatistic(`${NORMAL_RETURNS_MAX} returns or more speak for themselves`)
    : { value: risk.value.normal };
}

function drawdownDocument(
  { value }: Statistic<Drawdown>,
  valued: ValuedPerformance | null,
): DrawdownDocument | null {
  if (value === null) return null;
  const { deepest, longestDuration, underwaterShare } = value;
  const startMs = valued?.subPeriods[0]?.fromMs ?? 0;
  const place = (at: number | null | undefined): string | number | null =>
    at === null || at === undefined ? null : valued ? timeText(Math.round(startMs + at * DAY_MS)) : at;
  return {
    unit: valued ? 'days' : 'periods',
    peakAt: place(deepest?.peakAt),
    troughAt: place(deepest?.troughAt),
    recoveredAt: place(deepest?.recoveredAt),
    isOpen: deepest !== null && deepest.recoveredAt === null,
    longest: longestDuration,
    underwaterShare,
  };
}

function valuationsDocument({
  subPeriods,
  chains,
  days,
  flowsOutside,
}: ValuedPerformance): ValuationsDocument {
  const [first] = subPeriods;
  const last = subPeriods.at(-1);
  const spanOf = ({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) => ({
    from: timeText(fromMs),
    to: timeText(toMs),
  });
  return {
    from: first ? timeText(first.fromMs) : null,
    to: last ? timeText(last.toMs) : null,
    days,
    undefinedPeriods: subPeriods.flatMap((period) =>
      period.state === 'undefined' ? [{ ...spanOf(period), reason: period.reason }] : [],
    ),
    chains: chains.map((chain) => ({ ...spanOf(chain), return: statistic(chain.return).value })),
    unvaluedFlows: subPeriods.reduce(
      (sum, period) => sum + (period.state === 'measured' ? period.unvaluedFlows : 0),
      0,
    ),
    flowsOutside,
  };
}

const DAY_MS = 86_400_000;
const timeText = (atMs: number): string => new Date(atMs).toISOString();
