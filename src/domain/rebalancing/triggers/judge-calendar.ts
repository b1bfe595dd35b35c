import { amount, isLess, ZERO } from '../../money/amount.ts';
import { measureDrift } from './drift.ts';
import { lastOccurrence } from './schedule.ts';
import type { CalendarTrigger } from './trigger.ts';
import { FULL, type TriggerDecision, type TriggerFacts, undecidable } from './trigger-decision.ts';

/**
 * The latest time of a calendar that nothing has answered yet, or null. However many passed, it is one; what passed
 * before the start counts only where the calendar catches up.
 */
export function unansweredOccurrence(
  trigger: CalendarTrigger,
  facts: Pick<TriggerFacts, 'nowMs' | 'startedAtMs' | 'calendarAnsweredAtMs'>,
): number | null {
  const occurrence = lastOccurrence(trigger.schedule, facts.nowMs);
  if (occurrence <= facts.calendarAnsweredAtMs) return null;
  return occurrence < facts.startedAtMs && !trigger.catchUp ? null : occurrence;
}

/** Whether a time has come that nothing has answered, and drift with it where the calendar does not force. */
export function judgeCalendar(trigger: CalendarTrigger, facts: TriggerFacts): TriggerDecision {
  const occurrence = unansweredOccurrence(trigger, facts);
  const judged = { state: 'judged', kind: 'calendar', group: null, scope: FULL } as const;
  if (occurrence === null) {
    const reason = `no time of the calendar has come since ${isoTime(facts.calendarAnsweredAtMs)}`;
    return { ...judged, hasFired: false, metric: ZERO, threshold: ZERO, reason };
  }
  const came = `the calendar's time ${isoTime(occurrence)} has come`;
  if (trigger.force) {
    const overdueMs = amount(String(facts.nowMs - occurrence));
    return { ...judged, hasFired: true, metric: overdueMs, threshold: ZERO, reason: came };
  }
  if (facts.weights.state === 'unknown') return undecidable('calendar', facts.weights.reason);
  const drift = measureDrift(facts.weights.value, facts.targets);
  const hasFired = !isLess(drift.total, trigger.minDrift);
  const compared = `total drift is ${drift.total}, ${hasFired ? 'at least' : 'less than'} ${trigger.minDrift}`;
  return {
    ...judged,
    hasFired,
    metric: drift.total,
    threshold: trigger.minDrift,
    reason: `${came}, and ${compared}`,
  };
}

const isoTime = (atMs: number): string => new Date(atMs).toISOString();
