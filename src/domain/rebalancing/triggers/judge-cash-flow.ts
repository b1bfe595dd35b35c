import {
  type Amount,
  absolute,
  isLess,
  isMore,
  isNegative,
  isZero,
  maximum,
  minimum,
  multiply,
  ZERO,
} from '../../money/amount.ts';
import { CASH } from '../targets.ts';
import type { Drift } from './drift.ts';
import type { Fact } from './fact.ts';
import { BAND_SHARE_MAX } from './judge-bands.ts';
import type { CashFlowTrigger } from './trigger.ts';
import { FULL, type PlanScope, type TriggerDecision, undecidable } from './trigger-decision.ts';

/**
 * Whether money came or went, or cash is outside its band (OctoBot calls the latter its quote asset ratio). Cash above
 * its target is answered by buys only, below it by sells only: no asset is sold to buy another.
 */
export function judgeCashFlow(
  drift: Drift,
  trigger: CashFlowTrigger,
  { navUsd, flowUsd }: { readonly navUsd: Amount; readonly flowUsd: Fact<Amount> },
): TriggerDecision {
  const cash = drift.groups.find(({ group }) => group === CASH);
  const deviation = cash?.deviation ?? ZERO;
  const target = cash?.target ?? ZERO;
  const isBelow = isNegative(deviation);
  const threshold = isBelow ? minimum(trigger.below, multiply(BAND_SHARE_MAX, target)) : trigger.above;
  const isOutside = !isZero(deviation) && !isLess(absolute(deviation), threshold);
  if (isOutside) {
    return {
      state: 'judged',
      kind: 'cashFlow',
      hasFired: true,
      metric: absolute(deviation),
      threshold,
      group: CASH,
      scope: scopeOf(deviation),
      reason: `cash is ${absolute(deviation)} ${isBelow ? 'below' : 'above'} its target of ${target}, at least ${threshold}`,
    };
  }
  if (flowUsd.state === 'unknown') return undecidable('cashFlow', flowUsd.reason);
  const flow = flowUsd.value;
  const least = maximum(trigger.minFlowUsd, multiply(trigger.minFlowShare, navUsd));
  const hasFired = !isZero(flow) && !isLess(absolute(flow), least);
  const direction = isMore(flow, ZERO) ? 'came in' : 'went out';
  return {
    state: 'judged',
    kind: 'cashFlow',
    hasFired,
    metric: absolute(flow),
    threshold: least,
    group: null,
    scope: hasFired ? scopeOf(isZero(deviation) ? flow : deviation) : FULL,
    reason: hasFired
      ? `${absolute(flow)} ${direction} since the last plan, at least ${least}`
      : `${absolute(flow)} ${isZero(flow) ? 'moved' : direction} since the last plan, less than ${least}; cash is within its band`,
  };
}

const scopeOf = (excess: Amount): PlanScope => ({
  kind: 'flowFirst',
  side: isNegative(excess) ? 'sellsOnly' : 'buysOnly',
});
