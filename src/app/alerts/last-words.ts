import { AuditBrokenError } from '../../../db/assert-audit-intact.ts';
import { advanceAlerts, DEFAULT_COOLDOWN_MS, NO_ALERTS } from '../../domain/alerts/advance-alerts.ts';
import type { AlertCode } from '../../domain/alerts/alert-codes.ts';
import type { Notification } from '../../domain/alerts/notification.ts';
import { KeyRefusedError } from '../check-keys.ts';

/** What has to be told when there is no service that could look at it. */
export function lastWords(
  code: AlertCode,
  { detail, about }: { readonly detail: string; readonly about?: string },
  nowMs: number,
): Notification {
  const occurrence = { code, asset: null, venue: null, about: about ?? null, detail, atMs: nowMs };
  const [notification] = advanceAlerts(NO_ALERTS, { looks: [], occurrences: [occurrence] }, nowMs, {
    cooldownMs: DEFAULT_COOLDOWN_MS,
    quietHours: null,
  }).notifications;
  if (notification === undefined) throw new Error('what happened is told');
  return notification;
}

/** Why a service did not start, where people have to know at once; null where whoever starts it is told. */
export function whyNotStarted(error: unknown, nowMs: number): Notification | null {
  if (error instanceof AuditBrokenError) return lastWords('auditBroken', { detail: error.message }, nowMs);
  if (error instanceof KeyRefusedError) return lastWords('keyRefused', { detail: error.message }, nowMs);
  return null;
}
