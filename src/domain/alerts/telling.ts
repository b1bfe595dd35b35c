import type { Alert } from './alert.ts';
import type { TellingReason } from './notification.ts';

/** Why an alert has to be told now; null while it has not. */
export function whyToTell(alert: Alert, nowMs: number, cooldownMs: number): TellingReason | null {
  const { last, raisedAtMs, owesWorsened, occurrences } = alert.told;
  if (alert.state === 'resolved') {
    if (last === null) return 'passed';
    return last === 'raised' ? 'resolved' : null;
  }
  if (last === null || raisedAtMs === null) return 'opened';
  if (owesWorsened) return 'worsened';
  if (alert.acknowledgement !== null || nowMs - raisedAtMs < cooldownMs) return null;
  if (last === 'resolved') return 'reopened';
  // What only happened is not repeated for having happened.
  return alert.lastHappenedAtMs !== null && alert.occurrences === occurrences ? null : 'repeated';
}

/** The alert once it has been told as it is. */
export function told(alert: Alert, nowMs: number): Alert {
  const { told: before } = alert;
  const isOpen = alert.state === 'open';
  return {
    ...alert,
    told: {
      // What was opened and resolved before it could be told has been said to have been there.
      raisedAtMs: isOpen || before.last === null ? nowMs : before.raisedAtMs,
      last: isOpen ? 'raised' : 'resolved',
      mark: isOpen ? alert.measure : before.mark,
      owesWorsened: false,
      occurrences: alert.occurrences,
      times: before.times + 1,
    },
  };
}
