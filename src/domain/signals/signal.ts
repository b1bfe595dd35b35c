import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import type { AssetGroup } from '../rebalancing/targets.ts';
import { findFractionProblem } from '../targets/method-outcome.ts';

/** What one source says of one asset, from a time until another. */
export interface Signal {
  readonly source: string;
  readonly asset: AssetGroup;
  readonly direction: 'long' | 'short' | 'neutral';
  /** From 0 to 1. */
  readonly strength: number;
  /** From 0 to 1. */
  readonly confidence: number;
  /** When it was made, in epoch milliseconds. */
  readonly atMs: number;
  /** From then on it says nothing, in epoch milliseconds. */
  readonly expiresAtMs: number;
}

/** Long is 1, short is -1. */
export const SIGN = { long: 1, neutral: 0, short: -1 } as const;

/** A source on an asset. */
export interface SourceOnAsset {
  readonly source: string;
  readonly asset: AssetGroup;
}

/** One text for a source on an asset, whatever their names hold. */
export const sourceKey = ({ source, asset }: SourceOnAsset): string => JSON.stringify([source, asset]);

/** Whether two say the same: signals of one source on one asset at one time. */
export const isSameSignal = (one: Signal, other: Signal): boolean =>
  one.direction === other.direction &&
  one.strength === other.strength &&
  one.confidence === other.confidence &&
  one.expiresAtMs === other.expiresAtMs;

/** What is wrong with one signal by itself, under the path at which it stands; null where nothing is. */
export function findSignalProblem(path: string, signal: Signal): InputProblem | null {
  const { direction, atMs, expiresAtMs } = signal;
  if (!Object.hasOwn(SIGN, direction))
    return inputProblem(`${path}.direction`, 'long, short or neutral', direction);
  for (const name of ['strength', 'confidence'] as const) {
    const problem = findFractionProblem(`${path}.${name}`, signal[name]);
    if (problem !== null) return problem;
  }
  if (!Number.isSafeInteger(atMs)) return inputProblem(`${path}.atMs`, 'epoch milliseconds', atMs);
  return Number.isSafeInteger(expiresAtMs) && expiresAtMs > atMs
    ? null
    : inputProblem(`${path}.expiresAtMs`, `epoch milliseconds after ${atMs}`, expiresAtMs);
}
