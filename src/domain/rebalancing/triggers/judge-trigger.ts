import { type Amount, divide, isLess, isPositive, ONE, ZERO } from '../../money/amount.ts';
import { type Drift, measureDrift, trackingError } from './drift.ts';
import { judgeBands } from './judge-bands.ts';
import { judgeCalendar } from './judge-calendar.ts';
import { judgeCashFlow } from './judge-cash-flow.ts';
import type { Trigger } from './trigger.ts';
import {
  FULL,
  type JudgedTrigger,
  REDUCE_ONLY,
  type TriggerDecision,
  type TriggerFacts,
  undecidable,
} from './trigger-decision.ts';

/** What one trigger says of the facts. Undecidable where one that it needs is unknown. Never throws for a fact. */
export function judgeTrigger(trigger: Trigger, facts: TriggerFacts): TriggerDecision {
  if (trigger.kind === 'manual') return judgeManual(facts.askedBy);
  if (trigger.kind === 'risk') return judgeRisk(facts);
  if (trigger.kind === 'calendar') return judgeCalendar(trigger, facts);
  const { weights, navUsd } = facts;
  if (weights.state === 'unknown') return undecidable(trigger.kind, weights.reason);
  if (navUsd.state === 'unknown') return undecidable(trigger.kind, navUsd.reason);
  if (!isPositive(navUsd.value))
    return undecidable(trigger.kind, `the portfolio is worth ${navUsd.value}, so nothing is a share of it`);
  const drift = measureDrift(weights.value, facts.targets);
  switch (trigger.kind) {
    case 'total':
      return judgeTotal(drift, trigger.threshold);
    case 'trackingError':
      return judgeTrackingError(drift, trigger.annualMax, facts);
    case 'cashFlow':
      return judgeCashFlow(drift, trigger, { navUsd: navUsd.value, flowUsd: facts.flowUsd });
    default:
      return judgeBands(drift, trigger, divide(facts.dustUsd, navUsd.value, 20, 'up'));
  }
}

function judgeTotal(drift: Drift, threshold: Amount): JudgedTrigger {
  const hasFired = !isLess(drift.total, threshold);
  return {
    state: 'judged',
    kind: 'total',
    hasFired,
    metric: drift.total,
    threshold,
    group: null,
    scope: FULL,
    reason: `total drift is ${drift.total}, ${hasFired ? 'at least' : 'less than'} ${threshold}`,
  };
}

function judgeTrackingError(drift: Drift, annualMax: Amount, facts: TriggerFacts): TriggerDecision {
  if (facts.covariance.state === 'unknown') return undecidable('trackingError', facts.covariance.reason);
  const measured = trackingError(drift, facts.covariance.value);
  if (measured.state === 'unknown') return undecidable('trackingError', measured.reason);
  const hasFired = !isLess(measured.value, annualMax);
  return {
    state: 'judged',
    kind: 'trackingError',
    hasFired,
    metric: measured.value,
    threshold: annualMax,
    group: null,
    scope: FULL,
    reason: `tracking error is ${measured.value} a year, ${hasFired ? 'at least' : 'less than'} ${annualMax}`,
  };
}

function judgeRisk({ breaches }: TriggerFacts): TriggerDecision {
  if (breaches.state === 'unknown') return undecidable('risk', breaches.reason);
  const judged = { state: 'judged', kind: 'risk', scope: REDUCE_ONLY } as const;
  const first = breaches.value[0];
  if (first === undefined) {
    const reason = 'no limit is breached';
    return { ...judged, hasFired: false, metric: ZERO, threshold: ONE, group: null, reason };
  }
  const more = breaches.value.length - 1;
  return {
    ...judged,
    hasFired: true,
    metric: first.value,
    threshold: first.bound,
    group: first.group,
    reason: `${first.limit} is ${first.value}, beyond ${first.bound}${more > 0 ? `, and ${more} more` : ''}`,
  };
}

const judgeManual = (askedBy: string | null): JudgedTrigger => ({
  state: 'judged',
  kind: 'manual',
  hasFired: askedBy !== null,
  metric: askedBy === null ? ZERO : ONE,
  threshold: ONE,
  group: null,
  scope: FULL,
  reason: askedBy === null ? 'nobody asked' : `${askedBy} asked`,
});
