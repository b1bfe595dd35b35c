import { amount } from '../money/amount.ts';
import { presentDrawdown } from '../performance/drawdown.ts';
import { returnIndex, timeWeightedReturn } from '../performance/return-index.ts';
import { findSubPeriods } from '../performance/sub-periods.ts';
import { type Fact, known, unknown } from '../rebalancing/triggers/fact.ts';
import type { ScopeSeries } from '../valuation/scope-series.ts';
import type { StrategyFall } from './day-judgement.ts';

/** Doubles agree in more places than these, whatever computes them. */
const PLACES = 6;

/**
 * How far a strategy has fallen, by the time-weighted index of what it holds. Not known where fewer than two valuations
 * tell of it, where nothing was ever there to earn a return, and where the index leaves something out: what it holds now
 * has no price (`unpricedNow`), or something came or went without anybody saying what it was worth.
 */
export function strategyFall(series: ScopeSeries, unpricedNow: readonly string[]): Fact<StrategyFall> {
  const [held] = unpricedNow;
  if (held !== undefined) return unknown(`${held} has no price`);
  const [moved] = series.unpricedFlows;
  if (moved !== undefined) return unknown(`${moved} came or went at no known price`);
  const periods = findSubPeriods(series.valuations, series.flows);
  const whole = timeWeightedReturn(periods);
  if (whole.value === null) return unknown(whole.reason);
  const drawdown = presentDrawdown(returnIndex(periods));
  if (drawdown.value === null) return unknown(drawdown.reason);
  const { depth, peakAt } = drawdown.value;
  return known({ fraction: amount(Math.abs(depth).toFixed(PLACES)), peakAtMs: peakAt });
}
