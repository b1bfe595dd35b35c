import { type Kysely, sql } from 'kysely';
import type { AuditEntry } from './audit-repository.ts';
import type { Database } from './tables.ts';

/** A round of a venue that came to something else than the one before. */
export interface StatusChange {
  readonly sequence: number;
  readonly atMs: number;
  readonly venue: string;
  readonly status: string;
  /** Null for the first round of the venue. */
  readonly before: string | null;
  readonly unknownReason: string | null;
}

/** Entries of some kinds before a sequence number, newest first; at most `limit`. */
export async function readAuditBackwards(
  db: Kysely<Database>,
  page: {
    readonly kinds: readonly string[];
    readonly beforeSequence: number;
    readonly sinceMs: number | null;
    readonly limit: number;
  },
): Promise<readonly AuditEntry[]> {
  let query = db
    .selectFrom('audit_entry')
    .select(['sequence', 'at_ms as atMs', 'actor', 'kind', 'body', 'hash'])
    // By sequence and not by kind: the newest are wanted, and several kinds would have to be sorted first.
    .where(sql<string>`+kind`, 'in', page.kinds)
    .where('sequence', '<', page.beforeSequence);
  if (page.sinceMs !== null) query = query.where('at_ms', '>=', page.sinceMs);
  const rows = await query.orderBy('sequence', 'desc').limit(page.limit).execute();
  return rows.map((row) => ({ ...row, body: JSON.parse(row.body) as unknown }));
}

/** The newest rounds that came to another status than the round of the same venue before, newest first. */
export async function readStatusChanges(
  db: Kysely<Database>,
  page: { readonly venue: string | null; readonly sinceMs: number | null; readonly limit: number },
): Promise<readonly StatusChange[]> {
  const { rows } = await sql<StatusChange>`
    with round as (
      select sequence, at_ms as "atMs", json_extract(body, '$.venue') as venue,
        json_extract(body, '$.status') as status, json_extract(body, '$.unknownReason') as "unknownReason"
      from audit_entry where kind = 'venueReported' and json_extract(body, '$.isRoundOver')
    ), step as (
      select round.*, lag(status) over (partition by venue order by sequence) as before from round
    )
    select * from step
    where before is not status and "atMs" >= ${page.sinceMs ?? 0}
      and (${page.venue} is null or venue = ${page.venue})
    order by sequence desc limit ${page.limit}`.execute(db);
  return rows;
}

/** Why a correction was left to a person; null where the audit log does not say. */
export async function findProposalReason(db: Kysely<Database>, correctionId: string): Promise<string | null> {
  const row = await db
    .selectFrom('audit_entry')
    .select(sql<string | null>`json_extract(body, '$.reason')`.as('reason'))
    .where('kind', '=', 'correctionProposed')
    .where(sql<string>`json_extract(body, '$.correction.id')`, '=', correctionId)
    .orderBy('sequence', 'desc')
    .executeTakeFirst();
  return row?.reason ?? null;
}
