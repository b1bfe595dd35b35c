import { amount } from '../money/amount.ts';
import { type Fact, known, unknown } from '../rebalancing/triggers/fact.ts';
import type { LimitBreach } from '../rebalancing/triggers/trigger-decision.ts';
import type { IsRequired } from './assessment.ts';
import { evaluateBeforePlan } from './evaluate-before-plan.ts';
import { describeSubject, type RiskFinding, type RiskLimitName } from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';
import type { RiskState } from './risk-state.ts';

/**
 * Limits that orders which reduce can bring back within their bounds. The others are no reason to trade: a venue that is
 * too large asks for a transfer, a count or a turnover for time, a lost peg, an old price or a halt for a person.
 */
const MENDABLE: ReadonlySet<RiskFinding['limit']> = new Set<RiskLimitName>([
  'maxPositionPct',
  'maxClusterPct',
  'maxLeverage',
  'minCashPct',
  'minCashUsd',
]);

/** What is broken of them. Unknown where nothing is known to be broken, and one that has to be evaluated cannot be. */
export function mendableBreaches(
  state: RiskState,
  limits: RiskLimits,
  isRequired: IsRequired,
): Fact<readonly LimitBreach[]> {
  const findings = evaluateBeforePlan(state, limits, isRequired).findings.filter(({ limit }) =>
    MENDABLE.has(limit),
  );
  const breaches = findings.flatMap((finding): readonly LimitBreach[] =>
    finding.state === 'breached'
      ? [
          {
            limit: `${finding.limit} of ${describeSubject(finding.subject)}`,
            value: amount(finding.value),
            bound: amount(finding.bound),
            group: finding.subject.kind === 'group' ? finding.subject.group : null,
          },
        ]
      : [],
  );
  const [first] = findings;
  return breaches.length > 0 || first === undefined ? known(breaches) : unknown(first.reason);
}
