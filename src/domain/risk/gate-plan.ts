import { assert } from '../assert.ts';
import { ALL_REQUIRED, type IsRequired } from './assessment.ts';
import { evaluateBeforePlan, type TradingMode } from './evaluate-before-plan.ts';
import { evaluatePlan } from './evaluate-plan.ts';
import {
  describeSubject,
  type RiskFinding,
  type RiskLimitName,
  type RiskUnknown,
} from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';
import type { RiskOrder } from './risk-order.ts';
import type { RiskState } from './risk-state.ts';

export interface DroppedOrder {
  readonly sequence: number;
  readonly limit: RiskLimitName | 'killSwitch';
  readonly reason: string;
}

interface Judgement {
  readonly mode: TradingMode;
  /** Everything that was found, before the plan and of its orders. */
  readonly findings: readonly RiskFinding[];
  readonly notEvaluated: readonly RiskUnknown[];
}

/** `passed`: as it is, or without the orders that were dropped. `refused`: nothing of it, with what did it. */
export type GatedPlan =
  | (Judgement & { readonly state: 'passed'; readonly dropped: readonly DroppedOrder[] })
  | (Judgement & { readonly state: 'refused'; readonly reason: string });

/**
 * Lets a plan pass, drops the orders that break a limit until the rest passes, or refuses it where trading is halted or
 * no order is left. Orders keep their size: what is to be smaller is planned anew. A plan without orders passes.
 */
export function gatePlan(
  { orders }: { readonly orders: readonly RiskOrder[] },
  state: RiskState,
  limits: RiskLimits,
  isRequired: IsRequired = ALL_REQUIRED,
): GatedPlan {
  const before = evaluateBeforePlan(state, limits, isRequired);
  const findings: RiskFinding[] = [...before.findings];
  const unknowns: RiskUnknown[] = [...before.notEvaluated];
  if (before.mode === 'halted')
    return { state: 'refused', ...before, reason: reasonOf(before.findings.filter(isHalt)) };
  const dropped: DroppedOrder[] = [];
  let kept = orders;
  while (kept.length > 0) {
    const assessment = evaluatePlan(state, kept, limits, isRequired);
    unknowns.push(...assessment.notEvaluated);
    if (assessment.findings.length === 0) break;
    findings.push(...assessment.findings);
    const gone = new Map(
      assessment.findings.flatMap((finding) =>
        finding.orders.map((sequence) => [sequence, finding] as const),
      ),
    );
    assert(gone.size > 0, 'a finding of a plan names the order that does it');
    dropped.push(
      ...[...gone].map(([sequence, { limit, reason }]) => ({
        sequence,
        limit,
        reason: `${limit}: ${reason}`,
      })),
    );
    kept = kept.filter(({ sequence }) => !gone.has(sequence));
  }
  const judgement = { mode: before.mode, findings: distinct(findings), notEvaluated: distinct(unknowns) };
  if (kept.length === 0 && orders.length > 0)
    return {
      state: 'refused',
      ...judgement,
      reason: reasonOf(findings.filter((each) => each.orders.length > 0)),
    };
  return { state: 'passed', ...judgement, dropped: dropped.sort((a, b) => a.sequence - b.sequence) };
}

const isHalt = ({ action }: RiskFinding): boolean =>
  action === 'halt' || action === 'defer' || action === 'scalePlan';

/** "minimumBalanceUsd: the portfolio is worth 40, trading needs 50", each limit once. */
function reasonOf(findings: readonly RiskFinding[]): string {
  const byLimit = new Map(findings.map((finding) => [finding.limit, finding] as const));
  return [...byLimit.values()].map(({ limit, reason }) => `${limit}: ${reason}`).join('; ');
}

/** A plan is judged again after orders were dropped: the same is told once. One limit may miss several things. */
function distinct<T extends RiskFinding>(findings: readonly T[]): readonly T[] {
  const told = new Map<string, T>();
  for (const finding of findings) {
    const { limit, subject, orders } = finding;
    const lacking = finding.state === 'unknown' ? finding.missing : '';
    told.set(`${limit} ${describeSubject(subject)} ${orders.join()} ${lacking}`, finding);
  }
  return [...told.values()];
}
