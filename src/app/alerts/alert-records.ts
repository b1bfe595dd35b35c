import type { AlertChanged } from '../../../actors/messages/announcements.ts';
import { intendDelivery } from '../../../db/alert-delivery-repository.ts';
import {
  readAlertMemory,
  readRememberedAlerts,
  saveAlertMemory,
  saveAlerts,
} from '../../../db/alert-repository.ts';
import { appendAudit, readAuditSequence, readNotableAudit } from '../../../db/audit-repository.ts';
import { inTransaction, type OpenDatabase } from '../../../db/database.ts';
import { type AlertChange, advanceAlerts } from '../../domain/alerts/advance-alerts.ts';
import { lookAtDay } from '../../domain/alerts/look-at-day.ts';
import type { Occurrence } from '../../domain/alerts/observation.ts';
import { DEFAULT_GROUPS } from '../asset-groups.ts';
import type { Reading } from '../portfolio/read-standing.ts';
import { readForAlerts } from './alert-reads.ts';
import type { AlertSettings } from './alert-settings.ts';
import { lookAtPortfolio } from './look-at-portfolio.ts';
import { lookAtVenues } from './look-at-venues.ts';
import { occurrenceIn } from './occurrences-in-audit.ts';
import type { ServiceSigns } from './service-signs.ts';

export interface AlertContext {
  readonly database: OpenDatabase;
  readonly settings: AlertSettings;
  readonly reading: () => Reading;
  readonly signs: ServiceSigns;
  readonly startedAtMs: number;
}

/** Entries that one look goes through; what is beyond them is the next look's. */
const ENTRIES_MAX = 1_000;

/**
 * Looks at everything that an alert may be about, and keeps what becomes of the alerts in one transaction with the
 * messages that tell of it. What conditions are is seen anew at every look, and what happened is read from the audit log
 * where the last look ended, so that a restart misses neither.
 */
export async function checkAlerts(context: AlertContext): Promise<readonly AlertChanged[]> {
  const { database, settings, signs, startedAtMs } = context;
  const before = context.reading();
  const groups = { ...DEFAULT_GROUPS, ...before.settings.groups };
  const reads = await readForAlerts(database, { nowMs: before.nowMs, groups });
  const reading = context.reading();
  const { nowMs } = reading;
  const heard = signs.occurrences();
  const looks = [
    ...lookAtVenues(reading, startedAtMs),
    ...lookAtPortfolio(reading, reads, startedAtMs),
    ...lookAtDay(reads.day, { nowMs, strategyDrawdown: settings.strategyDrawdown }),
    ...signs.looks(),
  ];
  const changes = await inTransaction(database.db, async (trx) => {
    const memory = await readAlertMemory(trx);
    const throughSequence = await readAuditSequence(trx);
    const found = await occurrencesSince(trx, memory?.auditSequence ?? throughSequence, throughSequence);
    const before = await readRememberedAlerts(trx);
    const advanced = advanceAlerts(
      { alerts: before, wasQuiet: memory?.wasQuiet ?? false },
      { looks, occurrences: [...found.occurrences, ...heard] },
      nowMs,
      settings,
    );
    await saveAlerts(trx, { before, after: advanced.state.alerts });
    for (const notification of advanced.notifications)
      for (const { channel, levels } of settings.routes)
        if (levels.includes(notification.level))
          await intendDelivery(trx, { notification, channel, atMs: nowMs });
    await appendAudit(
      trx,
      advanced.changes.map((change) => entryOf(change, nowMs)),
    );
    const next = { wasQuiet: advanced.state.wasQuiet, auditSequence: found.lookedThrough };
    if (memory?.wasQuiet !== next.wasQuiet || memory.auditSequence !== next.auditSequence)
      await saveAlertMemory(trx, next);
    return advanced.changes;
  });
  signs.forget(heard);
  return changes.map(({ change, alert }) => ({ type: 'alertChanged', atMs: nowMs, change, alert }));
}

async function occurrencesSince(
  trx: OpenDatabase['db'],
  afterSequence: number,
  throughSequence: number,
): Promise<{ readonly occurrences: readonly Occurrence[]; readonly lookedThrough: number }> {
  const entries = await readNotableAudit(trx, { afterSequence, throughSequence, limit: ENTRIES_MAX });
  return {
    occurrences: entries.flatMap((entry) => occurrenceIn(entry) ?? []),
    lookedThrough:
      entries.length < ENTRIES_MAX ? throughSequence : (entries.at(-1)?.sequence ?? afterSequence),
  };
}

/** What changed, and not the alert's own bookkeeping. */
function entryOf({ change, alert }: AlertChange, atMs: number) {
  const { id, code, level, asset, venue, about, detail, measure } = alert;
  const body = { change, id, code, level, asset, venue, about, detail, measure };
  return { atMs, actor: 'alerts', kind: 'alertChanged', body };
}
