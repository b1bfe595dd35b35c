// What several triggers say together.
//
// Invariants, each held by a property test of the same name:
// 1. What could not be judged never makes a rebalance due, and is never left unsaid.
// 2. A breached limit and a person's word need no other trigger.
// 3. While a limit is breached, only what reduces is traded.

import {
  FULL,
  type JudgedTrigger,
  type PlanScope,
  REDUCE_ONLY,
  type TriggerDecision,
} from './trigger-decision.ts';
import { COUNTS_ALONE } from './trigger-gates.ts';

/** Whether one trigger is enough, or each must have fired. */
export type Combination = 'any' | 'all';

/** `undecidable`: what is known does not say. The reasons are those of the triggers. */
export type TriggerVerdict =
  | { readonly state: 'fired'; readonly scope: PlanScope; readonly by: readonly JudgedTrigger[] }
  | { readonly state: 'quiet' }
  | { readonly state: 'undecidable'; readonly reasons: readonly string[] };

/**
 * Combines decisions as three-valued logic does: `any` has fired where one has, whatever else is unknown; `all` is
 * quiet where one is. A breached limit and a person's word count alone under either.
 */
export function combineTriggers(decisions: readonly TriggerDecision[], how: Combination): TriggerVerdict {
  const fired = decisions.filter(hasFired);
  const alone = fired.filter(({ kind }) => COUNTS_ALONE.has(kind));
  if (alone.length > 0) return { state: 'fired', scope: scopeOf(fired, 'any'), by: fired };
  const combined = decisions.filter(({ kind }) => !COUNTS_ALONE.has(kind));
  const reasons = decisions.flatMap((each) => (each.state === 'undecidable' ? [each.reason] : []));
  if (how === 'any' && fired.length > 0) return { state: 'fired', scope: scopeOf(fired, how), by: fired };
  const isSomeQuiet = combined.some((each) => each.state === 'judged' && !each.hasFired);
  const isQuiet = how === 'all' && isSomeQuiet && !isRiskUndecidable(decisions);
  if (!isQuiet && reasons.length > 0) return { state: 'undecidable', reasons };
  if (how === 'all' && !isSomeQuiet && fired.length > 0)
    return { state: 'fired', scope: scopeOf(fired, how), by: fired };
  return { state: 'quiet' };
}

/** Under `any` the widest scope that some trigger asks for, under `all` the narrowest; reduce-only before both. */
function scopeOf(fired: readonly JudgedTrigger[], how: Combination): PlanScope {
  if (fired.some(({ kind }) => kind === 'risk')) return REDUCE_ONLY;
  const flow = fired.find(({ scope }) => scope.kind === 'flowFirst')?.scope ?? FULL;
  const isFullAsked = fired.some(({ scope }) => scope.kind === 'full');
  return how === 'any' && isFullAsked ? FULL : flow;
}

const hasFired = (decision: TriggerDecision): decision is JudgedTrigger =>
  decision.state === 'judged' && decision.hasFired;

const isRiskUndecidable = (decisions: readonly TriggerDecision[]): boolean =>
  decisions.some(({ kind, state }) => kind === 'risk' && state === 'undecidable');
