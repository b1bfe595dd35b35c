import { type AnnualTerms, DAYS_PER_YEAR } from './annual-terms.ts';
import { annualReturn, cagr, calmarRatio } from './cagr.ts';
import { type Drawdown, type DrawdownEpisode, findDrawdown } from './drawdown.ts';
import { modifiedDietz } from './modified-dietz.ts';
import { judgeOutcomes, type Outcomes } from './outcomes.ts';
import type { CashFlow } from './present-value.ts';
import {
  type Chain,
  findChains,
  type IndexPoint,
  indexOfReturns,
  returnIndex,
  timeWeightedReturn,
} from './return-index.ts';
import { periodReturns, sampleReturns } from './sample-returns.ts';
import { type SharpeRatio, sharpeRatio } from './sharpe-ratio.ts';
import { downsideDeviation, sortinoRatio } from './sortino-ratio.ts';
import { type NoStatistic, noStatistic, type Statistic, statistic } from './statistic.ts';
import { type Flow, findSubPeriods, type SubPeriod, type Valuation } from './sub-periods.ts';
import { type ValueAtRisk, valueAtRisk } from './value-at-risk.ts';
import { volatility } from './volatility.ts';
import { type Xirr, xirr } from './xirr.ts';

const DAY_MS = 86_400_000;

/** Returns and falls are signed fractions: a loss is negative. What cannot be told has the reason in its place. */
export interface PerformanceFigures {
  /** Of the whole time. */
  readonly timeWeightedReturn: Statistic;
  /** Of a year, as those that follow. */
  readonly xirr: Xirr;
  readonly cagr: Statistic;
  readonly volatility: Statistic;
  readonly sharpe: SharpeRatio;
  readonly downsideDeviation: Statistic;
  readonly sortino: Statistic;
  readonly calmar: Statistic;
  /** On the time-weighted index, never on money. In days since the first valuation; in periods for returns without dates. */
  readonly drawdown: Statistic<Drawdown>;
  /** Of periods; of valuations also where they lie too far apart, or too near, for the figures of a year. */
  readonly outcomes: Statistic<Outcomes>;
  /** Over one period. */
  readonly valueAtRisk: Statistic<ValueAtRisk>;
}

export interface ValuedPerformance extends PerformanceFigures {
  /** The money's return without compounding, as a check on the XIRR. */
  readonly modifiedDietz: Statistic;
  /** From the first valuation to the last. */
  readonly days: number;
  readonly subPeriods: readonly SubPeriod[];
  readonly chains: readonly Chain[];
  /** What the figures of a sample are of: see `sampleReturns`. */
  readonly returns: Statistic<readonly number[]>;
  /** Before the first valuation, which has them in it, or from the last one on: they move no figure. */
  readonly flowsOutside: number;
}

/**
 * Performance between the first and the last valuation: time-weighted return over the sub-periods, XIRR of −V₀, the flows
 * and the last value, drawdown on the index, and the rest of the returns of days. Valuations and flows in any order, each
 * valuation at a time of its own and before the flows of its moment. REBALANCING.md §3f.
 */
export function performanceOfValuations(
  valuations: readonly Valuation[],
  flows: readonly Flow[],
  terms: AnnualTerms,
): ValuedPerformance {
  const subPeriods = findSubPeriods(valuations, flows);
  const startMs = subPeriods[0]?.fromMs ?? 0;
  const endMs = subPeriods.at(-1)?.toMs ?? 0;
  const days = (endMs - startMs) / DAY_MS;
  const inside = flows.filter(({ atMs }) => atMs >= startMs && atMs < endMs);
  const total = timeWeightedReturn(subPeriods);
  const returns = sampleReturns(subPeriods, terms.periodsPerYear);
  const ofTime = compounded(total, days, returnIndex(subPeriods));
  return {
    ...ofTime,
    drawdown:
      ofTime.drawdown.value === null ? ofTime.drawdown : { value: inDays(ofTime.drawdown.value, startMs) },
    ...(returns.value === null ? noSample(returns) : sampleFigures(returns.value, terms)),
    outcomes: outcomesOf(periodReturns(subPeriods, terms.periodsPerYear)),
    xirr:
      subPeriods.length === 0 ? noStatistic('fewer than two valuations') : ownXirr(valuations, inside, total),
    modifiedDietz: modifiedDietz(valuations, inside),
    days,
    subPeriods,
    chains: findChains(subPeriods),
    returns,
    flowsOutside: flows.length - inside.length,
  };
}

