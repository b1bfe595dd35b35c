// Signals of several sources as one view of each asset.
//
// Invariants, each held by a property test of the same name:
// 1. The order of signals does not matter, and a signal that is told twice changes nothing.
// 2. An expired signal never counts, and only the newest of a source on an asset does.
// 3. No source weighs more than its cap, and weights sum to 1 000 000 with what is nobody's.
// 4. What damping takes from a source goes to nobody: no other gains by it.

import type { InputProblem } from '../rebalancing/input-problem.ts';
import { WEIGHT_TOTAL_PPM } from '../rebalancing/targets.ts';
import type { Aggregate, CountedSignal, IgnoredSignal, WeightFactors } from './aggregate.ts';
import { type AggregationRules, findAggregationProblem, rulesOfSource } from './aggregation-rules.ts';
import { type Damping, durationText, findDampings, findSilence } from './find-dampings.ts';
import { formView, millionths } from './form-view.ts';
import { gatherSignals, type SourceSignals } from './gather-signals.ts';
import { rankScores } from './rank-scores.ts';
import { shareView } from './share-view.ts';
import { SIGN, type Signal, type SourceOnAsset } from './signal.ts';
import { recordFactor } from './track-record.ts';

export type Aggregation =
  /** By asset. */
  | { readonly state: 'aggregated'; readonly aggregates: readonly Aggregate[] }
  | { readonly state: 'refused'; readonly problem: InputProblem };

/**
 * What the sources say together of each asset, as of a time in epoch milliseconds. Signals come in any order, earlier
 * ones of a source with them: they are its history, by which it is found silent or extreme. `expected` are sources of
 * which silence is to be said even if they never spoke. Refuses numbers outside their range and two different signals
 * of one source on one asset at one time, with the place. Pure; never throws.
 *
 * A source weighs weight × 2^(−age/half-life) × track record (× confidence, by the method `confidence`), as a share of
 * all that count, capped by projection; then what is left of it by its dampings. How the shares become a view is the
 * method's: AGGREGATION_METHODS.
 */
export function aggregateSignals(
  signals: readonly Signal[],
  rules: AggregationRules,
  { asOfMs, expected = [] }: { readonly asOfMs: number; readonly expected?: readonly SourceOnAsset[] },
): Aggregation {
  const problem = findAggregationProblem(rules);
  if (problem !== null) return { state: 'refused', problem };
  const gathered = gatherSignals(signals, { asOfMs, expected });
  if (gathered.state === 'refused') return gathered;
  const { sources } = gathered;
  const scores = scoresOf(sources, rules, asOfMs);
  const assets = [...new Set(sources.map(({ asset }) => asset))];
  return {
    state: 'aggregated',
    aggregates: assets.map((asset) => {
      const own = sources.filter((each) => each.asset === asset);
      return aggregateAsset(asset, own, { rules, scores, asOfMs });
    }),
  };
}

interface Aggregating {
  readonly rules: AggregationRules;
  readonly scores: ReadonlyMap<Signal, number>;
  readonly asOfMs: number;
}

/** A source that may count, before its share is known. */
interface Candidate {
  readonly of: SourceSignals;
  readonly signal: Signal;
  readonly score: number;
  readonly factors: WeightFactors;
  readonly dampings: readonly Damping[];
}

function aggregateAsset(asset: string, sources: readonly SourceSignals[], on: Aggregating): Aggregate {
  const judged = sources.map((of) => judge(of, on));
  const candidates = judged.flatMap((each) => ('score' in each ? [each] : []));
  const counted = weigh(candidates, on.rules);
  const ignored = judged.flatMap((each) => ('code' in each ? [each] : []));
  const weightPpm = counted.reduce((sum, each) => sum + each.weightPpm, 0);
  return {
    asset,
    ...formView(counted, on.rules),
    counted,
    ignored: [...ignored, ...sources.flatMap(passedOver)],
    unassignedPpm: WEIGHT_TOTAL_PPM - weightPpm,
  };
}

