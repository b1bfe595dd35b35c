import { PLANNED_METHODS } from '../lots/lot-method.ts';
import { findTaxTermsProblem } from '../lots/tax-terms.ts';
import { type Amount, isDecimalText, isMore, isNegative, isPositive, ONE } from '../money/amount.ts';
import { isZoneName } from '../zone-name.ts';
import { type InputProblem, inputProblem } from './input-problem.ts';
import type { PlanTaxInput } from './plan-input.ts';

/** The first thing that makes the tax of an input unfit to plan with, or null. */
export function findPlanTaxProblem(tax: PlanTaxInput, venues: readonly string[]): InputProblem | null {
  const problem = termsProblem(tax) ?? findTaxTermsProblem(tax, venues) ?? lotsProblem(tax, venues);
  return problem === null ? null : { ...problem, path: `tax.${problem.path}` };
}

function termsProblem({ method, rates, aversion, zone, atMs }: PlanTaxInput): InputProblem | null {
  if (!PLANNED_METHODS.includes(method))
    return inputProblem('method', `one of ${PLANNED_METHODS.join(', ')}`, method);
  for (const [name, rate] of Object.entries(rates))
    if (!isFraction(rate)) return inputProblem(`rates.${name}`, 'a fraction between 0 and 1', rate);
  if (!isFraction(aversion)) return inputProblem('aversion', 'a fraction between 0 and 1', aversion);
  if (!isZoneName(zone)) return inputProblem('zone', 'a zone of the IANA database', zone);
  return Number.isSafeInteger(atMs) ? null : inputProblem('atMs', 'whole milliseconds', atMs);
}

function lotsProblem(
  { lots, recentLosses, atMs }: PlanTaxInput,
  venues: readonly string[],
): InputProblem | null {
  const known = new Set(venues);
  const ids = new Set<string>();
  for (const [index, lot] of lots.entries()) {
    const { id, account, asset, quantity, acquiredAtMs, heldSince } = lot;
    const key = JSON.stringify([account, asset, id]);
    if (!known.has(account)) return inputProblem(`lots[${index}].account`, 'a venue of the input', account);
    if (ids.has(key)) return inputProblem(`lots[${index}].id`, 'an id that its pool has once', id);
    ids.add(key);
    if (!isDecimalText(quantity) || !isPositive(quantity))
      return inputProblem(`lots[${index}].quantity`, 'an amount above zero', quantity);
    if (acquiredAtMs > atMs)
      return inputProblem(`lots[${index}].acquiredAtMs`, `at most ${atMs}, when it is planned`, acquiredAtMs);
    if (heldSince.state === 'known' && heldSince.atMs > atMs)
      return inputProblem(`lots[${index}].heldSince`, `at most ${atMs}, when it is planned`, heldSince.atMs);
  }
  const later = recentLosses.findIndex((loss) => loss.atMs > atMs);
  return later < 0
    ? null
    : inputProblem(
        `recentLosses[${later}].atMs`,
        `at most ${atMs}, when it is planned`,
        recentLosses[later]?.atMs ?? null,
      );
}

const isFraction = (value: Amount): boolean =>
  isDecimalText(value) && !isNegative(value) && !isMore(value, ONE);
