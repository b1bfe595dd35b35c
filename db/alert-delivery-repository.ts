// The messages that tell people of alerts.
//
// Invariants, each held by a test of the same words:
// 1. A message is written down with the change that it tells of, before it is sent.
// 2. What may have been sent and is not known to have arrived is sent again, under the same id.

import type { Kysely } from 'kysely';
import type { AlertLevel } from '../src/domain/alerts/alert-codes.ts';
import type { Notification } from '../src/domain/alerts/notification.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import { sha256Hex } from '../src/domain/hash.ts';
import type { AlertDeliveryTable } from './alert-tables.ts';
import type { Database } from './tables.ts';

export interface AlertDelivery {
  /** SHA-256 of the notification's id and the channel. */
  readonly id: string;
  readonly channel: string;
  readonly level: AlertLevel;
  readonly notification: Notification;
  readonly intendedAtMs: number;
  readonly state: AlertDeliveryTable['state'];
  /** Those that failed. */
  readonly attempts: number;
  readonly nextAttemptAtMs: number;
  readonly endedAtMs: number | null;
  /** Why the last attempt failed, without secrets; empty where none has. */
  readonly problem: string;
}

export const deliveryIdOf = (notificationId: string, channel: string): string =>
  sha256Hex(canonicalJson([notificationId, channel]));

/** Writes a message down for a channel. The same is written once. */
export async function intendDelivery(
  db: Kysely<Database>,
  {
    notification,
    channel,
    atMs,
  }: { readonly notification: Notification; readonly channel: string; readonly atMs: number },
): Promise<void> {
  await db
    .insertInto('alert_delivery')
    .values({
      id: deliveryIdOf(notification.id, channel),
      channel,
      level: notification.level,
      body: canonicalJson(notification),
      intended_at_ms: atMs,
      state: 'intended',
      attempts: 0,
      next_attempt_at_ms: atMs,
      ended_at_ms: null,
      problem: '',
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** What a channel has to send now, the oldest first. */
export async function readDueDeliveries(
  db: Kysely<Database>,
  { channel, nowMs, limit }: { readonly channel: string; readonly nowMs: number; readonly limit: number },
): Promise<readonly AlertDelivery[]> {
  const rows = await db
    .selectFrom('alert_delivery')
    .selectAll()
    .where('state', '=', 'intended')
    .where('channel', '=', channel)
    .where('next_attempt_at_ms', '<=', nowMs)
    .orderBy('intended_at_ms')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(deliveryFrom);
}

/** It arrived, or it is not tried any more. */
export async function endDelivery(
  db: Kysely<Database>,
  {
    id,
    state,
    problem,
    atMs,
  }: {
    readonly id: string;
    readonly state: 'delivered' | 'abandoned';
    readonly problem: string;
    readonly atMs: number;
  },
): Promise<void> {
  await db
    .updateTable('alert_delivery')
    .set({ state, problem, ended_at_ms: atMs })
    .where('id', '=', id)
    .where('state', '=', 'intended')
    .execute();
}

/** It did not arrive, as far as anybody knows, and is tried again. */
export async function postponeDelivery(
  db: Kysely<Database>,
  {
    id,
    attempts,
    nextAttemptAtMs,
    problem,
  }: {
    readonly id: string;
    readonly attempts: number;
    readonly nextAttemptAtMs: number;
    readonly problem: string;
  },
): Promise<void> {
  await db
    .updateTable('alert_delivery')
    .set({ attempts, next_attempt_at_ms: nextAttemptAtMs, problem })
    .where('id', '=', id)
    .where('state', '=', 'intended')
    .execute();
}

/** The newest first. */
export async function readDeliveries(
  db: Kysely<Database>,
  { limit }: { readonly limit: number },
): Promise<readonly AlertDelivery[]> {
  const rows = await db
    .selectFrom('alert_delivery')
    .selectAll()
    .orderBy('intended_at_ms', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(deliveryFrom);
}

/** Channels that messages wait for. */
export async function readWaitingChannels(
  db: Kysely<Database>,
): Promise<readonly { readonly channel: string; readonly waiting: number; readonly problem: string }[]> {
  const rows = await db
    .selectFrom('alert_delivery')
    .select(({ fn }) => ['channel', fn.countAll<number>().as('waiting'), fn.max('problem').as('problem')])
    .where('state', '=', 'intended')
    .groupBy('channel')
    .orderBy('channel')
    .execute();
  return rows.map(({ channel, waiting, problem }) => ({
    channel,
    waiting: Number(waiting),
    problem: problem ?? '',
  }));
}

/** Removes what ended before a moment. */
export async function forgetDeliveries(db: Kysely<Database>, endedBeforeMs: number): Promise<void> {
  await db.deleteFrom('alert_delivery').where('ended_at_ms', '<', endedBeforeMs).execute();
}

const deliveryFrom = (row: AlertDeliveryTable): AlertDelivery => ({
  id: row.id,
  channel: row.channel,
  level: row.level,
  notification: JSON.parse(row.body) as Notification,
  intendedAtMs: row.intended_at_ms,
  state: row.state,
  attempts: row.attempts,
  nextAttemptAtMs: row.next_attempt_at_ms,
  endedAtMs: row.ended_at_ms,
  problem: row.problem,
});
