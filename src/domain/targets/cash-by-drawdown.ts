import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { CASH, findTargetProblem, type TargetWeights } from '../rebalancing/targets.ts';
import { apportion } from './apportion.ts';
import {
  derived,
  findFractionProblem,
  type MethodOutcome,
  refusedMethod,
  riskyGroupsOf,
} from './method-outcome.ts';

export interface DrawdownDeployRules {
  /** The fall from the high-water mark at which all cash is deployed: 0.25 is a quarter. */
  readonly drawdownMax: number;
  /** Above 1 cash is deployed late, below 1 early. */
  readonly exponent: number;
  /** Cash that is never deployed. */
  readonly cashMinPpm: number;
}

/**
 * Cash deployed into a fall: min(1, (drawdown/drawdownMax)^exponent) of what is above the floor goes to the other
 * weights in their ratio; REBALANCING.md §3a. `drawdown` is a fraction from 0 to 1, null where it is not known: then
 * nothing is deployed, and a note says so. Weights without anything but cash stay as they are.
 */
export function deployByDrawdown(
  base: TargetWeights,
  drawdown: number | null,
  rules: DrawdownDeployRules,
): MethodOutcome {
  const problem =
    findTargetProblem(base) ??
    findDrawdownRulesProblem(rules) ??
    (drawdown === null ? null : findFractionProblem('drawdown', drawdown));
  if (problem !== null) return refusedMethod(problem);
  if (drawdown === null) return derived(base, ['no cash is deployed: the drawdown is not known']);
  const { groups, cashPpm } = riskyGroupsOf(base);
  if (groups.length === 0) return derived(base);
  const share = Math.min(1, (drawdown / rules.drawdownMax) ** rules.exponent);
  const deployedPpm = Math.round(Math.max(0, cashPpm - rules.cashMinPpm) * share);
  const added = apportion(
    groups.map((id) => ({ id, part: BigInt(base[id] ?? 0) })),
    BigInt(deployedPpm),
  );
  const raised = [...added].map(([group, ppm]) => [group, (base[group] ?? 0) + Number(ppm)] as const);
  return derived({ ...base, ...Object.fromEntries(raised), [CASH]: cashPpm - deployedPpm });
}

function findDrawdownRulesProblem({
  drawdownMax,
  exponent,
  cashMinPpm,
}: DrawdownDeployRules): InputProblem | null {
  if (!(Number.isFinite(exponent) && exponent > 0))
    return inputProblem('method.exponent', 'a number above zero', exponent);
  if (!(drawdownMax > 0)) return inputProblem('method.drawdownMax', 'a fraction above 0', drawdownMax);
  if (!(Number.isSafeInteger(cashMinPpm) && cashMinPpm >= 0))
    return inputProblem('method.cashMinPpm', 'whole millionths of zero or more', cashMinPpm);
  return findFractionProblem('method.drawdownMax', drawdownMax);
}
