// How right a source has been, and what that makes of its weight.
//
// Invariants, each held by a property test of the same name:
// 1. A record without observations leaves a weight as it is, and a longer one of the same quality never moves it less.
// 2. A better record never weighs less, and no record turns what a source says around.

import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';

/**
 * Of a source, kept by whoever knows what came of its signals: how often its direction was that of the next return, or
 * the correlation of its signed strengths with the next returns, from -1 to 1.
 */
export type TrackRecord =
  | { readonly kind: 'hits'; readonly hits: number; readonly misses: number }
  | { readonly kind: 'correlation'; readonly correlation: number; readonly observations: number };

/**
 * What a weight is multiplied by, from 0 to 2: 1 + s·n/(n + prior), where n is the number of observations and s is
 * (hits − misses)/n, or the correlation. `prior` observations without skill shrink a short record towards 1, as a
 * sample's Sharpe ratio is shrunk in REBALANCING.md §3a. Always wrong tends to 0: it is not followed backwards.
 */
export function recordFactor(record: TrackRecord | null, priorObservations: number): number {
  if (record === null) return 1;
  const { skill, observations } = skillOf(record);
  return observations === 0 ? 1 : 1 + (skill * observations) / (observations + priorObservations);
}

function skillOf(record: TrackRecord): { readonly skill: number; readonly observations: number } {
  if (record.kind === 'correlation') return { skill: record.correlation, observations: record.observations };
  const observations = record.hits + record.misses;
  return { skill: observations === 0 ? 0 : (record.hits - record.misses) / observations, observations };
}

/** What a source said, from -1 for short to 1 for long, and what its asset returned next. */
export interface JudgedSignal {
  readonly signedStrength: number;
  readonly nextReturn: number;
}

/** Both records of one source. A signal or a return of zero is neither a hit nor a miss. */
export interface MeasuredRecord {
  readonly hits: number;
  readonly misses: number;
  /** Pearson's; null for fewer than three observations, or where one side never varies. */
  readonly correlation: number | null;
  readonly observations: number;
}

/** Counts and correlates what a source said with what came next, for the caller to keep as its track record. */
export function measureRecord(judged: readonly JudgedSignal[]): MeasuredRecord {
  const products = judged.map(
    ({ signedStrength, nextReturn }) => Math.sign(signedStrength) * Math.sign(nextReturn),
  );
  return {
    hits: products.filter((product) => product > 0).length,
    misses: products.filter((product) => product < 0).length,
    correlation: correlationOf(judged),
    observations: judged.length,
  };
}

function correlationOf(judged: readonly JudgedSignal[]): number | null {
  const count = judged.length;
  if (count < 3) return null;
  const said = judged.map(({ signedStrength }) => signedStrength);
  const came = judged.map(({ nextReturn }) => nextReturn);
  if (said.every((value) => value === said[0]) || came.every((value) => value === came[0])) return null;
  const saidMean = said.reduce((sum, value) => sum + value, 0) / count;
  const cameMean = came.reduce((sum, value) => sum + value, 0) / count;
  let [both, ofSaid, ofCame] = [0, 0, 0];
  for (const { signedStrength, nextReturn } of judged) {
    both += (signedStrength - saidMean) * (nextReturn - cameMean);
    ofSaid += (signedStrength - saidMean) ** 2;
    ofCame += (nextReturn - cameMean) ** 2;
  }
  const scale = Math.sqrt(ofSaid) * Math.sqrt(ofCame);
  return scale > 0 ? Math.max(-1, Math.min(1, both / scale)) : null;
}

/** What is wrong with a record, under its path; null where nothing is. */
export function findTrackRecordProblem(path: string, record: TrackRecord): InputProblem | null {
  const counts = record.kind === 'hits' ? (['hits', 'misses'] as const) : (['observations'] as const);
  for (const name of counts) {
    const value = (record as unknown as Readonly<Record<string, number>>)[name] ?? Number.NaN;
    if (!Number.isSafeInteger(value) || value < 0)
      return inputProblem(`${path}.${name}`, 'a whole number from 0', value);
  }
  if (record.kind === 'hits') return null;
  const { correlation } = record;
  return Math.abs(correlation) <= 1
    ? null
    : inputProblem(`${path}.correlation`, 'a correlation from -1 to 1', correlation);
}
