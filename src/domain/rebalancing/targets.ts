// Target weights in integer parts per million.
//
// Invariants, each held by a property test of the same name:
// 1. Weights that are accepted sum to exactly 1 000 000, cash included, and none is negative.
// 2. Nothing is renormalised: weights that do not sum to one are refused.

import {
  type Amount,
  amount,
  divide,
  isAmountText,
  isNegative,
  multiply,
  toNumber,
} from '../money/amount.ts';
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
 */
export function parseTargets(
  weights: Readonly<Record<string, unknown>>,
  groupOf: (key: string) => AssetGroup = (key) => key,
): ParsedTargets {
  const targets: Record<AssetGroup, number> = {};
  for (const [key, text] of Object.entries(weights)) {
    const path = `targets.${key}`;
    if (!isAmountText(text))
      return refused(inputProblem(path, 'a weight in decimal text such as "0.25"', text));
    const weight = amount(text);
    if (isNegative(weight)) return refused(inputProblem(path, 'a weight that is not negative', text));
    const ppm = toNumber(multiply(weight, PPM));
    if (!Number.isSafeInteger(ppm)) return refused(inputProblem(path, 'a weight in whole millionths', text));
    const group = groupOf(key);
    targets[group] = (targets[group] ?? 0) + ppm;
  }
  const problem = findTargetProblem(targets);
  return problem === null ? { state: 'parsed', targets } : refused(problem);
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

const refused = (problem: InputProblem): ParsedTargets => ({ state: 'refused', problem });

const weightText = (ppm: number): string =>
  Number.isSafeInteger(ppm) && ppm >= 0 ? weightFraction(ppm) : String(ppm);