/** Performance of simple returns of equal periods, oldest first. n returns are n · 365 / periodsPerYear days. */
export function performanceOfReturns(returns: readonly number[], terms: AnnualTerms): PerformanceFigures {
  const index = indexOfReturns(returns);
  const total: Statistic =
    returns.length === 0 ? noStatistic('no returns') : statistic((index.at(-1)?.index ?? 1) - 1);
  return {
    ...compounded(total, (returns.length * DAYS_PER_YEAR) / terms.periodsPerYear, index),
    ...sampleFigures(returns, terms),
    xirr: noStatistic('returns have no cash flows'),
  };
}

/** What dated cash flows alone tell, investor-signed and with the final value among them: the XIRR. */
export function performanceOfCashFlows(cashFlows: readonly CashFlow[]): PerformanceFigures {
  const reason = noStatistic('cash flows alone have no valuations');
  return {
    ...noSample(reason),
    timeWeightedReturn: reason,
    xirr: xirr(cashFlows),
    cagr: reason,
    calmar: reason,
    drawdown: reason,
  };
}

function compounded(total: Statistic, days: number, index: readonly IndexPoint[]) {
  const growth = total.value === null ? total : cagr(total.value, days);
  const drawdown = total.value === null ? total : findDrawdown(index);
  return {
    timeWeightedReturn: total,
    cagr: growth,
    drawdown,
    calmar: drawdown.value === null ? drawdown : calmarRatio(growth, drawdown.value.maximum),
  };
}

/** From milliseconds, in which differences are exact. */
function inDays(drawdown: Drawdown, startMs: number): Drawdown {
  const dayOf = (atMs: number): number => (atMs - startMs) / DAY_MS;
  const episodeOf = (episode: DrawdownEpisode): DrawdownEpisode => ({
    peakAt: dayOf(episode.peakAt),
    troughAt: dayOf(episode.troughAt),
    recoveredAt: episode.recoveredAt === null ? null : dayOf(episode.recoveredAt),
    depth: episode.depth,
    duration: episode.duration / DAY_MS,
  });
  return {
    ...drawdown,
    deepest: drawdown.deepest && episodeOf(drawdown.deepest),
    longestDuration: drawdown.longestDuration / DAY_MS,
    episodes: drawdown.episodes.map(episodeOf),
  };
}

function sampleFigures(returns: readonly number[], terms: AnnualTerms) {
  return {
    volatility: volatility(returns, terms),
    sharpe: sharpeRatio(returns, terms),
    downsideDeviation: downsideDeviation(returns, terms),
    sortino: sortinoRatio(returns, terms),
    outcomes: { value: judgeOutcomes(returns) },
    valueAtRisk: valueAtRisk(returns),
  };
}

const outcomesOf = (returns: Statistic<readonly number[]>): Statistic<Outcomes> =>
  returns.value === null ? returns : { value: judgeOutcomes(returns.value) };

const noSample = (reason: NoStatistic) => ({
  volatility: reason,
  sharpe: reason,
  downsideDeviation: reason,
  sortino: reason,
  outcomes: reason,
  valueAtRisk: reason,
});

function ownXirr(valuations: readonly Valuation[], flows: readonly Flow[], total: Statistic): Xirr {
  const inTime = valuations.toSorted((a, b) => a.atMs - b.atMs);
  const first = inTime[0] as Valuation;
  const last = inTime.at(-1) as Valuation;
  const cashFlows: readonly CashFlow[] = [
    { atMs: first.atMs, amount: -first.value },
    ...flows.map(({ atMs, amount }) => ({ atMs, amount: -amount })),
    { atMs: last.atMs, amount: last.value },
  ];
  const ofYear = total.value === null ? total : annualReturn(total.value, (last.atMs - first.atMs) / DAY_MS);
  return xirr(cashFlows, ofYear.value);
}
