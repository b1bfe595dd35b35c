import { findAlertsBeginningWith, saveAlert } from '../../../db/alert-repository.ts';
import { acknowledgeAlert } from '../../domain/alerts/advance-alerts.ts';
import { describeAlertSubject } from '../../domain/alerts/alert.ts';
import { termsOf } from '../../domain/alerts/alert-codes.ts';
import { type Answer, done, refused } from '../portfolio/answer.ts';
import type { RoundContext } from '../portfolio/round-context.ts';

/** A person knows of an alert, by its whole id. What has ended needs nobody to know of it. */
export async function acknowledgeKept(
  { alertId, reason }: { readonly alertId: string; readonly reason: string },
  by: string,
  { db, nowMs, change }: RoundContext,
): Promise<Answer> {
  const [found] = await findAlertsBeginningWith(db, { beginning: alertId, limit: 1 });
  if (found?.id !== alertId) return refused(`expected the id of an alert, found ${alertId}`);
  if (found.state !== 'open') return refused('it is resolved already');
  const alert = acknowledgeAlert(found, { by, reason, atMs: nowMs });
  await saveAlert(db, alert);
  change.announcements.push({ type: 'alertChanged', atMs: nowMs, change: 'acknowledged', alert });
  const subject = describeAlertSubject(alert);
  return done(
    `${termsOf(alert.code).title}${subject === '' ? '' : ` (${subject})`}: not told again until it worsens`,
  );
}
