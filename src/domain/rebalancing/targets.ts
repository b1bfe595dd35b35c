// Target weights in integer parts per million.
//
// Invariants, each held by a property test of the same name:
// 1. Weights that are accepted sum to exactly 1 000 000, cash included, and none is negative.
// 2. Nothing is renormalised unasked: weights that do not sum to one are refused.

import { type Amount, amount, divide } from '../money/amount.ts';
import { readWeights, type SumRule } from '../targets/read-weights.ts';
import { type InputProblem, inputProblem } from './input-problem.ts';

/** A set of assets that stand for the same thing: BTC at an exchange and a BTC perpetual. */
export type AssetGroup = string;

/** The group of all cash assets. It has a target like any other. */
export const CASH: AssetGroup = 'CASH';

/** 100 %. */
export const WEIGHT_TOTAL_PPM = 1_000_000;

/** Weight by asset group, in parts per million. Sums to 1 000 000 with `CASH`. */
export type TargetWeights = Readonly<Record<AssetGroup, number>>;

export type ParsedTargets =
  | { readonly state: 'parsed'; readonly targets: TargetWeights }
  | { readonly state: 'refused'; readonly problem: InputProblem };

const PPM = amount(String(WEIGHT_TOTAL_PPM));

/**
 * Reads weights such as { BTC: "0.35", CASH: "0.65" }; keys may be assets where `groupOf` says their group.
 * Refuses what is not decimal text, is negative, is finer than a millionth, or does not sum to 1. Never throws.
 * Only a rule that the caller names, `normalize` or `legacyCompat`, scales weights to 1.
 */
export function parseTargets(
  weights: Readonly<Record<string, unknown>>,
  groupOf: (key: string) => AssetGroup = (key) => key,
  rule: SumRule = 'exact',
): ParsedTargets {
  const named = Object.entries(weights).map(([key, found]) => ({
    name: groupOf(key),
    path: `targets.${key}`,
    found,
  }));
  const read = readWeights(named, 'targets', rule);
  return read.state === 'refused' ? read : { state: 'parsed', targets: Object.fromEntries(read.ppm) };
}

/** What is wrong with weights, or null. */
export function findTargetProblem(targets: TargetWeights): InputProblem | null {
  let total = 0;
  for (const [group, ppm] of Object.entries(targets)) {
    const path = `targets.${group}`;
    if (!Number.isSafeInteger(ppm)) return inputProblem(path, 'a weight in whole millionths', ppm);
    if (ppm < 0) return inputProblem(path, 'a weight that is not negative', ppm);
    total += ppm;
  }
  if (total === WEIGHT_TOTAL_PPM) return null;
  return inputProblem('targets', 'weights that sum to 1, cash included', weightText(total));
}

/** A weight as a decimal fraction: 250000 is "0.25". */
export const weightFraction = (ppm: number): Amount => divide(amount(String(ppm)), PPM, 6, 'half');

const weightText = (ppm: number): string =>
  Number.isSafeInteger(ppm) && ppm >= 0 ? weightFraction(ppm) : String(ppm);
