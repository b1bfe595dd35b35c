// Sources that do not behave as they used to: what is left of their weight, and why.
//
// Invariants, each held by a property test of the same name:
// 1. A factor is never above 1, so that a silent or extreme source never weighs more than it would undamped.
// 2. A source without enough history is not judged.

import type { AggregationRules } from './aggregation-rules.ts';
import type { SourceSignals } from './gather-signals.ts';

export interface Damping {
  /** `silent`: overdue by its usual interval. `extreme`: far stronger than it usually is. `saturated`: always so strong that it says nothing. */
  readonly kind: 'silent' | 'extreme' | 'saturated';
  /** What is left of its weight, from 0 to 1. */
  readonly factor: number;
  readonly reason: string;
}

/** Signals of a source on an asset from which on it has habits: four intervals between them. */
const HISTORY_MIN = 5;
/** The least deviation that is a habit: a source that always says 0.5 is not extreme at 0.55. */
const DEVIATION_MIN = 0.02;
/** The median absolute deviation of a normal distribution, in standard deviations. */
const MEDIAN_DEVIATION_NORMAL = 0.6745;
/** From this strength on there is hardly any more. */
const SATURATED_FROM = 0.99;

type DampingRules = Pick<AggregationRules, 'silentIntervals' | 'extremeDeviations' | 'saturatedFactor'>;

/** What is to be said of one source on one asset; empty where it behaves as it used to. */
export function findDampings(of: SourceSignals, rules: DampingRules, asOfMs: number): readonly Damping[] {
  return [findSilence(of, rules, asOfMs), findExtreme(of, rules), findSaturation(of, rules)].filter(
    (each) => each !== null,
  );
}

/** Overdue by more than so many of its usual intervals, the median ones: factor limit/elapsed. */
export function findSilence(
  { newest, earlier }: SourceSignals,
  { silentIntervals }: Pick<DampingRules, 'silentIntervals'>,
  asOfMs: number,
): Damping | null {
  if (newest === null || earlier.length + 1 < HISTORY_MIN) return null;
  const times = [...earlier, newest].map(({ atMs }) => atMs);
  const usualMs = median(times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs)));
  const elapsedMs = asOfMs - newest.atMs;
  const limitMs = silentIntervals * usualMs;
  if (elapsedMs <= limitMs) return null;
  const reason = `silent for ${durationText(elapsedMs)}, usually heard every ${durationText(usualMs)}`;
  return { kind: 'silent', factor: limitMs / elapsedMs, reason };
}

/** By the modified z-score of its strength, 0.6745·(x − median)/MAD of those before: factor limit/z. */
function findExtreme({ newest, earlier }: SourceSignals, rules: DampingRules): Damping | null {
  if (newest === null || earlier.length < HISTORY_MIN) return null;
  const strengths = earlier.map(({ strength }) => strength);
  const usual = median(strengths);
  const spread = Math.max(DEVIATION_MIN, median(strengths.map((strength) => Math.abs(strength - usual))));
  const deviations = (MEDIAN_DEVIATION_NORMAL * (newest.strength - usual)) / spread;
  if (deviations <= rules.extremeDeviations) return null;
  const reason = `a strength of ${newest.strength}, ${deviations.toFixed(1)} robust deviations above its usual ${usual}`;
  return { kind: 'extreme', factor: rules.extremeDeviations / deviations, reason };
}

function findSaturation({ newest, earlier }: SourceSignals, rules: DampingRules): Damping | null {
  if (newest === null || earlier.length + 1 < HISTORY_MIN) return null;
  const all = [...earlier, newest];
  if (rules.saturatedFactor === 1 || !all.every(({ strength }) => strength >= SATURATED_FROM)) return null;
  const reason = `always of full strength, ${all.length} times in a row`;
  return { kind: 'saturated', factor: rules.saturatedFactor, reason };
}

/** The middle one of values; the mean of the middle two. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** "90 s", "3.5 h", "2 d": in the largest unit of which there is one. */
export function durationText(ms: number): string {
  const [unitMs, name] =
    ms >= 86_400_000
      ? [86_400_000, 'd']
      : ms >= 3_600_000
        ? [3_600_000, 'h']
        : ms >= 60_000
          ? [60_000, 'min']
          : [1_000, 's'];
  return `${Math.round((ms / unitMs) * 10) / 10} ${name}`;
}