function judge(of: SourceSignals, { rules, scores, asOfMs }: Aggregating): Candidate | IgnoredSignal {
  const { source, newest } = of;
  const ignored = (code: IgnoredSignal['code'], reason: string): IgnoredSignal => ({
    source,
    signal: newest,
    code,
    reason,
  });
  if (newest === null) return ignored('silent', 'silent: it has said nothing yet');
  if (newest.expiresAtMs <= asOfMs) {
    const silence = findSilence(of, rules, asOfMs);
    const more = silence === null ? '' : `, and ${silence.reason}`;
    return ignored('expired', `expired ${durationText(asOfMs - newest.expiresAtMs)} ago${more}`);
  }
  const score = scores.get(newest);
  if (score === undefined) return ignored('unranked', 'of a source that says something of this asset alone');
  const factors = factorsOf(newest, rules, asOfMs);
  return productOf(factors) > 0
    ? { of, signal: newest, score, factors, dampings: findDampings(of, rules, asOfMs) }
    : ignored('weightless', `its weight is zero: ${factorsText(factors)}`);
}

/** Signals of a source that do not count because of another, or not yet. */
function passedOver({ source, earlier, future }: SourceSignals): readonly IgnoredSignal[] {
  const replaced = earlier.at(-1);
  const coming = future[0];
  return [
    ...(replaced === undefined
      ? []
      : [
          {
            source,
            signal: replaced,
            code: 'replaced' as const,
            reason: `a newer one takes the place of ${earlier.length}`,
          },
        ]),
    ...(coming === undefined
      ? []
      : [
          {
            source,
            signal: coming,
            code: 'future' as const,
            reason: `${future.length} of a time that has not come`,
          },
        ]),
  ];
}

function factorsOf(signal: Signal, rules: AggregationRules, asOfMs: number): WeightFactors {
  const { weight, trackRecord } = rulesOfSource(rules, signal.source);
  const { method, halfLifeMs, priorObservations } = rules;
  return {
    source: weight,
    decay: halfLifeMs === null ? 1 : 2 ** (-(asOfMs - signal.atMs) / halfLifeMs),
    trackRecord: recordFactor(trackRecord, priorObservations),
    confidence: method === 'confidence' ? signal.confidence : 1,
  };
}

const productOf = ({ source, decay, trackRecord, confidence }: WeightFactors): number =>
  source * decay * trackRecord * confidence;

const factorsText = ({ source, decay, trackRecord, confidence }: WeightFactors): string =>
  `weight ${source}, decay ${millionths(decay)}, track record ${millionths(trackRecord)}, confidence ${confidence}`;

/** Shares by what a source is worth, then what its dampings leave of them. */
function weigh(candidates: readonly Candidate[], rules: AggregationRules): readonly CountedSignal[] {
  if (candidates.length === 0) return [];
  const shares = shareView(
    candidates.map(({ of: { source }, factors }) => ({
      source,
      weight: productOf(factors),
      shareMaxPpm: rulesOfSource(rules, source).shareMaxPpm,
    })),
  );
  return candidates.map(({ of: { source }, signal, score, factors, dampings }) => {
    const undampedPpm = shares.get(source) ?? 0;
    const left = dampings.reduce((product, { factor }) => product * factor, 1);
    return { signal, weightPpm: Math.floor(undampedPpm * left), undampedPpm, score, factors, dampings };
  });
}

/** What each signal in force says by the method; without an entry it says nothing that the method can use. */
function scoresOf(
  sources: readonly SourceSignals[],
  { method }: AggregationRules,
  asOfMs: number,
): ReadonlyMap<Signal, number> {
  const inForce = sources.flatMap(({ newest }) =>
    newest !== null && newest.expiresAtMs > asOfMs ? [newest] : [],
  );
  if (method !== 'rank')
    return new Map(
      inForce.map((signal) => [
        signal,
        millionths(SIGN[signal.direction] * (method === 'majority' ? 1 : signal.strength)),
      ]),
    );
  return new Map(
    [...new Set(inForce.map(({ source }) => source))].flatMap((source) => {
      const own = inForce.filter((signal) => signal.source === source);
      const scores = rankScores(own.map(({ direction, strength }) => SIGN[direction] * strength));
      return own.flatMap((signal, index): readonly (readonly [Signal, number])[] => {
        const score = scores?.[index];
        return score === undefined ? [] : [[signal, millionths(score)]];
      });
    }),
  );
}
