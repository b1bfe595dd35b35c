import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { type AssetGroup, CASH, WEIGHT_TOTAL_PPM } from '../rebalancing/targets.ts';
import { findFractionProblem } from '../targets/method-outcome.ts';
import type { WeightBounds } from '../targets/project-weights.ts';
import { findTrackRecordProblem, type TrackRecord } from './track-record.ts';

/**
 * How signals of several sources on one asset become one view.
 * - `weighted`: the mean of what they say, by the weights of the sources.
 * - `confidence`: the same, each weight times the confidence of the signal.
 * - `majority`: the direction that has more than half of the weight; strength and confidence do not vote.
 * - `rank`: each source's assets by how strongly it says long, from -1 for the last to 1 for the first, ties in the
 *   middle of their places; so how loud a source is does not matter, and long means before the other assets.
 */
export const AGGREGATION_METHODS = ['weighted', 'confidence', 'majority', 'rank'] as const;
export type AggregationMethod = (typeof AGGREGATION_METHODS)[number];

/** What is known of one source beforehand. */
export interface SourceRules {
  /** Against other sources; above 0. */
  readonly weight: number;
  /** The largest share of one asset's view. */
  readonly shareMaxPpm: number;
  readonly trackRecord: TrackRecord | null;
}

export interface AggregationRules {
  readonly method: AggregationMethod;
  /** After so long a signal weighs half, and is half as sure; null for never. */
  readonly halfLifeMs: number | null;
  /** Fewer sources that count give no view. */
  readonly sourcesMin: number;
  /** From 0 to 1. Above it there is no view: at 1 even an even split is one, of no strength. */
  readonly conflictMax: number;
  /** The largest share of one asset's view that a source has which `sources` does not name. */
  readonly shareMaxPpm: number;
  readonly sources: Readonly<Record<string, SourceRules>>;
  /** As many observations without any skill count beside every track record. */
  readonly priorObservations: number;
  /** A source is silent after so many of its usual intervals. */
  readonly silentIntervals: number;
  /** A strength is extreme from this robust deviation above what its source usually says. */
  readonly extremeDeviations: number;
  /** What is left of the weight of a source that always says the most: 1 for all of it. */
  readonly saturatedFactor: number;
  /** Bounds of the targets. What is absent is 0 and 1 000 000. */
  readonly limits: Readonly<Record<AssetGroup, WeightBounds>>;
}

export const DEFAULT_AGGREGATION: AggregationRules = {
  method: 'weighted',
  halfLifeMs: null,
  sourcesMin: 1,
  conflictMax: 0.8,
  shareMaxPpm: WEIGHT_TOTAL_PPM,
  sources: {},
  priorObservations: 50,
  silentIntervals: 3,
  // Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993: 3.5 robust deviations.
  extremeDeviations: 3.5,
  saturatedFactor: 0.5,
  limits: {},
};

/** The rules of one source; those of the rest where nothing is said of it. */
export const rulesOfSource = ({ sources, shareMaxPpm }: AggregationRules, source: string): SourceRules =>
  (Object.hasOwn(sources, source) ? sources[source] : undefined) ?? {
    weight: 1,
    shareMaxPpm,
    trackRecord: null,
  };

/** What is wrong with the rules, under "aggregation"; null where nothing is. */
export function findAggregationProblem(rules: AggregationRules): InputProblem | null {
  const { halfLifeMs, sourcesMin, priorObservations, silentIntervals, extremeDeviations } = rules;
  if (!AGGREGATION_METHODS.includes(rules.method))
    return inputProblem('aggregation.method', `one of ${AGGREGATION_METHODS.join(', ')}`, rules.method);
  const numbers = [
    [
      'halfLifeMs',
      halfLifeMs === null || isAbove(halfLifeMs, 0),
      'milliseconds above 0, or null',
      halfLifeMs,
    ],
    ['sourcesMin', Number.isSafeInteger(sourcesMin) && sourcesMin >= 1, 'a whole number from 1', sourcesMin],
    ['priorObservations', isAbove(priorObservations, -1e-9), 'a number from 0', priorObservations],
    ['silentIntervals', isAbove(silentIntervals, 0), 'a number above 0', silentIntervals],
    ['extremeDeviations', isAbove(extremeDeviations, 0), 'a number above 0', extremeDeviations],
    ['shareMaxPpm', isPpm(rules.shareMaxPpm), PPM, rules.shareMaxPpm],
  ] as const;
  const wrong = numbers.find(([, isRight]) => !isRight);
  if (wrong !== undefined) return inputProblem(`aggregation.${wrong[0]}`, wrong[2], wrong[3]);
  return (
    findFractionProblem('aggregation.conflictMax', rules.conflictMax) ??
    findFractionProblem('aggregation.saturatedFactor', rules.saturatedFactor) ??
    findSourceProblem(rules.sources) ??
    findLimitProblem(rules.limits)
  );
}

function findSourceProblem(sources: AggregationRules['sources']): InputProblem | null {
  for (const [source, { weight, shareMaxPpm, trackRecord }] of Object.entries(sources)) {
    const path = `aggregation.sources.${source}`;
    if (!isAbove(weight, 0)) return inputProblem(`${path}.weight`, 'a number above 0', weight);
    if (!isPpm(shareMaxPpm)) return inputProblem(`${path}.shareMaxPpm`, PPM, shareMaxPpm);
    const problem = trackRecord === null ? null : findTrackRecordProblem(`${path}.trackRecord`, trackRecord);
    if (problem !== null) return problem;
  }
  return null;
}

function findLimitProblem(limits: AggregationRules['limits']): InputProblem | null {
  for (const [asset, { lowerPpm = 0, upperPpm = WEIGHT_TOTAL_PPM }] of Object.entries(limits)) {
    const path = `aggregation.limits.${asset}`;
    if (asset === CASH) return inputProblem(path, 'limits of assets; cash is the rest', asset);
    if (!isPpm(lowerPpm)) return inputProblem(`${path}.lowerPpm`, PPM, lowerPpm);
    if (!isPpm(upperPpm) || upperPpm < lowerPpm)
      return inputProblem(`${path}.upperPpm`, `whole millionths from ${lowerPpm} to 1000000`, upperPpm);
  }
  const floors = Object.values(limits).reduce((sum, { lowerPpm = 0 }) => sum + lowerPpm, 0);
  return floors > WEIGHT_TOTAL_PPM
    ? inputProblem('aggregation.limits', 'floors that sum to 1000000 ppm at most', floors)
    : null;
}

const PPM = 'whole millionths from 0 to 1000000';
const isPpm = (ppm: number): boolean => Number.isSafeInteger(ppm) && ppm >= 0 && ppm <= WEIGHT_TOTAL_PPM;
const isAbove = (value: number, limit: number): boolean => Number.isFinite(value) && value > limit;
