import type { Kysely } from 'kysely';
import { type KillSwitch, NEVER_PULLED } from '../src/domain/risk/kill-switch.ts';
import type { Database } from './tables.ts';

/** The switch as it was turned last. */
export async function readKillSwitch(db: Kysely<Database>): Promise<KillSwitch> {
  const row = await db.selectFrom('kill_switch').selectAll().executeTakeFirst();
  if (row === undefined) return NEVER_PULLED;
  return { isOn: row.is_on === 1, by: row.actor, atMs: row.at_ms, reason: row.reason };
}

/** Keeps the switch as it was turned now. */
export async function saveKillSwitch(
  db: Kysely<Database>,
  { isOn, by, atMs, reason }: KillSwitch,
): Promise<void> {
  const turned = { is_on: isOn ? 1 : 0, actor: by, at_ms: atMs, reason };
  await db
    .insertInto('kill_switch')
    .values({ id: 1, ...turned })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(turned))
    .execute();
}
