import type { Kysely } from 'kysely';
import type { AlertState } from '../src/domain/alerts/advance-alerts.ts';
import { type Alert, keyOf } from '../src/domain/alerts/alert.ts';
import type { AlertLevel } from '../src/domain/alerts/alert-codes.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { Database } from './tables.ts';

/** What the next look goes on from. */
export interface AlertMemory {
  readonly wasQuiet: boolean;
  /** The newest audit entry that was looked at. */
  readonly auditSequence: number;
}

/** Null before the first look. */
export async function readAlertMemory(db: Kysely<Database>): Promise<AlertMemory | null> {
  const row = await db.selectFrom('alert_memory').selectAll().executeTakeFirst();
  return row === undefined ? null : { wasQuiet: row.was_quiet === 1, auditSequence: row.audit_sequence };
}

export async function saveAlertMemory(
  db: Kysely<Database>,
  { wasQuiet, auditSequence }: AlertMemory,
): Promise<void> {
  const memory = { was_quiet: wasQuiet ? 1 : 0, audit_sequence: auditSequence };
  await db
    .insertInto('alert_memory')
    .values({ id: 1, ...memory })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(memory))
    .execute();
}

/** By key, what is open and what was resolved a short while ago. */
export async function readRememberedAlerts(db: Kysely<Database>): Promise<AlertState['alerts']> {
  const rows = await db
    .selectFrom('alert')
    .select('body')
    .where('is_remembered', '=', 1)
    .orderBy('id')
    .execute();
  return new Map(rows.map(({ body }) => alertFrom(body)).map((alert) => [keyOf(alert), alert]));
}

/** Keeps what a look has changed; what was remembered and is not any more stays as a record. */
export async function saveAlerts(
  db: Kysely<Database>,
  { before, after }: { readonly before: AlertState['alerts']; readonly after: AlertState['alerts'] },
): Promise<void> {
  const remembered = new Set([...after.values()].map(({ id }) => id));
  for (const { id } of before.values())
    if (!remembered.has(id))
      await db.updateTable('alert').set({ is_remembered: 0 }).where('id', '=', id).execute();
  const unchanged = new Set([...before.values()].map((alert) => canonicalJson(alert)));
  for (const alert of after.values()) if (!unchanged.has(canonicalJson(alert))) await saveAlert(db, alert);
}

/** Keeps one alert as it is now, to be remembered by the next look. */
export async function saveAlert(db: Kysely<Database>, alert: Alert): Promise<void> {
  const { id, code, level, state, openedAtMs } = alert;
  const changing = { state, is_remembered: 1, body: canonicalJson(alert) };
  await db
    .insertInto('alert')
    .values({ id, code, level, opened_at_ms: openedAtMs, ...changing })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(changing))
    .execute();
}

/** The newest first; only those that are open, or all. */
export async function readAlerts(
  db: Kysely<Database>,
  { isOpen, limit }: { readonly isOpen: boolean; readonly limit: number },
): Promise<readonly Alert[]> {
  let query = db.selectFrom('alert').select('body');
  if (isOpen) query = query.where('state', '=', 'open');
  const rows = await query.orderBy('opened_at_ms', 'desc').orderBy('id').limit(limit).execute();
  return rows.map(({ body }) => alertFrom(body));
}

/** How many are open, by level. */
export async function countOpenAlerts(db: Kysely<Database>): Promise<Readonly<Record<AlertLevel, number>>> {
  const rows = await db
    .selectFrom('alert')
    .select(({ fn }) => ['level', fn.countAll<number>().as('count')])
    .where('state', '=', 'open')
    .groupBy('level')
    .execute();
  const counts = { critical: 0, warning: 0, info: 0 };
  for (const { level, count } of rows) counts[level] = Number(count);
  return counts;
}

/** Alerts whose id begins so, the newest first. */
export async function findAlertsBeginningWith(
  db: Kysely<Database>,
  { beginning, limit }: { readonly beginning: string; readonly limit: number },
): Promise<readonly Alert[]> {
  const rows = await db
    .selectFrom('alert')
    .select('body')
    .where('id', '>=', beginning)
    // Ids are hexadecimal: "g" is beyond all of them.
    .where('id', '<', `${beginning}g`)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ body }) => alertFrom(body));
}

const alertFrom = (body: string): Alert => JSON.parse(body) as Alert;
