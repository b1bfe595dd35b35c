// Our band against the best of a grid, on the same paths, at several costs.

import { amount, toNumber } from '../../src/domain/money/amount.ts';
import { chooseBand } from '../../src/domain/rebalancing/bands/choose-band.ts';
import { known } from '../../src/domain/rebalancing/triggers/fact.ts';
import {
  type BandLossTerms,
  type BandPolicy,
  lossAt,
  type PolicyOutcome,
  runBandLossModel,
} from './band-loss-model.ts';

const YEAR_MS = 365 * 86_400_000;
const BPS = 10_000;

export interface BandLossLine {
  readonly costBpsPerSide: number;
  readonly halfWidth: number;
  readonly destination: number;
  readonly lossBps: number;
  readonly tradesPerYear: number;
  readonly best: { readonly halfWidth: number; readonly destination: number; readonly lossBps: number };
  /** Of our loss to the grid's best. */
  readonly ratio: number;
}

/** Half widths a seventh apart, and destinations from the target to the edge. */
export const GRID: readonly BandPolicy[] = Array.from(
  { length: 24 },
  (_, step) => 0.006 * 1.15 ** step,
).flatMap((halfWidth) =>
  [0, 0.25, 0.5, 0.75, 0.9, 1].map((share) => ({ halfWidth, destination: share * halfWidth })),
);

/** The band that the service would trade by: no fixed cost, looked at every step. */
export function ourBand(costPerSide: number, terms: BandLossTerms): BandPolicy {
  const { halfWidth, destination } = chooseBand({
    target: amount(String(terms.target)),
    riskAversion: terms.riskAversion,
    roundTripCost: known(2 * costPerSide),
    fixedCost: known(0),
    minTrade: known(0),
    monitoring: {
      kind: 'every',
      intervalMs: YEAR_MS / terms.stepsPerYear,
      volatility: known(terms.volatility),
    },
  });
  return { halfWidth: toNumber(halfWidth), destination: toNumber(destination) };
}

/** One line a cost. Every policy walks the same paths, ours among them. */
export function compareBands(
  costsBps: readonly number[],
  grid: readonly BandPolicy[],
  terms: BandLossTerms,
  onPath?: (paths: number) => void,
): readonly BandLossLine[] {
  const ours = costsBps.map((bps) => ourBand(bps / BPS, terms));
  const outcomes = runBandLossModel([...ours, ...grid], terms, onPath);
  const ofGrid = outcomes.slice(ours.length);
  return costsBps.map((costBpsPerSide, index) => {
    const cost = costBpsPerSide / BPS;
    const outcome = outcomes[index] as PolicyOutcome;
    const losses = ofGrid.map((each) => lossAt(each, cost));
    const least = Math.min(...losses);
    const best = grid[losses.indexOf(least)] as BandPolicy;
    const loss = lossAt(outcome, cost);
    return {
      costBpsPerSide,
      ...(ours[index] as BandPolicy),
      lossBps: loss * BPS,
      tradesPerYear: outcome.trades,
      best: { ...best, lossBps: least * BPS },
      ratio: loss / least,
    };
  });
}
