// One check of all triggers: what they say, whether it is time, and what the next check must know.
//
// Invariants, each held by a property test of the same name:
// 1. A time of the calendar is answered once, whether anything ran when it came or not.
// 2. Nothing is due while a plan is in flight, while a venue is not reconciled, or before it is confirmed.
// 3. A check that is repeated at once confirms nothing.

import type { VenueId } from '../../venue/venue.ts';
import { type Combination, combineTriggers, type TriggerVerdict } from './combine-triggers.ts';
import { unansweredOccurrence } from './judge-calendar.ts';
import { judgeTrigger } from './judge-trigger.ts';
import type { Trigger, TriggerKind } from './trigger.ts';
import type { PlanScope, TriggerDecision, TriggerFacts } from './trigger-decision.ts';
import { advanceFirings, type Firings, type GateRules, whyNotYet } from './trigger-gates.ts';

/** When to rebalance. */
export interface TriggerPolicy {
  readonly triggers: readonly Trigger[];
  readonly combination: Combination;
  readonly gates: GateRules;
}

/** What is kept between two checks, and over a restart. Plain data; times are epoch milliseconds. */
export interface TriggerMemory {
  /** Times of the calendar up to here have been answered. At first, when the calendar was taken into service. */
  readonly calendarAnsweredAtMs: number;
  /** Null when there was none. */
  readonly lastRebalanceAtMs: number | null;
  readonly firings: Firings;
}

/** What a check is made of. */
export interface TriggerCheck {
  readonly policy: TriggerPolicy;
  readonly facts: Omit<TriggerFacts, 'calendarAnsweredAtMs'>;
  readonly memory: TriggerMemory;
  readonly unreconciledVenues: readonly VenueId[];
  readonly isPlanInFlight: boolean;
}

/** What a check came to. */
export interface CheckedTriggers {
  readonly decisions: readonly TriggerDecision[];
  readonly outcome: TriggerOutcome;
  /** What the next check is given. A rebalance that ends sets `lastRebalanceAtMs` as well. */
  readonly memory: TriggerMemory;
}

/** `due`: make a plan, of this scope. `held`: it fired, and a gate is closed. The others as in `TriggerVerdict`. */
export type TriggerOutcome =
  | { readonly state: 'due'; readonly scope: PlanScope; readonly reason: string }
  | { readonly state: 'held'; readonly reason: string }
  | { readonly state: 'quiet' }
  | { readonly state: 'undecidable'; readonly reasons: readonly string[] };

/** What is known before the first check. */
export const firstMemory = (nowMs: number): TriggerMemory => ({
  calendarAnsweredAtMs: nowMs,
  lastRebalanceAtMs: null,
  firings: {},
});

/** Judges every trigger, combines them, and keeps what must be confirmed. A policy is checked by `findTriggerProblem`. */
export function checkTriggers(check: TriggerCheck): CheckedTriggers {
  const { policy, memory } = check;
  const facts = { ...check.facts, calendarAnsweredAtMs: memory.calendarAnsweredAtMs };
  const decisions = policy.triggers.map((trigger) => judgeTrigger(trigger, facts));
  const verdict = combineTriggers(decisions, policy.combination);
  // What fires while a plan is in flight may be what that plan is about: it is confirmed anew once that has ended.
  const firings = check.isPlanInFlight
    ? {}
    : advanceFirings(memory.firings, firedKinds(decisions), { nowMs: facts.nowMs, rules: policy.gates });
  const outcome = outcomeOf(verdict, check, firings);
  const answered = answeredUpTo(check, facts, decisions, outcome);
  return { decisions, outcome, memory: { ...memory, firings, calendarAnsweredAtMs: answered } };
}

function outcomeOf(verdict: TriggerVerdict, check: TriggerCheck, firings: Firings): TriggerOutcome {
  if (verdict.state !== 'fired') return verdict;
  const { facts, memory, policy, unreconciledVenues, isPlanInFlight } = check;
  const gates = {
    nowMs: facts.nowMs,
    lastRebalanceAtMs: memory.lastRebalanceAtMs,
    unreconciledVenues,
    isPlanInFlight,
    firings,
  };
  const held = whyNotYet(
    verdict.by.map(({ kind }) => kind),
    gates,
    { rules: policy.gates, needed: policy.combination },
  );
  if (held !== null) return { state: 'held', reason: held };
  return { state: 'due', scope: verdict.scope, reason: verdict.by.map(({ reason }) => reason).join('; ') };
}

/** A time is answered by the plan that it leads to, or by having been judged and found not to need one. */
function answeredUpTo(
  check: TriggerCheck,
  facts: TriggerFacts,
  decisions: readonly TriggerDecision[],
  outcome: TriggerOutcome,
): number {
  const { memory, policy } = check;
  const calendar = policy.triggers.find((trigger) => trigger.kind === 'calendar');
  const decision = decisions.find(({ kind }) => kind === 'calendar');
  if (calendar === undefined || decision?.state !== 'judged') return memory.calendarAnsweredAtMs;
  const occurrence = unansweredOccurrence(calendar, facts);
  const isAnswered = !decision.hasFired || outcome.state === 'due';
  return occurrence !== null && isAnswered ? occurrence : memory.calendarAnsweredAtMs;
}

const firedKinds = (decisions: readonly TriggerDecision[]): readonly TriggerKind[] =>
  decisions.flatMap((each) => (each.state === 'judged' && each.hasFired ? [each.kind] : []));
