import { isMore, ONE } from '../money/amount.ts';
import { amountProblem } from './amount-problem.ts';
import { type InputProblem, inputProblem } from './input-problem.ts';
import type { PlanVenue } from './plan-input.ts';

/** The first thing in what perpetuals of a venue ask that makes no sense, or null. */
export function findPerpetualProblem(
  { perpetuals = [], fundingOwed }: PlanVenue,
  path: string,
): InputProblem | null {
  const ofOwed =
    fundingOwed === undefined ? null : amountProblem(`${path}.fundingOwed`, fundingOwed, 'notNegative');
  if (ofOwed !== null) return ofOwed;
  const assets = new Set<string>();
  for (const [index, { asset, price, terms, onHold }] of perpetuals.entries()) {
    const at = `${path}.perpetuals[${index}]`;
    if (assets.has(asset)) return inputProblem(`${at}.asset`, 'a perpetual named once', asset);
    assets.add(asset);
    const ofPrice = price === null ? null : amountProblem(`${at}.price`, price, 'positive');
    if (ofPrice !== null) return ofPrice;
    const ofHold = onHold === undefined ? null : amountProblem(`${at}.onHold`, onHold, 'any');
    if (ofHold !== null) return ofHold;
    if (terms.state === 'unknown') continue;
    const { initialMarginRate, maintenanceMarginRate, funding } = terms;
    const problem =
      amountProblem(`${at}.terms.initialMarginRate`, initialMarginRate, 'positive') ??
      amountProblem(`${at}.terms.maintenanceMarginRate`, maintenanceMarginRate, 'notNegative') ??
      amountProblem(`${at}.terms.funding.rateMax`, funding.rateMax, 'notNegative');
    if (problem !== null) return problem;
    if (isMore(initialMarginRate, ONE))
      return inputProblem(`${at}.terms.initialMarginRate`, 'a fraction of at most 1', initialMarginRate);
    if (isMore(maintenanceMarginRate, initialMarginRate))
      return inputProblem(
        `${at}.terms.maintenanceMarginRate`,
        `at most the initial margin rate ${initialMarginRate}`,
        maintenanceMarginRate,
      );
  }
  return null;
}
