import { type Kysely, sql } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { Certificate, Known, Snapshot } from '../src/domain/venue/observation.ts';
import type { VenueId } from '../src/domain/venue/venue.ts';
import { type StoredSnapshotText, snapshotIdOf } from '../src/domain/venue/verify-snapshot.ts';
import type { Database, SnapshotTable } from './tables.ts';

export interface StoredSnapshot {
  /** SHA-256 of certificate and content. */
  readonly id: string;
  readonly observation: Known<Snapshot>;
}

/** Keeps a certified snapshot, once. Only what is known can be kept. */
export async function saveSnapshot(
  db: Kysely<Database>,
  { value, certificate }: Known<Snapshot>,
): Promise<string> {
  const row = {
    venue: certificate.venue,
    observed_at_ms: certificate.observedAtMs,
    certificate: canonicalJson(certificate),
    body: canonicalJson(value),
  };
  const id = snapshotIdOf(row);
  const known = await db.selectFrom('snapshot').select('id').where('id', '=', id).executeTakeFirst();
  if (!known)
    await db
      .insertInto('snapshot')
      .values({ id, ...row })
      .execute();
  return id;
}

export async function findSnapshot(db: Kysely<Database>, id: string): Promise<StoredSnapshot | null> {
  const row = await db.selectFrom('snapshot').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : snapshotFromRow(row);
}

/** The newest snapshots of a venue, newest first. */
export async function readNewestSnapshots(
  db: Kysely<Database>,
  venue: VenueId,
  limit: number,
): Promise<readonly StoredSnapshot[]> {
  const rows = await db
    .selectFrom('snapshot')
    .selectAll()
    .where('venue', '=', venue)
    .orderBy('observed_at_ms', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(snapshotFromRow);
}

export async function countSnapshots(db: Kysely<Database>, venue: VenueId): Promise<number> {
  const { count } = await db
    .selectFrom('snapshot')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('venue', '=', venue)
    .executeTakeFirstOrThrow();
  return count;
}

/** The snapshot of a venue at a place in the order of time, the oldest at 0; null beyond the newest. */
export async function readSnapshotAt(
  db: Kysely<Database>,
  venue: VenueId,
  index: number,
): Promise<StoredSnapshot | null> {
  const row = await db
    .selectFrom('snapshot')
    .selectAll()
    .where('venue', '=', venue)
    .orderBy('observed_at_ms')
    .orderBy('id')
    .limit(1)
    .offset(index)
    .executeTakeFirst();
  return row === undefined ? null : snapshotFromRow(row);
}

/** Snapshots as they are kept, to be verified: by id, after one or from the first, at most `limit`. */
export async function readSnapshotTexts(
  db: Kysely<Database>,
  page: { readonly afterId: string | null; readonly limit: number },
): Promise<readonly StoredSnapshotText[]> {
  const rows = await db
    .selectFrom('snapshot')
    .selectAll()
    .where('id', '>', page.afterId ?? '')
    .orderBy('id')
    .limit(page.limit)
    .execute();
  return rows.map(textFromRow);
}

export async function findSnapshotText(db: Kysely<Database>, id: string): Promise<StoredSnapshotText | null> {
  const row = await db.selectFrom('snapshot').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : textFromRow(row);
}

const textFromRow = ({ observed_at_ms: observedAtMs, ...row }: SnapshotTable): StoredSnapshotText => ({
  ...row,
  observedAtMs,
});

/** The snapshot that a venue showed at some moment; null where none is kept. */
export async function findSnapshotAt(
  db: Kysely<Database>,
  { venue, observedAtMs }: { readonly venue: VenueId; readonly observedAtMs: number },
): Promise<StoredSnapshot | null> {
  const row = await db
    .selectFrom('snapshot')
    .selectAll()
    .where('venue', '=', venue)
    .where('observed_at_ms', '=', observedAtMs)
    .orderBy('id')
    .executeTakeFirst();
  return row === undefined ? null : snapshotFromRow(row);
}

/** Where the audit log and the snapshots say otherwise of what is kept. */
export interface SnapshotMismatch {
  readonly id: string;
  /** The entry that names a snapshot which is not kept; null where a snapshot is kept that no entry names. */
  readonly namedBySequence: number | null;
}

/** Snapshots that reports of the audit log name and that are not kept, or the other way round; at most `limit`. */
export async function readSnapshotMismatches(
  db: Kysely<Database>,
  { beginning, limit }: { readonly beginning: string; readonly limit: number },
): Promise<readonly SnapshotMismatch[]> {
  // Text that is no JSON any more names nothing; the audit log's own verification tells of it.
  const { rows } = await sql<SnapshotMismatch>`
    with report as (
      select sequence, case when json_valid(body) then json_extract(body, '$.snapshotId') end as id
      from audit_entry where kind = 'venueReported'
    ), named as materialized (
      select id, min(sequence) as sequence from report where id is not null group by id
    )
    select id, sequence as "namedBySequence" from named
    where not exists (select 1 from snapshot where snapshot.id = named.id)
      and substr(id, 1, length(${beginning})) = ${beginning}
    union all
    select id, null from snapshot
    where not exists (select 1 from named where named.id = snapshot.id)
      and substr(id, 1, length(${beginning})) = ${beginning}
    order by id limit ${limit}`.execute(db);
  return rows;
}

function snapshotFromRow({ id, certificate, body }: SnapshotTable): StoredSnapshot {
  return {
    id,
    observation: {
      state: 'known',
      value: JSON.parse(body) as Snapshot,
      certificate: JSON.parse(certificate) as Certificate,
    },
  };
}
